#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many containers, one after the other, leave nothing: no entry, mount, process, control group, network namespace or memory.
# The kernel tells nobody of a namespace without a process, but it counts the memory of each for who made it.
# shellcheck disable=SC2154 # oci is set by oci_setup

load ../lib/isle
load ../lib/oci

setup_file() {
	isle_setup_file
	oci_setup_file
}

setup() {
	oci_setup
	counted=
}

teardown() {
	umount "$T/net"* 2>/dev/null || true
	[ -z "$counted" ] || rmdir "$counted"
	oci_teardown
	isle_teardown
}

teardown_file() { isle_teardown_file; }

# Makes the control group $counted, which counts the kernel's memory.
count_memory() {
	local tree=/sys/fs/cgroup/memory

	if [ ! -e "$tree/memory.kmem.usage_in_bytes" ]; then
		tree=/sys/fs/cgroup
		grep -qw memory "$tree/cgroup.subtree_control" || skip "no control group counts memory here"
	fi
	counted=$tree/isle-test-$$-$RANDOM
	mkdir "$counted"
}

# Runs "$@" 100 times, one after the other, in the group.
hundred_times() {
	(
		echo "$BASHPID" >"$counted/cgroup.procs"
		for _ in {1..100}; do
			"$@" 3>&- || exit
		done
	)
}

# Whether next to nothing is charged to the group.  What only might be of use again goes when it is asked for.
is_forgotten() {
	if [ -e "$counted/memory.force_empty" ]; then
		echo 0 >"$counted/memory.force_empty"
		[ "$(cat "$counted/memory.kmem.usage_in_bytes")" -le 200000 ]
	else
		echo 100M >"$counted/memory.reclaim" || true
		[ "$(awk '$1 == "kernel" { print $2 }' "$counted/memory.stat")" -le 200000 ]
	fi
}

@test "isle run, 100 one after the other: nothing is left, in the kernel neither" {
	count_memory
	hundred_times isle run --rm --net none -e ISLE_TEST_MARK host true
	wait_for is_forgotten
	[ -z "$(left_behind)" ]
}

@test "isle oci run, 100 one after the other: nothing is left, in the kernel neither" {
	count_memory
	bundle "$T/b"
	hundred_times oci run --bundle "$T/b" one
	wait_for is_forgotten
	oci_nothing_left "after 100 runs"
}

@test "namespaces that are left are noticed" {
	count_memory
	touch "$T/net"{1..4}
	for n in {1..4}; do
		(
			echo "$BASHPID" >"$counted/cgroup.procs"
			exec unshare "--net=$T/net$n" true
		)
	done
	run ! is_forgotten
	umount "$T/net"{1..4}
	wait_for is_forgotten
}
