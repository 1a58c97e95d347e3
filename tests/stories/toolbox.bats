#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers by hand, with isle's unshare, nsenter and lsns under those names: what lessons about namespaces type, and what
# they say comes of it.  TOOLBOX=/usr/bin runs the same with the machine's own three.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # what shells inside read is in single quotes; run sets stderr

load ../lib/isle
load ../lib/shells

setup_file() {
	isle_setup_file
	isle_toolbox
}
teardown_file() { isle_teardown_file; }
setup() { MACHINE=$(uname -n); }
teardown() {
	shells_end
	isle_teardown
	[ "$(uname -n)" = "$MACHINE" ]
}

# The kinds of namespaces that a lesson lists, as /proc names them.
kinds='mnt pid net ipc uts user cgroup'

@test "the help of unshare and nsenter names every option of the lesson" {
	for option in --mount --uts --ipc --net --pid --user --fork --mount-proc --map-root-user --propagation --setgroups --help \
		--version; do
		unshare --help | grep -qe "$option"
	done
	for option in --target --mount --uts --ipc --net --pid --user --setuid --setgid --preserve-credentials --root --wd \
		--no-fork --follow-context --help --version; do
		nsenter --help | grep -qe "$option"
	done
	for tool in unshare nsenter lsns; do
		run "$tool" --version
		[ "$status" -eq 0 ]
		[[ $output == "$tool from "*util-linux* ]]
	done
}

@test "unshare --uts sh: a host name of its own, until exit" {
	shell_open lesson unshare --uts sh
	[ "$(typed lesson hostname)" = "$MACHINE" ]
	typed lesson 'hostname github'
	[ "$(typed lesson hostname)" = github ]
	[ "$(uname -n)" = "$MACHINE" ]
	shell_exit lesson 'exit'
	[ "$(uname -n)" = "$MACHINE" ]
}

@test "unshare --pid sh: one command, and then \"Cannot fork\"" {
	shell_open lesson unshare --pid sh -i
	for said in root 'sh: 2: Cannot fork' 'sh: 3: Cannot fork'; do
		typed_unanswered lesson whoami
		wait_for grep -q "$said" "$(shell_output lesson)"
	done
	[ "$(grep -c 'root$' "$(shell_output lesson)")" -eq 1 ]
	# sh is what unshare became, not its child.
	[ "$(cat "/proc/$(shell_pid lesson)/comm")" = sh ]
	shell_exit lesson 'exit 5'
	[ "$(shell_status lesson)" -eq 5 ]
}

@test "unshare --pid --fork sh: as many commands as one likes" {
	run unshare --pid --fork sh -i <<-'END'
		whoami
		whoami
		echo "I am $$"
		exit 6
	END
	[ "$status" -eq 6 ]
	[ "$(grep -c 'root$' <<<"$output")" -eq 2 ]
	[[ $output == *"I am 1"* && $output != *"Cannot fork"* ]]
	# For the machine sh is the child of unshare.
	shell_open lesson unshare -f --pid sh
	typed lesson true
	[ "$(ps -o comm= -p "$(shell_pid lesson)")" = unshare ]
	[ "$(ps -o comm= --ppid "$(shell_pid lesson)")" = sh ]
	[ "$(ns_of "$(shell_child lesson)" pid)" != "$(ns_of self pid)" ]
	[ "$(ns_of "$(shell_pid lesson)" pid)" = "$(ns_of self pid)" ]
}

@test "a new process namespace alone still shows the machine's processes; --mount-proc does not" {
	run unshare --pid --fork ps -eo pid=
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -gt 2 ]
	grep -qw "$$" <<<"$output"
	shell_open lesson unshare --fork --pid --mount-proc bash
	run typed lesson 'ps -eo pid=,comm='
	[ "$(awk '{ print $2 }' <<<"$output" | paste -sd' ')" = "bash ps" ]
	[ "$(awk '{ print $1; exit }' <<<"$output")" -eq 1 ]
	shell_exit lesson exit
	# The machine's /proc is what it was.
	[ -e "/proc/$$/status" ]
}

