#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Alice, Bob and Eve rent on one machine.  Alice and Bob keep their shops; Eve is root in hers, and tries everything.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() { isle_setup_file; }
teardown_file() { isle_teardown_file; }
teardown() {
	if [ -n "${HOST_SHOP:-}" ]; then
		kill "$HOST_SHOP" 2>/dev/null || true
		wait "$HOST_SHOP" || true
	fi
	isle_teardown
}

# Rents a container of the root $2 to tenant $1, whose shop is open when this returns.
rent() {
	isle run -d --name "$1" -v "$ISLE_LIB/tenant.pl:/tenant.pl:ro" "${@:3}" "$2" perl /tenant.pl shop "$1" >/dev/null
	wait_for shop_open "$1"
}

shop_open() {
	isle logs "$1" 2>/dev/null | grep -q '^open'
}

port_of() {
	isle logs "$1" 2>/dev/null | sed -n 's/^open //p'
}

# A shop of the machine itself, outside of every container.
rent_host() {
	perl "$ISLE_LIB/tenant.pl" shop machine >"$BATS_TEST_TMPDIR/machine" 3>&- &
	HOST_SHOP=$!
	wait_for grep -q '^open' "$BATS_TEST_TMPDIR/machine"
	HOST_PORT=$(sed -n 's/^open //p' "$BATS_TEST_TMPDIR/machine")
}

# The machine's own IPv4 addresses, as Eve could know them.
host_addresses() {
	hostname -I | tr ' ' '\n' | grep -v : || true
}

# Alice serves her customers and can start programs.
in_business() {
	[ "$(isle exec "$1" perl /tenant.pl visit "$1" "$(port_of "$1")" | grep -c '^reached')" -ge 7 ]
}

eve_reaches_nobody() { # ROOT
	local tenant

	rent alice "$1"
	rent bob "$1"
	isle run -d --name eve -v "$ISLE_LIB/tenant.pl:/tenant.pl:ro" "$1" sleep 1000
	# They are there: each reaches the own shop.
	in_business alice
	in_business bob
	perl "$ISLE_LIB/tenant.pl" visit machine "$HOST_PORT" >"$BATS_TEST_TMPDIR/self"
	[ "$(grep -c reached "$BATS_TEST_TMPDIR/self")" -ge 6 ]
	for tenant in alice bob; do
		# shellcheck disable=SC2046 # words
		[ "$(isle exec eve perl /tenant.pl visit "$tenant" "$(port_of "$tenant")" $(host_addresses))" = looked ]
	done
	# shellcheck disable=SC2046 # words; the files in /tmp are the machine's own, which the root host shows
	run isle exec eve perl /tenant.pl visit machine "$HOST_PORT" $(host_addresses)
	[ "$(grep -v '/tmp/' <<<"$output")" = looked ]
	# Nor do the honest ones reach each other or the machine, or the machine one of them by accident.
	[ "$(isle exec alice perl /tenant.pl visit bob "$(port_of bob)")" = looked ]
	[ "$(perl "$ISLE_LIB/tenant.pl" visit alice "$(port_of alice)" | grep -v process)" = looked ]
}

@test "Eve reaches no process, socket, queue, memory or file of the others or of the machine" {
	rent_host
	on_each_root eve_reaches_nobody
}

# What Eve's raid on Alice did; it must be nothing, and she must have come to the end of her list.
raid_failed() {
	local done_lines

	done_lines=$(grep '^DONE' <<<"$1" || true)
	echo "$done_lines"
	[ -z "$done_lines" ]
	[ "$(grep -c '^refused' <<<"$1")" -gt 100 ]
	grep -q '^raid over' <<<"$1"
}

eve_raids() { # ROOT
	local alice before files=()

	rent alice "$1"
	isle exec alice sh -c 'echo gold >/secret; chmod 644 /secret'
	alice=$(pid_of alice)
	before=$(hostname)
	files=("/proc/$alice/root/secret" "$ISLE_DATA/containers/$(inspected alice id)/layer/upper/secret"
		"$ISLE_ROOT/boxes" /secret /root/.ssh/authorized_keys)
	if [ "$1" = host ]; then
		files+=(/etc/shadow /etc/gshadow)
	fi
	raid_failed "$(isle run --rm --name eve -v "$ISLE_LIB/tenant.pl:/tenant.pl:ro" "$1" \
		perl /tenant.pl raid "$alice" alice "${files[@]}")"
	isle run -d --name eve -v "$ISLE_LIB/tenant.pl:/tenant.pl:ro" "$1" sleep 1000
	raid_failed "$(isle exec eve perl /tenant.pl raid "$alice" alice "${files[@]}")"
	raid_failed "$(python3 "$ISLE_LIB/term.py" -- isle exec -it eve sh -c \
		"perl /tenant.pl raid $alice alice ${files[*]}" | tr -d '\r')"
	raid_failed "$(python3 "$ISLE_LIB/term.py" -- isle run --rm -it -v "$ISLE_LIB/tenant.pl:/tenant.pl:ro" "$1" sh -c \
		"perl /tenant.pl raid $alice alice ${files[*]}" | tr -d '\r')"
	in_business alice
	[ "$(isle exec alice hostname)" = "$(inspected alice config hostname)" ]
	[ "$(hostname)" = "$before" ]
}

