# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests share that break isle on purpose: load after isle.bash, and call faults_setup_file after isle_setup_file.
#
#     load ../lib/isle
#     load ../lib/faults
#     setup_file() { isle_setup_file; faults_setup_file; }
#
# "${raw[@]}" is isle with the state of the test, without the shell that isle.bash puts before it: what these tests do
# thousands of times must be cheap, and what they kill must be isle.

# Remembers which control groups there are already: others may use the machine.
faults_setup_file() {
	container_groups >"$BATS_FILE_TMPDIR/groups-before"
	faults_use
}

# shellcheck disable=SC2034 # used by who loads this
# Sets raw for the state in use; to be called by each test, for arrays are not inherited.
faults_use() {
	raw=(env ISLE_TEST_MARK="$ISLE_TEST_MARK:${ISLE_ROOT%/run}" "$BATS_FILE_TMPDIR/bin/real/isle"
		--root "$ISLE_ROOT" --data "$ISLE_DATA")
}

# One line for each thing that is there at this moment: what isle noted down anywhere, mounts, processes, control groups.
left_at_once() {
	local state=${ISLE_ROOT%/run} left=1

	find "$ISLE_ROOT" "$ISLE_DATA" -mindepth 1 -not -path "$ISLE_DATA/roots/*" |
		grep -vxE "$ISLE_ROOT/(boot|lock|boxes|names|ids|trash)|$ISLE_DATA/(containers|roots|trash)" && left=0
	grep -F " $state" /proc/self/mountinfo && left=0
	processes_left && left=0
	groups_left && left=0
	return "$left"
}

# The processes of this state: isle's own, and those of containers that were run with -e ISLE_TEST_MARK.
processes_left() {
	grep -slzF "ISLE_TEST_MARK=$ISLE_TEST_MARK:${ISLE_ROOT%/run}" /proc/[0-9]*/environ | process_lines | grep .
}

# The control groups that are named like a container's id: isle's own.  Other tests have groups beside them.
container_groups() {
	find /sys/fs/cgroup{,/*}/isle -mindepth 1 -maxdepth 1 -type d -regextype posix-extended \
		-regex '.*/[0-9a-f]{32}' 2>/dev/null || true
}

# New control groups without a process, which stay so.
groups_left() {
	local group left=1

	while read -r group; do
		if group_stays_dead "$group"; then
			echo "cgroup $group"
			left=0
		fi
	done < <(container_groups | grep -vxFf "$BATS_FILE_TMPDIR/groups-before")
	return "$left"
}

# Others may have killed an isle a moment ago, too: their next command comes soon.
group_stays_dead() {
	for ((i = 0; i < 1000; i++)); do
		group_is_dead "$1" || return 1
		sleep 0.02
	done
}

group_is_dead() {
	[ -d "$1" ] && ! find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | grep -q .
}

# Fails, and tells after which words, if the last command has left anything.
nothing_left() {
	local left

	if left=$(left_at_once); then
		printf 'left after %s:\n%s\n' "$*" "$left" >&2
		return 1
	fi
}

# The same, but what ends by itself gets a moment.
nothing_left_soon() {
	wait_for left_nothing || nothing_left "$@"
}

left_nothing() {
	! left_at_once >/dev/null
}

# The names of all steps that any container's plan has, from the source: a new step is covered on the day it is written.
# Those of the toolbox are single tools' (unshare.bats).
all_steps() {
	sed -nE 's/^(static )?const struct step step_[a-z0-9_]+ = \{(\.name = )?"([^"]+)".*/\3/p' \
		"$ISLE_LIB"/../../src/{core,oci,engine}/*.c | sort -u
}
