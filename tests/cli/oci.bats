#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a container of 'isle oci': create, start, run, state, list, delete, their hooks and terminals, and what is left
# when any of them is killed.
# shellcheck disable=SC2154 # oci is set by oci_setup

load ../lib/isle
load ../lib/oci

# create, with descriptors that nobody waits for.
created() {
	oci create --bundle "$T/$1" "${@:2}" "$1" </dev/null >"$T/out" 2>"$T/err" 3>&-
}

status_of() {
	oci state "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"])'
}

# A hook that notes its name, environment, working directory, mount namespace and standard input in $T/hooks.
note_hook() {
	cat >"$T/note" <<-END
		#!/bin/sh
		{ echo "\$1 \$(readlink /proc/self/ns/mnt) \$(pwd) \$(env | grep -v -e ^PWD= -e ^OLDPWD= -e ^_= | tr '\\n' ' ')"; cat; echo; } >>"$T/hooks"
	END
	chmod 755 "$T/note"
}

@test "create, start, state, list, delete" {
	bundle "$T/a" "p['args'] = ['sh', '-c', 'echo began >/probe/began; exec sleep 1000']" "c['annotations'] = {'k': 'v'}"
	created a --pid-file "$T/pid"
	[ "$(status_of a)" = created ]
	[ ! -e "$T/a/rootfs/probe/began" ]
	[ "$(cat "$T/pid")" = "$(oci_pid a)" ]
	[ "$(wc -l <"$T/pid")" -eq 0 ]
	oci start a
	wait_for test -s "$T/a/rootfs/probe/began"
	[ "$(status_of a)" = running ]
	oci state a | python3 -c '
import json, sys
s = json.load(sys.stdin)
assert s["id"] == "a" and s["annotations"] == {"k": "v"} and s["bundle"] == sys.argv[1], s' "$(realpath "$T/a")"
	[ "$(oci list --quiet)" = a ]
	run oci start a
	[ "$status" -eq 1 ]
	[[ $output == *"cannot start an already running container"* ]]
	run oci delete a
	[ "$status" -eq 1 ]
	[[ $output == *"is not stopped: running"* ]]
	oci kill a KILL
	wait_for eval '[ "$(status_of a)" = stopped ]'
	run oci start a
	[[ $output == *"cannot start a container that has stopped"* ]]
	oci delete a
	run oci state a
	[ "$status" -eq 1 ]
	[[ $output == *"does not exist"* ]]
	oci delete --force a
}

@test "run gives the program's status, and leaves nothing" {
	run in_bundle -- sh -c 'exit 42'
	[ "$status" -eq 42 ]
	run in_bundle -- sh -c 'kill -9 $$'
	[ "$status" -eq 137 ] || [ "$status" -eq 0 ]
	oci_nothing_left
	bundle "$T/d" "p['args'] = ['sleep', '1000']"
	oci run --detach --bundle "$T/d" d </dev/null >/dev/null 2>&1 3>&-
	[ "$(status_of d)" = running ]
}

@test "a program that is not there is told by create, in runc's words" {
	bundle "$T/a" "p['args'] = ['no-such-program']"
	run created a
	[ "$status" -eq 1 ]
	grep -q "executable file not found in \$PATH" "$T/err"
	bundle "$T/b" "p['args'] = ['/no/such/program']"
	run created b
	grep -qi "no such file or directory" "$T/err"
	bundle "$T/c" "p['args'] = ['/etc/passwd']"
	run created c
	grep -qi "permission denied" "$T/err"
	run oci run --bundle "$T/a" a
	[ "$status" -eq 1 ]
	oci_nothing_left
}

