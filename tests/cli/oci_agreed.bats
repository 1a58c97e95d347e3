#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What engines and bundles expect of 'isle oci' beside the runtime spec, for runc and crun do it, or one of them does.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # stderr is set by run; $x is meant for the inner shell; each test has its own

load ../lib/isle
load ../lib/oci

@test "a working directory that is missing is made, in a root that can only be read, too" {
	for readonly in False True; do
		rm -rf "$T/b/rootfs/made"
		in_bundle "c['root']['readonly'] = $readonly" "p['cwd'] = '/made/here'" -- sh -c '[ "$PWD" = /made/here ]'
		[ -d "$T/b/rootfs/made/here" ]
	done
	run ! in_bundle "c['root']['readonly'] = True" "p['cwd'] = '/made/here'" -- mkdir /made/by-the-program
	# Where it can't be made, and what is no directory.
	run in_bundle "p['cwd'] = '/sys/nothing'" -- true
	[ "$status" -eq 1 ]
	[[ $output == *"chdir to the working directory /sys/nothing"*"o such file"* ]]
	run in_bundle "p['cwd'] = '/etc/passwd/x'" -- true
	[ "$status" -eq 1 ]
	oci_running box
	run oci exec --cwd /nowhere box true
	[ "$status" -eq 255 ]
	[[ $output == *"chdir to the working directory /nowhere"*"o such file"* ]]
	[ ! -e "$T/box/rootfs/nowhere" ]
}

@test "a user namespace without mappings has one id: its root is the caller" {
	userns="l['namespaces'].append({'type': 'user'})"
	in_bundle "$userns" -- sh -c 'cat /proc/self/uid_map /proc/self/gid_map; readlink /proc/self/ns/user' >"$T/out"
	read -r inside outside count <"$T/out"
	[ "$inside $outside $count" = "0 $(id -u) 1" ]
	[ "$(sed -n '1s/  */ /gp' "$T/out")" = "$(sed -n '2s/  */ /gp' "$T/out")" ]
	[ "$(tail -n 1 "$T/out")" != "$(readlink /proc/self/ns/user)" ]
	run in_bundle "$userns" "p['user'] = {'uid': 5, 'gid': 0}" -- true
	[ "$status" -eq 1 ]
	[ -n "$output" ]
	# Who gives one list has the other of itself; a namespace that is joined has its ids already.
	in_bundle "$userns" "l['uidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 10}]" -- \
		sh -c 'cat /proc/self/uid_map /proc/self/gid_map' >"$T/out" || true
	[ ! -s "$T/out" ] || [ "$(awk '{print $2}' "$T/out" | tr '\n' ' ')" = "100000 $(id -g) " ]
}

@test "pipes of the caller's become the user's, files do not" {
	bundle "$T/b" "p['user'] = {'uid': 1000, 'gid': 1000}" "p['args'] = ['sh', '-c', 'echo to-stdout >/dev/stdout; echo to-stderr >/dev/stderr']"
	[ "$(oci run --bundle "$T/b" a 2>&1 | cat)" = $'to-stdout\nto-stderr' ]
	: >"$T/file"
	chmod 600 "$T/file"
	before=$(stat -c %u:%g "$T/file")
	oci run --bundle "$T/b" b 2>"$T/file" >&2 || true
	[ "$(stat -c %u:%g "$T/file")" = "$before" ]
	oci_running box
	[ "$(oci exec --user 1000:1000 box sh -c 'echo of-exec >/dev/stdout' | cat)" = of-exec ]
}

@test "hooks begin in the bundle, those inside at the root" {
	bundle "$T/b" "
for kind in ('prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop', 'startContainer'):
    c.setdefault('hooks', {})[kind] = [{'path': '/bin/sh', 'args': ['sh', '-c', 'pwd >>%s' % ('/probe/pwd' if kind == 'startContainer' else '$T/pwd')]}]"
	oci run --bundle "$T/b" a
	[ "$(sort "$T/pwd" | uniq -c | sed 's/^ *//')" = "5 $T/b" ]
	[ "$(<"$T/b/rootfs/probe/pwd")" = / ]
	# The mounts are there by a relative path when createContainer runs.
	bundle "$T/b" "c['hooks'] = {'createContainer': [{'path': '/bin/sh', 'args': ['sh', '-c', 'test -e rootfs/proc/self']}]}"
	oci run --bundle "$T/b" b
	# A bundle that is gone by then.
	bundle "$T/gone" "c['hooks'] = {'poststop': [{'path': '/bin/sh', 'args': ['sh', '-c', 'pwd >$T/last']}]}"
	oci create --bundle "$T/gone" gone </dev/null >/dev/null 2>&1 3>&-
	mv "$T/gone" "$T/elsewhere"
	oci delete --force gone
	[ "$(<"$T/last")" = / ]
}

