#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Root, mounts, devices and interfaces of a config.json: each field does what it says, or is refused; no image leads out.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # T comes from oci_setup; each test has its own variables; containers expand words

load ../lib/isle
load ../lib/oci

setup() {
	oci_setup
	mkdir "$T/src"
	echo inside >"$T/src/file"
}
teardown() {
	[ ! -e "$T/umount" ] || umount -l "$T/shared"
	oci_teardown
}

# The fields of the mount at $1 in the output: "ro,nosuid,relatime shared:1 - tmpfs tmpfs rw".
mount_line() {
	awk -v at="$1" '$5 == at { $1 = $2 = $3 = $4 = $5 = ""; sub(/^ */, ""); line = $0 } END { print line }' <<<"$output"
}

# Fails unless the output has $1 in the line of the mount at $2.
mount_has() {
	mount_line "$2" | grep -qF -- "$1" || { echo "no $1 at $2: $(mount_line "$2")"; return 1; }
}
mount_lacks() {
	[ -n "$(mount_line "$2")" ]
	if mount_line "$2" | grep -F -- "$1"; then
		return 1
	fi
}

# The container of the changes $@ shows its mounts.
mounts_with() {
	run in_bundle "$@" -- cat /proc/self/mountinfo
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

# The container of the changes before -- does not start, and says $1.
refused() {
	local says=$1

	shift
	run in_bundle "$@" -- true
	[ "$status" -ne 0 ]
	[[ $output == *"$says"* ]] || { echo "$output"; return 1; }
}

# ---- what means nothing here is told, and done without ----

@test "a label where there is no SELinux, and a file system's options on a bind mount" {
	[ ! -e /sys/fs/selinux/enforce ] || skip "this machine uses SELinux"
	run -0 --separate-stderr in_bundle "l['mountLabel'] = 'system_u:object_r:container_file_t:s0'" -- true
	[[ $stderr == *"linux.mountLabel: the mounts have no label: this machine does not use SELinux"* ]]
	refused SELinux "p['selinuxLabel'] = 'system_u:system_r:container_t:s0'"
	mkdir -p "$T/bound"
	run -0 --separate-stderr in_bundle "add('/probe', '$T/bound', 'bind', ['rbind','ro','mode=755'])" -- sh -c 'grep -c " /probe ro" /proc/self/mountinfo'
	[ "$output" = 1 ]
	[[ $stderr == *'mount /probe: a bind mount has no option "mode=755"'* ]]
}

# ---- options ----

@test "options of a mount: those of the mount, of the file system, and of no effect" {
	mounts_with "add('/probe/a', 'tmpfs', 'tmpfs', ['ro','nosuid','nodev','noexec','noatime','nosymfollow'])" \
		"add('/probe/b', 'tmpfs', 'tmpfs', ['sync','dirsync','lazytime','strictatime','size=64k','mode=0711'])" \
		"add('/probe/c', 'tmpfs', 'tmpfs', ['defaults','silent','loud','iversion','noiversion','async','rw','nodiratime'])" \
		"add('/probe/d', 'tmpfs', 'tmpfs', ['rro','rnosuid','rnoexec'])"
	mount_has ro,nosuid,nodev,noexec,noatime,nosymfollow /probe/a
	mount_has 'rw,sync,dirsync,lazytime,size=64k,mode=711' /probe/b
	mount_lacks relatime /probe/b
	mount_has rw,nodiratime,relatime /probe/c
	mount_has ro,nosuid,noexec /probe/d
	refused nosuchword "add('/probe/a', 'tmpfs', 'tmpfs', ['nosuchword'])"
	refused nosuchfs "add('/probe/a', 'x', 'nosuchfs', [])"
}

@test "binds: ro is for the mount alone, rro for all below; files and sockets, links, relative paths" {
	python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('$T/sock')"
	mkdir "$T/shared"
	mount -t tmpfs tmpfs "$T/shared"
	touch "$T/umount"
	mkdir "$T/shared/below"
	mount -t tmpfs tmpfs "$T/shared/below"
	mounts_with "add('/probe/one', '$T/shared', options=['rbind','ro'])" \
		"add('/probe/all', '$T/shared', options=['rbind','rro','ratime'])" \
		"add('/probe/flat', '$T/shared', options=['bind'])" \
		"add('/probe/sock', '$T/sock')" "add('probe/../probe/file', '../src/file')"
	mount_has ro, /probe/one
	mount_has rw, /probe/one/below
	mount_has ro, /probe/all/below
	[ -z "$(mount_line /probe/flat/below)" ]
	[ -n "$(mount_line /probe/sock)" ]
	[ -n "$(mount_line /probe/file)" ]
	ln -s /probe/deep "$T/b/rootfs/probe/link" # to what is not there yet
	run in_bundle "add('/probe/link/x', '$T/src')" -- cat /probe/deep/x/file
	[ "$output" = inside ]
	refused 'share '"$T/missing" "add('/probe/a', '$T/missing')"
}

@test "links: the source's own, mounted on, or made anew" {
	bundle "$T/b"
	ln -s file "$T/src/link" # leads to "inside"
	ln -s nowhere "$T/src/broken"
	mkdir "$T/b/rootfs/probe/d"
	echo other >"$T/b/rootfs/probe/d/file"
	ln -s d/canary "$T/b/rootfs/probe/place" # to what is not there
	ln -s d "$T/b/rootfs/probe/dir"
	for user in '' "l['namespaces'].append({'type': 'user'}); l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 0, 'size': 65536}]"; do
		run -0 in_bundle "$user" "add('/probe/d/link', '$T/src/link', options=['bind','src-nofollow'])" -- sh -c 'readlink /probe/d/link && cat /probe/d/link'
		[ "$output" = $'file\nother' ] || { echo "$output"; false; }
		run -0 in_bundle "$user" "add('/probe/place', '$T/src/link', options=['rbind','dest-nofollow'])" -- sh -c 'cat /probe/place; ls /probe/d'
		[[ $output == inside$'\n'* && $output != *canary* ]] || { echo "$output"; false; }
		run -0 in_bundle "$user" "add('/probe/place', '$T/src/broken', options=['bind','src-nofollow','dest-nofollow'])" -- readlink /probe/place
		[ "$output" = nowhere ]
		run -0 in_bundle "$user" "add('/probe/new/dest', '$T/src/file', options=['bind','dest-nofollow'])" -- cat /probe/new/dest
		[ "$output" = inside ]
		# A link is made, above it what is missing, once; links above the place lead as ever; and what is no link is mounted.
		for _ in 1 2; do
			run -0 in_bundle "$user" "add('/probe/dir/deep/er', '$T/src/broken', options=['rbind','copy-symlink'])" \
				"add('/probe/plain', '$T/src', options=['rbind','ro','copy-symlink'])" -- \
				sh -c 'readlink /probe/d/deep/er; cat /probe/plain/file; grep -c /probe/d /proc/self/mountinfo || :'
			[ "${output%$'\n'*}" = $'nowhere\ninside' ] && [ "${lines[-1]}" = 0 ] || { echo "$output"; false; }
		done
		rm -r "$T/b/rootfs/probe/d/deep"
	done
	mkdir "$T/away"
	ln -s "$T/away" "$T/b/rootfs/probe/out"
	run -0 in_bundle "add('/probe/out/x', '$T/src/broken', options=['bind','copy-symlink'])" -- readlink "$T/away/x"
	[ "$output" = nowhere ] && [ -z "$(ls -A "$T/away")" ] # in the container's own root
}

@test "links: another one is there, a directory, words that do not go together" {
	bundle "$T/b"
	ln -s nowhere "$T/src/link"
	mkdir "$T/b/rootfs/probe/d"
	ln -s nowhere2 "$T/b/rootfs/probe/a"
	ln -s d "$T/b/rootfs/probe/dir"
	refused 'what is there already is another' "add('/probe/a', '$T/src/link', options=['bind','copy-symlink'])"
	refused 'what is there already is another' "add('/probe/d', '$T/src/link', options=['bind','copy-symlink'])"
	[ "$(readlink "$T/b/rootfs/probe/a")" = nowhere2 ]
	refused "a directory can't be mounted on a file" "add('/probe/dir', '$T/src', options=['bind','dest-nofollow'])"
	refused "must stay the kernel's own" "add('/proc/self', '$T/src/link', options=['bind','src-nofollow','dest-nofollow'])"
	refused "must stay the kernel's own" "add('/proc/self/x', '$T/src/link', options=['bind','copy-symlink'])"
	ln -s /proc/self "$T/b/rootfs/probe/self"
	refused 'leads into /proc' "add('/probe/self/exe', '$T/src/link', options=['bind','src-nofollow','dest-nofollow'])"
	refused 'leads into /proc' "add('/probe/self/x', '$T/src/link', options=['bind','copy-symlink'])"
	refused '"copy-symlink" and "dest-nofollow" exclude each other' "add('/probe/a', '$T/src/link', options=['bind','copy-symlink','dest-nofollow'])"
	refused '"src-nofollow" is for new bind mounts alone' "add('/probe/d', 'tmpfs', 'tmpfs', ['src-nofollow'])"
	oci_running kept "add('/probe/file', '$T/src/link', options=['bind','src-nofollow'])"
	run oci checkpoint --image-path "$T/images" kept
	[ "$status" -ne 0 ] && [[ $output == *'mount /probe/file: criu knows no mounts with the option "src-nofollow"'* ]]
	[ "$(oci list -q)" = kept ]
	rmdir "$T/b/rootfs/dev"
	mkdir "$T/b/rootfs/other"
	ln -s other "$T/b/rootfs/dev"
	refused 'symbolic link' "mount_at('/dev').update(type='bind', source='$T/src/file', options=['bind','dest-nofollow'])"
}

@test "nested mounts, the same place twice, and / itself, in their order" {
	run in_bundle "add('/probe', 'tmpfs', 'tmpfs', [])" "add('/probe/x', '$T/src')" \
		"add('/probe/x', 'tmpfs', 'tmpfs', ['size=64k'])" -- sh -c 'ls /probe /probe/x'
	[ "$output" = $'/probe:\nx\n\n/probe/x:' ]
	run in_bundle "add('/sys', 'tmpfs', 'tmpfs', [])" -- ls /sys # over the sysfs, which is attached late
	[ -z "$output" ] && [ "$status" -eq 0 ]
	cp /bin/busybox "$T/src/sh"
	mkdir "$T/src/proc"
	run in_bundle "mounts.clear()" "add('/', '$T/src', options=['rbind'])" "add('/proc', 'proc', 'proc', [])" \
		-- /sh -c 'echo *; read -r pid rest </proc/self/stat; echo $rest' # no root below is left
	[[ $output == 'dev file proc sh'* ]] || { echo "$output"; false; }
}

# Fails unless the output has the mounts at $@ one after the other.
mounts_ordered() {
	diff <(printf '%s\n' "$@") <(awk '{ print $5 }' <<<"$output" | grep -xF "$(printf '%s\n' "$@")")
}

@test "mountinfo has the mounts in the order of the config" {
	local way sys_third='mounts.insert(2, mounts.pop(4))' filter="l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW',
	    'syscalls': [{'names': ['kexec_load'], 'action': 'SCMP_ACT_ERRNO'}]}"
	local user="l['namespaces'].append({'type': 'user'})
l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 300000, 'size': 1000}]"

	for way in '' "$filter" "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'network']"; do
		mounts_with "$sys_third" "$way" "add('/tmp', 'tmpfs', 'tmpfs', [])" "add('/probe', '$T/src')" \
			"add('/run', 'tmpfs', 'tmpfs', [])"
		mounts_ordered /proc /dev /sys /dev/pts /dev/shm /usr /tmp /probe /run
	done
	# What may come last does.  A bind is one, whatever its type says.
	mounts_with "mounts.insert(4, mounts.pop(5))" "add('/sys/fs/cgroup', 'cgroup', 'cgroup', ['ro'])"
	mounts_ordered /proc /dev /dev/pts /dev/shm /usr /sys /sys/fs/cgroup
	mounts_with "add('/probe', '/sys', 'sysfs', ['rbind', 'ro'])"
	mounts_ordered /proc /dev /dev/pts /dev/shm /sys /usr /probe
	# The machine makes /dev for it, and takes what is bound.
	for way in '' "$filter"; do
		mounts_with "$user" "$way" "mounts.append(mounts.pop(4))"
		mounts_ordered /proc /dev /dev/pts /dev/shm /sys
	done
}