@test "unshare --pid --fork chroot ROOT sh, with a /proc mounted by hand" {
	local root

	root=$(debian_root)
	# Around it a mount namespace: the lesson's own mount would stay on the machine.
	run unshare --mount sh -c 'cd "$1/.." && exec unshare --pid --fork chroot "${1##*/}" sh' sh "$root" <<-'END'
		mount -t proc proc proc
		ps -eo pid=,comm=
	END
	[ "$status" -eq 0 ]
	[ "$(awk '{ print $2 }' <<<"$output" | paste -sd' ')" = "sh ps" ]
	run grep -F " $root/" /proc/self/mountinfo
	[ -z "$output" ]
}

@test "chroot alone is not enough: one environment kills the other's process" {
	local root tail

	root=$(debian_root)
	shell_open around unshare --mount sh
	typed around "mount -t proc proc $root/proc"
	shell_open first nsenter --target "$(shell_pid around)" --mount chroot "$root" bash
	shell_open second nsenter --target "$(shell_pid around)" --mount chroot "$root" bash
	tail=$(typed second 'tail -f /etc/hostname >/dev/null 2>&1 & echo $!')
	[[ $(typed first 'ps aux') == *"tail -f /etc/hostname"* ]]
	typed first "kill $tail"
	[ "$(typed second 'wait %1; echo "ended: $?"')" = "ended: 143" ]
}

# The lesson's line: better_root NAME ROOT opens it as shell NAME.
better_root() {
	shell_open "$1" unshare --mount --uts --ipc --net --pid --fork --user --map-root-user chroot "$2" bash
}

# The lesson's mounts, in the shell $1.
lesson_mounts() {
	typed "$1" 'mount -t proc none /proc'
	typed "$1" 'mount -t sysfs none /sys'
	typed "$1" 'mount -t tmpfs none /tmp'
}

@test "unshare with everything and chroot: inside only its own is seen, and nothing outside can be reached" {
	local root kind inside

	root=$(debian_root)
	better_root lesson "$root"
	[[ $(typed lesson 'ps aux 2>&1') == *"mount"*proc* ]]
	lesson_mounts lesson
	run typed lesson 'ps aux'
	[ "$(wc -l <<<"$output")" -eq 3 ]
	[[ ${lines[0]} == USER*PID*COMMAND ]]
	[[ ${lines[1]} =~ ^root\ +1\ .*\ bash$ ]]
	[[ ${lines[2]} =~ ^root\ .*\ ps\ aux$ ]]
	[ "$(typed lesson 'id -u')" = 0 ]
	[ "$(typed lesson 'ls /sys/class/net')" = lo ]
	[ "$(typed lesson 'stat -f -c %T /tmp /sys /proc | paste -sd" "')" = "tmpfs sysfs proc" ]
	inside=$(shell_child lesson)
	for kind in mnt pid net ipc uts user; do
		[ "$(ns_of "$inside" "$kind")" != "$(ns_of self "$kind")" ]
	done
	[ "$(ns_of "$inside" cgroup)" = "$(ns_of self cgroup)" ]
	# A process of the machine has no number in there.
	sleep 1000 3>&- &
	[[ $(typed lesson "kill $! 2>&1") == *"No such process"* ]]
	kill "$!"
	# Nor does the machine see what was mounted in there.
	run grep -F " $root" /proc/self/mountinfo
	[ -z "$output" ]
	shell_exit lesson exit
}

