#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The fast ways of 'isle run' (docs/decisions/0009-seed.md, 0011-user-ahead.md): the user namespace and the network ahead of the
# container's first process, which begins from the seed.  With and without them a container is the same, and nobody of isle's
# outlives them.
# shellcheck disable=SC2154,SC2016 # look and into are of lib/look; what stands in single quotes is for the shell inside

load ../lib/isle
load ../lib/look

setup_file() { isle_setup_file; }
setup() {
	T=$BATS_TEST_TMPDIR
	tracer=
}
teardown() {
	[ -z "$tracer" ] || go_on
	isle_teardown
}
teardown_file() { isle_teardown_file; }

@test "a container is the same whichever way it was made" {
	for net in none host; do
		isle run --rm --net "$net" --hostname h --tmpfs /x --read-only host sh -c "$look" >"$T/fast"
		for ways in seed shown network-ahead early-filter built-in-filter seed,network-ahead,early-filter,built-in-filter; do
			ISLE_WITHOUT=$ways isle run --rm --net "$net" --hostname h --tmpfs /x --read-only host sh -c "$look" >"$T/long"
			diff "$T/fast" "$T/long"
		done
		grep -q '^ *lo:' "$T/fast"
	done
}

@test "the same with the machine's namespaces, other users, rights and limits" {
	for options in '--uts host' '-h h --userns host' '-h h -u 1000:1000' '-h h --cap-add SYS_ADMIN' '-h h --pid host' '-h h --ipc host' \
		'-h h --cgroupns host' '-h h --net host' '-h h --ulimit nofile=64 --ulimit fsize=1000000' '-h h --security-opt seccomp=unconfined'; do
		# shellcheck disable=SC2086 # several words
		isle run --rm --net none $options host sh -c "$look" >"$T/fast"
		# shellcheck disable=SC2086
		ISLE_WITHOUT=seed,network-ahead,early-filter isle run --rm --net none $options host sh -c "$look" >"$T/long"
		diff "$T/fast" "$T/long"
	done
}