@test "a root that has /proc and /sys already, mounted by hand" {
	bundle "$T/b" "p['args'] = ['sh', '-c', 'echo \$\$; ls /sys/class/net; cat /proc/1/comm']"
	run -0 unshare --mount --propagation private sh -c 'mount -t proc proc "$1/proc" && mount -t sysfs sys "$1/sys" && shift && exec "$@"' \
		sh "$T/b/rootfs" "${oci[@]}" run --bundle "$T/b" mounted
	[ "$output" = $'1\nlo\nsh' ]
}

@test "remount changes what is there" {
	mounts_with "add('/probe', 'tmpfs', 'tmpfs', ['size=64k'])" "add('/probe', 'x', 'none', ['remount','ro','size=128k'])" \
		"add('/dev/shm', 'x', 'bind', ['remount','ro'])"
	mount_has ro, /probe
	mount_has size=128k /probe
	mount_has ro,nosuid,nodev,noexec /dev/shm
	refused 'remount /nowhere' "add('/nowhere', 'x', 'bind', ['remount','ro'])"
}

@test "tmpcopyup begins with what is covered; a tmpfs has the mode of what it covers" {
	bundle "$T/b"
	mkdir -p "$T/b/rootfs/probe/dir"
	echo text >"$T/b/rootfs/probe/dir/file"
	ln -s /etc/passwd "$T/b/rootfs/probe/link"
	mkfifo -m 640 "$T/b/rootfs/probe/pipe"
	chown 12:34 "$T/b/rootfs/probe/dir/file"
	chmod 4755 "$T/b/rootfs/probe/dir/file"
	chmod 1770 "$T/b/rootfs/probe"
	run in_bundle "add('/probe', 'tmpfs', 'tmpfs', ['tmpcopyup','ro'])" -- sh -c \
		'cat /probe/dir/file; stat -c "%a %u:%g" /probe/dir/file /probe /probe/pipe; readlink /probe/link; touch /probe/x || echo sealed'
	[[ $output == $'text\n4755 12:34\n1770 0:0\n640 0:0\n/etc/passwd'*sealed ]] || { echo "$output"; false; }
	run in_bundle "add('/probe', 'tmpfs', 'tmpfs', [])" "add('/probe/new', 'tmpfs', 'tmpfs', ['mode=700'])" -- stat -c %a /probe /probe/new
	[ "$output" = $'1770\n700' ]
}