@test "two such environments do not see each other" {
	local root

	root=$(debian_root)
	better_root alice "$root"
	better_root eve "$root"
	lesson_mounts alice
	lesson_mounts eve
	typed alice 'tail -f /etc/hostname >/dev/null 2>&1 & touch /tmp/secret'
	wait_for eval '[[ $(typed alice "ps aux") == *"tail -f"* ]]'
	[[ $(typed eve 'ps aux') != *"tail -f"* ]]
	[ "$(typed eve 'ls /tmp')" = "" ]
	typed eve 'hostname eve'
	[ "$(typed alice uname\ -n)" = "$MACHINE" ]
}

@test "the machine sees into it, and a kill from outside ends the process, or everything" {
	local root tail inside

	root=$(debian_root)
	better_root lesson "$root"
	lesson_mounts lesson
	typed lesson 'tail -f /etc/hostname >/dev/null 2>&1 &'
	inside=$(shell_child lesson)
	# The machine's numbers are others than those inside.
	tail=$(ps -o pid= --ppid "$inside" | tr -d ' ')
	wait_for eval "[ \"\$(ps -o args= -p $tail)\" = 'tail -f /etc/hostname' ]"
	[ "$(awk '/^NSpid:/ { print NF }' "/proc/$tail/status")" -eq 3 ]
	[[ $(ps aux) == *"unshare --mount --uts --ipc --net --pid --fork --user --map-root-user chroot "* ]]
	kill "$tail"
	[ "$(typed lesson 'wait %1; echo "ended: $?"')" = "ended: 143" ]
	# Without its first process nothing of it is left.
	typed lesson 'sleep 1000 >/dev/null 2>&1 &'
	tail=$(ps -o pid= --ppid "$inside" | tr -d ' ')
	kill -KILL "$inside"
	shell_wait lesson
	[ "$(shell_status lesson)" -ne 0 ]
	[ ! -e "/proc/$inside" ]
	wait_for eval "[ ! -e /proc/$tail ]"
}

@test "unshare --user bash as a plain user: nobody without rights, until the map is written from outside" {
	local user pid

	user=$(plain_user one)
	shell_open lesson as_user "$user" unshare --user bash
	run typed lesson id
	[ "$output" = "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)" ]
	[[ $(typed lesson 'capsh --print | grep Current:') == "Current: =" ]]
	pid=$(typed lesson 'echo $$')
	[ "$(ns_of "$pid" user)" != "$(ns_of self user)" ]
	echo "0 $(id -u "$user") 1" >"/proc/$pid/uid_map"
	[[ $(typed lesson id) == "uid=0(root) gid=65534(nogroup) groups=65534(nogroup)" ]]
	[[ $(typed lesson 'capsh --print | grep Current:') == *"Current: ="*ep* ]]
	# He is root of that namespace alone.
	[[ $(typed lesson 'cat /etc/shadow 2>&1') == *"Permission denied"* ]]
	[[ $(typed lesson 'hostname stolen 2>&1') == *hostname:* ]]
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$pid/uid_map")" = "0 $(id -u "$user") 1" ]
}

@test "unshare --uts sh as a plain user is refused; with --user it works" {
	local user

	user=$(plain_user one)
	run as_user "$user" unshare --uts sh -c 'echo reached'
	[ "$status" -eq 1 ]
	[[ $output == unshare:*"Operation not permitted"* ]]
	run as_user "$user" unshare --uts --user sh -c 'uname -n'
	[ "$status" -eq 0 ]
	[ "$output" = "$MACHINE" ]
	run as_user "$user" unshare --uts --user --map-root-user sh -c 'hostname github; id -u; hostname'
	[ "$output" = $'0\ngithub' ]
}

@test "unshare --ipc and --net: queues and devices of their own" {
	run unshare --ipc sh -c 'ipcmk -Q >/dev/null; ipcs -q | grep -c 0x; unshare --ipc ipcs -q | grep -c 0x'
	[ "$output" = $'1\n0' ]
	run unshare --net sh -c 'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "; cat /sys/class/net/lo/flags >/dev/null'
	[ "${lines[0]}" = lo ]
	[ "$(unshare --net sh -c 'tail -n +3 /proc/net/dev | wc -l')" -le "$(tail -n +3 /proc/net/dev | wc -l)" ]
}