@test "the seed of user namespaces has husks of /proc and /sys, and is read-only" {
	unshare --mount --propagation private sh -c "
		mount -t tmpfs tmpfs /run && isle run --rm --net none host true && python3 -c '$into' /run/isle/seeds/mnt-user" >"$T/seed"
	[ "$(cat "$T/seed")" = "['proc', 'sys', 'tmp'] ['proc', 'sys', 'tmp']
[]
[]
Read-only file system" ]
}

@test "nothing of the seed is left in a container, not even what makes the kernel allow a whole /proc" {
	try='unshare -Urmpfn sh -c "for type in proc sysfs; do mount -t \$type \$type /mnt && echo \$type; done; echo tried"'
	for ways in '' shown seed; do
		run env ISLE_WITHOUT=$ways isle run --rm --net none --cap-add SYS_ADMIN --security-opt seccomp=unconfined host sh -c "$try"
		[ "$status" -eq 0 ]
		# "permission denied", or with newer tools "VFS: Mount too revealing"
		[[ $output == *"mount: /mnt: "*"mount: /mnt: "*tried && $output != *proc$'\n'* && $output != *sysfs$'\n'* ]]
		run env ISLE_WITHOUT=$ways isle run --rm --net none --cap-add SYS_ADMIN --security-opt seccomp=unconfined host \
			python3 -c "$into" /proc/self/ns/mnt
		[[ $output == *"'usr'"*"'usr'"* && $output != *"Read-only"* ]]
	done
}

# Whether the containers of this machine need no husks; the first one makes the seeds.
made_outside() {
	isle run --rm --net none host true
	[ -e /run/isle/seeds/empty-will-do ] || skip "the kernel makes no /proc for another pid namespace"
}

@test "where /proc and /sys can be made outside nothing is let go of, and nothing is below the root" {
	made_outside
	strace -f -o "$T/trace" -e trace=pivot_root,umount2 -e signal=none isle run --rm --net none host true
	run -1 grep -e pivot_root -e umount2 "$T/trace"
	ISLE_WITHOUT=shown strace -f -o "$T/trace" -e trace=pivot_root -e signal=none isle run --rm --net none host true
	grep -q pivot_root "$T/trace"
	isle run --rm --net none --cap-add SYS_ADMIN --security-opt seccomp=unconfined host python3 -c "$into" /proc/self/ns/mnt / >"$T/below"
	[ "$(cat "$T/below")" = $'[] []\nRead-only file system' ]
	run isle run --rm --net none --cap-add SYS_ADMIN --security-opt seccomp=unconfined host python3 -c '
import ctypes, os
c, fd = ctypes.CDLL(None, use_errno=True), os.open("/proc/self/ns/mnt", os.O_RDONLY)
print(c.umount2(b"/", 2), c.setns(fd, 0))
for args in (None, b"/", None, 32), (None, b"/", None, 32 | 4096), (b"proc", b"/", b"proc", 0), (b"sysfs", b"/", b"sysfs", 0):
    print(os.strerror(ctypes.get_errno()) if c.mount(*args, None) else "done")'
	[ "$output" = $'0 0\nOperation not permitted\nOperation not permitted\nOperation not permitted\nOperation not permitted' ]
	# What is shown is the container's own: its processes, its network, its ids.
	run isle run --rm --net none host sh -c 'ls /proc | grep -c "^[0-9]"; ls /sys/class/net; stat -c %u /proc/1 /sys/class/net/lo/mtu; touch /sys/x || echo sealed'
	[[ $output == [1-4]$'\nlo\n0\n0\n'*sealed ]]
	run isle run --rm --net none --privileged host sh -c 'umount -l /proc /sys; mount -t proc proc /proc && ls /proc/self; mount -t sysfs sysfs /sys && ls /sys'
	[[ $output != *status* && $output != *class* ]]
}

@test "what has done its work goes in one, and only when the program runs" {
	made_outside
	strace -f -o "$T/trace" -e trace=execve,move_mount,close -e signal=none isle run --rm --net none host true
	awk '/execve\("[^"]*\/true"/ { ran = 1 } /move_mount.*MOVE_MOUNT_T_EMPTY_PATH/ && ran { stacked++ } END { exit stacked < 2 }' "$T/trace"
}

@test "who has isle's memory, or a copy of it, has ended before the program runs" {
	strace -f -o "$T/trace" -e trace=clone,clone3,execve -e signal=none isle run --rm --net none host true
	[ "$(grep -c -e 'CLONE_VM|CLONE_VFORK' -e 'flags=CLONE_NEWUSER,' "$T/trace")" -eq 2 ]
	awk '
		/CLONE_VM\|CLONE_VFORK|flags=CLONE_NEWUSER,/ { if ($NF ~ /^[0-9]+$/) lends[$NF]; else waits[$1] }
		/clone3? resumed/ && $1 in waits { lends[$NF]; delete waits[$1] }
		/exited with/ { over[$1] }
		/execve\("[^"]*\/true"/ { for (pid in lends) if (!(pid in over)) { print "still there: " pid; bad = 1 } ran = 1 }
		END { exit bad || !ran }' "$T/trace"
}

# Finds the process that the tracer of isle holds at unshare(CLONE_NEWNET): the trace itself may name it only when that is over.
held() {
	tracer=$(awk '/^TracerPid:/ { print $2 }' "/proc/$isle/status")
	for maker in $(grep -lE '^[0-9]+ 0x40000000 ' /proc/[0-9]*/syscall | tr -dc '0-9\n'); do
		grep -q "^TracerPid:[[:space:]]*$tracer\$" "/proc/$maker/status" && return
	done
	false
}

# Starts container x in the background, by the process $isle, and waits until it is held where its network is about to be made.
delayed() { # OPTIONS-OF-RUN...
	strace -D -f -o /dev/null -e trace=unshare -e signal=none -e inject=unshare:delay_enter=600000000:when=1 \
		isle run --name x --net none -e ISLE_TEST_MARK "$@" </dev/null >"$T/out" 2>&1 3>&- &
	isle=$!
	wait_for held
}

# Lets whoever is held go on.
go_on() {
	kill -KILL "$tracer"
	tracer=
}

@test "who has isle's memory can't be looked into, even by who comes in before the program runs" {
	delayed -d --rm --pid host --cap-add SYS_PTRACE host sleep 100
	# There is nothing to execute in as long as the maker lives; so who comes in is somebody of the machine's.
	run isle exec x true
	[ "$status" -ne 0 ]
	inside=("$ISLE" nsenter --target "$maker" --user --)
	[ "$("${inside[@]}" sh -c 'wc -l </proc/self/uid_map')" -eq 1 ]
	for file in environ maps mem; do
		run "${inside[@]}" cat "/proc/$maker/$file"
		[ "$status" -ne 0 ]
	done
	run "${inside[@]}" ls "/proc/$maker/root/"
	[ "$status" -ne 0 ]
	[ -e "/proc/$maker/ns" ] # it was there all the time
	go_on
	wait "$isle"
	isle rm -f x
}

@test "a signal while the namespaces are made is the program's" {
	delayed --rm --pid host host sleep 1000
	kill -TERM "$isle"
	wait_for grep -q '^ShdPnd:.*4...$' "/proc/$isle/status"
	go_on
	wait "$isle" || status=$?
	[ "$status" -eq 143 ]
	[ ! -s "$T/out" ]
}

@test "isle dies with its parent where it was told to" {
	sh -c 'setpriv --pdeathsig KILL isle run --rm --net none -e ISLE_TEST_MARK host sleep 1000 </dev/null & exec sleep 1000' 3>&- &
	parent=$!
	wait_for sh -c '[ -n "$(isle ps -q)" ]'
	kill -KILL "$parent"
	wait_for sh -c '[ -z "$(isle ps -q)" ]'
}

@test "users are found though their file is masked, and with many descriptors open" {
	for net in none host; do
		for _ in 1 2 3 4 5; do
			[ "$(isle run --rm --net "$net" --security-opt mask=/etc/passwd -u daemon host id -u)" = 1 ]
		done
	done
	run python3 -c 'import os
for fd in [os.open("/dev/null", 0) for _ in range(1100)]:
    os.set_inheritable(fd, True)
os.execvp("isle", ["isle", "run", "--rm", "--net", "none", "--ulimit", "nofile=1024", "host", "echo", "well"])'
	[ "$output" = well ]
}

@test "a limit on namespaces is told, and what to do" {
	# shellcheck disable=SC2016 # for the shell inside
	run unshare --user --map-root-user --mount sh -c 'echo 0 >/proc/sys/user/max_ipc_namespaces; isle run --rm --net none host true'
	[ "$status" -eq 125 ]
	[[ $output == "isle: run: namespaces: "*"no ipc namespaces"*"sysctl user.max_ipc_namespaces=10000"* ]]
}

# Whether a signal has ended process $1, which who traces it may still keep from going: PF_SIGNALED of the kernel's flags.
was_killed() {
	(($(awk '{ print $9 }' "/proc/$1/stat") & 0x400))
}

@test "killed while the namespaces are made ahead: their maker goes, too" {
	delayed --rm host true
	kill -KILL "$isle"
	wait "$isle" || true
	wait_for was_killed "$maker"
	go_on
	wait_for [ ! -e "/proc/$maker" ]
	isle ps -a
}

@test "a network that can't be made ahead is made by the container's process" {
	# The maker's third ioctl opens the namespace; nobody else does so many.
	run strace -f -o "$T/trace" -e trace=ioctl,unshare -e inject=ioctl:error=EPERM:when=3 isle run --rm --net none host \
		sh -c 'cat /proc/net/dev; ls /sys/class/net; stat -c %u /sys/class/net/lo/mtu'
	[ "$status" -eq 0 ]
	[[ $output == *lo:*$'\nlo\n0' ]]
	grep -q 'ioctl.*INJECTED' "$T/trace"
	[ "$(grep -c 'unshare(CLONE_NEWNET' "$T/trace")" -eq 2 ]
}

@test "a user namespace that can't be entered is made anew, with its network" {
	for call in 1 2; do # the seed, and the user namespace
		run strace -f -o "$T/trace" -e trace=setns,clone,clone3 -e inject=setns:error=EPERM:when=$call isle run --rm --net none host \
			sh -c 'grep lo: /proc/net/dev; wc -l </proc/self/uid_map; ls -nd /dev/mqueue'
		# Without the seed, what was made outside for who has one is made anew.
		[ "$status" -eq 0 ] || { [ "$call" = 1 ] && [ ! -e /run/isle/seeds/empty-will-do ]; }
		grep -q 'setns.*INJECTED' "$T/trace"
	done
	[[ $output == *lo:*$'\n1\n'*" 0 0 "* ]]
	grep -q 'clone3.*CLONE_NEWUSER' "$T/trace"
}

@test "the root is made read-only when nobody looks for anything in it any more" {
	# Even who only reads a file may note the time of that, and for that moment the kernel refuses.
	strace -f -o "$T/trace" -e trace=setsid,mount_setattr -e signal=none -e inject=setsid:delay_enter=300000 \
		isle run --rm --net none --read-only host true
	awk '/setsid.*DELAYED/ { over = 1 }
		/AT_EMPTY_PATH, \{attr_set=MOUNT_ATTR_RDONLY/ { after = over }
		END { exit !after }' "$T/trace"
}
