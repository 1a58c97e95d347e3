#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# isle nsenter: every option, as root and as a plain user; what util-linux's gets wrong; and bad input.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # $ is for the inner shell; each test is a subshell; run sets stderr

load ../lib/isle
load ../lib/shells

setup_file() {
	isle_setup_file
	ln -s isle "$BATS_FILE_TMPDIR/bin/real/nsenter"
}

teardown_file() { isle_teardown_file; }

setup() {
	N=$BATS_FILE_TMPDIR/bin/real/nsenter
	: >"$BATS_TEST_TMPDIR/started"
	chmod 755 "$BATS_TEST_TMPDIR"
}

teardown() {
	while read -r pid; do
		kill -KILL "$pid" 2>/dev/null || true
	done <"$BATS_TEST_TMPDIR/started"
	isle_teardown
}

# Starts "$@", which ends in a sleep, and sets T to the pid of that sleep.
start() {
	"$@" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/started"
	wait_for find_sleep $!
	T=$(find_sleep $!)
	echo "$T" >>"$BATS_TEST_TMPDIR/started"
}

# The sleep that process $1 is or has among its children.
find_sleep() {
	local pid

	for pid in "$1" $(pgrep -P "$1") $(pgrep -P "$(pgrep -P "$1" | paste -sd,)"); do
		if [ "$(cat "/proc/$pid/comm")" = sleep ]; then
			echo "$pid"
			return
		fi
	done 2>/dev/null
	return 1
}

# Fails unless the child $2 ends with status $1.
ended_with() {
	local status=0

	wait "$2" || status=$?
	[ "$status" -eq "$1" ]
}

# Whether process $1 has left our namespace of kind $2.
is_elsewhere() { [ "$(ns_of "$1" "$2")" != "$(ns_of self "$2")" ]; }

# Starts a process with namespaces of its own of all kinds but the user's.
start_all() {
	start unshare --mount --uts --ipc --net --pid --cgroup --time --fork sleep 1000
}

# Runs a command that must not hang; it may be one of as_user.
bounded() {
	if [ "$1" = as_user ]; then
		as_user "$2" timeout 10 "${@:3}"
	else
		timeout 10 "$@"
	fi
}

# Fails with status $1 and exactly one line on stderr, which has $2 in it; nothing on stdout.  The rest is run.
refused() {
	local want=$1 text=$2

	shift 2
	run "-$want" --separate-stderr bounded "$@" </dev/null
	echo "stdout: $output, stderr: $stderr"
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ $stderr == *"$text"* ]]
}

# ---- which namespaces ----

@test "each kind alone: that one is the target's, the others stay ours" {
	start_all
	for kind in mnt:m uts:u ipc:i net:n pid:p cgroup:C time:T; do
		run -0 "$N" -t "$T" "-${kind#*:}" true
		for ns in mnt uts ipc net cgroup time; do
			# The mount namespace is looked at from outside: /proc in it is the old one.
			inside=$("$N" -t "$T" "-${kind#*:}" -F readlink "/proc/self/ns/$ns")
			if [ "$ns" = "${kind%:*}" ]; then
				[ "$inside" = "$(ns_of "$T" "$ns")" ]
			else
				[ "$inside" = "$(ns_of self "$ns")" ]
			fi
		done
	done
	[ "$("$N" -t "$T" -p readlink /proc/self/ns/pid)" = "$(ns_of "$T" pid)" ]
}

@test "the long names, abbreviated ones, and letters together" {
	start_all
	[ "$("$N" --target "$T" --net readlink /proc/self/ns/net)" = "$(ns_of "$T" net)" ]
	[ "$("$N" --targ="$T" --ut --ti readlink /proc/self/ns/uts)" = "$(ns_of "$T" uts)" ]
	[ "$("$N" "-Fat$T" readlink /proc/self/ns/ipc)" = "$(ns_of "$T" ipc)" ]
	refused 1 "several options" "$N" -t "$T" --us true
}

