#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every step of every verb fails, or is where isle is killed (ISLE_FAULT, src/core/step.h): the failure is told, and after
# the next command nothing is left.
#
# The steps are taken from the source.  A round of fail=STEP over all of them shows which ones a scenario has; those are
# then killed too.  What no isle run can ask for is reached by a config.json.  The last test fails if there is a step that
# no scenario has reached, and that is not listed there with the reason.
# shellcheck disable=SC2154,SC2030,SC2031 # raw is set by faults_use; each test has its own

load ../lib/isle
load ../lib/faults
load ../lib/oci

setup_file() {
	isle_setup_file
	faults_setup_file
	oci_setup_file
	mkdir "$BATS_FILE_TMPDIR/shared" "$BATS_FILE_TMPDIR/reached"
	chmod 755 "$BATS_FILE_TMPDIR/shared"
}
setup() {
	faults_use
	everything=(--name x -e ISLE_TEST_MARK -v "$BATS_FILE_TMPDIR/shared:/mnt" --init -m 200m -h inside -t --read-only
		--sysctl net.ipv4.ip_unprivileged_port_start=0)
}
teardown() { isle_teardown; }
teardown_file() { isle_teardown_file; }

# The steps of a start that has as many of them as it can have.
start_steps() {
	steps_of "${raw[@]}" run --rm "${everything[@]}" --timings --json host true
}

# The steps that are written in a source file of the engine.
steps_in() {
	sed -nE 's/^static const struct step .*\.name = "([^"]+)".*/\1/p' "$ISLE_LIB/../../src/engine/$1.c"
}

# The steps that a command tells of itself.
steps_of() { # ISLE... VERB OPTIONS...
	"$@" 2>&1 >/dev/null </dev/null | sed -n '/^\[/,$p' |
		python3 -c 'import json, sys; print(*(s["step"] for s in json.load(sys.stdin)))'
}

# Runs the command $3... with a failure at each of the STEPS, then killed at each of those that it has.  After each the
# function CHECK is called, which sees $status, $fault and $step.
each_fault() { # CHECK STEPS COMMAND...
	local check=$1 steps=$2 step fault status said reached=()

	shift 2
	for step in $steps; do
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
}

@test "run" {
	local command=("${raw[@]}" run --rm "${everything[@]}")

	each_fault check_new "$(steps_of "${command[@]}" --timings --json host true)" "${command[@]}" host true
}

@test "run -d" {
	each_fault check_new "$(start_steps)" "${raw[@]}" run -d --rm "${everything[@]}" host sleep 100
}

# The next command of that name is the one that cleans up.
check_again() {
	if [ "$status" -eq 0 ]; then
		"${raw[@]}" rm -f x
	fi
	"${raw[@]}" run --rm --name x host true
	nothing_left "$fault=$step"
}

@test "run, and again with the same name at once" {
	each_fault check_again "$(start_steps)" "${raw[@]}" run -d --rm "${everything[@]}" host sleep 100
}

@test "run, as a plain user" {
	local user

	user=$(plain_user many)
	isle_state_use "$user"
	faults_use
	raw=(setpriv --reuid "$user" --regid "$user" --init-groups "${raw[@]}")
	cd /
	local command=("${raw[@]}" run --rm --name x -e ISLE_TEST_MARK)

	each_fault check_new "$(steps_of "${command[@]}" --timings --json host true)" "${command[@]}" host true
}

# Nothing but records is left.
nothing_lives() {
	if processes_left || groups_left; then
		return 1
	fi
}

# After a start of one that is kept: it is as it was, and can be started.
check_start() {
	"${raw[@]}" ps -a >/dev/null
	if [ "$status" -ne 0 ]; then
		nothing_lives
		"${raw[@]}" start x
	fi
	[ "$(timeout 30 "${raw[@]}" wait x)" -eq 3 ]
}

@test "start" {
	local steps

	steps=$(start_steps)
	status=0
	"${raw[@]}" run "${everything[@]}" host sh -c 'exit 3' || status=$?
	[ "$status" -eq 3 ]
	each_fault check_start "find $steps" "${raw[@]}" start x
	"${raw[@]}" rm x
	nothing_left start
}

# After an exec: what runs in the container is its own first process, and another exec works.
check_exec() {
	wait_for only_sleep
	"${raw[@]}" exec x true
}

only_sleep() {
	[ "$(processes_left | grep -cv 'isle-monitor\|isle --root\|isle-init')" -eq 1 ] && processes_left | grep -q 'sleep 100'
}

@test "exec" {
	local steps

	"${raw[@]}" run -d "${everything[@]}" host sleep 100 >/dev/null
	steps=$(steps_of "${raw[@]}" exec -t --timings --json x true)
	each_fault check_exec "$steps" "${raw[@]}" exec -t x true
	each_fault check_exec "$steps" "${raw[@]}" exec -d x true
	"${raw[@]}" rm -f x
	nothing_left exec
}

# After a renaming: it has one of the names, and can have the other.
check_rename() {
	local name

	name=$("${raw[@]}" ps -a --json | python3 -c 'import json, sys; print(*(c["name"] for c in json.load(sys.stdin)))')
	[[ $name = x || $name = y ]]
	[ "$(ls "$ISLE_ROOT/names")" = "$name" ]
	if [ "$name" = y ]; then
		"${raw[@]}" rename y x
	fi
}

@test "rename" {
	"${raw[@]}" run --name x host true
	each_fault check_rename "$(steps_in rename)" "${raw[@]}" rename x y
	"${raw[@]}" rm x
	nothing_left rename
}

