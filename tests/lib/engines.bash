# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests that drive other people's engines (podman, buildah, containerd, docker) share: a world of their own for
# an engine, the runtime that it is to use, and an image.
#
#     load ../lib/engines
#     setup_file() { engines_setup_file; }
#     teardown_file() { engines_teardown_file; }
#
# The world (engines_world.sh) has its own mount, network, pid, ipc, uts and cgroup namespaces: a loopback, an empty
# /run, its own /var/lib/{containers,containerd,docker}, /etc as a layer above the machine's, and the cgroups below
# one group of the machine as if they were all there is.  'inside COMMAND' runs a command there, 'inside_as USER
# COMMAND' as one of its users. Whatever an engine does ends with the world; nothing of it was ever on the machine.
#
# OCI_RUNTIME names the runtime (default: the built isle, called isle-oci), ENGINES_VIEW the cgroups that it sees:
# 'machine', as they are, or 'v1', a hybrid machine without its v2 hierarchy, which is all that crun takes there.

bats_require_minimum_version 1.5.0

# Makes the world of this file.
engines_setup_file() {
	local lib

	lib=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
	ISLE=$(realpath "${ISLE:-$lib/../../build/isle}")
	PATH=$PATH:/usr/sbin:/sbin
	WORLD=$BATS_FILE_TMPDIR/world
	TERM_PY=$BATS_FILE_TMPDIR/term.py
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	mkdir -m 755 "$WORLD" "$WORLD/bin"
	# Copies, since a plain user cannot reach every build directory.
	cp "$ISLE" "$WORLD/bin/isle"
	ln -s isle "$WORLD/bin/isle-oci"
	cp "$lib/term.py" "$TERM_PY"
	OCI_RUNTIME=${OCI_RUNTIME:-$WORLD/bin/isle-oci}
	# For a shell in a container: tells its terminal, as soon as the engine has given it a size.
	TELL_TERMINAL='tty; until stty size | grep ^[1-9]; do sleep 0.05; done'
	# Podman asks for more processes than who may not raise limits can give; it never asks for more than pid_max.
	NPROC=$(ulimit -Hu)
	if [ "$NPROC" = unlimited ] || [ "$NPROC" -gt 32768 ]; then
		NPROC=32768
	fi
	export ISLE PATH WORLD TERM_PY OCI_RUNTIME TELL_TERMINAL NPROC
	engines_world_start "$lib/engines_world.sh"
	engines_image "$WORLD/image.tar"
}

# Starts the world: WORLD_PID is its first process, $WORLD/procs names the cgroup.procs to enter.
engines_world_start() {
	(
		world_cgroups_make
		world_cgroups_enter
		exec unshare --cgroup "$1" "$WORLD" "$OCI_RUNTIME" "${ENGINES_VIEW:-machine}"
	) </dev/null >"$WORLD/log" 2>&1 3>&- &
	WORLD_UNSHARE=$!
	export WORLD_UNSHARE
	WAIT_S=120 wait_for world_begun
	[ -e "$WORLD/ready" ] || {
		cat "$WORLD/log" >&2
		return 1
	}
	WORLD_PID=$(cat "/proc/$WORLD_UNSHARE/task/$WORLD_UNSHARE/children")
	WORLD_PID=${WORLD_PID%% *}
	export WORLD_PID
}

# Whether the world is furnished, or has ended before.
world_begun() {
	[ -e "$WORLD/ready" ] || ! kill -0 "$WORLD_UNSHARE"
}

# The machine's cgroup hierarchies that have a group for the world.
world_hierarchies() {
	findmnt --noheadings --list --output TARGET,FSTYPE --types cgroup,cgroup2 | awk '{ print $1 }' | sort -u
}

# Makes the world's groups and notes how to enter them.
world_cgroups_make() {
	local top group name

	world_hierarchies | while read -r top; do
		group=$top/isle/engines-$$
		mkdir -p "$group"
		if [ "$top" = /sys/fs/cgroup ]; then
			tr ' ' '\n' <"$top/cgroup.controllers" | while read -r name; do
				echo "+$name" | tee "$top/cgroup.subtree_control" \
					>"$top/isle/cgroup.subtree_control" || true
			done
		fi
		for group in "$top/isle" "$top/isle/engines-$$"; do
			for name in cpuset.cpus cpuset.mems; do
				# A v1 group without processors takes no process.
				if [ -e "$top/$name" ] && [ -e "$group/$name" ] && [ -z "$(cat "$group/$name")" ]; then
					cat "$top/$name" >"$group/$name"
				fi
			done
		done
		echo "$group" >>"$WORLD/groups"
	done
}

