#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# isle pool: islands that are parked, taken once, replaced, and gone with their service.
load ../lib/isle

setup_file() {
	isle_setup_file
	export WAIT_S=20
}
teardown_file() { isle_teardown_file; }
setup() { SERVED=(); }
teardown() {
	local name

	for name in "${SERVED[@]}"; do
		isle pool stop "$name" 2>/dev/null || true
	done
	isle_teardown
	[ -z "$(ls "$ISLE_ROOT/pools" 2>/dev/null)" ]
}

# Serves the pool $1 with the options that follow, in the background.
serve() {
	SERVED+=("$1")
	isle pool serve -d "${@:2}" "$1" host
}

# The value of jq's path $2 for the pool $1.
of_pool() { isle pool ls --json | jq -r ".[] | select(.name == \"$1\") | $2"; }
parked_is() { [ "$(of_pool "$1" '.parked | length')" = "$2" ]; }

@test "an island is taken, used once, and replaced" {
	serve web --size 2 --rm --net none
	parked_is web 2
	before=$(of_pool web '.parked[].id' | sort)
	run -0 isle run --pool web sh -c 'hostname; echo mark >/mark; ls /mark'
	first=${lines[0]}
	[[ "$before" == *"$first"* ]]
	[ "${lines[1]}" = /mark ]
	run -0 isle run --pool web sh -c 'hostname; [ ! -e /mark ]'
	[ "$output" != "$first" ]
	wait_for parked_is web 2
	[[ "$(of_pool web '.parked[].id')" != *"$first"* ]]
	[ "$(of_pool web .taken)" = 2 ]
}

@test "the exit status is the program's own, to the bit" {
	serve web --size 2 --rm
	for status in 0 1 77 255; do
		run "-$status" isle run --pool web sh -c "exit $status"
	done
	run -137 isle run --pool web --timeout 1 sleep 20
	run -127 isle run --pool web /no/such
	[[ "$output" == *"/no/such"*"No such file"* ]]
	run -126 isle run --pool web /etc
	wait_for parked_is web 2
}

@test "command, environment, directory, labels and name are chosen when it is taken" {
	serve web --size 1 --rm -e KEPT=1 -e OTHER=pool -w /tmp --label from=pool
	run -0 isle run --pool web sh -c 'echo "$KEPT $OTHER $NEW $PWD"'
	[ "$output" = "1 pool  /tmp" ]
	run -0 isle run --pool web -e OTHER=mine -e NEW=2 -w /etc sh -c 'echo "$KEPT $OTHER $NEW $PWD"'
	[ "$output" = "1 mine 2 /etc" ]
	run -0 isle run --pool web -e OTHER -e NEW -e NEW=2 sh -c 'echo "$KEPT ${OTHER-none} $NEW"'
	[ "$output" = "1 none 2" ]
	run -0 isle run --pool web -d --name joe --label to=joe sleep 20
	run -0 isle inspect joe
	[ "$(jq -r '.[0].record | .name, .labels.from, .labels.to, .command, .detach, .pool' <<<"$output" | xargs)" = \
		"joe pool joe sleep 20 true null" ]
	run -125 isle run --pool web --name joe true
	[[ "$output" == *'the name "joe"'* ]]
	# What was refused has used nothing up.
	wait_for parked_is web 1
	taken=$(of_pool web .taken)
	run -125 isle run --pool web --name joe true
	[ "$(of_pool web .taken)" = "$taken" ]
	isle rm -f joe
}

@test "a default command and an entry point come from the pool" {
	SERVED+=(web)
	isle pool serve -d --size 1 --rm --entrypoint echo web host by default
	run -0 isle run --pool web
	[ "$output" = "by default" ]
	run -0 isle run --pool web something else
	[ "$output" = "something else" ]
	run -0 isle run --pool web --entrypoint printf '%s-' a b
	[ "$output" = "a-b-" ]
	run -0 isle run --pool web --entrypoint '' hostname
}

@test "what an island is made of can't be chosen any more" {
	serve web --size 1 --rm
	for option in --memory=1g --net=none --user=1 --volume=/tmp:/tmp --cap-add=ALL --read-only --privileged --hostname=x \
		--pid=host --init --security-opt=seccomp=unconfined --rw --explain; do
		run -125 isle run --pool web "$option" true
		[[ "$output" == "isle: run: ${option%%=*} can't be chosen for an island of the pool web: "* ]]
		[ "${#lines[@]}" = 1 ]
	done
	parked_is web 1
	[ "$(of_pool web .taken)" = 0 ]
}

@test "input, output and errors are the command's own" {
	serve web --size 1 --rm
	[ "$(echo words | isle run -i --pool web cat)" = words ]
	[ -z "$(echo words | isle run --pool web cat)" ]
	isle run --pool web sh -c 'echo out; echo err >&2' >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = out ]
	[ "$(cat "$BATS_TEST_TMPDIR/err")" = err ]
	# No descriptor of anybody's is open inside.
	run -0 isle run --pool web sh -c 'ls /proc/self/fd | wc -l'
	[ "$output" -eq 4 ]
}