@test "what waits for start holds one socket, few rights, and dies by a signal" {
	bundle "$T/a"
	created a
	pid=$(oci_pid a)
	for fd in /proc/"$pid"/fd/*; do
		case $(readlink "$fd") in
		/dev/null | "$T"/* | "socket:["* | "/memfd:isle-init (deleted)") ;;
		*)
			readlink "$fd"
			false
			;;
		esac
	done
	grep -q '^CapPrm:.*405fb$' /proc/"$pid"/status
	oci kill a TERM
	wait_for test ! -e /proc/"$pid"/ns/mnt
	[ "$(status_of a)" = stopped ]
	oci delete a
}

@test "all six hooks: when, where, with what" {
	note_hook
	bundle "$T/h" "p['args'] = ['sh', '-c', 'echo program >>/probe/log']" "
c['annotations'] = {'k': 'x' * 100000}
c['hooks'] = {k: [{'path': '$T/note', 'args': ['note', k]}] for k in
    ('prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop')}
c['hooks']['prestart'].append({'path': '/bin/true'})
c['hooks']['createRuntime'][0]['env'] = ['A=b']
c['hooks']['startContainer'] = [{'path': '/bin/sh', 'args': ['sh', '-c', 'pwd >/probe/log; cat >/probe/state']}]"
	created h
	python3 - "$T" "$(oci_pid h)" "$(readlink /proc/self/ns/mnt)" <<-'END'
		import json, sys
		lines = open(sys.argv[1] + "/hooks").read().splitlines()
		want = [("prestart", sys.argv[3], ""), ("createRuntime", sys.argv[3], "A=b "), ("createContainer", None, "")]
		for (name, ns, env), head, state in zip(want, lines[::2], lines[1::2], strict=True):
		    words = head.split(" ", 3)
		    assert words[0] == name and words[2] == sys.argv[1] + "/h" and words[3] == env, (head[:200], env)
		    assert (words[1] == sys.argv[3]) == (ns is not None), head[:200]
		    s = json.loads(state)
		    assert s["id"] == "h" and s["status"] == "created" and len(s["annotations"]["k"]) == 100000
		    assert s["pid"] == (int(sys.argv[2]) if ns else 1), s["pid"]
	END
	[ ! -e "$T/h/rootfs/probe/log" ]
	oci start h
	wait_for grep -q program "$T/h/rootfs/probe/log"
	[ "$(tr '\n' ' ' <"$T/h/rootfs/probe/log")" = "/ program " ]
	grep -q '"status":"created"' "$T/h/rootfs/probe/state"
	grep -A 1 ^poststart "$T/hooks" | grep -q '"status":"running"'
	oci delete --force h
	grep -A 1 ^poststop "$T/hooks" | grep -q '"status":"stopped"'
}

@test "a hook that fails undoes the container, or is a warning" {
	local kind

	for kind in prestart createRuntime createContainer; do
		bundle "$T/h" "c['hooks'] = {'$kind': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo because >&2; exit 3']}]}"
		run created h
		[ "$status" -eq 1 ]
		grep -q "$kind hook #0.*exit status 3.*because" "$T/err"
		oci_nothing_left
	done
	bundle "$T/h" "c['hooks'] = {'createRuntime': [{'path': '/bin/sleep', 'args': ['sleep', '1000'], 'timeout': 1}]}"
	run created h
	[ "$status" -eq 1 ]
	grep -q "timeout of 1 s" "$T/err"
	bundle "$T/h" "c['hooks'] = {'startContainer': [{'path': '/bin/false'}]}"
	created h
	run oci start h
	[ "$status" -eq 1 ]
	[[ $output == *"startContainer hook #0"* ]]
	oci delete --force h
	bundle "$T/h" "c['hooks'] = {'poststop': [{'path': '/bin/false'}]}"
	created h
	oci start h
	run oci delete --force h
	[ "$status" -eq 0 ]
	[[ $output == *"poststop hook #0"* ]]
}

@test "a poststart hook that fails ends and deletes the container, whatever older releases of the spec say" {
	bundle "$T/h" "p['args'] = ['sleep', '1000']; c['hooks'] = {'poststart': [{'path': '/bin/false'}, {'path': '/bin/touch', 'args': ['touch', '$T/second']}]}"
	created h
	run -1 oci start h
	[[ $output == *"poststart hook #0"* ]]
	[ ! -e "$T/second" ]
	run -1 oci state h
	oci_nothing_left
	run -1 oci run --bundle "$T/h" h
	[[ $output == *"poststart hook #0"* ]]
	run -1 oci run --detach --bundle "$T/h" h
	oci_nothing_left
}

# A hook in sh: hook KIND COMMANDS as a statement for bundle, with the bundle's root in $root and, where it is known, the pid.
hook() {
	printf "c.setdefault('hooks', {})['%s'] = [{'path': '/bin/sh', 'args': ['sh', '-c', %s], 'env': ['PATH=/bin:/sbin:/usr/bin:/usr/sbin', 'root=%s']}]" \
		"$1" "$(json_words "$2" | sed 's/^.//; s/.$//')" "$T/h/rootfs"
}

@test "hooks find the container's files at root.path, and what they mount there stays" {
	local look='[ -r "$root/proc/1/status" ] && [ -c "$root/dev/null" ] && [ -d "$root/sys/kernel" ]'
	local pid='pid=$(sed "s/.*\"pid\":\([0-9]*\).*/\1/") &&'

	echo shown >"$T/file"
	chmod 644 "$T/file"
	bundle "$T/h" "p['args'] = ['sh', '-c', 'cat /probe/file; grep -c \" /probe/\" /proc/self/mountinfo; cat /probe/early; ls /; ls /sys/class/net']" \
		"$(hook prestart "$pid root=/proc/\$pid/root\$root; $look && mkdir -p \$root/probe && echo early >\$root/probe/early")" \
		"$(hook createRuntime "$pid nsenter --mount=/proc/\$pid/ns/mnt sh -c '$look'")" \
		"$(hook createContainer "$look && ls /sys/class/net >\$root/probe/net && : >\$root/probe/file && mount --bind '$T/file' \$root/probe/file")"
	touch "$T/h/rootfs/probe/file"
	run oci run --bundle "$T/h" h
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = shown ]
	[ "${lines[1]}" = 1 ]
	[ "${lines[2]}" = early ]
	[[ $output != *work* && $output != *lost+found* ]]
	[ "${lines[-1]}" = lo ]
	# Nothing of it is on the machine.
	[ ! -s "$T/h/rootfs/probe/file" ]
	[ -z "$(ls "$T/h/rootfs/proc")" ]
	oci_nothing_left
}

