#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# isle unshare: every option, as root and as a plain user; what util-linux's gets wrong; machines that forbid it; bad input.
# shellcheck disable=SC2016,SC2154 # $ is meant for the inner shell; stderr is set by run

load ../lib/isle

setup_file() {
	isle_setup_file
	ln -s isle "$BATS_FILE_TMPDIR/bin/real/unshare"
}

teardown_file() { isle_teardown_file; }

setup() {
	U=$BATS_FILE_TMPDIR/bin/real/unshare
	T=$BATS_TEST_TMPDIR
	: >"$T/started"
	chmod 755 "$T"
	touch "$T/file"
}

teardown() {
	while read -r pid; do
		kill -KILL "$pid" 2>/dev/null || true
	done <"$T/started"
	awk -v dir="$T" 'index($5, dir "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount
	isle_teardown
}

# Fails with status $1 and exactly one line on stderr, which has $2 in it; nothing on stdout.  The rest is run.
refused() {
	local want=$1 text=$2

	shift 2
	run --separate-stderr "-$want" at_most_10_s "$@" </dev/null
	echo "status $status: $stderr"
	[[ $stderr == *unshare:*"$text"* && $stderr != *$'\n'* ]]
	[ -z "$output" ]
}

# Runs a command, or 'plain' and a command.
at_most_10_s() {
	if [ "$1" = plain ]; then
		shift
		set -- "$ISLE_LIB/as_user.sh" / "$@"
	fi
	timeout 10 "$@"
}

# As uid 12345, with the ids from 200000 on.
plain() {
	"$ISLE_LIB/as_user.sh" / "$@"
}

# What is mounted below the test's directory: "KIND FILE" in lines.
bound() {
	awk -v dir="$T" 'index($5, dir "/") == 1 { print substr($4, 1, index($4, ":") - 1), substr($5, length(dir) + 2) }' \
		/proc/self/mountinfo
}

# The numbers of a map in /proc, without its blanks: "0 1000 1;1 100000 65536"
map_of() {
	"$@" | awk '{ printf "%s%s %s %s", sep, $1, $2, $3; sep = ";" }'
}

# ---- namespaces ----

