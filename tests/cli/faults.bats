#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every step of every verb fails, or is where isle is killed (ISLE_FAULT, src/core/step.h): the failure is told, and after
# the next command nothing is left.
#
# The steps are taken from the source.  A round of fail=STEP over all of them shows which ones a scenario has; those are
# then killed too.  The last test fails if there is a step that no scenario has reached.
# shellcheck disable=SC2154 # raw is set by faults_use

load ../lib/isle
load ../lib/faults

setup_file() {
	isle_setup_file
	faults_setup_file
	mkdir "$BATS_FILE_TMPDIR/shared" "$BATS_FILE_TMPDIR/reached"
	chmod 755 "$BATS_FILE_TMPDIR/shared"
}
setup() { faults_use; }
teardown() { isle_teardown; }
teardown_file() { isle_teardown_file; }

# Options that make a start have as many of the steps as it can have.
everything() {
	echo "--name x -e ISLE_TEST_MARK -v $BATS_FILE_TMPDIR/shared:/mnt --init -m 200m -h inside -t --read-only
		--sysctl net.ipv4.ip_unprivileged_port_start=0"
}

# Runs $1 for each step and fault: it is called with the words of isle's exit as $status and $said, and $fault and $step.
# The scenario's own command is $2...; it must not need anything of a previous round.
each_fault() { # CHECK COMMAND...
	local check=$1 step fault status said reached=()

	shift
	for step in $(all_steps); do
		fault=fail
		try_fault "$@"
		if [ "$status" -ne 0 ]; then
			[ "$status" -eq 125 ]
			[[ $said == "isle: "*"ISLE_FAULT asked for this failure"* && $said != *$'\n'* ]]
			reached+=("$step")
			touch "$BATS_FILE_TMPDIR/reached/$step"
		fi
		"$check"
	done
	[ "${#reached[@]}" -ge 3 ]
	for step in "${reached[@]}"; do
		for fault in kill kill-after; do
			try_fault "$@"
			[[ $status -eq 137 || ($status -eq 125 && -n $said) || ($status -eq 0 && $fault = kill-after) ]]
			"$check"
		done
	done
}

try_fault() {
	status=0
	said=$(ISLE_FAULT=$fault=$step timeout 10 "$@" 2>&1 >/dev/null </dev/null) || status=$?
	echo "$fault=$step: $status: $said"
}

# After a start of a container that is not kept.
check_new() {
	if [ "$status" -eq 0 ]; then
		"${raw[@]}" rm -f x
	fi
	"${raw[@]}" ps -a >/dev/null
	nothing_left "$fault=$step"
	if [ "$fault" != fail ]; then
		"${raw[@]}" run --rm --name x host true
	fi
}

@test "run" {
	# shellcheck disable=SC2046 # words
	each_fault check_new "${raw[@]}" run --rm $(everything) host true
}

@test "run -d" {
	# shellcheck disable=SC2046 # words
	each_fault check_new "${raw[@]}" run -d --rm $(everything) host sleep 100
}

# The next command of that name is the one that cleans up.
check_again() {
	if [ "$fault" != fail ]; then
		"${raw[@]}" run --rm --name x host true
	elif [ "$status" -eq 0 ]; then
		"${raw[@]}" rm -f x
	fi
	nothing_left "$fault=$step"
}

@test "run, and again with the same name at once" {
	# shellcheck disable=SC2046 # words
	each_fault check_again "${raw[@]}" run -d $(everything) host sleep 100
}

@test "run, as a plain user" {
	local user

	user=$(plain_user many)
	isle_state_use "$BATS_FILE_TMPDIR/state-$user"
	faults_use
	raw=(setpriv --reuid "$user" --regid "$user" --init-groups "${raw[@]}")
	cd /
	each_fault check_new "${raw[@]}" run --rm --name x -e ISLE_TEST_MARK host true
}

# After a start of one that is kept: it is as it was, and can be started.
check_start() {
	"${raw[@]}" ps -a >/dev/null
	if [ "$status" -ne 0 ]; then
		! processes_left
		! groups_left
		"${raw[@]}" start x
	fi
	[ "$(timeout 10 "${raw[@]}" wait x)" -eq 3 ]
}

@test "start" {
	status=0
	# shellcheck disable=SC2046 # words
	"${raw[@]}" run $(everything) host sh -c 'exit 3' || status=$?
	[ "$status" -eq 3 ]
	each_fault check_start "${raw[@]}" start x
	"${raw[@]}" rm x
	nothing_left start
}

# After an exec: what runs in the container is its own first process, and another exec works.
check_exec() {
	WAIT_S=2 wait_for only_sleep
	"${raw[@]}" exec x true
}

only_sleep() {
	[ "$(processes_left | grep -cv 'isle-monitor\|isle --root\|isle-init')" -eq 1 ] && processes_left | grep -q 'sleep 100'
}

@test "exec" {
	# shellcheck disable=SC2046 # words
	"${raw[@]}" run -d $(everything) host sleep 100 >/dev/null
	each_fault check_exec "${raw[@]}" exec -t x true
	each_fault check_exec "${raw[@]}" exec -d x true
	"${raw[@]}" rm -f x
	nothing_left exec
}

# After a stop: the same again finds it stopped, or stops it.
check_stop() {
	"${raw[@]}" ps -a >/dev/null
	"${raw[@]}" stop -t 0 x
	! processes_left
	! groups_left
	"${raw[@]}" start x
}

@test "stop" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 100 >/dev/null
	each_fault check_stop "${raw[@]}" stop -t 0 x
	"${raw[@]}" rm -f x
	nothing_left stop
}

# After a removal: whatever was done, the rest can be done, and the name is free.
check_rm() {
	"${raw[@]}" ps -a >/dev/null
	"${raw[@]}" rm -f x
	nothing_left "$fault=$step"
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 100 >/dev/null
}

@test "rm -f" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 100 >/dev/null
	each_fault check_rm "${raw[@]}" rm -f x
	"${raw[@]}" rm -f x
	nothing_left "rm -f"
}

@test "every step has been reached" {
	local missing=()

	[ "$(all_steps | wc -l)" -ge 40 ]
	for step in $(all_steps); do
		# Where there is nothing but cgroup v2, a process is born where it belongs.
		if [ "$step" = join-cgroups ] && ! grep -q ' cgroup ' /proc/mounts; then
			continue
		fi
		if [ ! -e "$BATS_FILE_TMPDIR/reached/$step" ]; then
			missing+=("$step")
		fi
	done
	echo "not reached: ${missing[*]}"
	[ "${#missing[@]}" -eq 0 ]
}
