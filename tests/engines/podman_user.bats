#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Podman as a plain user with subordinate ids, on isle's OCI runtime; two of them know nothing of each other.

load ../lib/podman

setup_file() { podman_setup_file one two; }
teardown_file() { engines_teardown_file; }
teardown() { podman_teardown; }

@test "run: output, input, status, 126 and 127" {
	[ "$(podman run --rm box echo hello)" = hello ]
	[ "$(echo typed | podman run --rm -i box cat)" = typed ]
	run -7 podman run --rm box sh -c 'exit 7'
	run -127 podman run --rm box no-such-program
	run -126 podman run --rm box /not-executable
	[ -z "$(podman ps -aq)" ]
}

@test "root inside is the user, everybody else one of his subordinate ids" {
	run -0 podman run --rm box sh -c 'cat /proc/self/uid_map; id -u'
	[[ ${lines[0]} =~ ^\ +0\ +0\ +1$|^\ +0\ +1201\ +1$ ]]
	[ "${lines[-1]}" = 0 ]
	podman run -d --name db --user web box sleep 1000
	[ "$(inside stat -c %u "/proc/$(inspected db .State.Pid)")" = 300032 ]
	podman run -d --name top box sleep 1000
	[ "$(inside stat -c %u "/proc/$(inspected top .State.Pid)")" = 1201 ]
}

@test "exec: status, user, directory, terminal" {
	podman run -d --name db box sleep 1000
	[ "$(podman exec --user web --workdir /usr db sh -c 'echo $(id -u) $PWD')" = '33 /usr' ]
	[ "$(echo typed | podman exec -i db cat)" = typed ]
	run -5 podman exec db sh -c 'exit 5'
	run -127 podman exec db no-such-program
	run -0 inside_as one python3 "$TERM_PY" size=20x70 -- podman exec -it db sh -c "$TELL_TERMINAL"
	[[ $output =~ /dev/pts/0 ]]
	[[ $output =~ '20 70' ]]
	podman exec -d db sh -c 'echo ran >/note'
	wait_for podman exec db grep -q ran /note
}

@test "logs, stop, start, kill, rm -f" {
	podman run -d --name polite box sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	wait_for logs_have polite ready
	podman stop -t 20 polite
	[ "$(inspected polite .State.ExitCode)" = 9 ]
	podman start polite
	podman kill polite
	[ "$(podman wait polite)" = 137 ]
	podman start polite
	podman rm -f -t 0 polite
	run ! podman inspect polite
}

@test "the network of slirp4netns: an own address, and a published port" {
	run -0 podman run --rm box ip -4 addr
	[[ $output =~ 10.0.2.100 ]]
	web_server -p 127.0.0.1:8081:80
	wait_for inside busybox wget -qO- http://127.0.0.1:8081/
	[ "$(inside busybox wget -qO- http://127.0.0.1:8081/)" = welcome ]
	[ "$(podman run --rm --net none box ls /sys/class/net)" = lo ]
	podman run --rm --net host box true
}

@test "a pod, and namespaces of another container" {
	podman pod create --name shop --share net,ipc,pid
	web_server --pod shop
	wait_for podman run --rm --pod shop box wget -qO- http://127.0.0.1/
	run -0 podman run --rm --pod shop box ps -o args
	[[ $output =~ httpd ]]
	podman pod stop -t 0 shop
	podman pod rm -f shop
	podman run -d --name db box sleep 1000
	ns=$(podman exec db readlink /proc/self/ns/net)
	[ "$(podman run --rm --net container:db box readlink /proc/self/ns/net)" = "$ns" ]
}

@test "--userns=keep-id, nomap's kin and maps by hand" {
	[ "$(podman run --rm --userns=keep-id box id -u)" = 1201 ]
	inside_as one sh -c 'mkdir -p files && echo mine >files/note'
	run -0 podman run --rm --userns=keep-id -v /run/home/one/files:/files box \
		sh -c 'stat -c %u /files/note; cat /files/note'
	[ "${lines[*]}" = '1201 mine' ]
	podman run --rm --userns=keep-id -v /run/home/one/files:/files box touch /files/new
	[ "$(inside stat -c %u /run/home/one/files/new)" = 1201 ]
	run -0 podman run --rm --uidmap 0:1:100 --gidmap 0:1:100 box sh -c 'cat /proc/self/uid_map; id -u'
	[[ $output =~ 100 ]]
	podman run -d --name db --userns=keep-id box sleep 1000
	[ "$(podman exec db id -u)" = 1201 ]
}

@test "volumes, --tmpfs, --read-only, --init" {
	podman run --rm -v data:/data box sh -c 'echo kept >/data/note'
	[ "$(podman run --rm -v data:/data:ro box cat /data/note)" = kept ]
	run ! podman run --rm -v data:/data:ro box touch /data/new
	run -0 podman run --rm --read-only --tmpfs /scratch box sh -c 'touch /new; touch /scratch/new && echo written'
	[[ $output =~ 'Read-only file system' ]]
	[[ $output =~ written ]]
	run -0 podman run --rm --init box ps -o pid,args
	[[ ${lines[1]} =~ ^\ +1\ .*(podman-init|catatonit) ]]
}

@test "capabilities, seccomp, privileged" {
	[[ $(podman run --rm box grep CapEff /proc/self/status) =~ 00000000800405fb ]]
	[[ $(podman run --rm --cap-drop all box grep CapEff /proc/self/status) =~ 0000000000000000 ]]
	run -0 podman run --rm --privileged box sh -c 'mount -t tmpfs tmpfs /tmp && echo mounted; echo x >/dev/null'
	[[ $output =~ mounted ]]
	[[ $(podman run --rm box grep Seccomp: /proc/self/status) =~ 2$ ]]
	[[ $(podman run --rm --security-opt seccomp=unconfined box grep Seccomp: /proc/self/status) =~ 0$ ]]
}

@test "one user's containers are not another's" {
	podman run -d --name db box sleep 1000
	run ! podman_of two inspect db
	podman_of two run -d --name db box sleep 1000
	podman_of two rm -f -t 0 db
	podman exec db true
}