@test "idmapped mounts: own maps, those of the user namespace, or an error" {
	chown 5:6 "$T/src/file"
	run in_bundle "add('/probe/a', '$T/src', options=['bind','idmap'])" \
		"mounts[-1].update({k: [{'containerID': 0, 'hostID': 7000, 'size': 100}] for k in ('uidMappings', 'gidMappings')})" \
		"add('/probe/b', '$T/src', options=['bind'])" "mounts[-1].update({k: mounts[-2][k] for k in ('uidMappings', 'gidMappings')})" \
		"add('/probe/c', '$T/src')" -- stat -c %u:%g /probe/a/file /probe/b/file /probe/c/file
	[ "$output" = $'7005:7006\n7005:7006\n5:6' ] || { echo "$output"; false; }
	local user="l['namespaces'].append({'type': 'user'}); l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 300000, 'size': 65536}]"
	chown -R 300000:300000 "$T/b/rootfs"
	run in_bundle "$user" "add('/probe/a', '$T/src', options=['bind','idmap'])" "add('/probe/b', '$T/src')" -- stat -c %u:%g /probe/a/file /probe/b/file
	[ "$output" = $'5:6\n65534:65534' ] || { echo "$output"; false; }
	refused 'shift the owners' "add('/probe/a', '/proc', options=['rbind','ridmap'])" \
		"mounts[-1].update({k: [{'containerID': 0, 'hostID': 7000, 'size': 100}] for k in ('uidMappings', 'gidMappings')})"
	refused 'idmap' "add('/probe/a', '$T/src', options=['bind','idmap'])"
}

