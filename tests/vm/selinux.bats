#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# 'isle oci' where SELinux is enforced, by a policy of this test's own (selinux.cil).  For a machine that can be thrown
# away afterwards: as root, with a kernel that was booted with lsm=selinux and has no policy yet.

load ../lib/isle
load ../lib/oci

setup_file() {
	grep -qw selinuxfs /proc/filesystems || skip "this kernel was not booted with lsm=selinux"
	[ "$(tr -d '\0' </proc/self/attr/current)" = kernel ] || skip "this machine has a policy already"
	[ "$(id -u)" = 0 ] || skip "for root"
	command -v secilc >/dev/null || skip "secilc is not there (Debian's package of that name)"
	isle_setup_file
	oci_setup_file
	secilc -c 33 -o "$BATS_FILE_TMPDIR/policy" -f "$BATS_FILE_TMPDIR/contexts" "$BATS_TEST_DIRNAME/selinux.cil"
	mount -t selinuxfs selinuxfs /sys/fs/selinux
	# In one write.
	python3 -c 'import os, sys; os.write(1, open(sys.argv[1], "rb").read())' "$BATS_FILE_TMPDIR/policy" >/sys/fs/selinux/load
	echo 1 >/sys/fs/selinux/enforce
	RUNTIME_LABEL=system_u:system_r:runtime_t:s0
	LABEL=system_u:system_r:container_t:s0:c0,c1
	FILES=system_u:object_r:container_file_t:s0:c0,c1
	export RUNTIME_LABEL LABEL FILES
}

teardown_file() {
	[ ! -e /sys/fs/selinux/enforce ] || echo 0 >/sys/fs/selinux/enforce
	isle_teardown_file
}

setup() {
	oci_setup
}

teardown() {
	oci_teardown
	umount "$T/bin" 2>/dev/null || true
}

# The runtime, in its own type, as an engine has it started.
oci() {
	(
		printf %s "$RUNTIME_LABEL" >/proc/self/attr/exec
		exec "${oci[@]}" "$@"
	)
}

# The bundle $1, whose root is busybox with the label of container files; the statements change its config.
labelled() {
	bundle "$1" "mounts.pop()" "p['selinuxLabel'] = '$LABEL'" "l['mountLabel'] = '$FILES'" "${@:2}"
	mkdir -p "$1/rootfs/usr/bin"
	cp "$(command -v busybox)" "$1/rootfs/usr/bin"
	for name in sh cat sleep stat true id; do
		ln -sf busybox "$1/rootfs/usr/bin/$name"
	done
	python3 - "$1/rootfs" "$FILES" <<-'END'
		import os, sys
		for at, dirs, files in os.walk(sys.argv[1]):
		    for name in [""] + dirs + files:
		        os.setxattr(os.path.join(at, name), "security.selinux", sys.argv[2].encode(), follow_symlinks=False)
	END
}

# Runs a command in a labelled container: in_labelled [STATEMENT]... -- COMMAND...
in_labelled() {
	oci_bundle=labelled in_bundle "$@"
}

# From now on the runtime is a file that nobody can write to, so there is no need of isle's init.
unwritable() {
	mkdir -p "$T/bin"
	mount --bind "$(dirname "$OCI_RUNTIME")" "$T/bin"
	mount -o remount,bind,ro "$T/bin"
	oci[2]=$T/bin/$(basename "$OCI_RUNTIME")
}

@test "enforced: the program has its label, also with no_new_privs, whatever the runtime's file is like" {
	[ "$(cat /sys/fs/selinux/enforce)" = 1 ]
	[ "$(in_labelled -- cat /proc/self/attr/current | tr -d '\0')" = "$LABEL" ]
	[ "$(in_labelled "p['noNewPrivileges'] = False" -- cat /proc/self/attr/current | tr -d '\0')" = "$LABEL" ]
	unwritable
	[ "$(in_labelled -- cat /proc/self/attr/current | tr -d '\0')" = "$LABEL" ]
}