@test "--all, with the user namespace ours and not ours" {
	start_all
	[ "$("$N" -t "$T" -a readlink /proc/self/ns/net)" = "$(ns_of "$T" net)" ]
	start unshare --user --map-root-user --mount --net --pid --fork sleep 1000
	[ "$("$N" -t "$T" -a readlink /proc/self/ns/user)" = "$(ns_of "$T" user)" ]
	[ "$("$N" -t "$T" -a readlink /proc/self/ns/pid)" = "$(ns_of "$T" pid)" ]
}

@test "files of namespaces, alone and beside those of the target" {
	start_all
	local net=$T
	[ "$("$N" --net="/proc/$net/ns/net" readlink /proc/self/ns/net)" = "$(ns_of "$net" net)" ]
	[ "$("$N" "-n/proc/$net/ns/net" readlink /proc/self/ns/net)" = "$(ns_of "$net" net)" ]
	[ "$("$N" "-n=/proc/$net/ns/net" readlink /proc/self/ns/net)" = "$(ns_of "$net" net)" ]
	start unshare --uts --net sleep 1000
	run "$N" -t "$T" -a "--net=/proc/$net/ns/net" sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/uts'
	[ "${lines[0]}" = "$(ns_of "$net" net)" ]
	[ "${lines[1]}" = "$(ns_of "$T" uts)" ]
}

@test "the user namespace last: a network that it does not own" {
	start unshare --net sleep 1000
	local net=$T
	start unshare --user --map-root-user --uts sleep 1000
	run "$N" -t "$T" -U -u "--net=/proc/$net/ns/net" sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/user'
	[ "${lines[0]}" = "$(ns_of "$net" net)" ]
	[ "${lines[1]}" = "$(ns_of "$T" user)" ]
	# The same with the machine's own: the container shares the network with it.
	[ "$("$N" -t "$T" -a readlink /proc/self/ns/uts)" = "$(ns_of "$T" uts)" ]
}

@test "the user namespace by a file, the rest by the target" {
	start unshare --user --map-root-user --net sleep 1000
	[ "$("$N" "--user=/proc/$T/ns/user" -t "$T" -n readlink /proc/self/ns/net)" = "$(ns_of "$T" net)" ]
}

@test "a namespace by its number" {
	start unshare --net sleep 1000
	number=$(python3 - "/proc/$T/ns/net" <<-'EOF'
		import fcntl, os, struct, sys
		room = bytearray(8)
		try:
		    fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 2 << 30 | 8 << 16 | 0xb7 << 8 | 13, room)
		    print(struct.unpack("Q", room)[0])
		except OSError:
		    pass
	EOF
	)
	if [ -z "$number" ]; then
		refused 1 "Linux 6.18" "$N" --net=:3 true
		skip "namespaces have no numbers before Linux 6.18"
	fi
	[ "$("$N" "--net=:$number" readlink /proc/self/ns/net)" = "$(ns_of "$T" net)" ]
	refused 1 "namespace with the number $number" "$N" "--uts=:$number" true
	refused 1 "number 18446744073709551615" "$N" --net=:18446744073709551615 true
	for bad in : :0 :-1 :x :1x :18446744073709551616; do
		refused 1 "no number of a namespace" "$N" "--net=$bad" true
	done
}

@test "PID:INODE enters that process and no other" {
	start unshare --uts sleep 1000
	inode=$(python3 -c 'import os, sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)' "$T")
	run "$N" -t "$T:$inode" -u readlink /proc/self/ns/uts
	[[ $output == *"Linux 6.9"* ]] && skip "pidfds have no inode numbers"
	[ "$output" = "$(ns_of "$T" uts)" ]
	refused 1 "another process has its number" "$N" -t "$T:$((inode + 1))" -u true
}