@test "idmapped mounts: mappings in the option's words, also relative to the user namespace" {
	chown 5:6 "$T/src/file"
	run in_bundle "add('/probe/a', '$T/src', options=['idmap=uids=0-7000-100#200-0-1;gids=0-8000-100','bind'])" \
		"add('/probe/b', '$T/src', options=['rbind','ridmap=gids=6-9-1;uids=5-8-1'])" -- stat -c %u:%g /probe/a/file /probe/b/file
	[ "$output" = $'7005:8006\n8:9' ] || { echo "$output"; false; }
	local user="l['namespaces'].append({'type': 'user'}); l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 300000, 'size': 65536}]"
	chown -R 300000:300000 "$T/b/rootfs"
	run in_bundle "$user" "add('/probe/a', '$T/src', options=['bind','idmap=uids=@5-100-1;gids=@0-200-10'])" \
		"add('/probe/b', '$T/src', options=['bind','idmap=uids=0-0-100;gids=0-0-100'])" -- stat -c %u:%g /probe/a/file /probe/b/file
	[ "$output" = $'100:206\n65534:65534' ] || { echo "$output"; false; }
	refused 'options[0]: must be FROM-TO-SIZE' "add('/probe/a', '$T/src', options=['idmap=uids=0','bind'])"
	refused 'gidMappings: is missing' "add('/probe/a', '$T/src', options=['idmap=uids=0-0-1','bind'])"
	refused 'not in one range' "add('/probe/a', '$T/src', options=['idmap=uids=@0-0-1;gids=@0-0-1','bind'])"
	refused 'has others already' "add('/probe/a', '$T/src', options=['idmap=uids=0-0-1;gids=0-0-1','bind'])" \
		"mounts[-1].update({k: [{'containerID': 0, 'hostID': 7000, 'size': 100}] for k in ('uidMappings', 'gidMappings')})"
}

