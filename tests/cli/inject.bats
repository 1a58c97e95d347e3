#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# System calls that fail: what the kernel may say at any moment is told in one sentence and leaves nothing; and what older
# kernels do not have is done in the older way, with the same container as the result.
# ISLE_LONG=1: every error at every system call; without it, a sample.
# shellcheck disable=SC2154 # raw is set by faults_use

load ../lib/isle
load ../lib/faults

setup_file() {
	isle_setup_file
	faults_setup_file
	mkdir -p "$BATS_FILE_TMPDIR/shared"
	echo theirs >"$BATS_FILE_TMPDIR/shared/file"
	chmod -R a+rX "$BATS_FILE_TMPDIR/shared"
}
setup() { faults_use; }
teardown() { isle_teardown; }
teardown_file() { isle_teardown_file; }

# What the program sees of its container when all is well.
# shellcheck disable=SC2016 # for the shell inside
examine='
	set -e
	[ "$(hostname)" = inside ]
	[ "$(id -u):$(id -g)" = 0:0 ]
	[ "$(cat /mnt/file)" = theirs ]
	(echo mine >/mnt/file) 2>/dev/null && exit 1
	(echo mine >/etc/new) 2>/dev/null && exit 1
	(echo mine >/proc/sys/kernel/domainname) 2>/dev/null && exit 1
	[ "$(wc -c </proc/timer_list)" -eq 0 ]
	[ "$(ls /sys/firmware | wc -l)" -eq 0 ]
	grep -q inside /etc/hosts
	[ "$$" -eq 1 ]
	grep -q "^NoNewPrivs:.*1" /proc/self/status
	grep -q "^Seccomp:.*2" /proc/self/status
	[ "$(ls /proc/self/fd | wc -l)" -eq 4 ]
	echo well'

# Runs a container while strace makes calls fail: refuse WORDS-FOR-STRACE... -- OPTIONS-OF-RUN...
refuse() {
	local words=()

	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	timeout -k 1 20 strace -qq -e signal=none -E "${raw[1]}" -o "$BATS_TEST_TMPDIR/calls" "${words[@]}" "${raw[@]:2}" run --rm -h inside --read-only \
		-v "$BATS_FILE_TMPDIR/shared:/mnt:ro" "$@" </dev/null
}

# What must have been refused at least once.
was_refused() {
	grep -q INJECTED "$BATS_TEST_TMPDIR/calls"
}

@test "what older kernels lack is done in the older way" {
	for call in mount_setattr close_range; do
		output=$(refuse -f -e trace="$call" -e inject="$call:error=ENOSYS" -- host sh -c "$examine" 2>&1)
		echo "$call: $output"
		[ "$(tail -n 1 <<<"$output")" = well ]
		was_refused
		nothing_left "$call"
	done
}

@test "no mount_setattr: what is made read-only keeps the flags that it has" {
	local old=(-f -e trace=mount_setattr -e inject=mount_setattr:error=ENOSYS)

	# In its own user namespace nobody may take them away from the machine's /proc.
	[ "$(refuse "${old[@]}" -- --pid host host echo well 2>/dev/null)" = well ]
	was_refused
	mkdir "$BATS_TEST_TMPDIR/source"
	# shellcheck disable=SC2016 # for the shell inside
	output=$(unshare --mount --propagation private sh -c 'mount -t tmpfs -o nosuid,noexec,noatime tmpfs "$0" && "$@"' "$BATS_TEST_TMPDIR/source" \
		strace -qq -o "$BATS_TEST_TMPDIR/calls" -e signal=none "${old[@]}" "${raw[@]:2}" --root "$BATS_TEST_TMPDIR/run" run --rm --userns host \
		-v "$BATS_TEST_TMPDIR/source:/mnt:ro" host grep ' /mnt ' /proc/self/mountinfo 2>/dev/null)
	was_refused
	for flag in ro nosuid noexec noatime; do
		[[ ,$(awk '{ print $6 }' <<<"$output"), == *,$flag,* ]]
	done
}