@test "the namespaces of one thread" {
	start_all
	python3 -c '
import ctypes, threading, sys, time, os
def enter():
    ctypes.CDLL(None).unshare(0x4000000)
    print(threading.get_native_id(), flush=True)
    time.sleep(60)
threading.Thread(target=enter, daemon=True).start()
time.sleep(60)' >"$BATS_TEST_TMPDIR/thread" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/started"
	wait_for test -s "$BATS_TEST_TMPDIR/thread"
	thread=$(cat "$BATS_TEST_TMPDIR/thread")
	its=$(readlink "/proc/$!/task/$thread/ns/uts")
	[ "$its" != "$(ns_of "$!" uts)" ]
	[ "$("$N" -t "$thread" -u readlink /proc/self/ns/uts)" = "$its" ]
	[ "$("$N" -t "$thread" -a readlink /proc/self/ns/uts)" = "$its" ]
	# Before Linux 6.9 a thread has no pidfd.
	no_pidfd=(strace -f -qq -o /dev/null -e trace=pidfd_open -e inject=pidfd_open:error=EINVAL)
	[ "$("${no_pidfd[@]}" "$N" -t "$thread" -u readlink /proc/self/ns/uts)" = "$its" ]
	[ "$("${no_pidfd[@]}" "$N" -t "$thread" -a readlink /proc/self/ns/uts)" = "$its" ]
	refused 1 "thread" "${no_pidfd[@]}" "$N" -t "$thread" -N 1 true
	refused 1 "thread" "${no_pidfd[@]}" "$N" -t "$thread:5" -u true
	refused 1 "No such file" "${no_pidfd[@]}" "$N" -t 2147483647 -u true
}

@test "--net-socket: the network of a socket, not of its process" {
	python3 -c '
import ctypes, os, socket, time
libc = ctypes.CDLL(None)
home = os.open("/proc/self/ns/net", os.O_RDONLY)
libc.unshare(0x40000000)
s = socket.socket()
print(s.fileno(), os.readlink("/proc/self/ns/net"), flush=True)
libc.setns(home, 0)
time.sleep(60)' >"$BATS_TEST_TMPDIR/socket" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/started"
	wait_for test -s "$BATS_TEST_TMPDIR/socket"
	read -r fd net <"$BATS_TEST_TMPDIR/socket"
	wait_for eval '[ "$(ns_of $! net)" = "$(ns_of self net)" ]'
	[ "$("$N" -t $! --net-socket "$fd" readlink /proc/self/ns/net)" = "$net" ]
	[ "$("$N" -t $! -a -N "$fd" readlink /proc/self/ns/net)" = "$net" ]
	refused 1 "not open there" "$N" -t $! -N 999 true
	refused 1 "no socket" "$N" -t $! -N 0 true
	refused 1 "exclude each other" "$N" -t $! -N "$fd" -n true
	for bad in '' x -1 2147483648 99999999999999999999 3x; do
		refused 1 "no number of a descriptor" "$N" -t $! --net-socket="$bad" true
	done
}

@test "--user-parent" {
	start unshare --user --map-root-user unshare --user --map-root-user sleep 1000
	parent=$(python3 -c '
import fcntl, os, sys
print(os.readlink("/proc/self/fd/%d" % fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0xb701)))' "/proc/$T/ns/user")
	[ "$parent" != "$(ns_of "$T" user)" ]
	[ "$("$N" -t "$T" --user-parent readlink /proc/self/ns/user)" = "$parent" ]
	[ "$("$N" -t "$T" -U --user-parent readlink /proc/self/ns/user)" = "$parent" ]
	[ "$("$N" "-U=/proc/$T/ns/user" --user-parent readlink /proc/self/ns/user)" = "$parent" ]
	refused 1 "parent of the user namespace" "$N" -t $$ --user-parent true
}

@test "a container of isle's: everything, its groups, its variables, its root" {
	isle run -d --name c -e COLOR=blue host sh -c 'exec sleep 1000' >/dev/null
	T=$(pid_of c)
	run -0 "$N" -t "$T" -a -c -e -r -w sh -c 'id -u; readlink /proc/self/ns/user; echo "$COLOR $HOSTNAME"; cat /proc/1/comm'
	[ "${lines[0]}" -eq 0 ]
	[ "${lines[1]}" = "$(ns_of "$T" user)" ]
	[[ ${lines[2]} == "blue "* ]]
	[ "${lines[3]}" = sleep ]
	# Every hierarchy, and the mount namespace's own /proc is not asked for it.
	"$N" -t "$T" -a -c sleep 1000 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/started"
	wait_for find_sleep $!
	diff "/proc/$T/cgroup" "/proc/$(find_sleep $!)/cgroup"
	# Who waits outside is not in them, and outlives the end of the container.
	diff /proc/self/cgroup "/proc/$!/cgroup"
	isle rm -f c >/dev/null
	ended_with 137 $!
}