# ---- propagation ----

@test "rootfsPropagation: what the root is in the end" {
	mounts_with
	mount_lacks shared: /
	mounts_with "l['rootfsPropagation'] = 'shared'"
	mount_has shared: /
	mount_lacks shared: /dev
	mounts_with "l['rootfsPropagation'] = 'rshared'"
	mount_has shared: /dev
	mounts_with "l['rootfsPropagation'] = 'unbindable'"
	mount_has unbindable /
	mounts_with "l['rootfsPropagation'] = 'rprivate'"
	mount_lacks shared: /
	refused rootfsPropagation "l['rootfsPropagation'] = 'sharde'"
}

@test "mounts of the machine reach a bind as rootfsPropagation and its own words say" {
	mkdir "$T/shared"
	mount -t tmpfs tmpfs "$T/shared"
	touch "$T/umount"
	mount --make-shared "$T/shared"
	mounts_with "add('/probe/a', '$T/shared')" "add('/probe/b', '$T/shared', options=['rbind','rprivate'])" \
		"add('/probe/c', '$T/shared', options=['rbind','rshared'])" "add('/probe/d', '$T/shared', options=['rbind','unbindable'])"
	mount_has master: /probe/a
	mount_lacks shared: /probe/a
	mount_lacks master: /probe/b
	mount_has shared: /probe/c
	mount_has master: /probe/c # shared among the container's own: nothing of it goes to the machine
	mount_has unbindable /probe/d
	mounts_with "l['rootfsPropagation'] = 'rprivate'" "add('/probe/a', '$T/shared')"
	mount_lacks master: /probe/a
	mounts_with "l['rootfsPropagation'] = 'rshared'" "add('/probe/a', '$T/shared')"
	mount_has shared: /probe/a
	mount_lacks master: /probe/a
	grep -c "$T/" /proc/self/mountinfo # nothing of a shared root came back
	[ "$(grep -c " $T/" /proc/self/mountinfo)" -eq 1 ]
}

@test "a read-only root, and --no-pivot" {
	run in_bundle "c['root']['readonly'] = True" -- sh -c 'touch /x || touch /dev/shm/x && echo fine'
	[[ $output == *fine ]]
	bundle "$T/b" "p['args'] = ['sh', '-c', 'ls /; grep -c . /proc/self/mountinfo']"
	run oci run --no-pivot --bundle "$T/b" nopivot
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ $output == *probe* ]]
}

# ---- devices ----