# The calling process enters the world's groups; on v2 the group 'init' in there, for a group with processes gives
# its children no controllers.
world_cgroups_enter() {
	local group

	while read -r group; do
		if [ -e "$group/init/cgroup.procs" ]; then
			group=$group/init
		fi
		echo "$BASHPID" >"$group/cgroup.procs"
	done <"$WORLD/groups"
}

# Runs a command in the world, as root.
inside() {
	(
		world_cgroups_enter
		exec nsenter --target "$WORLD_PID" --mount --net --pid --ipc --uts --cgroup -- \
			env -u XDG_RUNTIME_DIR -u ISLE_ROOT -u ISLE_DATA HOME=/root TMPDIR=/run/tmp "$@" 3>&-
	)
}

# Runs a command in the world as its user $1: 'one' or 'two', both with subordinate ids.
inside_as() {
	local user=$1 uid

	shift
	uid=$(inside id -u "$user")
	inside setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
		env --chdir="/run/home/$user" PATH="$PATH" \
		HOME="/run/home/$user" XDG_RUNTIME_DIR="/run/user/$uid" TMPDIR=/run/tmp "$@"
}

# Ends the world: every process in it, then its cgroups.
engines_teardown_file() {
	local group

	# The first process dies with its unshare, and all others with the first.
	kill -KILL "$WORLD_UNSHARE" 2>/dev/null || true
	while read -r group; do
		wait_for world_group_remove "$group" || {
			echo "left in $group:" >&2
			find "$group" -name cgroup.procs -exec grep -H . {} + >&2
		}
	done <"$WORLD/groups"
}

# Removes group $1 of the world with all below it.
world_group_remove() {
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -e "$1" ]
}

# Waits until the command succeeds, $WAIT_S (30) seconds at most; then fails.
wait_for() {
	local end=$((SECONDS + ${WAIT_S:-30}))

	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "waited ${WAIT_S:-30} s for: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

# Makes the tarball $1 of a root that is busybox and little else; no image can be pulled where there is no network.
engines_image() {
	local root=$WORLD/root applet

	mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,root,home,var,usr/bin}
	chmod 1777 "$root/tmp"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in $("$root/bin/busybox" --list | grep -vx busybox); do
		ln -sf busybox "$root/bin/$applet"
	done
	printf '%s\n' root:x:0:0:root:/root:/bin/sh web:x:33:33:web:/home:/bin/sh nobody:x:65534:65534::/:/bin/sh \
		>"$root/etc/passwd"
	printf '%s\n' root:x:0: web:x:33: extra:x:44:web nobody:x:65534: >"$root/etc/group"
	: >"$root/not-executable"
	chmod 644 "$root/not-executable"
	tar --numeric-owner --owner 0 --group 0 -C "$root" -cf "$1" .
	chmod 644 "$1"
}

# One line for each thing that is left of a container although the engine has none any more: a record of the
# runtime, a cgroup, a process beside the first.  $1: a pattern of the processes that may stay (an engine's
# daemons).
engines_left() {
	local group

	inside sh -c 'find /run/isle-oci /run/user/*/isle-oci /run/*/runc/* /run/docker/runtime-runc/* \
		-mindepth 1 -maxdepth 1 2>/dev/null' | sed 's/^/record /'
	while read -r group; do
		find "$group" -mindepth 1 -type d \( -name 'libpod-[0-9a-f]*' -o -name 'buildah-*' \
			-o -regex '.*/[0-9a-f]\{64\}' -o -path '*/default/*' \)
	done <"$WORLD/groups" | sed 's/^/cgroup /'
	inside ps -e -o pid=,args= | grep -vE "^ *1 |ps -e -o |${1:-^$}" | sed 's/^/process /'
}

# Fails with a list where something is left, after a moment for what ends by itself.
engines_left_nothing() {
	local end=$((SECONDS + 20)) left

	while left=$(engines_left "$@") && [ -n "$left" ]; do
		if ((SECONDS >= end)); then
			printf 'left behind:\n%s\n' "$left" >&2
			return 1
		fi
		sleep 0.1
	done
}

# Deletes what containerd has in the namespace of the test's own 'ctr', and looks for what is left.
containerd_teardown() {
	local id

	for id in $(ctr tasks ls -q); do
		ctr tasks delete --force "$id" >&2 || true
	done
	for id in $(ctr containers ls -q); do
		ctr containers delete "$id" >&2
	done
	engines_left_nothing containerd
}