@test "no way back to the machine's root: with hooks, a shared root, another root mounted over it" {
	local change hooks other perl

	other="l['maskedPaths'] = []; add('/', 'tmpfs', 'tmpfs', ['mode=755']); add('/usr', '/usr'); add('/lib64', '/usr/lib64'); add('/lib', '/usr/lib'); add('/proc', 'proc', 'proc', []); add('/dev/null', '/dev/null')"
	# What is in "/..", whether the machine is found by leaving the root, and all mounts.
	perl='opendir(D, "/.."); print join(" ", sort grep !/^[.]/, readdir D), "\n";
		chroot "/usr"; chdir ".." for 1..64; chroot "."; print -e $ARGV[0] ? "out" : "in", "\n";
		open(F, "/proc/self/mountinfo"); print map { (split)[4], "\n" } <F>'
	echo "of the machine" >"$T/file"
	for change in "" "l['rootfsPropagation'] = 'shared'" "l['rootfsPropagation'] = 'rprivate'" "c['root']['readonly'] = True" \
		"$other" "mounts[:] = []; $other"; do
		for hooks in "" "$(hook createContainer true)"; do
			bundle "$T/h" "$change" "$hooks" "p['args'] = $(json_words /usr/bin/perl -e "$perl" "$T/file")"
			run oci run --bundle "$T/h" h
			echo "$change: $output"
			[ "$status" -eq 0 ]
			[[ ${lines[0]} == *" proc "* && ${lines[0]} != *srv* ]]
			[ "${lines[1]}" = in ]
			[ "$(printf '%s\n' "${lines[@]:2}" | grep -cx /)" -eq 1 ]
			[[ $output != *rootfs* ]]
		done
	done
}

@test "no container is made in a chroot, with hooks either" {
	mkdir "$T/jail"
	bundle "$T/h" "$(hook createContainer true)"
	run unshare --mount --propagation private sh -c 'mount --rbind / "$0" && exec chroot "$0" "$@"' "$T/jail" \
		"${oci[@]}" run --bundle "$T/h" h
	rmdir "$T/jail"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"leave: cover the machine's root"*chroot*pivot_root* ]]
	oci_nothing_left
}

@test "hooks with --no-pivot, and a user namespace whose root can't reach the bundle" {
	bundle "$T/h" "p['args'] = ['sh', '-c', 'cat /probe/file; ls /probe/..']" \
		"$(hook createContainer "echo x >\$root/probe/file")"
	run oci run --no-pivot --bundle "$T/h" h
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = x ]
	bundle "$T/h" "l['namespaces'].append({'type': 'user'})" "l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 300000, 'size': 1000}]" \
		"$(hook createContainer '[ -c $root/dev/null ]')"
	run oci run --bundle "$T/h" h
	echo "$output"
	[ "$status" -eq 0 ]
	chmod 700 "$T/h"
	run oci run --bundle "$T/h" h
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$T/h/rootfs, where its hooks look for it: permission denied"*"search the directories above it"* ]]
	oci_nothing_left
}