# ---- as whom ----

@test "entering a user namespace makes us its root, without other groups" {
	start unshare --user --map-root-user sleep 1000
	[ "$("$N" -t "$T" -U sh -c 'id -u; id -g; id -G' | paste -sd' ')" = "0 0 0" ]
	[ "$("$N" -t "$T" -n sh -c 'id -G')" = "$(id -G)" ]
}

@test "--setuid and --setgid: a number, follow, and what does not exist" {
	start setpriv --reuid 1234 --regid 5678 --clear-groups sleep 1000
	[ "$("$N" -t "$T" -n -S 7 -G 8 sh -c 'id -u; id -g; id -G' | paste -sd' ')" = "7 8 8" ]
	[ "$("$N" -t "$T" -n -S follow -G follow sh -c 'id -u; id -g' | paste -sd' ')" = "1234 5678" ]
	[ "$("$N" -t "$T" -n --setuid=follow id -u)" = 1234 ]
	start unshare --user --map-root-user sleep 1000
	[ "$("$N" -t "$T" -U -S follow -G follow id -u)" = 0 ]
	refused 1 "become uid 5" "$N" -t "$T" -U -S 5 true
	refused 1 "become gid 5" "$N" -t "$T" -U -G 5 true
	for bad in '' -1 x root 4294967295 99999999999999999999 '1 ' 0x1; do
		refused 1 "is no id" "$N" -t "$T" -n --setuid="$bad" true
		refused 1 "is no id" "$N" -t "$T" -n --setgid="$bad" true
	done
	refused 1 "no process to follow" "$N" "--net=/proc/$T/ns/net" -S follow true
}

@test "follow takes the effective id of a process that is not dumpable" {
	start python3 -c '
import ctypes, os, time
open("/proc/self/comm", "w").write("sleep")
os.setresgid(5678, 5678, 5678)
os.setresuid(1234, 1234, 1234)
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
time.sleep(1000)'
	wait_for grep -q "Uid:.*1234" "/proc/$T/status"
	[ "$("$N" "--net=/proc/$$/ns/net" -t "$T" -S follow -G follow sh -c 'id -u; id -g' | paste -sd' ')" = "1234 5678" ]
}

@test "--preserve-credentials" {
	start unshare --user --map-root-user sleep 1000
	local groups='grep -oP "Groups:\\t\\K.*" /proc/self/status'
	[ "$(setpriv --groups 1,2 "$N" -t "$T" -U --preserve-credentials sh -c "$groups" | wc -w)" -eq 2 ]
	[ "$(setpriv --groups 1,2 "$N" -t "$T" -U sh -c "$groups" | wc -w)" -eq 0 ]
	[ "$("$N" -t "$T" -U --preserve-credentials id -u)" -eq 0 ]
	refused 1 "exclude each other" "$N" -t "$T" -U --preserve-credentials -S 0 true
	refused 1 "exclude each other" "$N" -t "$T" -U --preserve-credentials -G follow true
}

@test "--keep-caps: alone, and for another uid than 0" {
	all=$(sed -n 's/CapBnd:\t//p' /proc/self/status)
	start unshare --user sleep 1000
	wait_for is_elsewhere "$T" user
	echo '0 0 70000' >"/proc/$T/uid_map"
	echo '0 0 70000' >"/proc/$T/gid_map"
	run "$N" -t "$T" -U --keep-caps grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status
	[ "$(awk '{ print $2 }' <<<"$output" | sort -u | wc -l)" -eq 1 ]
	[ "$((16#$(awk 'NR == 1 { print $2 }' <<<"$output")))" -ge "$((16#$all))" ]
	run "$N" -t "$T" -U --keep-caps -S 1000 grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status
	[ "$(awk '{ print $2 }' <<<"$output" | sort -u | wc -l)" -eq 1 ]
	[ "$((16#$(awk 'NR == 1 { print $2 }' <<<"$output")))" -ge "$((16#$all))" ]
	run "$N" -t "$T" -U -S 1000 grep -E 'CapEff' /proc/self/status
	[[ $output == *0000000000000000 ]]
	run "$N" -t "$T" -n --keep-caps grep CapAmb /proc/self/status
	[[ $output == *0000000000000000 ]]
}