@test "a terminal is made when it is taken" {
	serve web --size 1 --rm
	run -0 script -qec 'isle run -it --pool web sh -c "tty; echo \$TERM; stty size"' /dev/null </dev/null
	[[ "$output" == *"/dev/pts/0"*xterm* ]]
	run -0 isle run --pool web sh -c 'tty || true'
	[ "$output" = "not a tty" ]
	# In the background too, with attach.
	id=$(isle run -dt --pool web sh -c 'tty; read line; echo "got $line"')
	wait_for sh -c "isle logs $id | grep -q pts"
	isle rm -f "$id"
}

@test "in the background it is a container like any other" {
	serve web --size 1 --rm
	id=$(isle run -d --pool web --name bob sh -c 'echo out; echo err >&2; sleep 20')
	[ "$(isle ps --json | jq -r '.[] | .id + " " + .name + " " + .status')" = "$id bob running" ]
	wait_for sh -c 'isle logs bob 2>&1 | grep -q err'
	[ "$(isle exec bob echo inside)" = inside ]
	isle pause bob
	isle unpause bob
	isle stop -t 0 bob
	run -0 isle ps -a -f name=bob -q
	[ -z "$output" ]
}

@test "without --rm it is kept, and starts again" {
	serve web --size 1
	run -3 isle run --pool web --name kept sh -c 'echo x >>/count; exit 3'
	[ "$(isle ps -a --json -f name=kept | jq -r '.[] | .status + " " + (.exit_status | tostring)')" = "exited 3" ]
	isle start kept
	wait_for sh -c 'isle ps -a --json -f name=kept | grep -q exited'
	run -0 isle run --pool web --rm --name gone true
	run -0 isle ps -aq -f name=gone
	[ -z "$output" ]
	isle rm kept
}

@test "files for scripts" {
	serve web --size 1 --rm
	cd "$BATS_TEST_TMPDIR"
	id=$(isle run -d --pool web --cidfile cid --pidfile pid sleep 20)
	[ "$(cat cid)" = "$id" ]
	[ "$(cat pid)" = "$(isle inspect "$id" | jq '.[0].state.pid')" ]
	run -125 isle run --pool web --cidfile cid true
	[[ "$output" == *cid*exist* ]]
	isle rm -f "$id"
}

@test "more at once than there are: they wait for their turn" {
	serve web --size 2 --rm
	for i in 1 2 3 4 5 6 7 8; do
		isle run --pool web echo "$i" >"$BATS_TEST_TMPDIR/$i" &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait "${pids[i]}"
		[ "$(cat "$BATS_TEST_TMPDIR/$i")" = "$i" ]
	done
	wait_for parked_is web 2
	[ "$(of_pool web .taken)" = 8 ]
}

@test "a request of a megabyte" {
	serve web --size 1 --rm
	long=$(head -c 100000 /dev/zero | tr '\0' x)
	args=()
	for i in 1 2 3 4 5 6 7 8; do args+=("$long"); done
	run -0 isle run --pool web -e "BIG=$long" sh -c 'echo $# ${#8} ${#BIG}' sh "${args[@]}"
	[ "$output" = "8 100000 100000" ]
}

@test "a parked island is nobody's" {
	serve web --size 1 --rm
	id=$(of_pool web '.parked[0].id')
	[[ "$(isle ps -a)" == *"parked in pool web"* ]]
	[ -z "$(isle ps -q)" ]
	for verb in "exec $id true" "kill $id" "stop $id" "start $id" "rename $id other" "pause $id" "rm $id"; do
		# shellcheck disable=SC2086 # words
		run -125 isle $verb
		[[ "$output" == *"it is parked in the pool web (isle run --pool web takes one)" ]]
	done
	parked_is web 1
	# By force it can be removed, and is replaced.
	isle rm -f "$id"
	wait_for parked_is web 1
	[ "$(of_pool web '.parked[0].id')" != "$id" ]
}