@test "each option makes its namespace and no other" {
	local kinds=(mount:mnt uts:uts ipc:ipc net:net user:user cgroup:cgroup pid:pid_for_children time:time_for_children)

	for kind in "${kinds[@]}"; do
		for other in "${kinds[@]}"; do
			there=$("$U" --fork "--${kind%:*}" readlink "/proc/self/ns/${other#*:}")
			if [ "$other" = "$kind" ]; then
				[ "$there" != "$(readlink "/proc/self/ns/${other#*:}")" ]
			else
				[ "$there" = "$(readlink "/proc/self/ns/${other#*:}")" ]
			fi
		done
	done
	[ "$("$U" -m -u -i -n -C -U -f -p readlink /proc/self/ns/{mnt,uts,ipc,net,cgroup,user,pid} | sort -u | wc -l)" -eq 7 ]
	[ "$("$U" readlink /proc/self/ns/mnt)" = "$(readlink /proc/self/ns/mnt)" ]
}

@test "without --fork the pid namespace is for the children; with it the program is process 1" {
	[ "$("$U" --pid --fork sh -c 'echo $$')" = 1 ]
	[ "$("$U" --fork --pid --mount-proc readlink /proc/self)" = 1 ]
	run "$U" --pid sh -c '/bin/true; /bin/true; /bin/true'
	[ "$status" -ne 0 ]
	[[ $output == *[Ff]ork* ]]
}

@test "verb or name, abbreviated or not: the same program" {
	[ "$(command isle unshare --map-root-user id -u)" = 0 ]
	[ "$("$U" --map-ro --m id -u 2>&1)" != 0 ] # --m is the beginning of many
	[ "$("$U" --map-ro --prop private id -u)" = 0 ]
	"$U" --tim true # not --timings
	[[ $("$U" -V) == "unshare from "* ]]
	[[ $("$U" -h) == "Usage: "* ]]
}

@test "no program: the login shell, named so" {
	[ "$(echo 'echo $0' | SHELL=/bin/sh "$U" --uts)" = -sh ]
}

# ---- status and signals ----

@test "the status is the program's; 126, 127; a signal that kills the child kills unshare" {
	for fork in '' --fork; do
		# shellcheck disable=SC2086
		run "$U" $fork sh -c 'exit 42'
		[ "$status" -eq 42 ]
		# shellcheck disable=SC2086
		refused 127 'execute /nonexistent' "$U" $fork /nonexistent
		# shellcheck disable=SC2086
		refused 126 'execute /etc/passwd' "$U" $fork /etc/passwd
	done
	run python3 -c 'import subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode)' "$U" -f sh -c 'kill -TERM $$'
	[ "$output" = -15 ]
	run python3 -c 'import subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode)' "$U" -f sh -c 'kill -KILL $$'
	[ "$output" = -9 ]
}

@test "a caller that ignores SIGCHLD loses no status" {
	run env --ignore-signal=CHLD "$U" --fork sh -c 'exit 7'
	[ "$status" -eq 7 ]
}

# Starts unshare "$@" in the background with its output in $T/out, and sets P to its pid.
begin() {
	: >"$T/out" # at once, not when the background comes to it: the last one's output is no sign of this one
	"$@" >>"$T/out" 3>&- &
	P=$!
	echo "$P" >>"$T/started"
	wait_for grep -q up "$T/out"
}

# Whether process $1 of ours ends with status $2.
ended() {
	local status=0

	wait "$1" || status=$?
	[ "$status" -eq "$2" ]
}

@test "SIGTERM and SIGINT are left alone while it waits; --forward-signals passes them on" {
	begin "$U" --fork sh -c 'echo up; until [ -e "$0/go" ]; do sleep 0.02; done; exit 3' "$T"
	kill -TERM "$P"
	kill -INT "$P"
	touch "$T/go"
	ended "$P" 3
	for sig in TERM INT; do
		begin env --default-signal=INT "$U" --forward-signals sh -c \
			'trap "exit 5" "$0"; echo up; while :; do sleep 0.02; done' "$sig"
		kill "-$sig" "$P"
		ended "$P" 5
	done
	begin "$U" --forward-signals sh -c 'echo up; exec sleep 1000'
	kill -TERM "$P"
	ended "$P" 143
}

@test "--kill-child: the child dies with unshare, also after a change of ids, and by the signal asked for" {
	for extra in '' '--setuid=12345' '--setgid=12345 --setuid=12345' '--user --map-users=all --map-groups=all -S 12345 --keep-caps'; do
		# shellcheck disable=SC2086
		begin "$U" --kill-child $extra sh -c 'echo up; exec sleep 1000'
		child=$(pgrep -P "$P")
		echo "$child" >>"$T/started"
		kill -KILL "$P"
		wait_for test ! -e "/proc/$child/exe"
	done
	begin "$U" --kill-child=USR1 sh -c 'trap "echo got >$0/got; exit" USR1; echo up; while :; do sleep 0.02; done' "$T"
	kill -KILL "$P"
	wait_for test -s "$T/got"
}

# ---- users ----

@test "root: the single maps" {
	[ "$(map_of "$U" -r cat /proc/self/uid_map)" = "0 0 1" ]
	[ "$("$U" --user id -u)" = 65534 ]
	[ "$(map_of "$U" --map-user=5 --map-group=6 cat /proc/self/uid_map /proc/self/gid_map)" = "5 0 1;6 0 1" ]
	[ "$(map_of "$U" --map-user=nobody cat /proc/self/uid_map)" = "65534 0 1" ]
	# The last one counts, in either order.
	[ "$(map_of "$U" -r --map-user=5 cat /proc/self/uid_map /proc/self/gid_map)" = "5 0 1;0 0 1" ]
	[ "$(map_of "$U" --map-user=5 -r cat /proc/self/uid_map)" = "0 0 1" ]
	[ "$("$U" -r cat /proc/self/setgroups)" = deny ]
	[ "$("$U" -r --setgroups=deny cat /proc/self/setgroups)" = deny ]
	[ "$("$U" --map-groups=all --setgroups=deny cat /proc/self/setgroups)" = deny ]
	[ "$("$U" --map-groups=all --setgroups=allow cat /proc/self/setgroups)" = allow ]
	# One's own group alone denies it, whoever writes the users' map; a range of groups does not.
	[ "$("$U" --map-users=0:0:1 --map-group=0 cat /proc/self/setgroups)" = deny ]
	[ "$("$U" -r --map-users=0,1,1 cat /proc/self/setgroups)" = deny ]
	[ "$("$U" --map-users=0,0,1 --map-groups=0,0,1 cat /proc/self/setgroups)" = allow ]
	[ "$("$U" -r --owner 12345:12345 cat /proc/self/setgroups)" = allow ]
}

@test "ranges: both forms, several, merged with the single one, and none is lost" {
	[ "$(map_of "$U" --map-users=0:100000:10 cat /proc/self/uid_map)" = "0 100000 10" ]
	[ "$(map_of "$U" --map-users=100000,0,10 cat /proc/self/uid_map)" = "0 100000 10" ]
	[ "$(map_of "$U" --map-users 0:1:2 --map-users=10:20:3 cat /proc/self/uid_map)" = "0 1 2;10 20 3" ]
	[ "$(map_of "$U" -r --map-users=0:100000:65536 cat /proc/self/uid_map)" = "0 0 1;1 100000 65536" ]
	[ "$(map_of "$U" --map-user=10 --map-users=0:1000:10 cat /proc/self/uid_map)" = "10 0 1;0 1000 10" ]
	[ "$(map_of "$U" --map-user=2 --map-users=0:0:5 cat /proc/self/uid_map)" = "2 0 1;0 1 2;3 3 2" ]
	[ "$(map_of "$U" --map-users=all cat /proc/self/uid_map)" = "0 0 4294967295" ]
	[ "$(map_of "$U" --map-groups=5:7:2 --map-group=1 cat /proc/self/gid_map)" = "1 0 1;5 7 2" ]
}

@test "a plain user: root inside, with and without more ids; owners by these" {
	[ "$(plain "$U" -r id -u)" = 0 ]
	[ "$(map_of plain "$U" -c cat /proc/self/uid_map /proc/self/gid_map)" = "12345 12345 1;12345 12345 1" ]
	[ "$(map_of plain "$U" -r --map-auto cat /proc/self/uid_map)" = "0 12345 1;1 200000 65536" ]
	[ "$(map_of plain "$U" --map-subids -c cat /proc/self/gid_map)" = "12345 12345 1;200000 200000 65536" ]
	[ "$(plain "$U" -r --map-auto -S 7 -G 8 id)" = "uid=7(lp) gid=8(mail) groups=8(mail)" ] ||
		[[ $(plain "$U" -r --map-auto -S 7 -G 8 id) == uid=7*gid=8*groups=8* ]]
	[ "$(plain "$U" --map-users=0:12345:1 --map-groups=0:12345:1 cat /proc/self/setgroups)" = deny ]
	[ "$(plain "$U" -r --pid --fork --mount-proc sh -c 'ps -e | grep -c .')" -le 5 ]
}

@test "root's --map-auto takes root's own range, by name or number, not the first line" {
	for line in root:300000:10 0:300000:10; do
		[ "$(map_of unshare --mount --propagation private sh -c '
			mount -t tmpfs none /mnt && printf "%s\n" daemon:200000:65536 "$2" >/mnt/subids
			mount --bind /mnt/subids /etc/subuid && mount --bind /mnt/subids /etc/subgid || exit
			exec "$1" --map-auto cat /proc/self/uid_map' sh "$U" "$line")" = "0 300000 10" ]
	done
}

@test "--owner: the namespace is another's, who may enter it" {
	[ "$("$U" --owner 12345:12345 -r -S 0 --setgroups deny sh -c 'id -u; cat /proc/self/setgroups' | paste -sd' ')" = "0 deny" ]
	"$U" --owner 12345:12345 --user="$T/file" true
	[ "$(plain nsenter --user="$T/file" --preserve-credentials id -u)" = 65534 ]
	refused 1 'become the owner 1:1' plain "$U" --owner 1:1 true
}

@test "--keep-caps: capabilities stay, with --setuid too" {
	caps='sed -n s/^CapAmb:.//p /proc/self/status'
	# shellcheck disable=SC2086
	[ "$("$U" --user $caps)" = 0000000000000000 ]
	# shellcheck disable=SC2086
	[ "$("$U" --user --keep-caps $caps)" != 0000000000000000 ]
	# shellcheck disable=SC2086
	[ "$("$U" --map-users=all --map-groups=all -S 12345 --keep-caps $caps)" != 0000000000000000 ]
	# shellcheck disable=SC2086
	[ "$("$U" --keep-caps $caps)" = 0000000000000000 ] # without a user namespace it means nothing
}

# ---- files ----

@test "a file keeps each kind of namespace, as root and in a user namespace" {
	for kind in mount:mnt uts:uts ipc:ipc net:net user:user cgroup:cgroup time:time; do
		for extra in '' '--map-root-user --propagation unchanged'; do
			# shellcheck disable=SC2086
			"$U" $extra "--${kind%:*}=$T/file" true
			[ "$(bound)" = "${kind#*:} file" ]
			umount "$T/file"
		done
	done
	touch "$T/two"
	"$U" --pid="$T/file" --mount="$T/two" --fork --mount-proc true
	[ "$(bound | sort | paste -sd,)" = "mnt two,pid file" ]
}

@test "the program never starts before its file is bound" {
	for fork in '' --fork; do
		# shellcheck disable=SC2086
		[ "$("$U" $fork --uts="$T/file" awk -v f="$T/file" '$5 == f { print "bound" }' /proc/self/mountinfo)" = bound ]
		umount "$T/file"
	done
	for _ in 1 2 3 4 5; do
		[ "$("$U" --fork --pid="$T/file" awk -v f="$T/file" '$5 == f { print "bound" }' /proc/self/mountinfo)" = bound ]
		umount "$T/file"
	done
}

@test "what fails after the files were bound gives them back; no process stays" {
	touch "$T/two"
	refused 127 'execute nosuch' "$U" --uts="$T/file" nosuch
	refused 127 'execute nosuch' "$U" --fork --pid="$T/file" --mount="$T/two" nosuch
	refused 1 'change the root' "$U" -r --user="$T/file" --root /nonexistent true
	refused 1 'bind the new uts' "$U" --ipc="$T/file" --uts=/nonexistent true
	refused 1 'become user 5' "$U" --user --net="$T/file" -S 5 true
	[ -z "$(bound)" ]
	wait_for nobody_left
}

# The program of this file runs nowhere.
nobody_left() {
	! pgrep -f -- "^$U "
}

@test "a mount namespace that has the wrong number is made again" {
	# Whichever processor the outer one was made on, and where the inner one is made.
	for outer in $(cpus); do
		for inner in $(cpus); do
			taskset -c "$outer" unshare --mount --propagation private sh -c '
				mount -t tmpfs none /mnt && touch /mnt/file &&
				taskset -c "$2" "$1" --mount=/mnt/file true &&
				[ "$(taskset -c "$2" "$1" --mount=/mnt/file sh -c "taskset -pc \$\$" | sed "s/.* //")" = "$2" ]
			' sh "$U" "$inner"
		done
	done
}

# Two processors that we may use.
cpus() {
	python3 -c 'import os; print(*sorted(os.sched_getaffinity(0))[:2])'
}

@test "a mount namespace on a shared mount: why not, and the cure" {
	refused 1 'the mount that it lies on is shared' unshare --mount --propagation private sh -c '
		mount -t tmpfs none /mnt && mount --make-shared /mnt && touch /mnt/file && exec "$1" --mount=/mnt/file true' sh "$U"
}

# ---- the rest ----

@test "mounts: private by default, or as --propagation says" {
	for mode in private shared slave unchanged; do
		unshare --mount --propagation private sh -c '
			mount -t tmpfs none /mnt && mount --make-shared /mnt
			"$1" --mount --propagation "$2" sh -c "mount -t tmpfs none /mnt; grep \" /mnt \" /proc/self/mountinfo" >/dev/null
			grep -c " /mnt " /proc/self/mountinfo' sh "$U" "$mode" >"$T/$mode"
	done
	[ "$(cat "$T/private" "$T/shared" "$T/slave" "$T/unchanged" | paste -sd' ')" = "1 2 1 2" ]
	"$U" --propagation shared true # without a mount namespace it means nothing
}

@test "--mount-proc, --root, --wd, --setuid, --setgid" {
	[ "$("$U" --wd /etc pwd)" = /etc ]
	[ "$("$U" -r -R / pwd)" = / ]
	[ "$("$U" -r -R / -w /etc pwd)" = /etc ]
	mkdir "$T/proc"
	[ "$("$U" -fp --mount-proc="$T/proc" readlink "$T/proc/self")" = 1 ]
	[ -z "$(bound)" ]
	[ "$("$U" -S 12 -G 34 sh -c 'id -u; id -g; id -G' | paste -sd' ')" = "12 34 34" ]
}

@test "clocks" {
	now=$(cut -d. -f1 /proc/uptime)
	then=$("$U" --time --boottime 100000 --fork cut -d. -f1 /proc/uptime)
	[ $((then - now)) -ge 100000 ] && [ $((then - now)) -le 100060 ]
	[ "$("$U" -T --monotonic -1 --boottime=+2 -f awk '{ print $1, $2 }' /proc/self/timens_offsets | paste -sd,)" = "monotonic -1,boottime 2" ]
}

@test "--load-interp: a format of its own, in --mount-binfmt's or a new root" {
	if ! "$U" -rfp --mount-binfmt true 2>/dev/null; then
		skip "no binfmt_misc for user namespaces on this kernel"
	fi
	[ "$("$U" -rfp -l ':isle:M::ISLE::/bin/echo:' sh -c 'echo ISLE >/tmp/x.$$; cat /proc/sys/fs/binfmt_misc/isle; rm /tmp/x.$$' | head -2 | paste -sd' ')" = \
		"enabled interpreter /bin/echo" ]
	"$U" -rfp -R / -l ':isle:M::ISLE::/bin/echo:F' grep -q 'flags: F' /proc/sys/fs/binfmt_misc/isle
}

@test "environment: cleared, or only what is named; what is not set is no matter" {
	[ -z "$(A=1 "$U" --clear-env env)" ]
	[ "$(A=1 B=2 "$U" --whitelist-env A,NOT_SET env)" = A=1 ]
	[ "$(A=1 B=2 C=3 "$U" --whitelist-env=A --whitelist-env=,B, env | sort | paste -sd' ')" = "A=1 B=2" ]
	[ -z "$(A=1 "$U" --whitelist-env NOT_SET env)" ]
	[ "$(A=1 AB=2 "$U" --clear-env --whitelist-env AB env)" = AB=2 ]
}

@test "the program is searched in the PATH that it gets" {
	mkdir "$T/bin"
	printf '#!/bin/sh\necho found\n' >"$T/bin/only-here"
	chmod 755 "$T/bin/only-here"
	[ "$(PATH=$T/bin:$PATH "$U" only-here)" = found ]
	[ "$(PATH=$T/bin:$PATH "$U" --whitelist-env PATH only-here)" = found ]
	PATH=$T/bin:$PATH refused 127 'execute only-here' "$U" --clear-env only-here
	PATH=$T/bin:$PATH refused 127 'execute only-here' "$U" --whitelist-env HOME only-here
}

@test "a text without a #! line is a script of the shell, also where it is found in PATH" {
	mkdir "$T/bin"
	echo 'echo "$0:$*"' >"$T/bin/plain-text"
	chmod 755 "$T/bin/plain-text"
	[ "$("$U" "$T/bin/plain-text" a 'b c')" = "$T/bin/plain-text:a b c" ]
	[ "$(PATH=$T/bin:$PATH "$U" -f plain-text)" = "$T/bin/plain-text:" ]
	[ "$(cd "$T/bin" && "$U" ./plain-text -x)" = "./plain-text:-x" ]
}

# ---- what isle tells ----

@test "--explain does nothing and names each step; --timings tells of each; as JSON too" {
	local words=(-rfp --mount-proc --uts="$T/file" --pid="$T/file" --map-users 1:100000:9 -T --boottime 5 -S 0 --keep-caps --kill-child -R / echo ran)

	run --separate-stderr "$U" --explain "${words[@]}"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ $output != *ran* || $output == *"exec echo ran"* ]]
	for step in outsider namespaces id-maps clocks files fork pid-file propagation root directory proc ids keep-caps tie program; do
		grep -q "^$step " <<<"$output"
	done
	[ -z "$(bound)" ]
	"$U" --explain --json "${words[@]}" | python3 -c 'import json, sys; assert len(json.load(sys.stdin)) >= 15'
	run --separate-stderr "$U" --timings -rfp --mount-proc echo ran
	[ "$output" = ran ]
	[[ $stderr == *namespaces*proc*program* ]]
	"$U" --timings --json -u true 2>&1 | python3 -c 'import json, sys; assert json.load(sys.stdin)[0]["step"] == "namespaces"'
}

@test "every step fails, and is where unshare is killed: nothing is left" {
	local words=(-rfp --mount-proc --uts="$T/file" --pid="$T/two" --map-users 1:100000:9 -T --boottime 5 -S 0 --keep-caps --kill-child -R / true)

	touch "$T/two"
	for step in $("$U" --explain --json "${words[@]}" | python3 -c 'import json, sys; print(*(s["step"] for s in json.load(sys.stdin)))'); do
		run env ISLE_FAULT="fail=$step" timeout 10 "$U" "${words[@]}"
		[ "$status" -eq 1 ]
		[[ $output == "unshare: $step: "*"ISLE_FAULT asked for this failure"* ]]
		[ -z "$(bound)" ]
		for fault in kill kill-after; do
			run env ISLE_FAULT="$fault=$step" timeout 10 "$U" "${words[@]}"
			if [ "$fault $step" != "kill-after program" ]; then # then it has become the program
				[ "$status" -ge 128 ]
				wait_for nothing_bound
			fi
			bound | awk -v dir="$T" '{ print dir "/" $2 }' | xargs -r umount
		done
	done
}

nothing_bound() {
	[ -z "$(bound)" ]
}

# ---- machines that forbid it ----

@test "a plain user without a user namespace: the cure" {
	refused 1 'add --user' plain "$U" --mount true
	refused 1 'add --map-root-user' plain "$U" -R / true
	refused 1 'add --fork' plain "$U" -rp --mount-proc true
	refused 1 'add --pid --fork' plain "$U" -r --mount-proc true
	run plain "$U" --map-users=0:300000:10 true
	[ "$status" -eq 1 ]
	[[ $output == *"/etc/subuid"* ]]
}

@test "a sysctl forbids it: which, and its cure" {
	# In a user namespace below ours its own limit can be set to nothing without touching the machine's.
	refused 1 'as root: sysctl user.max_uts_namespaces' unshare --user --map-root-user --mount --propagation private sh -c '
		echo 0 >/proc/sys/user/max_uts_namespaces && exec "$1" --uts true' sh "$U"
	refused 1 'as root: sysctl user.max_user_namespaces' unshare --user --map-root-user --mount --propagation private sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces && exec "$1" --user true' sh "$U"
}

@test "a chroot forbids it: says so" {
	mkdir "$T/root"
	refused 1 'lives in a chroot' unshare --mount --propagation private sh -c '
		for d in usr proc bin lib lib64; do [ -e /$d ] && mkdir -p "$2/$d" && mount --rbind /$d "$2/$d"; done
		mkdir "$2/isle" && mount --bind "$(dirname "$1")" "$2/isle" && exec chroot "$2" /isle/unshare --user true' \
		sh "$U" "$T/root"
}

@test "a seccomp filter forbids it: says so" {
	refused 1 'a seccomp filter is active' python3 -c '
import ctypes, errno, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
nr = {"x86_64": 272, "aarch64": 97}[os.uname().machine]  # unshare
code = b"".join(struct.pack("HBBI", *i) for i in
                [(0x20, 0, 0, 0), (0x15, 0, 1, nr), (0x06, 0, 0, 0x50000 | errno.EPERM), (0x06, 0, 0, 0x7fff0000)])
buf = ctypes.create_string_buffer(code)
prog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(buf)))
if libc.prctl(22, 2, ctypes.byref(prog), 0, 0) != 0:
    sys.exit("no filter")
os.execv(sys.argv[1], [sys.argv[1], "--user", "true"])' "$U"
}

# ---- bad input ----

@test "bad input: one sentence, status 1" {
	huge=$(printf '9%.0s' {1..5000})
	for option in setuid setgid map-user map-group map-users map-groups owner setgroups propagation load-interp monotonic boottime; do
		refused 1 "$option" "$U" "--$option"
		case $option in
		load-interp) ;;
		*)
			for value in '' -1 "$huge" x '0x1' ' 1' '1 '; do
				if [ "$option" != boottime ] && [ "$option" != monotonic ] || [ "$value" != -1 ]; then
					refused 1 '' "$U" --time "--$option=$value" true
				fi
			done
			;;
		esac
	done
	for option in mount uts ipc net pid user cgroup time; do
		refused 1 'names no file' "$U" "--$option=" true
		refused 1 'bind the new' "$U" --fork "--$option=/nonexistent/$huge" true
		refused 1 'that is a directory' "$U" --fork "--$option=$T" true
	done
	for option in root wd; do
		refused 1 '' "$U" "--$option=" true
		refused 1 '' "$U" "--$option=$huge" true
		refused 1 '' "$U" "--$option=$T/file" true
	done
	refused 1 'kill-child' "$U" --kill-child=NOSUCH true
	refused 1 'kill-child' "$U" --kill-child= true
	refused 1 'kill-child' "$U" --kill-child=0 true
	refused 1 'proc' "$U" --mount-proc=/nonexistent true
	refused 1 'proc' "$U" --mount-proc= true
	refused 1 'binfmt' "$U" --mount-binfmt=/nonexistent true
	refused 1 'load-interp' "$U" --load-interp= true
	refused 1 'unknown option --nosuch' "$U" --nosuch
	refused 1 'unknown option -x' "$U" -x
	refused 1 'takes no value' "$U" --map-root-user=1 true
	[ -z "$(bound)" ]
}