@test "--follow-context where there is no SELinux" {
	[ ! -e /sys/fs/selinux/enforce ] || skip "this machine has SELinux"
	start unshare --net sleep 1000
	refused 1 "no SELinux" "$N" -t "$T" -n -Z true
}

# ---- where ----

@test "--root and --wd: the target's, and directories of ours" {
	mkdir -p "$BATS_TEST_TMPDIR/root/bin" "$BATS_TEST_TMPDIR/root/inner"
	cp "$BATS_FILE_TMPDIR/bin/real/isle" "$BATS_TEST_TMPDIR/root/bin/isle"
	start sh -c 'cd /usr; exec sleep 1000'
	[ "$("$N" -t "$T" -n -w pwd)" = /usr ]
	[ "$("$N" -t "$T" -n --wd=/etc pwd)" = /etc ]
	[ "$("$N" -t "$T" -n -w=/etc pwd)" = /etc ]
	[ "$("$N" -t "$T" -n -r -W/usr pwd)" = /usr ]
	[ "$(cd /etc && "$N" -t "$T" -n -r pwd)" = /etc ]
	# A root of ours: what is executed is found inside.
	run "$N" -t "$T" -n "--root=$BATS_TEST_TMPDIR/root" -W/inner /bin/isle nsenter --version
	[ "$status" -eq 0 ]
	run "$N" -t "$T" -n "-r=$BATS_TEST_TMPDIR/root" -W/inner /bin/isle nsenter --version
	[ "$status" -eq 0 ]
	refused 127 "execute sh" "$N" -t "$T" -n "--root=$BATS_TEST_TMPDIR/root" -W/ sh
	refused 1 "/missing" "$N" -t "$T" -n "--root=$BATS_TEST_TMPDIR/root" -W/missing /bin/isle
}

@test "--wd is looked up outside, --wdns inside" {
	start unshare --mount sh -c "mount -t tmpfs none /mnt && mkdir /mnt/inner && exec sleep 1000"
	[ "$("$N" -t "$T" -m --wdns=/mnt/inner pwd)" = /mnt/inner ]
	refused 1 "/mnt/inner" "$N" -t "$T" -m --wd=/mnt/inner true
	refused 1 "exclude each other" "$N" -t "$T" -m -w -W/ true
	refused 1 "needs a directory" "$N" -t "$T" -m -W / true
}

@test "bad directories" {
	start unshare --net sleep 1000
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for option in root wd wdns; do
		refused 1 "names no directory" "$N" -t "$T" -n "--$option=" true
		refused 1 "No such file" "$N" -t "$T" -n "--$option=/missing" true
		refused 1 "Not a directory" "$N" -t "$T" -n "--$option=/etc/passwd" true
		refused 1 "Not a directory" "$N" -t "$T" -n "--$option=$BATS_TEST_TMPDIR/fifo" true
		refused 1 "too long" "$N" -t "$T" -n "--$option=$(printf '%05000d' 0)" true
	done
}

@test "--env: the target's variables exactly, also odd ones, and none of ours" {
	start python3 -c 'import os; os.execve("/bin/sleep", ["sleep", "1000"], {})'
	[ -z "$(LEAK=1 "$N" -t "$T" -n -e /usr/bin/env)" ]
	cat >"$BATS_TEST_TMPDIR/odd.py" <<-'EOF'
		import ctypes
		words = [b"A=1", b"A=2", b"novalue", b"=x", b"", b"LONG=" + b"x" * 100000, b"NL=a\nb"]
		env = (ctypes.c_char_p * (len(words) + 1))(*words)
		argv = (ctypes.c_char_p * 3)(b"sleep", b"1000")
		ctypes.CDLL(None).execve(b"/bin/sleep", argv, env)
	EOF
	start python3 "$BATS_TEST_TMPDIR/odd.py"
	LEAK=1 "$N" -t "$T" -n -e /bin/cat /proc/self/environ >"$BATS_TEST_TMPDIR/environ"
	cmp "$BATS_TEST_TMPDIR/environ" "/proc/$T/environ"
	# Also the program is searched in its PATH.
	start env -i PATH=/nowhere /bin/sleep 1000
	refused 127 "execute env" "$N" -t "$T" -n -e env
}

