#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The end: what exits, stops or is removed leaves exactly what it should, which mostly is nothing.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() { isle_setup_file; }
teardown_file() { isle_teardown_file; }
teardown() { isle_teardown; }

is_gone() {
	[ -z "$(isle ps -aq --filter "name=$1")" ]
}

rm_flag() { # ROOT
	local how

	for how in 'exit 0' 'exit 3' 'kill -KILL $$' 'sleep 100 & exit 0'; do
		isle run --rm --name brief "$1" sh -c "touch /left; $how" || true
		[ -z "$(left_behind)" ]
	done
	isle run -d --rm --name brief "$1" sh -c 'sleep 0.1'
	wait_for is_gone brief
	[ -z "$(left_behind)" ]
	isle run -d --rm --name brief "$1" sleep 100
	isle kill brief
	wait_for is_gone brief
	[ -z "$(left_behind)" ]
	# What could not start at all leaves nothing, with --rm and without.
	run -127 isle run --rm --name brief "$1" no-such-program
	run -127 isle run --name brief "$1" no-such-program
	run -125 isle run --name brief --workdir not/absolute "$1" true
	isle rm -af
	[ -z "$(left_behind)" ]
}

@test "--rm leaves nothing, however it ends" {
	on_each_root rm_flag
}

kept() { # ROOT
	run -5 isle run --name kept "$1" sh -c 'echo out; echo err >&2; echo word >/word; exit 5'
	[ "$(inspected kept status)" = exited ]
	[ "$(inspected kept state exitStatus)" = 5 ]
	[ "$(isle ps -q | wc -l)" -eq 0 ]
	[ "$(isle ps -aq | wc -l)" -eq 1 ]
	[[ $(isle ps -a) == *"exited (5)"* ]]
	# No process, mount or cgroup is there meanwhile.
	[ -z "$(left_behind_running)" ]
	isle rm kept
	[ -z "$(left_behind)" ]
	run -125 isle inspect kept
}

# What a container that has ended must not have: left_behind but for its own records.
left_behind_running() {
	left_now | grep -v '^entry'
}

@test "without --rm a container that ended is known, and costs nothing but its files" {
	on_each_root kept
}

again() { # ROOT
	isle run -d --name shop "$1" sh -c 'echo "visit" >>/visits; wc -l </visits; exec sleep 100'
	wait_for eval '[ "$(isle logs shop | wc -l)" -eq 1 ]'
	isle exec shop sh -c 'echo "new" >/file; rm /etc/issue; mkdir -p /a/b'
	isle stop -t 0 shop
	[ -z "$(left_behind_running)" ]
	[ "$(inspected shop status)" = exited ]
	isle start shop
	wait_for eval '[ "$(isle logs shop | wc -l)" -eq 2 ]'
	[ "$(isle logs shop)" = $'1\n2' ]
	[ "$(isle exec shop cat /file)" = new ]
	[ "$(isle exec shop stat -c %u /file)" = 0 ]
	run isle exec shop ls /etc/issue
	[ "$status" -ne 0 ]
	isle restart -t 0 shop
	wait_for eval '[ "$(isle logs shop | wc -l)" -eq 3 ]'
	[ "$(isle logs --tail 1 shop)" = 3 ]
	# A running one is removed only by force.
	run -125 isle rm shop
	[[ $output == *shop* ]]
	isle rm -f shop
	[ -z "$(left_behind)" ]
}

@test "the throw-away layer and the log last over stop, start and restart, and end with rm" {
	on_each_root again
}

gentle() { # ROOT
	local start

	isle run -d --name shop "$1" sh -c 'trap "echo closing; exit 7" TERM; echo open; while :; do sleep 0.05; done'
	wait_for eval 'isle logs shop | grep -q open'
	isle stop shop
	[ "$(inspected shop state exitStatus)" = 7 ]
	[ "$(isle logs shop | tail -1)" = closing ]
	isle run -d --name deaf "$1" sh -c 'trap "" TERM; echo open; while :; do sleep 0.05; done'
	wait_for eval 'isle logs deaf | grep -q open'
	start=$SECONDS
	isle stop -t 1 deaf
	[ "$(inspected deaf state exitStatus)" = 137 ]
	[ $((SECONDS - start)) -lt 9 ] # without -t it would be 10
}

@test "stop asks first, and then does not ask" {
	on_each_root gentle
}

foreground_killed() { # ROOT
	local cli pid

	# The terminal closes, the machine's operator kills isle: what it was responsible for ends with it.
	for signal in TERM KILL; do
		command isle run --rm --name shop "$1" sh -c 'trap "exit 3" TERM; sleep 100 & sleep 101 & wait' 3>&- &
		cli=$!
		wait_for eval '[ "$(processes_of shop 2>/dev/null | wc -l)" -eq 3 ]'
		pid=$(pid_of shop)
		kill "-$signal" "$cli"
		wait "$cli" || true
		isle ps -a # after KILL it is the next command that cleans up
		wait_for eval '[ ! -e "/proc/'"$pid"'/ns/pid" ]'
		wait_for is_gone shop
		[ -z "$(left_behind)" ]
	done
}

@test "isle itself killed in the foreground leaves nothing after the next command" {
	on_each_root foreground_killed
}

names() { # ROOT
	isle run -d --name shop "$1" sleep 100
	run -125 isle run --name shop "$1" true
	[[ $output == *shop* ]]
	run -125 isle run -d --name shop "$1" true
	isle rename shop store
	isle run --rm --name shop "$1" true
	isle rm -f store
	isle run --name store "$1" true
	[ "$(isle ps -aq | wc -l)" -eq 1 ]
}

@test "a name is free again when its container is gone" {
	on_each_root names
}

@test "left_behind finds what is left" {
	local id

	[ -z "$(left_behind)" ]
	id=$(isle run -d --name shop host sleep 100)
	run left_now
	[[ $output == *"entry $ISLE_ROOT/boxes/$id"* ]]
	[[ $output == *"entry $ISLE_ROOT/names/shop"* ]]
	[[ $output == *"entry $ISLE_DATA/containers/$id"* ]]
	[[ $output == *"cgroup /sys/fs/cgroup/"*"/$id"* ]]
	[[ $output == *"process "*"sleep 100"* ]]
	[[ $output == *"process "*"isle"* ]]
	isle rm -f shop
	[ -z "$(left_behind)" ]
	mkdir "$BATS_FILE_TMPDIR/state/place"
	mount -t tmpfs tmpfs "$BATS_FILE_TMPDIR/state/place"
	run left_now
	umount "$BATS_FILE_TMPDIR/state/place"
	[[ $output == *"mount "*"/state/place"* ]]
}
