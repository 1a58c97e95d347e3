#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers without a mount namespace of their own: 'isle oci' makes their mounts among the machine's, and takes every one
# of them away.  The machine of these tests is a mount namespace of this file's, from which nothing spreads.
# shellcheck disable=SC2154 # oci, stderr are set by oci_setup and run

load ../lib/isle
load ../lib/oci

# Its first process is the keeper of the namespace.
setup_file() {
	isle_setup_file
	oci_setup_file
	unshare --mount --propagation private sleep 100000 3>&- &
	MACHINE=$!
	export MACHINE
	wait_for has_own_mounts "$MACHINE"
	without_others
}

has_own_mounts() {
	[ "$(ns_of "$1" mnt)" != "$(ns_of self mnt)" ] && [ "$(cat "/proc/$1/comm")" = sleep ]
}

teardown_file() {
	kill "$MACHINE" || true
	isle_teardown_file
}

# On that machine.
there() {
	nsenter --mount="/proc/$MACHINE/ns/mnt" "$@"
}

# Takes away from there what tests that run at the same time have mounted: where such a directory is removed, its mount would
# vanish there, too, as if a container had taken it.
without_others() {
	local target

	cut -d ' ' -f 5 "/proc/$MACHINE/mountinfo" | tac | while read -r target; do
		case $target in
		"${BATS_RUN_TMPDIR%/*}"/* | /run/* | /var/lib/*) there umount --lazy "$(printf %b "$target")" || true ;;
		esac
	done
}

# What the machine has mounted, and how that spreads; without the numbers of mounts.
mounts_there() {
	there sed 's/^[0-9]* [0-9]* //' "/proc/$MACHINE/mountinfo" | sort
}

setup() {
	oci_setup
	oci=(nsenter "--mount=/proc/$MACHINE/ns/mnt" "${oci[@]}")
	before=$(mounts_there)
}

teardown() {
	oci_teardown
	same_as_before 'after the test'
	run -1 grep -F " $T/" /proc/self/mountinfo # nothing spread
}

# Fails where the machine's mounts are not what they were.
same_as_before() {
	diff <(echo "$before") <(mounts_there) >&2 || {
		echo "the machine's mounts changed $*" >&2
		return 1
	}
}

alone="l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'mount']"

# The same with no namespace at all.
none="l['namespaces'] = []; del c['hostname']"

# The number of mounts at or below $T/$1/rootfs.
mounted() {
	mounts_there | grep -cF " $T/$1/rootfs"
}

@test "run: the program has the machine's mount namespace and the container's root, and nothing is left" {
	local change

	for change in "$alone" "$none" \
		"l['namespaces'] = [n if n['type'] != 'mount' else {'type': 'mount', 'path': '/proc/self/ns/mnt'} for n in l['namespaces']]"; do
		run in_bundle "$change" -- sh -c 'readlink /proc/self/ns/mnt; pwd; ls -d /usr /probe; ls /proc/self/stat /sys/class /dev/pts/ptmx >/dev/null &&
			grep -c . /proc/self/mountinfo; cat /etc/passwd | head -1; [ ! -s /proc/kcore ] && [ -z "$(ls /sys/firmware)" ] && echo masked
			echo 1 2>/dev/null >/proc/sys/vm/drop_caches || echo sealed'
		echo "$change: $output"
		[ "$status" -eq 0 ]
		[ "${lines[0]}" = "$(readlink "/proc/$MACHINE/ns/mnt")" ]
		[ "${lines[1]}" = / ]
		[ "${lines[4]}" -ge 8 ]
		[ "${lines[5]}" = root:x:0:0:root:/root:/bin/sh ]
		[ "${lines[6]} ${lines[7]}" = 'masked sealed' ]
		same_as_before "by run: $change"
	done
}

@test "the mounts are there from create on, all below root.path, until delete" {
	bundle "$T/b" "$alone" "p['args'] = ['sleep', '1000']" "add('/dev/mqueue', 'mqueue', 'mqueue', ['nosuid'])"
	oci create --bundle "$T/b" c </dev/null 3>&-
	[ "$(mounted b)" -ge 10 ]
	[ "$(mounts_there | grep -vF " $T/b/rootfs")" = "$before" ]
	oci start c
	[ "$(mounted b)" -ge 10 ]
	oci kill c KILL
	wait_for oci_stopped c
	[ "$(mounted b)" -ge 10 ]
	oci delete c
	same_as_before 'by delete'
}

oci_stopped() {
	[[ $(oci state "$1") == *'"stopped"'* ]]
}

@test "run with a read-only root, another user, every propagation, hooks before and in the container" {
	local word

	for word in private slave shared unbindable rprivate rslave rshared runbindable; do
		bundle "$T/b" "$alone" "l['rootfsPropagation'] = '$word'; c['root']['readonly'] = True" \
			"p['user'] = {'uid': 1000, 'gid': 1000}; p['noNewPrivileges'] = False" \
			"c['hooks'] = {k: [{'path': '/bin/sh', 'args': ['sh', '-c', 'cat >/dev/null; mount -t tmpfs ' + k + ' $T/b/rootfs/' + w]}] for k, w in
				(('createRuntime', 'tmp'), ('createContainer', 'run'))}" \
			"c['hooks']['startContainer'] = [{'path': '/bin/true'}]" \
			"p['args'] = ['sh', '-c', 'id -u; touch /x 2>/dev/null || echo read-only; grep -c \" - tmpfs create[RC]\" /proc/self/mountinfo']"
		run oci run --bundle "$T/b" c
		echo "$word: $output"
		[ "$status" -eq 0 ]
		[ "${lines[0]} ${lines[1]}" = '1000 read-only' ]
		[ "${lines[2]}" -eq 2 ]
		same_as_before "by rootfsPropagation $word"
	done
}

@test "exec has the container's root, also from another mount namespace" {
	oci_running c "$alone"
	echo here >"$T/c/rootfs/etc/mark"
	[ "$(oci exec c sh -c 'cat /etc/mark; pwd; readlink /proc/self/ns/mnt')" = "$(printf 'here\n/\n'; readlink "/proc/$MACHINE/ns/mnt")" ]
	[ "$(oci exec --cwd /tmp c sh -c 'pwd; cd ..; cd ..; pwd; ls -d probe')" = "$(printf '/tmp\n/\nprobe')" ]
	[ "$("${oci[@]:2}" exec c sh -c 'cat /etc/mark; readlink /proc/self/ns/mnt')" = "$(printf 'here\n'; readlink "/proc/$MACHINE/ns/mnt")" ]
	run oci exec --cwd /nowhere c true
	[ "$status" -ne 0 ]
	oci_running d "$none"
	[ "$(oci exec d ls -d /probe)" = /probe ]
	oci delete --force d
	[ "$(oci exec c cat /etc/mark)" = here ]
}

@test "a create that fails leaves nothing: no such program, a mount that is refused, a hook that fails" {
	local change

	for change in "p['args'] = ['/no/such/program']" "add('/probe', 'none', 'nosuchfs', [])" "p['cwd'] = '/etc/passwd'" \
		"l['rootfsPropagation'] = 'shared'; c['hooks'] = {'createContainer': [{'path': '/bin/false'}]}"; do
		bundle "$T/b" "$alone" "$change"
		run oci create --bundle "$T/b" c </dev/null
		echo "$change: $output"
		[ "$status" -ne 0 ]
		same_as_before "by create, $change"
		run oci run --bundle "$T/b" c
		[ "$status" -ne 0 ]
		same_as_before "by run, $change"
		oci_nothing_left
	done
}

# What stays shared with others: $T/s, on which the bundle is, with a peer and a slave of it in namespaces of their own.
shared_world() {
	mkdir "$T/s" "$T/other" "$T/other/below"
	there mount --bind "$T/s" "$T/s"
	there mount --make-shared "$T/s"
	there mount --bind "$T/other" "$T/other"
	there mount --make-shared "$T/other"
	there mount -t tmpfs kept "$T/other/below"
	nsenter --mount="/proc/$MACHINE/ns/mnt" unshare --mount --propagation unchanged sleep 1000 >/dev/null 3>&- &
	peer=$!
	nsenter --mount="/proc/$MACHINE/ns/mnt" unshare --mount --propagation slave sleep 1000 >/dev/null 3>&- &
	slave=$!
	wait_for is_elsewhere "$peer"
	wait_for is_elsewhere "$slave"
}

is_elsewhere() {
	[ "$(ns_of "$1" mnt)" != "$(ns_of "$MACHINE" mnt)" ] && [ "$(cat "/proc/$1/comm")" = sleep ]
}

# All mounts of the three.
world() {
	local pid

	for pid in "$MACHINE" "$peer" "$slave"; do
		sed 's/^[0-9]* [0-9]* //' "/proc/$pid/mountinfo" | sort
	done
}

@test "where the machine's mounts are shared: nothing but an empty mount spreads, that ends too, and no end of a mount spreads" {
	local was word

	shared_world
	for word in rslave rprivate rshared; do
		bundle "$T/s/b" "$alone" "l['rootfsPropagation'] = '$word'; p['args'] = ['sleep', '1000']" \
			"add('/probe', '$T/other', 'bind', ['rbind'])"
		there mount -t tmpfs below "$T/s/b/rootfs/tmp"
		was=$(world)
		oci create --bundle "$T/s/b" c </dev/null 3>&-
		[ "$(mounted s/b)" -ge 10 ]
		[ "$(grep -cF " $T/s/b/rootfs" "/proc/$peer/mountinfo")" -eq 2 ]
		[ "$(grep -cF " $T/s/b/rootfs" "/proc/$slave/mountinfo")" -eq 2 ]
		there mountpoint -q "$T/s/b/rootfs/probe/below"
		oci delete --force c
		diff <(echo "$was") <(world)
		there umount "$T/s/b/rootfs/tmp"
	done
	there umount "$T/other/below" "$T/other" "$T/s"
	kill "$peer" "$slave"
}

# Runs the command $2... with the fault $1, then delete --force, and looks at what is left.
faulty() {
	local fault=$1 status=0

	shift
	ISLE_FAULT=$fault timeout 20 "$@" </dev/null >/dev/null 2>"$T/said" 3>&- || status=$?
	echo "$fault: $status: $(<"$T/said")"
	[ "$status" -ne 124 ]
	# A failure cleans up by itself.
	[[ $fault != fail* ]] || same_as_before "$fault, before delete"
	oci delete --force c
	same_as_before "$fault"
	oci_nothing_left "$fault"
}

@test "a failure at each step of create and run leaves nothing; SIGKILL there, and delete --force, neither" {
	local step steps

	bundle "$T/b" "$alone" "c['hooks'] = {k: [{'path': '/bin/true'}] for k in ('createRuntime', 'createContainer')}"
	oci create --timings --bundle "$T/b" c >"$T/said" 2>&1 </dev/null 3>&- # no pipe: the container has it, too
	steps=$(awk '$3 ~ /^(host|box|root)$/ { print $4 }' "$T/said")
	oci delete --force c
	[[ $steps == *note-root* && $steps == *attach-root* && $steps == *leave* ]]
	for step in $steps; do
		faulty "kill=$step" "${oci[@]}" create --bundle "$T/b" c
		faulty "kill-after=$step" "${oci[@]}" create --bundle "$T/b" c
		faulty "fail=$step" "${oci[@]}" create --bundle "$T/b" c
	done
	for step in root-mount note-root attach-root hand-over enter attach leave exec go; do
		faulty "kill=$step" "${oci[@]}" run --bundle "$T/b" c
		faulty "kill-after=$step" "${oci[@]}" run --bundle "$T/b" c
	done
}

@test "without a control group: the first process ends before its mounts are taken away" {
	local step

	oci+=(--cgroup-manager disabled)
	bundle "$T/b" "$none" "del l['resources']"
	# Nobody else knows it: so it is noted with the mounts, before they are anywhere.
	ISLE_FAULT=kill=attach-root oci create --bundle "$T/b" c </dev/null >/dev/null 2>&1 3>&- || true
	[[ $(<"$OCI_ROOT/c/record.json") == *'"pid":'*'"rootMount":'* ]]
	oci delete --force c
	for step in note-root attach-root hand-over record await-parked finish; do
		faulty "kill=$step" "${oci[@]}" create --bundle "$T/b" c
		faulty "kill-after=$step" "${oci[@]}" create --bundle "$T/b" c
	done
}

@test "SIGKILL at the system calls of create" {
	there "$ISLE_LIB/oci_kill_sweep.sh" create "$alone" >&3
}

@test "SIGKILL at the system calls of run" {
	there "$ISLE_LIB/oci_kill_sweep.sh" run "$alone" >&3
}

@test "SIGKILL at the system calls of delete" {
	there "$ISLE_LIB/oci_kill_sweep.sh" delete "$alone" >&3
}

@test "somebody else's mount over root.path is not unmounted: delete says so, and can be repeated" {
	oci_running c "$alone"
	there mount -t tmpfs strange "$T/c/rootfs"
	run oci delete --force c
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"unmount the container's root at $T/c/rootfs"*"somebody has mounted something over it"* ]]
	[ "$(there findmnt -no SOURCE "$T/c/rootfs" | tail -1)" = strange ]
	there umount "$T/c/rootfs"
	oci delete --force c
	same_as_before 'by delete'
}

@test "mounts that somebody else took away, and what he has there now, are left alone" {
	oci_running c "$alone"
	oci kill c KILL
	wait_for oci_stopped c
	there umount -l "$T/c/rootfs"
	there umount -l "$T/c/rootfs"
	there mount -t tmpfs strange "$T/c/rootfs"
	oci delete c
	[ "$(there findmnt -no SOURCE "$T/c/rootfs")" = strange ]
	there umount "$T/c/rootfs"
}

@test "delete in another mount namespace says where it must be done; where nobody lives in that, all is gone" {
	local pid

	oci_running c "$alone"
	oci kill c KILL
	wait_for oci_stopped c
	run "${oci[@]:2}" delete c
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"it is in another mount namespace"* ]]
	oci delete c
	same_as_before 'by delete'
	# A machine that ends before its container is deleted.
	bundle "$T/d" "$alone" "p['args'] = ['sleep', '1000']"
	there unshare --mount "${oci[@]:2}" create --bundle "$T/d" d </dev/null 3>&-
	oci delete --force d
	same_as_before 'by delete'
}

@test "what can't be: a user namespace, a plain user, a mount on /, the machine's root, checkpoint" {
	bundle "$T/b" "$alone" "l['namespaces'].append({'type': 'user'})" \
		"l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 1000}]"
	run oci create --bundle "$T/b" c
	[ "$status" -ne 0 ]
	[[ $output == *linux.namespaces:*"in a user namespace of its own it may mount nothing among the machine's"* ]]
	bundle "$T/b" "$alone" "add('/', 'tmpfs', 'tmpfs', [])"
	run oci create --bundle "$T/b" c
	[ "$status" -ne 0 ]
	[[ $output == *'mounts[6].destination: mount on /'* ]]
	bundle "$T/b" "$alone" "c['root']['path'] = '/'"
	run oci create --bundle "$T/b" c
	[ "$status" -ne 0 ]
	[[ $output == *"the machine's own root, which nobody could uncover again"* ]]
	bundle "$T/b" "$alone" "del l['cgroupsPath'], l['resources']"
	run there unshare --user --map-root-user "${oci[@]:2}" --root "$T/r" --cgroup-manager disabled create --bundle "$T/b" c
	[ "$status" -ne 0 ]
	[[ $output == *linux.namespaces:*"among the machine's only the machine's root may mount"* ]]
	oci_running c "$alone"
	run oci checkpoint --image-path "$T/images" c
	[ "$status" -ne 0 ]
	[[ $output == *'criu knows no containers without a mount namespace'* ]]
	oci delete --force c
	same_as_before 'by refusals'
}