@test "--join-cgroup leaves standard input alone, and passes over groups that are ours" {
	start unshare --net sleep 1000
	[ "$(echo words | "$N" -t "$T" -n -c cat)" = words ]
	[ "$("$N" -t "$T" -n -c cat /proc/self/cgroup)" = "$(cat /proc/self/cgroup)" ]
}

@test "--no-fork, and a fork where a pid namespace is entered" {
	start unshare --pid --fork sleep 1000
	[ "$("$N" -t "$T" -p sh -c 'echo $$')" -ne 1 ]
	"$N" -t "$T" -p -F sleep 1000 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/started"
	wait_for grep -qx sleep /proc/$!/comm
	[ "$(ns_of $! pid_for_children)" = "$(ns_of "$T" pid)" ]
	[ "$(ns_of $! pid)" = "$(ns_of self pid)" ]
}

@test "a pid namespace whose first process has ended" {
	start unshare --pid --fork --mount-proc sh -c 'sleep 1000; :'
	touch "$BATS_TEST_TMPDIR/pid"
	mount --bind "/proc/$T/ns/pid" "$BATS_TEST_TMPDIR/pid"
	first=$(ps -o ppid= -p "$T" | tr -d ' ')
	xargs kill -KILL <"$BATS_TEST_TMPDIR/started"
	wait_for shell_ended "$first"
	run --separate-stderr timeout 10 "$N" "--pid=$BATS_TEST_TMPDIR/pid" true
	umount "$BATS_TEST_TMPDIR/pid"
	[ "$status" -eq 1 ]
	[[ $stderr == *"first process of the pid namespace has ended"* ]]
}

# ---- the program, its end, and its stops ----

@test "exit statuses: the program's own, 126, 127" {
	start_all
	for f in -a -n; do
		run "$N" -t "$T" "$f" sh -c 'exit 42'
		[ "$status" -eq 42 ]
		refused 127 "execute /nonexistent" "$N" -t "$T" "$f" /nonexistent
		refused 127 "execute nonexistent" "$N" -t "$T" "$f" nonexistent
		refused 126 "execute /etc/passwd" "$N" -t "$T" "$f" /etc/passwd
		refused 126 "execute /etc:" "$N" -t "$T" "$f" /etc
	done
}

@test "without a program: the login shell" {
	start_all
	[ "$(echo 'echo "$0"' | SHELL=/bin/sh "$N" -t "$T" -a)" = -sh ]
	[ "$(echo 'echo "$0"' | SHELL=/bin/sh "$N" -t "$T" -n)" = -sh ]
}

@test "a signal that kills the child kills us" {
	start_all
	for signal in TERM KILL SEGV; do
		run python3 -c '
import subprocess, sys
print(subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode)' "$N" -t "$T" -p sh -c "kill -$signal \$\$"
		[ "$output" -eq "-$(kill -l "$signal")" ]
	done
}

@test "the child's stop and continue are mirrored" {
	start_all
	"$N" -t "$T" -p sh -c 'kill -STOP $$; exit 5' 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/started"
	wait_for grep -q '^State:.*stopped' /proc/$!/status
	kill -CONT $!
	ended_with 5 $!
}

@test "SIGTERM ends us, as it ends theirs; SIGINT is the child's" {
	start_all
	"$N" -t "$T" -p sleep 1000 3>&- &
	local us=$!
	echo $us >>"$BATS_TEST_TMPDIR/started"
	wait_for pgrep -P $us
	pgrep -P $us >>"$BATS_TEST_TMPDIR/started"
	kill -INT $us
	sleep 0.2
	[ -e /proc/$us ]
	kill -TERM $us
	ended_with 143 $us
}

@test "the program inherits descriptors, umask, and the signals that we were given" {
	start_all
	[ "$(umask 027; "$N" -t "$T" -p sh -c umask)" = 0027 ]
	[ "$(echo seven | { "$N" -t "$T" -p sh -c 'cat <&7' 7<&0 </dev/null; })" = seven ]
	# No descriptor of ours is left to it.
	[ "$("$N" -t "$T" -a -c -r -w sh -c 'ls /proc/self/fd | wc -l' 3>&-)" = "$(sh -c 'ls /proc/self/fd | wc -l' 3>&-)" ]
}