@test "a parked process can't be looked into, and holds nothing of the machine" {
	serve web --size 1 --rm
	id=$(of_pool web '.parked[0].id')
	pid=$(jq .pid "$ISLE_ROOT/boxes/$id/state.json")
	# Not dumpable: its files in /proc belong to the machine's root, not to the container's.
	[ "$(stat -c %u "/proc/$pid/environ")" = 0 ]
	[[ "${ISLE_WITHOUT:-}" == *early-filter* ]] || grep -q '^Seccomp:	2' "/proc/$pid/status"
	[ "$(grep -c '^NoNewPrivs:	1' "/proc/$pid/status")" = 1 ]
	for fd in "/proc/$pid/fd"/*; do
		[[ "$(readlink "$fd")" == /dev/null || "$(readlink "$fd")" == socket:* ]]
	done
	[ "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)" = 4 ]
}

@test "killed service: what is parked ends, what is taken lives on" {
	serve web --size 3 --rm
	id=$(isle run -d --pool web sleep 20)
	wait_for parked_is web 3
	mkfifo "$BATS_TEST_TMPDIR/in"
	isle run -i --pool web sh -c 'read line; exit 9' <"$BATS_TEST_TMPDIR/in" &
	command=$!
	exec 9>"$BATS_TEST_TMPDIR/in"
	wait_for sh -c '[ $(isle ps -q | wc -l) = 2 ]'
	kill -KILL "$(of_pool web .service_pid)"
	wait_for sh -c '[ $(ls "$ISLE_ROOT/boxes" | wc -l) -le 2 ]'
	[[ "$(isle ps -q --no-trunc)" == *"$id"* ]]
	run -125 isle run --pool web true
	[[ "$output" == *"nobody serves a pool of this name"* ]]
	echo >&9
	exec 9>&-
	status=0
	wait "$command" || status=$?
	[ "$status" = 9 ]
	isle rm -f "$id"
	# The name is free at once.
	serve web --size 1 --rm
	run -0 isle run --pool web true
}

@test "killed command: its container ends" {
	serve web --size 1 --rm
	command isle run --pool web sleep 100 &
	wait_for sh -c '[ $(isle ps -q | wc -l) = 1 ]'
	kill -KILL $!
	wait_for sh -c '[ -z "$(isle ps -q)" ]'
	wait_for parked_is web 1
	wait || true
	# A frozen one, too.
	command isle run --pool web --name frozen sleep 100 &
	wait_for sh -c '[ $(isle ps -q | wc -l) = 1 ]'
	isle pause frozen
	kill -KILL $!
	wait_for sh -c '[ -z "$(isle ps -q)" ]'
	wait || true
}

@test "a name that is asked for is nobody else's before the record tells it" {
	serve web --size 1 --rm
	pid=$(jq .pid "$ISLE_ROOT/boxes/$(of_pool web '.parked[0].id')/state.json")
	# It can't execute the program yet, and so its keeper can't write down what it is.
	kill -STOP "$pid"
	command isle run --pool web --name wanted sleep 100 &
	wait_for test -L "$ISLE_ROOT/names/wanted"
	isle ps
	[ -L "$ISLE_ROOT/names/wanted" ]
	kill -CONT "$pid"
	wait_for sh -c '[ "$(isle ps --json | jq -r ".[].name")" = wanted ]'
	isle rm -f wanted
	wait || true
}

@test "killed keeper: its island is replaced" {
	serve web --size 2 --rm
	id=$(of_pool web '.parked[0].id')
	kill -KILL "$(jq .ownerPid "$ISLE_ROOT/boxes/$id/state.json")"
	wait_for sh -c "! isle pool ls --json | grep -q $id"
	wait_for parked_is web 2
	[ "$(of_pool web .failed)" = 1 ]
	run -0 isle run --pool web true
}

@test "signals reach the program" {
	serve web --size 1 --rm
	# shellcheck disable=SC2016 # for the container's shell
	command isle run --pool web sh -c 'trap "exit 42" TERM; echo ready; while :; do sleep 0.05; done' >"$BATS_TEST_TMPDIR/out" &
	command=$!
	wait_for grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -TERM "$command"
	status=0
	wait "$command" || status=$?
	[ "$status" = 42 ]
}

@test "another user can't take one" {
	serve web --size 1 --rm
	user=$(plain_user one)
	# Not even where everything on the way is open: the keeper looks at who it is.
	chmod 755 "$(dirname "$ISLE_ROOT")" "$ISLE_ROOT" "$ISLE_ROOT/pools" "$ISLE_ROOT/pools/web"
	chmod 666 "$ISLE_ROOT/pools/web/socket"
	run -0 setpriv --reuid "$user" --regid "$user" --clear-groups perl -MSocket -e '
$SIG{PIPE} = "IGNORE";
socket(S, AF_UNIX, SOCK_SEQPACKET, 0) or die;
connect(S, sockaddr_un($ARGV[0])) or die $!;
send(S, "x" x 100, 0);
# A peer that leaves without reading all resets the connection, which is told first.
for (1..2) { recv(S, $answer, 4096, 0); last if length $answer }
print $answer =~ /take an island of another user/ ? "True" : $answer' "$ISLE_ROOT/pools/web/socket"
	echo "$output"
	[ "$output" = True ]
	chmod 700 "$ISLE_ROOT"
	parked_is web 1
	[ "$(of_pool web .taken)" = 0 ]
}

@test "a plain user has pools of his own" {
	for kind in many one; do
		isle_state_use "$(plain_user "$kind")"
		isle pool serve -d --size 1 --rm web host
		run -0 isle run --pool web sh -c 'id -u; echo "$0"' words
		[ "$output" = $'0\nwords' ]
		run -7 isle run --pool web sh -c 'exit 7'
		id=$(isle run -d --pool web sleep 20)
		isle rm -f "$id"
		isle pool stop web
		[ -z "$(ls "$ISLE_ROOT/boxes")" ]
		isle_state_use
	done
}

@test "nonsense on the socket uses nothing up" {
	serve web --size 1 --rm
	for bytes in '' x '\x01lsi' '\x01lsi\xff\xff\xff\xff'; do
		run -0 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(5)
s.connect(sys.argv[1])
text = sys.argv[2].encode().decode("unicode_escape").encode("latin-1")
if text:
    s.send(text)
    print(b"understand" in s.recv(4096))' "$ISLE_ROOT/pools/web/socket" "$bytes"
		[ -z "$bytes" ] || [ "$output" = True ]
	done
	parked_is web 1
	run -0 isle run --pool web echo fine
	[ "$output" = fine ]
}

@test "what can't be served is one sentence, and leaves nothing" {
	for words in "serve" "serve web" "serve --size 0 web host" "serve --size x web host" "serve ../up host" \
		"serve web /no/such/root" "serve --memory lots web host" "serve --name x web host" "serve --rebuild web host" \
		"serve web host /no/such/program" "stop nobody" "stop" "nonsense" "ls extra" ""; do
		# shellcheck disable=SC2086 # words
		run -125 isle pool $words
		[ "${#lines[@]}" = 1 ]
		[[ "$output" == "isle: "* ]]
	done
	run -125 isle run --pool ../up true
	run -125 isle run --pool web true
	run -125 isle run
	[[ "$output" == *"no ROOT was given (usage: isle run"* ]]
	serve web --size 1 --rm
	run -125 isle pool serve -d web host
	[[ "$output" == *"another isle serves it (isle pool stop web)" ]]
}

@test "in the foreground it ends when it is asked to" {
	command isle pool serve --size 1 --rm web host &
	service=$!
	wait_for parked_is web 1
	kill -TERM "$(of_pool web .service_pid)"
	wait "$service"
	[ -z "$(ls "$ISLE_ROOT/pools")" ]
	[ -z "$(ls "$ISLE_ROOT/boxes")" ]
}

@test "pool ls tells what is parked and what it costs" {
	run -0 isle pool ls
	[ "${#lines[@]}" = 1 ]
	serve a --size 1 --rm
	serve b --size 2 --rm
	run -0 isle pool ls
	[[ "${lines[1]}" =~ ^a.*"1 of 1"\ +0\ +[0-9]+\ KiB ]]
	[[ "${lines[2]}" =~ ^b.*"2 of 2" ]]
	[ "$(isle pool ls -q | xargs)" = "a b" ]
	[ "$(of_pool b '[.parked[] | .keeper_pss > 0 and .island_pss > 0] | all')" = true ]
	isle pool stop a b
	[ "$(isle pool ls --json)" = "[]" ]
}

@test "killed at any step, nothing is left and the pool goes on" {
	for step in take-claim take-stdio take-order take-hear take-record take-state take-attach; do
		for fault in kill kill-after fail; do
			SERVED+=(web)
			ISLE_FAULT=$fault=$step isle pool serve -d --size 1 --rm web host
			run isle run -d --name n --pool web sleep 0.1
			[ "$status" = 125 ] || [ "$fault $step" = "kill-after take-attach" ] # after the last there is an answer missing
			wait_for parked_is web 1
			isle pool stop web
			isle rm -af
			[ -z "$(left_behind)" ]
		done
	done
	serve web --size 1 --rm
	for step in request connect ask given; do
		for fault in kill kill-after fail; do
			ISLE_FAULT=$fault=$step run isle run --name n --pool web sleep 20
			[ "$status" -ne 0 ]
			wait_for sh -c '[ -z "$(isle ps -q)" ]'
		done
	done
	wait_for parked_is web 1
}

@test "an island that can't be made is an error at the start, and leaves nothing" {
	for fault in fail kill kill-after; do
		for step in create claim intent cgroup clone begin root save state await-parked; do
			ISLE_FAULT=$fault=$step run -125 isle pool serve -d --size 2 web host
			[[ "$output" == "isle: "* ]]
			# Another island may be on its way still.
			wait_for eval '[ -z "$(isle ps -aq)" ]'
			[ -z "$(ls "$ISLE_ROOT/pools")" ]
		done
	done
	for step in namespaces enter attach rights park; do
		ISLE_FAULT=kill=$step run -125 isle pool serve -d --size 2 web host
		[ -z "$(isle ps -aq)" ]
	done
}