@test "--regex: signals and deletions for all whose id matches" {
	for id in web-1 web-2 other; do
		oci_running "$id"
	done
	oci kill --regex '^web-[0-9]$' KILL
	for id in web-1 web-2; do
		wait_for eval "oci state $id | grep -q stopped"
	done
	oci state other | grep -q running
	# One that can't be deleted keeps no other, and is told.
	run oci delete --regex 'web|other'
	[ "$status" -eq 1 ]
	[[ $output == *other*"not stopped"* ]]
	[ "$(oci list -q)" = other ]
	oci delete --force --regex 'web'
	[ "$(oci list -q)" = other ]
	oci delete --force -r 'o.*r'
	[ -z "$(oci list -q)" ]
	run oci delete --force --regex ''
	[ "$status" -eq 1 ]
	[[ $output == *"empty"* ]]
	run oci kill --regex '(' KILL
	[ "$status" -eq 1 ]
	[[ $output == *"regular expression"* ]]
	run oci delete --force 'we.'
	[ "$status" -eq 0 ]
	run oci state 'we/b'
	[ "$status" -eq 1 ]
	[[ $output == *"invalid container ID format"*"invalid character"* ]]
	for id in . .. .foo ..foo; do
		run oci run --bundle "$T/b" "$id"
		[ "$status" -eq 1 ]
		[[ $output == *"invalid container ID format: \"$id\": an id can't begin with a dot"* ]]
	done
}

# A service manager: notes in $T/said what comes to $T/manager, a message a line.
manager_start() {
	timeout 60 python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
os.chdir(sys.argv[1])
s.bind("manager")
while True:
    print(repr(s.recv(4096)), file=open("said", "a"))' "$T" 3>&- &
	manager=$!
	wait_for test -S "$T/manager"
}

# A program that says the words, each a message, and what it is told, as user 1000.
says() {
	printf '%s' "import os, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ['NOTIFY_SOCKET'])"
	printf "; s.send(b'%s')" "$@"
}

@test "NOTIFY_SOCKET: the program is ready, and nothing else is passed on" {
	[ "${#T}" -lt 90 ] || skip "the directory of the test is too deep for a socket"
	python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
	manager_start
	bundle "$T/b" "p['user'] = {'uid': 1000, 'gid': 1000}" "p['args'] = ['/bin/sh', '-c', 'ls -ld \$NOTIFY_SOCKET; echo x >\${NOTIFY_SOCKET%/*}/file']"
	NOTIFY_SOCKET=$T/manager run ! oci run --bundle "$T/b" look
	[[ $output == srw-rw-rw-*"$T/manager/notify"*"Read-only file system"* ]]
	script=$(says 'STOPPING=1' 'X=1\\nREADY=1\\nMAINPID=1' 'FDSTORE=1')
	bundle "$T/b" "p['user'] = {'uid': 1000, 'gid': 1000}" "p['args'] = ['$python', '-c', '''$script''']" \
		"add('${python%/bin/*}', '${python%/bin/*}')" "p['env'].append('PYTHONDONTWRITEBYTECODE=1')"
	# In the foreground, in the background, and in two steps, of which the second waits.
	NOTIFY_SOCKET=$T/manager oci run --bundle "$T/b" one
	wait_for test -s "$T/said"
	NOTIFY_SOCKET=$T/manager oci run --detach --pid-file "$T/pid" --bundle "$T/b" two </dev/null >/dev/null 2>&1 3>&-
	wait_for eval '[ "$(wc -l <"$T/said")" = 2 ]'
	[ "$(tail -n 1 "$T/said")" = "b'READY=1\\nMAINPID=$(<"$T/pid")'" ]
	oci delete --force two
	NOTIFY_SOCKET=$T/manager oci create --bundle "$T/b" --pid-file "$T/pid" three </dev/null >/dev/null 2>&1 3>&-
	NOTIFY_SOCKET=$T/manager oci start three
	wait_for eval '[ "$(wc -l <"$T/said")" = 3 ]'
	[ "$(tail -n 1 "$T/said")" = "b'READY=1\\nMAINPID=$(<"$T/pid")'" ]
	oci delete --force three
	# One that ends without a word keeps nobody waiting; one whose starter is not to tell is not waited for.
	bundle "$T/b" "p['args'] = ['true']"
	NOTIFY_SOCKET=$T/manager oci run --detach --bundle "$T/b" four </dev/null >/dev/null 2>&1 3>&-
	oci delete --force four
	bundle "$T/b" "p['args'] = ['sleep', '1000']"
	NOTIFY_SOCKET=$T/manager oci create --bundle "$T/b" five </dev/null >/dev/null 2>&1 3>&-
	oci start five
	oci delete --force five
	NOTIFY_SOCKET=@abstract oci run --detach --bundle "$T/b" six </dev/null >/dev/null 2>&1 3>&-
	[ "$(wc -l <"$T/said")" = 3 ]
	kill "$manager"
}