@test "devices: made exactly so, below /dev and elsewhere, besides the default ones" {
	run in_bundle "l['devices'] = [{'path': '/dev/a/b', 'type': 'c', 'major': 1, 'minor': 5, 'fileMode': 0o640, 'uid': 7, 'gid': 8},
		{'path': '/probe/u', 'type': 'u', 'major': 1, 'minor': 3, 'fileMode': 0o600}, {'path': '/dev/pipe', 'type': 'p'},
		{'path': '/dev/null', 'type': 'c', 'major': 1, 'minor': 3, 'fileMode': 0o666}]" -- \
		sh -c 'stat -c "%F %t:%T %a %u:%g" /dev/a/b /probe/u /dev/pipe /dev/null /dev/tty; readlink /dev/stdin'
	[ "$output" = "character special file 1:5 640 7:8
character special file 1:3 600 0:0
fifo 0:0 666 0:0
character special file 1:3 666 0:0
character special file 5:0 666 0:0
/proc/self/fd/0" ] || { echo "$output"; false; }
	refused 'something else is there' "l['devices'] = [{'path': '/probe/u', 'type': 'c', 'major': 1, 'minor': 5}]"
}

@test "devices without a /dev of its own are in the root; a bound /dev stays as it is" {
	run in_bundle "mounts[:] = [m for m in mounts if not m['destination'].startswith('/dev')]" -- sh -c 'echo x >/dev/null && readlink /dev/fd && [ -c /dev/zero ]'
	[ "$output" = /proc/self/fd ] && [ "$status" -eq 0 ] || { echo "$output"; false; }
	mkdir "$T/dev"
	mknod -m 666 "$T/dev/null" c 1 3
	run in_bundle "mounts[:] = [m for m in mounts if not m['destination'].startswith('/dev')]" "add('/dev', '$T/dev')" -- ls /dev
	[ "$output" = null ]
}

@test "devices of a user namespace are made by the machine, or bound from it" {
	local user="l['namespaces'].append({'type': 'user'}); l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 300000, 'size': 10}, {'containerID': 10, 'hostID': 400000, 'size': 10}]"
	bundle "$T/b"
	chown -R 300000:300000 "$T/b/rootfs"
	run in_bundle "$user" "l['devices'] = [{'path': '/dev/x', 'type': 'c', 'major': 1, 'minor': 5, 'fileMode': 0o640, 'uid': 12, 'gid': 3}]" \
		"l['resources'] = {}" -- sh -c 'stat -c "%t:%T %a %u:%g" /dev/x; head -c 1 /dev/zero | wc -c; echo x >/dev/null'
	[ "$output" = $'1:5 640 12:3\n1' ] || { echo "$output"; false; }
	run in_bundle "$user" "mounts[:] = [m for m in mounts if not m['destination'].startswith('/dev')]" "l['resources'] = {}" -- sh -c 'echo x >/dev/null; stat -c %t:%T /dev/full'
	[ "$output" = 1:7 ] || { echo "$output"; false; }
	refused 'take the device' "$user" "l['devices'] = [{'path': '/probe/x', 'type': 'c', 'major': 1, 'minor': 5}]"
}

# ---- file systems of the kernel ----

@test "cgroups: each hierarchy that the machine has, with the container's own group" {
	run in_bundle "add('/sys/fs/cgroup', 'cgroup', 'cgroup', ['ro','nosuid','nodev','noexec'])" "l['namespaces'].append({'type': 'cgroup'})" -- \
		sh -c 'ls /sys/fs/cgroup; touch /sys/fs/cgroup/x || echo sealed; grep cgroup /proc/self/mountinfo'
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ $output == *sealed* ]]
	if [ -d /sys/fs/cgroup/unified ]; then
		[[ $output == *unified* ]]
		[ "$(grep -c ' - cgroup cgroup ' <<<"$output")" -eq "$(grep -c ' - cgroup ' /proc/self/mountinfo)" ]
	fi
	# Without a namespace: the own group by a bind, and nothing around it.
	run in_bundle "add('/sys/fs/cgroup', 'cgroup', 'cgroup', ['ro'])" -- sh -c 'cat /sys/fs/cgroup/unified/cgroup.procs; ls /sys/fs/cgroup/unified'
	[[ $output == 1* && $output != *$'\n'isle* ]] || [ ! -d /sys/fs/cgroup/unified ]
}