@test "enforced: another user, and a user namespace" {
	[ "$(in_labelled "p['user'] = {'uid': 1000, 'gid': 1000}" -- cat /proc/self/attr/current | tr -d '\0')" = "$LABEL" ]
	run -0 in_labelled "l['namespaces'].append({'type': 'user'})" \
		"l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]" -- \
		sh -c 'cat /proc/self/attr/current; id -u'
	[[ $output == "$LABEL"*0 ]]
}

@test "enforced: created, started, and what is executed has the container's label, or the one it asks for" {
	labelled "$T/web" "p['args'] = ['sleep', '1000']"
	oci create --bundle "$T/web" web </dev/null >/dev/null 2>&1 3>&-
	[ "$(tr -d '\0' <"/proc/$(oci_pid web)/attr/current")" = "$RUNTIME_LABEL" ]
	oci start web
	wait_label
	[ "$(oci exec web cat /proc/self/attr/current | tr -d '\0')" = "$LABEL" ]
	[ "$(oci exec --process-label "${LABEL%,c1},c2" web cat /proc/self/attr/current | tr -d '\0')" = "${LABEL%,c1},c2" ]
	run ! oci exec --process-label system_u:system_r:forbidden_t:s0 web true
	[[ $output == *" not permitted"*forbidden_t* ]]
	run ! oci exec --process-label nonsense web true
	[[ $output == *nonsense* ]]
	oci exec web true
}

# Waits until the program of "web" has begun.
wait_label() {
	local end=$((SECONDS + 30))

	until [ "$(tr -d '\0' <"/proc/$(oci_pid web)/attr/current")" = "$LABEL" ]; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

@test "enforced: the session keyring is the container's to see" {
	run -0 in_labelled -- cat /proc/keys
	[[ $output =~ keyring\ +(_ses\.)?c[0-9]+: ]]
}

@test "enforced: what is mounted has the label for mounts, and can be executed from" {
	run -0 in_labelled "add('/scratch', 'tmpfs', 'tmpfs', ['nosuid', 'nodev'])" -- sh -c \
		'b=busybox; cat /usr/bin/$b >/scratch/$b; /usr/bin/$b chmod 755 /scratch/$b; /scratch/$b echo began
		cat /proc/self/mountinfo'
	[[ $output == *began* ]]
	[ "$(grep -c "context=\"\?$FILES" <<<"$output")" -ge 4 ] # /dev, /dev/pts, /dev/shm, /scratch
	run ! in_labelled "l['mountLabel'] = 'nonsense'" -- true
	[[ $output == *nonsense* ]]
}

@test "enforced: a label that means nothing, that may not be entered, a program that may not be begun" {
	run ! in_labelled "p['selinuxLabel'] = 'system_u:system_r:no_such_t:s0'" -- true
	[[ $output == *"no_such_t"* ]]
	run ! in_labelled "p['selinuxLabel'] = 'system_u:system_r:forbidden_t:s0'" -- true
	[[ $output == *" not permitted"*forbidden_t* ]]
	unwritable
	run ! in_labelled "p['selinuxLabel'] = 'system_u:system_r:forbidden_t:s0'" -- true
	[[ $output == *" not permitted"*forbidden_t* ]]
	labelled "$T/locked" "p['args'] = ['/usr/bin/busybox', 'true']"
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "security.selinux", b"system_u:object_r:locked_file_t:s0")' \
		"$T/locked/rootfs/usr/bin/busybox"
	run ! oci run --bundle "$T/locked" locked
	[[ $output == *"ermission denied"* ]]
	[[ $output == *"$LABEL"* ]]
}

@test "enforced: without a mountLabel the policy must let the label begin in isle's init" {
	run ! in_labelled "del l['mountLabel']" -- true
	[[ $output == *"the init program: permission denied"* ]]
	unwritable
	in_labelled "del l['mountLabel']" "mounts[:] = [m for m in mounts if m['type'] == 'proc']" -- true
}
