#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL for whoever has a part in a container: isle at any moment and at each system call that changes something, the
# monitor, the container's first process, a program of exec.  The next command leaves nothing over.
# shellcheck disable=SC2154 # raw is set by faults_use

load ../lib/isle
load ../lib/faults

setup_file() {
	isle_setup_file
	faults_setup_file
}
setup() { faults_use; }
teardown() { isle_teardown; }
teardown_file() { isle_teardown_file; }

sweep() {
	"$ISLE_LIB/kill_sweep.sh" "$@" >&3
}

@test "SIGKILL at the system calls of run" {
	sweep run
}

@test "SIGKILL at the system calls of run -d" {
	sweep run-d
}

@test "SIGKILL at the system calls of start" {
	sweep start
}

@test "SIGKILL at the system calls of exec" {
	sweep exec
}

@test "SIGKILL at the system calls of stop" {
	sweep stop
}

@test "SIGKILL at the system calls of rm -f" {
	sweep rm
}

nothing_runs() {
	! processes_left
}

@test "SIGKILL of run at any moment, 200 times" {
	RANDOM=${ISLE_SEED:=$RANDOM}
	echo "# ISLE_SEED=$ISLE_SEED" >&3
	for ((i = 0; i < 200; i++)); do
		delay=$(printf '0.%03d' $((RANDOM % 30)))
		"${raw[@]}" run --rm --name x -e ISLE_TEST_MARK host true 3>&- &
		sleep "$delay"
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		# The kernel ends the first process for us, in its own time; as long as it is there, it keeps the owner's lock.
		wait_for nothing_runs
		"${raw[@]}" ps -a >/dev/null
		nothing_left "a kill after $delay s in round $i"
	done
}

# Whether process $1 has ended, and let go of its locks, reaped or not.
dead() {
	! grep -qs '^State:.[^ZX]' "/proc/$1/status"
}

@test "SIGKILL of the monitor: the container ends with it" {
	local monitor

	"${raw[@]}" run -d --rm --name x -e ISLE_TEST_MARK host sleep 1000
	monitor=$(inspected x state ownerPid)
	kill -KILL "$monitor"
	wait_for dead "$monitor"
	"${raw[@]}" ps -a
	nothing_left_soon "the monitor's death"

	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 1000
	kill -KILL "$(inspected x state ownerPid)"
	wait_for no_processes
	[ "$("${raw[@]}" wait x)" -eq 137 ]
	[[ $(inspected x state error) == *killed* ]]
	"${raw[@]}" start x
	[ "$(inspected x state status)" = running ]
	"${raw[@]}" rm -f x
	nothing_left "the monitor's death"
}

no_processes() {
	! processes_left
}

@test "SIGKILL of the container's first process: the monitor cleans up without being asked" {
	"${raw[@]}" run -d --rm --name x -e ISLE_TEST_MARK host sleep 1000
	kill -KILL "$(pid_of x)"
	nothing_left_soon "the first process's death"

	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK --init host sleep 1000
	kill -KILL "$(pid_of x)"
	[ "$("${raw[@]}" wait x)" -eq 137 ]
	"${raw[@]}" rm x
	nothing_left_soon "the first process's death"
}

@test "SIGKILL of a program of exec: its status is told, the container goes on" {
	"${raw[@]}" run -d --rm --name x -e ISLE_TEST_MARK host sleep 1000
	"${raw[@]}" exec x sleep 999 3>&- &
	wait_for runs 'sleep 999'
	kill -KILL "$(processes_left | awk '$3 " " $4 == "sleep 999" {print $2}')"
	status=0
	wait $! || status=$?
	[ "$status" -eq 137 ]
	"${raw[@]}" exec x true
	"${raw[@]}" rm -f x
	nothing_left_soon "the program's death"
}

@test "SIGKILL of exec: its program ends, the container goes on" {
	"${raw[@]}" run -d --rm --name x -e ISLE_TEST_MARK host sleep 1000
	"${raw[@]}" exec x sleep 999 3>&- &
	wait_for runs 'sleep 999'
	kill -KILL $!
	wait $! || true
	wait_for runs_not 'sleep 999'
	"${raw[@]}" exec x true
	"${raw[@]}" rm -f x
	nothing_left_soon "exec's death"
}

runs() {
	processes_left | grep -qE "^process [0-9]+ $1 $"
}

runs_not() {
	! runs "$1"
}

@test "SIGKILL of a foreground run while its container runs" {
	"${raw[@]}" run --rm --name x -e ISLE_TEST_MARK host sleep 1000 3>&- &
	wait_for runs 'sleep 1000'
	kill -KILL $!
	wait $! || true
	"${raw[@]}" run --rm --name x host true
	nothing_left "run's death"
}