@test "what contradicts itself is refused" {
	refused 1 'exclude each other' "$U" -r --setgroups=allow true
	refused 1 'exclude each other' "$U" --map-users=0:0:1 --map-group=0 --setgroups=allow true
	refused 1 'exclude each other' plain "$U" --map-groups=0:12345:1 --setgroups=allow true
	refused 1 'add --time' "$U" --monotonic 5 true
	refused 1 'add --time' "$U" --boottime 5 true
	refused 1 'add --fork' "$U" --pid="$T/file" true
	refused 1 'add --user' "$U" --setgroups deny true
	refused 1 'overlap' "$U" --map-users 0:0:10 --map-users 5:100:10 true
	refused 1 'overlap' "$U" --map-users 0:0:10 --map-users 50:9:1 true
	refused 1 'is empty' "$U" --map-users 0:0:0 true
	refused 1 'past the last id' "$U" --map-users 0:1:4294967295 true
	refused 1 'no id outside stands for it' "$U" -r -S 5 true
	refused 1 'setgroups is denied' "$U" -r -G 0 true
	refused 1 'json' "$U" --json true
	refused 1 'timings' "$U" --explain --timings true
}

@test "letters are bundled as util-linux's are; a file follows a letter behind '=' alone" {
	run -0 "$U" -muinpf sh -c 'echo $$'
	[ "$output" = 1 ]
	refused 1 "$T/missing" "$U" -u="$T/missing" true
}