@test "no idmapped mounts: the second try gives the program the same signals" {
	output=$(refuse -f -e trace=mount_setattr -e inject=mount_setattr:error=EINVAL:when=1 -- host grep '^Sig[BI]' /proc/self/status 2>"$BATS_TEST_TMPDIR/said")
	was_refused
	grep -q 'refuses idmapped mounts' "$BATS_TEST_TMPDIR/said"
	[ "$output" = "$(strace -qq -o /dev/null -e signal=none -E "${raw[1]}" "${raw[@]:2}" run --rm host grep '^Sig[BI]' /proc/self/status)" ]
}

@test "no openat2: users are still found, and no link of the image is followed" {
	output=$(refuse -f -e trace=openat2 -e inject=openat2:error=ENOSYS -- -u nobody host id -un)
	[ "$output" = nobody ]
	was_refused
}

@test "openat2 that says EAGAIN a while is asked again" {
	output=$(refuse -f -e trace=openat2 -e inject=openat2:error=EAGAIN:when=1..20 -- -u nobody host id -un)
	[ "$output" = nobody ]
	was_refused
}

@test "a process that can't be born in its control group is moved there" {
	for error in EINVAL E2BIG EBUSY EOPNOTSUPP; do
		output=$(refuse -f -e trace=clone3 -e inject="clone3:error=$error:when=1" -- -m 100m host sh -c "$examine")
		[ "$output" = well ]
		was_refused
	done
}

@test "overlayfs as older kernels have it" {
	local create lower

	refuse -e trace=fsconfig -- host true
	# The layers one by one, but not by descriptor; then as one string.
	for lower in $(fsconfig_calls 'FSCONFIG_SET_FD, "lowerdir+"'); do
		output=$(refuse -e trace=fsconfig -e inject="fsconfig:error=EINVAL:when=$lower" -- host sh -c "$examine")
		[ "$output" = well ]
		was_refused
		output=$(refuse -e trace=fsconfig -e inject="fsconfig:error=EINVAL:when=$lower..$((lower + 1))" -- \
			host sh -c "$examine")
		[ "$output" = well ]
	done
	# Layers that are attached nowhere are refused when the file system is made.
	refuse -e trace=fsconfig -- host true
	for create in $(fsconfig_calls FSCONFIG_CMD_CREATE); do
		output=$(refuse -e trace=fsconfig -e inject="fsconfig:error=EINVAL:when=$create" -- host sh -c "$examine" 2>&1) ||
			[[ $output == "isle: run: "*": Invalid argument"* ]]
		was_refused
		echo "$create: $output"
		echo "$output" >>"$BATS_TEST_TMPDIR/created"
		nothing_left "fsconfig $create"
	done
	grep -qx well "$BATS_TEST_TMPDIR/created"
}

# Which calls of fsconfig, counted from 1, have the words $1.
fsconfig_calls() {
	grep -nF "$1" "$BATS_TEST_TMPDIR/calls" | cut -d: -f1
}

@test "what there is no other way for is told" {
	local enosys
	enosys=$(python3 -c 'import errno, os; print(os.strerror(errno.ENOSYS))')
	export ISLE_WITHOUT=shown # nothing has to be let go of where /proc and /sys are made outside
	while read -r call sentence; do
		run --separate-stderr refuse -f -e trace="$call" -e inject="$call:error=ENOSYS" -- \
			--init --sysctl net.ipv4.ip_forward=1 host true
		echo "$call: $stderr"
		[ "$status" -eq 125 ]
		[ -z "$output" ]
		[[ $stderr == "isle: run: "*"$sentence: $enosys"* && $stderr != *$'\n'* ]]
		nothing_left "$call"
	done <<-'END'
		clone3 make the container's first process in new namespaces
		open_tree take / as a mount
		fsopen make a tmpfs file system
		fsmount mount a tmpfs file system
		move_mount attach the container's root
		unshare make the container's own namespaces (cgroup, ipc, uts)
		setns enter the container's network namespace
		chroot enter the container's root
		pivot_root let go of the machine's root
		memfd_create make the init program
		execveat execute the init program
		getrandom get random bytes for a container id
		socketpair make the socket between isle and the container's first process
	END
}

@test "an error of any kind at any system call: a sentence or no harm, and nothing left" {
	"$ISLE_LIB/error_sweep.sh" >&3
	"$ISLE_LIB/error_sweep.sh" -f >&3
}