@test "hooks that fail while the root lies at its path leave nothing"  {
	bundle "$T/h" "$(hook createContainer 'mount -t tmpfs x $root/probe && exit 3')"
	run created h
	[ "$status" -eq 1 ]
	oci_nothing_left
	[ -z "$(grep "$T/h" /proc/self/mountinfo)" ]
}

@test "two that create one id: one wins" {
	bundle "$T/a"
	for _ in 1 2 3 4; do
		(created a && echo won >>"$T/won" || true) &
	done
	wait
	[ "$(wc -l <"$T/won")" -eq 1 ]
	[ "$(status_of a)" = created ]
}

@test "create killed at any step: delete --force leaves nothing" {
	local step how status

	bundle "$T/a" "c['hooks'] = {k: [{'path': '/bin/true'}] for k in ('prestart', 'createContainer')}"
	for step in config claim choose-cgroup prepare intent record await-parked finish park hooks box-hooks \
		cgroup clone begin identity network root dev \
		hand-over receive enter attach user mask read-only leave cwd rights furnished; do
		for how in fail kill kill-after; do
			status=0
			ISLE_FAULT=$how=$step timeout 20 "${oci[@]}" create --bundle "$T/a" a </dev/null >/dev/null 2>&1 3>&- || status=$?
			[ "$status" -ne 124 ]
			timeout 20 "${oci[@]}" delete --force a
			[ ! -e "$OCI_ROOT/a" ]
		done
	done
	oci_nothing_left
}

@test "delete --force works with a record that cannot be read, or is not there" {
	oci_running a
	echo '{' >"$OCI_ROOT/a/record.json"
	run oci state a
	[ "$status" -eq 1 ]
	[[ $output == *"delete --force"* ]]
	oci delete --force a
	oci_nothing_left
	oci_running a
	rm "$OCI_ROOT/a/record.json"
	rm -r "$T/a"
	oci delete --force a
	oci_nothing_left
}

@test "delete --force ends a paused container" {
	oci_running a
	oci pause a
	[ "$(status_of a)" = paused ]
	timeout 20 "${oci[@]}" delete --force a
	oci_nothing_left
}

@test "terminal: the master goes to the console socket" {
	bundle "$T/a" "p['terminal'] = True; p['args'] = ['sh', '-c', 'test -t 0 && tty && stty size']" "p['consoleSize'] = {'height': 11, 'width': 22}"
	run created a
	[ "$status" -eq 1 ]
	grep -q -e --console-socket "$T/err"
	python3 - "$T/sock" "$T/said" <<-'END' &
		import array, os, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1] + ".new")
		s.listen()
		os.rename(sys.argv[1] + ".new", sys.argv[1])
		s.settimeout(20)
		c, _ = s.accept()
		data, anc, _, _ = c.recvmsg(4096, socket.CMSG_SPACE(4))
		fd = array.array("i", anc[0][2])[0]
		said = b""
		while b"11 22" not in said:
		    said += os.read(fd, 1000)
		open(sys.argv[2], "wb").write(said)
	END
	wait_for test -S "$T/sock"
	created a --console-socket "$T/sock"
	oci start a
	wait
	grep -q /dev/pts/0 "$T/said"
}

@test "run in the foreground with the caller's terminal" {
	bundle "$T/a" "p['terminal'] = True; p['args'] = ['sh', '-c', 'tty; read x; echo got \$x']"
	run python3 "$ISLE_LIB/term.py" expect=/dev/pts/0 raw 'send=word\r' 'expect=got word' -- "${oci[@]}" run --bundle "$T/a" a
	[ "$status" -eq 0 ]
}

@test "namespaces of another container are joined by path" {
	oci_running a
	pid=$(oci_pid a)
	bundle "$T/b" "p['args'] = ['sleep', '1000']" "
for n in l['namespaces']:
    if n['type'] in ('network', 'ipc', 'uts', 'pid'):
        n['path'] = '/proc/$pid/ns/' + {'network': 'net'}.get(n['type'], n['type'])
del c['hostname']"
	created b
	oci start b
	other=$(oci_pid b)
	for kind in net ipc uts pid; do
		[ "$(readlink "/proc/$pid/ns/$kind")" = "$(readlink "/proc/$other/ns/$kind")" ]
	done
	[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink "/proc/$other/ns/mnt")" ]
}

@test "a user namespace: its own ids, on the machine and inside" {
	bundle "$T/a" "p['args'] = ['sleep', '1000']" "
l['namespaces'].append({'type': 'user'})
l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 300000, 'size': 1000}]"
	chmod 755 "$T/a"
	created a
	[ "$(awk '/^Uid/ { print $2 }' "/proc/$(oci_pid a)/status")" = 300000 ]
	oci start a
	[ "$(status_of a)" = running ]
}