@test "Eve's raid on Alice and on the kernel fails at every point, with and without a terminal" {
	on_each_root eve_raids
}

raid_may_succeed() { # ROOT
	local done_lines

	done_lines=$(isle run --rm --privileged -v "$ISLE_LIB/tenant.pl:/tenant.pl:ro" "$1" perl /tenant.pl raid $$ nobody |
		grep -c '^DONE')
	[ "$done_lines" -gt 20 ]
}

@test "the same raid succeeds in her own place where everything is allowed to her" {
	on_each_root raid_may_succeed
}

eve_kills() { # ROOT
	rent alice "$1"
	isle run -d --name eve "$1" sleep 1000
	run isle exec eve sh -c "kill -9 $(pid_of alice)"
	[ "$status" -ne 0 ]
	# Everybody whom she can see: that is herself.
	isle exec eve sh -c 'kill -9 -1' || true
	in_business alice
	[ "$(isle ps -q --filter name=eve | wc -l)" -eq 1 ]
}

@test "Eve kills everybody whom she sees, which is herself" {
	on_each_root eve_kills
}

# Starts as many sleeping processes as it gets, in all users that there are, and tells how many.
# shellcheck disable=SC2016 # it is perl
crowd='$| = 1; pipe(R, W);
for my $user (0, 1, 2, 3, 33, 1000) {
	my $go = fork // last;
	if (!$go) { $) = "$user $user"; $( = $user; $> = $user; $< = $user;
		my $n = 0; while ($n < 4000) { my $p = fork; last unless defined $p; if (!$p) { sleep 100; exit } $n++ }
		print "$user made $n\n"; syswrite W, "."; sleep 100 }
	sysread R, my $made, 1;
}
print "all\n"; sleep 100'

eve_breeds() { # ROOT
	local count

	rent alice "$1"
	isle run -d --name eve "$1" perl -e "$crowd"
	wait_for eval 'isle logs eve | grep -q "^all"'
	isle logs eve
	count=$(isle logs eve | awk '/ made / { n += $3 } END { print n }')
	[ "$count" -gt 1000 ]
	[ "$count" -le 2048 ]
	in_business alice
	[ "$(isle run --rm "$1" echo alive)" = alive ]
	sh -c true
	isle kill eve
}

@test "the number of Eve's processes is bounded although nobody asked, and nobody else notices" {
	on_each_root eve_breeds
}

eve_bombs() { # ROOT
	local eve start

	rent alice "$1"
	# shellcheck disable=SC2016 # the bomb is for the shell in there
	isle run -d --name eve --pids-limit 50 "$1" bash -c 'bomb() { bomb | bomb & }; bomb; while :; do sleep 1; done' >/dev/null
	wait_for eval '[ "$(processes_of eve | wc -l)" -gt 25 ]'
	eve=$(processes_of eve | wc -l)
	[ "$eve" -le 50 ]
	start=$SECONDS
	in_business alice
	[ "$(isle run --rm "$1" echo alive)" = alive ]
	[ $((SECONDS - start)) -le 15 ]
	isle rm -f eve
	[ -z "$(isle ps -aq --filter name=eve)" ]
}

@test "a fork bomb goes off in Eve's place only" {
	on_each_root eve_bombs
}

eve_eats() { # ROOT
	rent alice "$1" --memory 64m
	run isle run --name eve --memory 48m "$1" perl -e 'my @all; push @all, "x" x 1048576 while 1'
	[ "$status" -eq 137 ]
	[ "$(inspected eve state oomKilled)" = True ]
	in_business alice
	# Memory by way of files is memory, too.
	run isle run --rm --memory 48m "$1" sh -c 'cat /dev/zero >/dev/shm/all; echo "survived"; stat -c %s /dev/shm/all'
	[ "$status" -eq 137 ] || [ "${lines[-1]}" -le $((64 << 20)) ]
	in_business alice
}

@test "Eve eats all the memory she was given, and ends; the others live" {
	on_each_root eve_eats
}