@test "who shares the machine's cgroup namespace has its v2 tree by a bind: a new mount would change the machine's options" {
	findmnt -nt cgroup2 -o OPTIONS >"$T/before" || skip "this machine has no cgroup v2"
	bundle "$T/b" "add('/sys/fs/cgroup', 'cgroup', 'cgroup2', ['nosuid', 'noexec', 'nodev', 'nsdelegate'])" \
		"p['args'] = ['sh', '-c', 'cat /sys/fs/cgroup/cgroup.procs >/dev/null && grep cgroup2 /proc/self/mountinfo']"
	strace -f -o "$T/trace" -e trace=fsopen,mount "${oci[@]}" run --bundle "$T/b" shared >"$T/seen"
	grep -Eq '/sys/fs/cgroup rw,nosuid,nodev,noexec(,relatime)? - cgroup2 ' "$T/seen"
	run ! grep -E '(fsopen|mount)\(.*cgroup2' "$T/trace"
	findmnt -nt cgroup2 -o OPTIONS | diff "$T/before" -
	bundle "$T/b" "add('/sys/fs/cgroup', 'cgroup', 'cgroup2', ['nonsense'])"
	run -1 oci run --bundle "$T/b" wrong
	[[ $output == *'"nonsense"'* ]]
	# One of its own is no one else's.
	bundle "$T/b" "add('/sys/fs/cgroup', 'cgroup', 'cgroup2', ['ro'])" "l['namespaces'].append({'type': 'cgroup'})"
	strace -f -o "$T/trace" -e trace=fsopen "${oci[@]}" run --bundle "$T/b" own
	grep -q 'fsopen("cgroup2"' "$T/trace"
}

@test "a shared network has the machine's /sys, read-only; a user namespace without a group 5 has terminals" {
	local user="l['namespaces'].append({'type': 'user'}); l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 300000, 'size': 1}]"
	bundle "$T/b"
	chown -R 300000:300000 "$T/b/rootfs"
	mounts_with "$user" "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'network']" "mount_at('/dev/pts')['options'].append('gid=5')"
	mount_has ro, /sys
	mount_has devpts /dev/pts
}

# ---- hostile roots ----

@test "links of the root lead nowhere outside" {
	mkdir "$T/canary"
	echo safe >"$T/canary/file"
	for place in proc sys dev; do
		bundle "$T/b"
		rmdir "$T/b/rootfs/$place"
		ln -s "$T/canary" "$T/b/rootfs/$place"
		refused 'symbolic link'
		rm "$T/b/rootfs/$place"
		mkdir "$T/b/rootfs/$place"
	done
	ln -s "$T/canary" "$T/b/rootfs/probe/out"
	ln -s ../../../../../../../../../../.."$T/canary" "$T/b/rootfs/probe/up"
	run in_bundle "add('/probe/out/new', '$T/src')" "add('/probe/up/other', '$T/src')" "add('/../../../../..$T/canary/third', '$T/src')" -- ls "$T/canary"
	[ "$output" = $'new\nother\nthird' ] || { echo "$output"; false; } # in the container's own root
	[ "$(ls "$T/canary")" = file ]
	ln -s /proc/self "$T/b/rootfs/probe/self"
	refused 'leads into /proc' "add('/probe/self/attr', 'tmpfs', 'tmpfs', [])"
	ln -s "$T/canary/file" "$T/b/rootfs/probe/node"
	refused 'something else is there' "l['devices'] = [{'path': '/probe/node', 'type': 'c', 'major': 1, 'minor': 5}]"
	[ "$(cat "$T/canary/file")" = safe ]
}

@test "nothing may be mounted in /proc but what only tells" {
	run in_bundle "add('/proc/uptime', '$T/src/file')" -- cat /proc/uptime
	[ "$output" = inside ]
	refused "must stay the kernel's own" "add('/proc/self/attr', 'tmpfs', 'tmpfs', [])"
	refused "must stay the kernel's own" "add('/proc/../proc/sys', '$T/src')"
	refused 'not a procfs' "add('/proc', 'tmpfs', 'tmpfs', [])"
}

@test "masked and read-only paths: what is not there, patterns as they stand, no /proc of its own" {
	bundle "$T/b"
	mkdir -p "$T/b/rootfs/probe/dir" "$T/b/rootfs/probe/d"
	echo secret | tee "$T/b/rootfs/probe/dir/file" >"$T/b/rootfs/probe/file"
	run in_bundle "l['maskedPaths'] = ['/probe/dir', '/probe/file', '/nowhere/x', '/probe/fi*', '/probe/file/x']" \
		"l['readonlyPaths'] = ['/probe/d', '/nowhere', '/probe/file/x']" \
		"mounts[:] = [m for m in mounts if m['destination'] != '/proc']" -- sh -c 'ls /probe/dir; cat /probe/file; touch /probe/d/x || echo sealed'
	[[ $output != *secret* && $output == *sealed ]] || { echo "$output"; false; }
}