@test "/proc/PID/ns: inodes are equal where a namespace is shared, and differ where it is not" {
	local first second kind

	shell_open db unshare --mount --uts --ipc --net --pid --fork --mount-proc sh
	typed db true
	first=$(shell_child db)
	# docker run --net=container:db, by hand: into the network of the first, and apart otherwise.
	shell_open web nsenter --target "$first" --net unshare --mount --uts --ipc --pid --fork --mount-proc sh
	typed web true
	second=$(shell_descendant web)
	# shellcheck disable=SC2010,SC2012 # ls is the story
	[ "$(ls -lha "/proc/$first/ns/" | grep ' net ' | sed 's/.*-> //')" = \
		"$(ls -lha "/proc/$second/ns/" | grep ' net ' | sed 's/.*-> //')" ]
	for kind in mnt pid ipc uts; do
		[ "$(ns_of "$first" "$kind")" != "$(ns_of "$second" "$kind")" ]
	done
	[ "$(ns_of "$first" user)" = "$(ns_of "$second" user)" ]
}

@test "nsenter --target PID --mount --uts --ipc --net --pid ps aux" {
	local pid root

	root=$(debian_root)
	isle run -d --name db -h redis "$root" sleep 1000
	pid=$(pid_of db)
	run nsenter --target "$pid" --mount --uts --ipc --net --pid ps aux
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -eq 3 ]
	[[ ${lines[1]} =~ \ 1\ .*sleep\ 1000$ ]]
	[[ ${lines[2]} == *"ps aux" ]]
	[ "$(nsenter --target "$pid" --uts hostname)" = redis ]
	[ "$(nsenter -t "$pid" -m -u -i -n -p readlink /proc/self/ns/net)" = "$(ns_of "$pid" net)" ]
	run nsenter --target "$pid" --mount --pid sh -c 'exit 7'
	[ "$status" -eq 7 ]
	# Gone is gone.
	isle rm -f db
	run nsenter --target "$pid" --mount true
	[ "$status" -eq 1 ]
	[[ $output == nsenter:*"$pid"* ]]
}

@test "lsns: all namespaces, and the one that was just made" {
	local kind pid inode user

	run lsns
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^\ *NS\ TYPE\ +NPROCS\ +PID\ USER\ +COMMAND$ ]]
	for kind in $kinds; do
		grep -qE "^ *[0-9]+ $kind " <<<"$output"
	done
	shell_open lesson unshare --uts --fork sleep 1000
	wait_for shell_child lesson
	pid=$(shell_child lesson)
	wait_for eval '[ "$(cat /proc/'"$pid"'/comm)" = sleep ]'
	inode=$(ns_of "$pid" uts | tr -dc 0-9)
	[[ $(lsns --noheadings --output NPROCS,PID,USER,COMMAND "$inode" 2>&1) != "" ]]
	run lsns --type uts --noheadings --raw --output NS,TYPE,NPROCS,USER
	grep -qx "$inode uts 2 root" <<<"$output"
	[[ $(lsns --task "$pid" --raw --noheadings --output NS) == *"$inode"* ]]
	# A plain user sees his own.
	user=$(plain_user one)
	run as_user "$user" lsns
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^\ *NS\ TYPE\ +NPROCS\ +PID\ USER\ +COMMAND$ ]]
	[[ $output == *"${user:0:6}"* ]]
}

@test "what a tool does not know is one line on standard error and status 1" {
	for tool in unshare nsenter lsns; do
		run --separate-stderr "$tool" --no-such-option
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[[ $stderr == "$tool: "*no-such-option* ]]
	done
	run -127 unshare no-such-program
	run -126 unshare /
	run unshare sh -c 'exit 9'
	[ "$status" -eq 9 ]
	run unshare --fork sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
}