@test "plain users: one id, and subordinate ids" {
	local kind user

	for kind in one many; do
		user=$(plain_user $kind)
		bundle "$T/$kind" "p['args'] = ['sh', '-c', 'id -u; n=0; while read a b c; do n=\$((n + c)); done </proc/self/uid_map; echo \$n']" "
import pwd
u = pwd.getpwnam('$user')
del c['linux']['resources']
l['namespaces'].append({'type': 'user'})
l['uidMappings'] = [{'containerID': 0, 'hostID': u.pw_uid, 'size': 1}]
l['gidMappings'] = [{'containerID': 0, 'hostID': u.pw_gid, 'size': 1}]
def sub(f):
    return next((int(x.split(':')[1]) for x in open(f) if x.split(':')[0] == '$user'), None)
if '$kind' == 'many':
    l['uidMappings'].append({'containerID': 1, 'hostID': sub('/etc/subuid'), 'size': 999})
    l['gidMappings'].append({'containerID': 1, 'hostID': sub('/etc/subgid'), 'size': 999})"
		chown -R "$user": "$T/$kind"
		mkdir -p "$T/root-$kind"
		chown "$user": "$T/root-$kind"
		run as_user "$user" "$OCI_RUNTIME" --root "$T/root-$kind" run --bundle "$T/$kind" x
		[ "$status" -eq 0 ]
		[ "${lines[-2]}" = 0 ]
		[ "${lines[-1]}" = "$([ $kind = one ] && echo 1 || echo 1000)" ]
		[ -z "$(ls "$T/root-$kind")" ]
	done
}

@test "a bundle that is none: one sentence, and nothing is made" {
	run oci create --bundle "$T/none" a
	[ "$status" -eq 1 ]
	mkdir -p "$T/fifo"
	mkfifo "$T/fifo/config.json"
	run timeout 30 "${oci[@]}" create --bundle "$T/fifo" a
	[ "$status" -eq 1 ]
	mkdir -p "$T/text"
	echo '{"ociVersion": 1}' >"$T/text/config.json"
	run oci create --bundle "$T/text" a
	[ "$status" -eq 1 ]
	[[ $output == *"ociVersion: must be a string"* ]]
	oci_nothing_left
}

@test "a memory.swap of 0 is no swap for who creates, and nothing for who updates" {
	local group memsw=memory.memsw.limit_in_bytes

	bundle "$T/m" "p['args'] = ['sleep', '1000']; l['resources']['memory'] = {'limit': 64 << 20, 'swap': 0}"
	created m
	group=$(sed -n 's/^[0-9]*:\([a-z,]*,\)\?memory\(,[a-z,]*\)\?://p' /proc/"$(oci_pid m)"/cgroup)
	if [ -n "$group" ] && [ -e "/sys/fs/cgroup/memory/$memsw" ]; then
		[ "$(cat "/sys/fs/cgroup/memory$group/$memsw")" = 67108864 ]
		oci update --memory 128m --memory-swap 256m m
		echo '{"memory": {"limit": 33554432, "swap": 0}}' | oci update --resources - m
		[ "$(cat "/sys/fs/cgroup/memory$group/memory.limit_in_bytes")" = 33554432 ]
		[ "$(cat "/sys/fs/cgroup/memory$group/$memsw")" = 268435456 ]
	elif [ -z "$group" ]; then
		group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/"$(oci_pid m)"/cgroup)
		[ ! -e "$group/memory.swap.max" ] || [ "$(cat "$group/memory.swap.max")" = 0 ]
		[ ! -e "$group/memory.swap.max" ] || oci update --memory 128m --memory-swap 256m m
		echo '{"memory": {"limit": 33554432, "swap": 0}}' | oci update --resources - m
		[ "$(cat "$group/memory.max")" = 33554432 ]
		[ ! -e "$group/memory.swap.max" ] || [ "$(cat "$group/memory.swap.max")" = 134217728 ]
	fi
	oci delete --force m
	# Alone, or beside another 0, it keeps no container from being made.
	for group in "{'swap': 0}" "{'limit': -1, 'swap': 0}" "{'limit': 0, 'swap': 0}"; do
		bundle "$T/m" "l['resources']['memory'] = $group"
		run -0 oci run --bundle "$T/m" m
	done
}