# ---- what the machine must not lose ----

@test "joined namespaces of the machine keep their names and parameters" {
	refused 'would change for the whole machine' "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'uts'] + [{'type': 'uts', 'path': '/proc/self/ns/uts'}]"
	refused 'linux.sysctl.net.ipv4.ip_forward: would change' "c['linux']['sysctl'] = {'net.ipv4.ip_forward': '1'}" \
		"l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'network'] + [{'type': 'network', 'path': '/proc/self/ns/net'}]"
	oci_running other "c['hostname'] = 'first'"
	pid=$(oci_pid other)
	run in_bundle "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'uts'] + [{'type': 'uts', 'path': '/proc/$pid/ns/uts'}]" "c['hostname'] = 'second'" -- hostname
	[ "$output" = second ]
}

# Makes the interface $1 of two addresses in a network that only the command has, and runs a container there: with_device NAME [CHANGE]... -- COMMAND...
with_device() {
	local name=$1 changes=()

	shift
	while [ "$1" != -- ]; do
		changes+=("$1")
		shift
	done
	shift
	bundle "$T/b" "${changes[@]}" "p['args'] = $(json_words "$@")"
	run "$ISLE" unshare --net sh -c 'ip link add "$1" type veth peer name peer && ip addr add 10.9.8.7/24 broadcast + dev "$1" &&
		ip addr add fd00:9::7/64 nodad dev "$1" && ip link set "$1" mtu 1400 up && shift && "$@" && ip -br link' \
		x "$name" "${oci[@]}" run --bundle "$T/b" "net$((++oci_runs))"
}

@test "netDevices: moved with their addresses, renamed, up; or an error" {
	"$ISLE" unshare --net ip link add x type veth peer name y 2>/dev/null || skip "no interfaces in pairs"
	with_device isled0 "l['netDevices'] = {'isled0': {'name': 'eth0'}}" -- ip addr
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ $output == *'eth0@'*UP*'mtu 1400'*'inet 10.9.8.7/24 brd 10.9.8.255'*'inet6 fd00:9::7/64'* && $output != *isled0* ]] || { echo "$output"; false; }
	with_device isled0 "l['netDevices'] = {'isled0': {'name': 'n%d'}}" -- ip addr
	[[ $output == *'n0@'* ]] || { echo "$output"; false; }
	with_device isled0 "l['netDevices'] = {'isled0': {}}" "c['linux']['sysctl'] = {'net/ipv4/conf/isled0/forwarding': '1'}" -- cat /proc/sys/net/ipv4/conf/isled0/forwarding
	[[ $output == 1* ]] || { echo "$output"; false; }
	with_device isled0 "l['netDevices'] = {'isled0': {'name': 'lo'}}" -- true
	[[ $status -ne 0 && $output == *linux.netDevices.isled0*'file exists'* ]] || { echo "$output"; false; }
	with_device isled0 "l['netDevices'] = {'isled1': {}}" -- true
	[[ $status -ne 0 && $output == *linux.netDevices.isled1* ]] || { echo "$output"; false; }
	oci_running other
	with_device isled0 "l['netDevices'] = {'isled0': {'name': 'eth7'}}" \
		"l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'network'] + [{'type': 'network', 'path': '/proc/$(oci_pid other)/ns/net'}]" -- ip addr
	[[ $output == *'eth7@'* ]] || { echo "$output"; false; }
}

@test "10,000 mounts" {
	(($(ulimit -Hn) > 11000)) || skip "the limit on open files is too low"
	ulimit -Sn 1024
	run in_bundle "[add('/probe/m', '$T/src' if i % 2 else 'tmpfs', 'bind' if i % 2 else 'tmpfs', ['bind'] if i % 2 else []) for i in range(10000)]" -- sh -c 'cat /probe/m/file; ulimit -Sn'
	[ "$output" = $'inside\n1024' ] || { echo "${output:0:600}"; false; } # the limit is the caller's again
}
