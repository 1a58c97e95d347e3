#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The same as a plain user: one who has subordinate ids, and one who has only his own.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() {
	isle_setup_file
	# In each user's reach, and his own from there on.
	cp "$(debian_tar)" "$BATS_FILE_TMPDIR/debian.tar"
	cp "$ISLE_LIB/tenant.pl" "$BATS_FILE_TMPDIR/tenant.pl"
	chmod 644 "$BATS_FILE_TMPDIR/debian.tar" "$BATS_FILE_TMPDIR/tenant.pl"
	MANY=$(plain_user many)
	ONE=$(plain_user one)
	export MANY ONE
}
teardown_file() { isle_teardown_file; }
teardown() { isle_teardown; }

# Runs the function $1 for both users on both roots: USER ROOT.
as_everybody() {
	local user root

	for user in "$MANY" "$ONE"; do
		isle_state_use "$user"
		for root in host "$BATS_FILE_TMPDIR/debian.tar"; do
			echo "# as $user with the root $root:"
			"$1" "$user" "$root"
			isle rm -af >/dev/null
		done
	done
}

first_steps() { # USER ROOT
	local me

	me=$(id -u "$1")
	run isle run --rm "$2" sh -c 'id -u; ps aux | wc -l; hostname eve; touch /new && stat -c %u /new /etc/passwd'
	[ "$status" -eq 0 ]
	[[ $output == *$'0\n'* ]]
	[ "${lines[-2]}" = 0 ]
	run isle run --rm "$2" ps aux
	[ "${#lines[@]}" -eq 2 ]
	[ "$(isle run --rm -h github "$2" hostname)" = github ]
	run isle run --rm "$2" sh -c 'exit 42'
	[ "$status" -eq 42 ]
	[ "$(isle run --rm "$2" awk 'NR == 1 { print $1, $2 }' /proc/self/uid_map)" = "0 $me" ]
}

@test "a plain user is root of his own, under his own id" {
	as_everybody first_steps
}

maps() { # USER ROOT
	local first count pid

	isle run -d --name db "$2" sleep 100
	pid=$(pid_of db)
	[ "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" = "$(id -u "$1")" ]
	if [ "$1" = "$MANY" ]; then
		IFS=: read -r _ first count < <(grep "^$1:" /etc/subuid)
		[ "$(awk 'NR == 2 { print $1, $2, $3 }' "/proc/$pid/uid_map")" = "1 $first $count" ]
		[ "$(isle exec -u nobody db id -un)" = nobody ]
	else
		[ "$(wc -l <"/proc/$pid/uid_map")" -eq 1 ]
		run isle exec -u nobody db id -un
		[ "$status" -ne 0 ]
	fi
	# He sees and ends his processes from outside, too.
	as_user "$1" kill -KILL "$pid"
	[ "$(isle wait db)" = 137 ]
}

@test "the maps of a plain user: his id and the subordinate ones, or his id alone" {
	as_everybody maps
}

volumes() { # USER ROOT
	local dir=$BATS_FILE_TMPDIR/state-$1/volume

	rm -rf "$dir"
	as_user "$1" mkdir "$dir"
	isle run --rm -v "$dir:/data" "$2" sh -c 'echo word >/data/file'
	[ "$(stat -c %U "$dir/file")" = "$1" ]
	as_user "$1" cat "$dir/file"
	# What he may not read outside, he may not read inside.
	echo secret >"$dir/roots"
	chmod 600 "$dir/roots"
	run isle run --rm -v "$dir:/data" "$2" cat /data/roots
	[ "$status" -ne 0 ]
	[[ $output != *secret* ]]
	run isle run --rm "$2" sh -c "cat /etc/shadow | grep -c '\\$'"
	[ "$2" != host ] || [[ $output == *denied* ]]
}

@test "files that a plain user makes through -v are his" {
	as_everybody volumes
}

eve() { # USER ROOT
	local alice dir=$BATS_FILE_TMPDIR

	isle run -d --name alice -v "$dir/tenant.pl:/tenant.pl:ro" "$2" perl /tenant.pl shop alice
	wait_for eval 'isle logs alice 2>/dev/null | grep -q "^open"'
	alice=$(pid_of alice)
	run isle run --rm -v "$dir/tenant.pl:/tenant.pl:ro" "$2" \
		perl /tenant.pl raid "$alice" alice "/proc/$alice/root/tmp/alice-gold" "$ISLE_ROOT/boxes/x" /root/.ssh/x
	[ "$status" -eq 0 ]
	grep '^DONE' <<<"$output" || true
	[[ $output != *DONE* ]]
	[[ $output == *"raid over"* ]]
	run isle run --rm -v "$dir/tenant.pl:/tenant.pl:ro" "$2" perl /tenant.pl visit alice \
		"$(isle logs alice | sed -n 's/^open //p')"
	[ "$output" = looked ]
	[ "$(isle exec alice echo alive)" = alive ]
}

@test "Eve fails in a plain user's containers, too" {
	as_everybody eve
}

again() { # USER ROOT
	isle run -d --name shop "$2" sh -c 'echo visit >>/visits; wc -l </visits; exec sleep 100'
	wait_for eval '[ "$(isle logs shop | wc -l)" -eq 1 ]'
	isle stop -t 0 shop
	isle start shop
	wait_for eval '[ "$(isle logs shop | wc -l)" -eq 2 ]'
	isle run -d --name web --net container:shop "$2" sleep 100
	[ "$(ns_of "$(pid_of shop)" net)" = "$(ns_of "$(pid_of web)" net)" ]
	isle rm -af
	[ -z "$(left_behind)" ]
}

@test "stop, start, --net container:NAME and rm work for plain users" {
	as_everybody again
}

@test "one user's containers are not another's" {
	as_user "$MANY" isle run -d --name private host sleep 100
	run as_user "$ONE" isle inspect private
	[ "$status" -eq 125 ]
	[[ $output == *private* ]]
	run as_user "$ONE" isle --root "$BATS_FILE_TMPDIR/state-$MANY/run" --data "$BATS_FILE_TMPDIR/state-$MANY/data" ps
	[ "$status" -eq 125 ]
	isle_state_use "$MANY"
	run as_user "$ONE" kill "$(pid_of private)"
	[ "$status" -ne 0 ]
}