# ---- as a plain user ----

@test "a plain user: his own, and why not others'" {
	user=$(plain_user many)
	uid=$(id -u "$user")
	start as_user "$user" unshare --user --map-root-user --mount --net sleep 1000
	[ "$(as_user "$user" "$N" -t "$T" -U -m -n id -u)" = 0 ]
	[ "$(as_user "$user" "$N" -t "$T" --user --preserve-credentials id -u)" = 0 ]
	# What the namespaces have in common with ours needs no right.
	[ "$(as_user "$user" "$N" -t "$T" -a readlink /proc/self/ns/net)" = "$(ns_of "$T" net)" ]
	refused 1 "user namespace of uid $uid" as_user "$user" "$N" -t "$T" -n true
	[[ $stderr == *--user* ]]
	refused 1 "above the one that is entered" as_user "$user" "$N" -t "$T" -U -u true
	[[ $stderr == *"leave --uts out"* ]]
	refused 1 "lack CAP_SYS_ADMIN" as_user "$user" "$N" -t $$ "--net=/proc/self/ns/net" true
	refused 1 "another user's" as_user "$user" "$N" -t $$ -n true
	refused 1 "another user's" as_user "$user" "$N" -t $$ -a true
	refused 1 "as good as tracing" as_user "$user" "$N" -t $$ -N 0 true
}

@test "a plain user keeps his groups where nobody may drop them" {
	user=$(plain_user many)
	start as_user "$user" unshare --user --map-root-user sleep 1000
	[ "$(as_user "$user" "$N" -t "$T" -U id -u)" = 0 ]
	refused 1 "drop the supplementary groups" as_user "$user" "$N" -t "$T" -U -G 0 true
}

# ---- bad input ----

@test "bad targets" {
	for bad in '' 0 -1 +1 x 1x ' 1' 2147483648 99999999999999999999 1: 1:0 1:x 1:-1 1:2:3 :1; do
		refused 1 "names no process" "$N" --target="$bad" -n true
	done
	refused 1 "No such process" "$N" -t 2147483647 -n true
	sleep 0 &
	wait $!
	refused 1 "No such process" "$N" -t $! -n true
	refused 1 "needs a value" "$N" -t
	refused 1 "more than once" "$N" -t $$ -t $$ -n true
	refused 1 "the one that we are in" "$N" -t $$ -U true
	run -0 "$N" -t $$ -a true
}

@test "a target that is dead and not reaped" {
	python3 -c 'import subprocess, time; p = subprocess.Popen(["true"]); print(p.pid, flush=True); time.sleep(60)' \
		>"$BATS_TEST_TMPDIR/dead" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/started"
	wait_for test -s "$BATS_TEST_TMPDIR/dead"
	pid=$(cat "$BATS_TEST_TMPDIR/dead")
	wait_for grep -q zombie "/proc/$pid/status"
	refused 1 "has ended" "$N" -t "$pid" -n true
	refused 1 "process $pid" "$N" -t "$pid" -a true
}

@test "files that are no namespaces, or of another kind" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for option in mount:mnt uts:uts ipc:ipc net:net pid:pid cgroup:cgroup user:user time:time; do
		long=${option%:*}
		refused 1 "names no file" "$N" "--$long=" true
		refused 1 "no namespace" "$N" "--$long=/etc/passwd" true
		refused 1 "directory" "$N" "--$long=/etc" true
		refused 1 "no namespace" "$N" "--$long=$BATS_TEST_TMPDIR/fifo" true
		refused 1 "no namespace" "$N" "--$long=/dev/null" true
		refused 1 "No such file" "$N" "--$long=/missing" true
		refused 1 "too long" "$N" "--$long=$(printf '%05000d' 0)" true
		other=uts
		[ "$long" != uts ] || other=net
		refused 1 "it is a" "$N" "--$long=/proc/self/ns/$other" true
		refused 1 "has no process to follow" "$N" "--$long" true
	done
}

