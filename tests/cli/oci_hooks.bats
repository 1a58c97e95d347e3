#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hooks that reach into a container, as those for graphics cards do (libnvidia-container): they find the mounts, the files
# and the control group of the process that the state on their standard input names.
# shellcheck disable=SC2154 # oci is set by oci_setup

load ../lib/isle
load ../lib/oci

setup() {
	oci_setup
	mkdir "$T/driver"
	echo library >"$T/driver/lib.so"
	echo helper >"$T/driver/helper"
	mkfifo "$T/driver/socket"
	chmod -R a+rX "$T/driver"
}

# Makes $T/hook, a hook which runs the commands on standard input in sh, with $pid and $root of the container.
hook_file() {
	{
		cat <<-'END'
			#!/bin/sh
			set -eu
			PATH=/usr/sbin:/usr/bin:/sbin:/bin
			state=$(cat)
			field() { printf '%s' "$state" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
			pid=$(field pid) root=$(field bundle)/rootfs
		END
		cat
	} >"$T/hook"
	chmod 755 "$T/hook"
}

# The hook as a statement for bundle, as one of kind $1.
hooked() {
	echo "c['hooks'] = {'$1': [{'path': '$T/hook', 'args': ['hook']}]}"
}

# What libnvidia-container does: it enters the mount namespace alone and binds files of the machine, whose root it still
# sees there, on files that it makes below root.path; devices, sockets and a tmpfs in /proc, too.
nvidia_mounts() {
	cat <<-END
		export root
		nsenter --mount=/proc/\$pid/ns/mnt sh -euc '
			mountpoint -q "\$root"
			cd "$T/driver"
			mkdir -p "\$root/opt/lib"
			: >"\$root/opt/lib/lib.so"
			mount --bind lib.so "\$root/opt/lib/lib.so"
			mount -o remount,bind,ro,nosuid,nodev "\$root/opt/lib/lib.so"
			: >"\$root/opt/helper"
			mount --bind helper "\$root/opt/helper"
			: >"\$root/run/socket"
			mount --bind socket "\$root/run/socket"
			: >"\$root/dev/card0"
			mount --bind /dev/zero "\$root/dev/card0"
			mount -t tmpfs -o mode=555 tmpfs "\$root/proc/driver"
			echo version >"\$root/proc/driver/params"
			ln -s lib.so "\$root/opt/lib/lib.so.1"
		'
	END
}

# It then runs ldconfig in the container's root, which it pivots into in mount and pid namespaces of its own.
nvidia_ldcache() {
	cat <<-END
		nsenter --mount=/proc/\$pid/ns/mnt unshare --mount --pid --fork --propagation slave sh -euc '
			cd "\$root"
			pivot_root . .
			perl -e "exit syscall(166, my \\\$old = q(.), 2)" # umount2(2), lazily
			mount -t proc -o ro proc /proc
			[ ! -e "$T" ]
			cp /opt/lib/lib.so /etc/ld.so.cache
		'
	END
}

@test "a prestart hook binds files, devices and sockets below root.path in the mounts of the pid that it is told" {
	local change kind

	for kind in prestart createRuntime; do
		for change in "" "c['root']['readonly'] = True; add('/dev/mqueue', 'mqueue', 'mqueue', ['nosuid'])" \
			"l['rootfsPropagation'] = 'rslave'" \
			"l['namespaces'].append({'type': 'cgroup'}); p['user'] = {'uid': 1000, 'gid': 1000}"; do
			{ nvidia_mounts; nvidia_ldcache; } | hook_file
			bundle "$T/b" "$(hooked "$kind")" "$change" "p['args'] = ['sh', '-c', '''
				cat /opt/lib/lib.so.1 /opt/helper /etc/ld.so.cache /proc/driver/params
				head -c 3 /dev/card0 | od -An -tx1
				[ -p /run/socket ] && echo socket
				echo no 2>/dev/null >/opt/lib/lib.so || echo read-only
				grep -c \" /opt/lib/lib.so ro,nosuid,nodev\" /proc/self/mountinfo''']"
			rm -rf "$T/b/rootfs/opt" "$T/b/rootfs/etc/ld.so.cache"
			run oci run --bundle "$T/b" c
			echo "$kind $change: $output"
			[ "$status" -eq 0 ]
			[ "${output//$'\n'/ }" = 'library helper library version  00 00 00 socket read-only 1' ]
			# On the machine there are the empty files alone.
			[ ! -s "$T/b/rootfs/opt/lib/lib.so" ]
			[ "$(ls "$T/b/rootfs/proc" "$T/b/rootfs/dev")" = "$(printf '%s\n' "$T/b/rootfs/dev:" '' "$T/b/rootfs/proc:")" ]
			[ "$(cat "$T/b/rootfs/etc/ld.so.cache")" = library ]
			oci_nothing_left
		done
	done
}

@test "the same with a user namespace: what belongs to the machine is mounted by the machine's root" {
	nvidia_mounts | hook_file
	bundle "$T/b" "$(hooked prestart)" \
		"l['namespaces'].append({'type': 'user'})" \
		"l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]" \
		"p['args'] = ['sh', '-c', '''
			cat /opt/lib/lib.so /opt/helper /proc/driver/params
			head -c 3 /dev/card0 | wc -c
			umount /opt/helper 2>&1 | grep -c -e permi -e superuser''']"
	chmod 755 "$T/.." "$T/b" "$T/b/rootfs"
	run -0 oci run --bundle "$T/b" c
	echo "$output"
	[ "${output//$'\n'/ }" = 'library helper version 3 1' ]
}

@test "the rights to devices that a prestart hook adds to the container's are kept" {
	local card opened="python3 -c 'import os; os.open(\"/dev/card0\", os.O_RDWR); print(\"opened\")'"

	for card in /dev/fuse /dev/net/tun; do
		[ ! -c "$card" ] || break
	done
	[ -c "$card" ] || skip "this machine has no device to open"
	cat >"$T/allow.py" <<-'END'
		# allow.py PID NUMBER: replaces the program that decides about devices of the process by one that allows all; or,
		# where a list does, adds the device to it.
		import ctypes, os, struct, sys
		groups = dict(line.rstrip("\n").split(":")[1:] for line in open(f"/proc/{sys.argv[1]}/cgroup"))
		v2 = next((line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup2 " in line), None)
		libc = ctypes.CDLL(None, use_errno=True)
		def bpf(command, attr):
		    buffer = ctypes.create_string_buffer(attr, 128)
		    got = libc.syscall(321, command, buffer, 128)
		    if got < 0:
		        raise OSError(ctypes.get_errno(), f"bpf {command}")
		    return got, buffer.raw
		QUERY, LOAD, ATTACH, DETACH, BY_ID, DEVICE = 16, 5, 8, 9, 13, 6
		def programs(group):
		    ids = (ctypes.c_uint32 * 64)()
		    _, answer = bpf(QUERY, struct.pack("IIIIQI", group, DEVICE, 0, 0, ctypes.addressof(ids), 64))
		    return list(ids[:struct.unpack_from("I", answer, 24)[0]])
		old = []
		if v2:
		    group = os.open(v2 + groups[""], os.O_RDONLY | os.O_DIRECTORY)
		    old = programs(group)
		print(len(old), "programs")
		if old:
		    code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xb7, 0, 0, 1, 0x95, 0, 0, 0))
		    licence = ctypes.create_string_buffer(b"GPL")
		    new, _ = bpf(LOAD, struct.pack("IIQQ", 15, 2, ctypes.addressof(code), ctypes.addressof(licence)))
		    bpf(ATTACH, struct.pack("IIII", group, new, DEVICE, 2))
		    for one in old:
		        fd, _ = bpf(BY_ID, struct.pack("I", one))
		        bpf(DETACH, struct.pack("IIII", group, fd, DEVICE, 0))
		else:
		    with open("/sys/fs/cgroup/devices" + groups["devices"] + "/devices.allow", "w") as f:
		        f.write(f"c {sys.argv[2]} rw")
	END
	hook_file <<-END
		export root
		nsenter --mount=/proc/\$pid/ns/mnt sh -euc ': >"\$root/dev/card0"; mount --bind $card "\$root/dev/card0"'
		[ ! -e "$T/allow" ] || python3 "$T/allow.py" "\$pid" "$(stat -c '%Hr:%Lr' "$card")" >"$T/told"
	END
	bundle "$T/b" "$(hooked prestart)" "p['args'] = ['sh', '-c', $(json_words "$opened" | sed 's/^.//; s/.$//')]"
	run oci run --bundle "$T/b" c
	[ "$status" -ne 0 ]
	[[ $output == *"not permitted"* ]]
	: >"$T/allow"
	run oci run --bundle "$T/b" c
	echo "$output"
	cat "$T/told"
	[ "$status" -eq 0 ]
	[ "$output" = opened ]
	# An update of other limits leaves it so.
	bundle "$T/b" "$(hooked prestart)" "p['args'] = ['sleep', '1000']"
	oci run --detach --bundle "$T/b" c </dev/null >/dev/null 2>&1 3>&-
	oci update --pids-limit 100 c
	[ "$(oci exec c sh -c "$opened")" = opened ]
}