# After a stop: the same again finds it stopped, or stops it.
check_stop() {
	"${raw[@]}" ps -a >/dev/null
	"${raw[@]}" stop -t 0 x
	nothing_lives
	"${raw[@]}" start x
}

@test "stop" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 100 >/dev/null
	each_fault check_stop "$(steps_in stop)" "${raw[@]}" stop -t 0 x
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
	each_fault check_rm "$(steps_in remove)" "${raw[@]}" rm -f x
	"${raw[@]}" rm -f x
	nothing_left "rm -f"
}

# Its own file would be seen in the machine's /proc, so this run goes on from a copy.
@test "run, among the machine's processes" {
	each_fault check_new "own-copy create claim" "${raw[@]}" run --rm --name x -e ISLE_TEST_MARK --pid "ns:/proc/$$/ns/pid" \
		--userns host host true
}

# The steps that none of these tests has reached.
not_reached() {
	local step

	for step in $(all_steps); do
		[ -e "$BATS_FILE_TMPDIR/reached/$step" ] || echo "$step"
	done
}

# Runs the command $1... of the runtime with a failure at each step that is left, and killed there; then the function
# oci_tidy, which sees $step and $fault.
each_oci_fault() {
	local step fault status said

	for step in $(not_reached); do
		for fault in fail kill kill-after; do
			status=0
			# Not a pipe: a container that was made has it, too.
			ISLE_FAULT=$fault=$step timeout 10 "$@" </dev/null >/dev/null 2>"$T/said" 3>&- || status=$?
			said=$(<"$T/said")
			echo "$fault=$step: $status: $said"
			[ "$status" -ne 124 ]
			oci_tidy
			if [ "$fault" = fail ]; then
				[[ $said == *"ISLE_FAULT asked for this failure"* ]] || break
				[ "$status" -ne 0 ]
				touch "$BATS_FILE_TMPDIR/reached/$step"
			fi
		done
	done
}

# What only a config.json can ask for.
everything_by_config="l['namespaces'].append({'type': 'time'}); l['timeOffsets'] = {'boottime': {'secs': 5}}
l['rootfsPropagation'] = 'shared'; l['personality'] = {'domain': 'LINUX'}; l['memoryPolicy'] = {'mode': 'MPOL_DEFAULT'}
l['devices'] = [{'path': '/probe/null', 'type': 'c', 'major': 1, 'minor': 3}]
p['scheduler'] = {'policy': 'SCHED_BATCH'}; p['execCPUAffinity'] = {'initial': '0', 'final': '0'}
c['hooks'] = {k: [{'path': '/bin/true'}] for k in ('createRuntime', 'createContainer', 'startContainer')}"

oci_gone() {
	oci delete --force a
	oci_nothing_left "$fault=$step"
}

@test "isle oci create, by a config.json that has everything" {
	oci_setup
	oci_tidy() { oci_gone; }
	bundle "$T/a" "$everything_by_config"
	each_oci_fault "${oci[@]}" create --bundle "$T/a" a
	[ -e "$BATS_FILE_TMPDIR/reached/park" ]
	# What is done beside the network, but not for hooks.
	bundle "$T/a" "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW'}"
	each_oci_fault "${oci[@]}" create --bundle "$T/a" a
	if "$ISLE" unshare --net ip link add x type veth peer name y 2>/dev/null; then
		bundle "$T/a" "l['netDevices'] = {'x': {}}"
		each_oci_fault "$ISLE" unshare --net sh -c 'ip link add x type veth peer name y && exec "$@"' sh \
			"${oci[@]}" create --bundle "$T/a" a
	fi
	oci_teardown
}

# The container is what it was, and can be executed in.
oci_same() {
	wait_for oci_alone
	oci exec a true
}

oci_alone() {
	[ "$(grep -slzxF "ISLE_TEST_MARK=$ISLE_TEST_MARK:oci" /proc/[0-9]*/environ | process_lines | grep -c .)" -eq 1 ]
}

@test "isle oci exec and start, by a config.json that has everything" {
	oci_setup
	oci_running a "$everything_by_config"
	oci_tidy() { oci_same; }
	each_oci_fault "${oci[@]}" exec a true
	oci delete --force a
	# What the container's own side does fails the container, not the command that let it go.
	oci_tidy() { oci_gone; }
	each_oci_fault sh -c '"$@" create --bundle "$0/a" a && "$@" start a' "$T" "${oci[@]}"
	oci_teardown
}

# Steps that stay out of reach here, and why.
elsewhere() { # STEP
	case $1 in
	join-cgroups) # where there is nothing but cgroup v2, a process is born where it belongs
		! grep -q ' cgroup ' /proc/mounts
		;;
	rdt) # a processor with resctrl
		! grep -qw resctrl /proc/mounts
		;;
	restore) # needs what criu has saved, and a criu that can on this machine (oci_verbs.bats)
		;;
	root-mount | note-root | attach-root) # a container among the machine's mounts: oci_machine_mounts.bats
		;;
	console | subgroups) # an engine's socket, and a group below the container's: oci_process.bats, oci_verbs.bats
		;;
	ask | connect | files | given | request | take-hear | take-order | take-record | take-state | take-stdio) # pool.bats
		;;
	net-devices | net-await) # a kernel that makes interfaces
		! "$ISLE" unshare --net ip link add x type veth peer name y 2>/dev/null
		;;
	*)
		false
		;;
	esac
}

@test "every step has been reached" {
	local missing=()

	[ "$(all_steps | wc -l)" -ge 60 ]
	for step in $(not_reached); do
		elsewhere "$step" || missing+=("$step")
	done
	echo "not reached: ${missing[*]}"
	[ "${#missing[@]}" -eq 0 ]
}