@test "why root is refused: lost capabilities, and what is not below us" {
	start unshare --net --pid --mount --fork sleep 1000
	refused 1 "lack CAP_SYS_CHROOT" setpriv --bounding-set -sys_chroot "$N" -t "$T" -m true
	refused 1 "lack CAP_SYS_ADMIN" setpriv --bounding-set -sys_admin "$N" "--net=/proc/$T/ns/net" true
	refused 1 "not below our own" unshare --pid --fork "$N" "--pid=/proc/$T/ns/pid" true
	refused 1 "may look into" unshare --user --map-root-user "$N" "--net=/proc/$T/ns/net" true
	touch "$BATS_TEST_TMPDIR/net"
	mount --bind "/proc/$T/ns/net" "$BATS_TEST_TMPDIR/net"
	run --separate-stderr unshare --user --map-root-user "$N" "--net=$BATS_TEST_TMPDIR/net" true
	umount "$BATS_TEST_TMPDIR/net"
	[ "$status" -eq 1 ]
	[[ $stderr == *"neither ours nor below ours"* ]]
}

@test "nothing to enter, and options that lack a target" {
	refused 1 "no namespace was given" "$N"
	refused 1 "no namespace was given" "$N" true
	refused 1 "no namespace was given" "$N" -t $$ -r true
	for option in -a -N3 --user-parent; do
		refused 1 "no process to follow" "$N" "$option" true
	done
	for option in -r -w -e -c -Z -Sfollow -Gfollow; do
		refused 1 "no process to follow" "$N" --net=/proc/self/ns/net "$option" true
	done
	refused 1 "unknown option" "$N" --nonsense
	refused 1 "unknown option" "$N" -x
}

@test "the sentence names the program as it was called" {
	run --separate-stderr "$N" -t 2147483647 -n true
	[[ $stderr == "nsenter: "* ]]
	run --separate-stderr isle nsenter -t 2147483647 -n true
	[ "$status" -eq 1 ]
	[[ $stderr == "isle: nsenter: "* ]]
}

# ---- steps ----

# Every option that has a step.
all_options() {
	echo -t "$T" -a -U -r -w -e -c --keep-caps
}

@test "--explain tells the steps and does nothing" {
	run -0 --separate-stderr "$N" --explain -t 2147483647 -a -r -w -e -c --keep-caps touch "$BATS_TEST_TMPDIR/made"
	[ -z "$stderr" ]
	[ ! -e "$BATS_TEST_TMPDIR/made" ]
	for step in target namespaces directories environment cgroups groups enter root directory fork join-cgroups ids \
		capabilities execute; do
		grep -q "^$step " <<<"$output"
	done
	run -0 "$N" --explain --json -t 1 -n true
	python3 -c 'import json, sys; assert json.loads(sys.stdin.read())[-1]["step"] == "execute"' <<<"$output"
	refused 1 "--json" "$N" --json -t 1 -n true
	refused 1 "no --timings" "$N" --explain --timings -t 1 -n true
}

@test "--timings on stderr, before the program" {
	start_all
	run -0 --separate-stderr "$N" --timings -t "$T" -a echo ran
	[ "$output" = ran ]
	[[ $stderr == *enter* && $stderr == *fork* ]]
}

@test "a step that fails or is killed: no program, and no process left" {
	start unshare --user --map-root-user --mount --net --pid --fork sleep 1000
	read -ra options < <(all_options)
	steps=$("$N" --explain "${options[@]}" true | sed -nE 's/^([a-z-]+) .*/\1/p')
	[ "$(wc -w <<<"$steps")" -eq 14 ]
	for step in $steps; do
		run --separate-stderr env ISLE_FAULT="fail=$step" "$N" "${options[@]}" touch "$BATS_TEST_TMPDIR/made"
		[ "$status" -eq 1 ]
		[[ $stderr == "nsenter: $step: "* ]]
		run env ISLE_FAULT="kill=$step" "$N" "${options[@]}" touch "$BATS_TEST_TMPDIR/made"
		[ "$status" -eq 137 ]
		[ ! -e "$BATS_TEST_TMPDIR/made" ]
	done
}
