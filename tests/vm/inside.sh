#!/bin/bash
# shellcheck disable=SC2317 # the tests are called by name
# SPDX-License-Identifier: GPL-2.0-or-later
#
# inside.sh [TEST...]: proves isle on the machine that it runs on, which should be a virtual one: a machine with pure cgroup v2.
#
# As root: control groups, the layers of this kernel, plain users that it makes for the time, and what the machine forbids.
# As a plain user: what works in this session.  Prints TAP; the exit status is 0 if all that ran passed.
#
# ISLE is the program (build/isle).  TMPDIR (/var/tmp) is on a disk of this machine: ext4 shows most.  What it makes is in one
# directory there, in groups of the containers' ids, and in users called isle-vm-*; all of it goes at the end.
#
# Should:  depend on nothing but isle, util-linux and what any Debian has; say why a test is skipped.
# Mustn't: leave a sysctl, a user or a group behind.

set -u
PATH=$PATH:/usr/sbin:/sbin
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
isle_source=$(realpath "${ISLE:-$here/../../build/isle}")
number=0 failures=0
only=("$@")

[ -x "$isle_source" ] || {
	echo "1..0 # SKIP there is no program $isle_source: run make"
	exit 0
}
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
	echo "1..0 # SKIP this machine's control groups are not v2 alone"
	exit 0
fi

work=$(mktemp -d "${TMPDIR:-/var/tmp}/isle-vm.XXXXXX") || exit 1
users=()
chmod 755 "$work"
mkdir -m 700 "$work/run" "$work/data"
mkdir -m 755 "$work/bin"
cp "$isle_source" "$work/bin/isle"
PATH=$work/bin:$PATH
export ISLE_ROOT=$work/run ISLE_DATA=$work/data PATH

# ---------------------------------------------------------------- what the tests share

finish() {
	local user

	isle rm -af >/dev/null 2>&1
	for user in "${users[@]}"; do
		as "$user" isle rm -af >/dev/null 2>&1
		userdel "$user" 2>/dev/null
		rmdir "/sys/fs/cgroup/$user"/*/* "/sys/fs/cgroup/$user"/* "/sys/fs/cgroup/$user" 2>/dev/null
	done
	cd /
	rm -rf --one-file-system "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Runs the test function $1, which is described by the rest: status 0 is passed, 77 skipped for the reason in $why.
t() {
	local name=$1 status

	shift
	if [ ${#only[@]} -gt 0 ] && [[ " ${only[*]} " != *" $name "* ]]; then
		return
	fi
	number=$((number + 1)) why=
	"$name" >"$work/log" 2>&1
	status=$?
	if [ "$status" = 77 ]; then
		echo "ok $number $name: $* # SKIP $why"
	elif [ "$status" = 0 ]; then
		echo "ok $number $name: $*"
	else
		failures=$((failures + 1))
		echo "not ok $number $name: $*${why:+ ($why)}"
		sed 's/^/# /' "$work/log"
	fi
	isle rm -af >/dev/null 2>&1
}

skip() {
	why=$*
	return 77
}

# Fails with what was expected and found.
same() {
	[ "$1" = "$2" ] || {
		echo "expected: $1"
		echo "found:    $2"
		return 1
	}
}

has() { # TEXT PATTERN
	# shellcheck disable=SC2053 # a pattern
	[[ $1 == *$2* ]] || {
		echo "expected in it: $2"
		echo "found:          $1"
		return 1
	}
}

# Whether the controller $1 can be had by the containers of the caller.
controller() {
	local above=/sys/fs/cgroup own

	if [ "$(id -u)" != 0 ]; then
		own=$(sed -n 's/^0:://p' /proc/self/cgroup)
		above=/sys/fs/cgroup${own%/isle-caller}
	fi
	grep -qw "$1" "$above/cgroup.controllers" || skip "the controller $1 is not here"
}

inspected() { # CONTAINER KEY...: "state.oom_killed" of the JSON
	isle inspect "$1" | python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value.get(key, "")
print(value)' "${@:2}"
}

# The directory of container $1's group.
group_of() {
	local pid

	pid=$(inspected "$1" state pid)
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")"
}

wait_for() {
	local i

	for ((i = 0; i < 200; i++)); do
		"$@" && return
		sleep 0.05
	done
	echo "waited in vain for: $*"
	return 1
}

# Makes a small root at $1: a shell, what these tests call, and the libraries of all that; its owner is root, its secret too.
root_make() {
	local program path

	[ ! -e "$1/bin/sh" ] || return 0
	mkdir -p "$1"/{bin,etc,proc,sys,dev,run,tmp,root,lib,lib64,usr,var/tmp,work}
	chmod 1777 "$1/tmp" "$1/var/tmp"
	for program in sh cat sleep head id ls dd mkdir touch stat grep true kill chmod chown ln rm mv wc tail nproc env; do
		path=$(type -P "$program") || continue
		cp -L "$path" "$1/bin/"
		ldd "$path" 2>/dev/null | grep -o '/[^ ]*' | while read -r path; do
			mkdir -p "$1$(dirname "$path")"
			cp -nL "$path" "$1$path"
		done
	done
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$1/etc/group"
	echo 'root:secret' >"$1/etc/shadow"
	chmod 600 "$1/etc/shadow"
}
if [ "$(id -u)" = 0 ]; then
	root=$work/root
else
	root=$work/root
fi
root_make "$root"

# ---------------------------------------------------------------- containers, their limits, their groups

life() {
	local id

	id=$(isle run -d --name life "$root" sh -c 'echo out; echo err >&2; trap "exit 7" TERM; while :; do sleep 0.1; done') &&
		same "$id" "$(isle ps -q --no-trunc 2>/dev/null || isle ps -q)" &&
		wait_for eval 'isle logs life | grep -q out' &&
		has "$(isle logs life 2>&1)" err &&
		same 0 "$(isle exec life id -u)" &&
		isle pause life && has "$(isle ps)" paused && same 1 "$(cat "$(group_of life)/cgroup.freeze")" &&
		isle unpause life && same running "$(inspected life state status)" &&
		isle stop life && same 7 "$(inspected life state exit_status)" &&
		isle start life && isle kill life && isle wait life && same 137 "$(inspected life state exit_status)" &&
		isle rm life && same '' "$(isle ps -aq)"
}

leaves_nothing() {
	local before after

	before=$(find /sys/fs/cgroup -type d | sort; cat /proc/self/mountinfo; ls "$work/run"/*)
	isle run --rm -m 64m --cpus 1 "$root" true && isle run -d --rm --name gone "$root" sleep 100 && isle rm -f gone
	after=$(find /sys/fs/cgroup -type d | sort; cat /proc/self/mountinfo; ls "$work/run"/*)
	# The group that holds all containers stays.
	same "$before" "$(echo "$after" | grep -vx '/sys/fs/cgroup.*/isle')" || same "$before" "$after"
}

memory() {
	controller memory || return
	isle run -d --name hog -m 32m "$root" dd if=/dev/zero of=/dev/null bs=100M count=1 || return
	same 137 "$(isle wait hog)" && same True "$(inspected hog state oom_killed)"
}

memory_files() {
	controller memory || return
	isle run -d --name m -m 64m --memory-swap 96m --memory-reservation 32m "$root" sleep 100 &&
		same 67108864 "$(cat "$(group_of m)/memory.max")" && same 33554432 "$(cat "$(group_of m)/memory.low")" || return
	[ ! -e "$(group_of m)/memory.swap.max" ] || same 33554432 "$(cat "$(group_of m)/memory.swap.max")"
}

memory_exec() {
	controller memory || return
	isle run -d --name m -m 48m "$root" sleep 100 || return
	isle exec m dd if=/dev/zero of=/dev/null bs=100M count=1
	same 137 $? && same running "$(inspected m state status)"
}

cpus() {
	controller cpu || return
	isle run -d --name c --cpus 0.2 --cpu-shares 2048 "$root" sh -c 'while :; do :; done' || return
	same '20000 100000' "$(cat "$(group_of c)/cpu.max")" && same 79 "$(cat "$(group_of c)/cpu.weight")" || return
	wait_for grep -q '^nr_throttled [1-9]' "$(group_of c)/cpu.stat"
}

cpuset() {
	controller cpuset || return
	isle run -d --name c --cpuset-cpus 0 "$root" sleep 100 &&
		same 0 "$(cat "$(group_of c)/cpuset.cpus.effective")" && same 1 "$(isle exec c nproc)"
}

pids() {
	controller pids || return
	same 20 "$(isle run --rm --pids-limit 20 "$root" cat /sys/fs/cgroup/pids.max)" || return
	# A shell that cannot fork says so; 50 sleepers do not fit into 20.
	isle run --rm --pids-limit 20 "$root" sh -c 'i=0; while [ $i -lt 50 ]; do sleep 5 & i=$((i+1)); done' && return 1
	isle run -d --name p --pids-limit 1 "$root" sleep 100 && ! isle exec p sh -c 'true; true | true'
}

pids_default() {
	controller pids || return
	same 2048 "$(isle run --rm "$root" cat /sys/fs/cgroup/pids.max)"
}

read_bps() {
	local disk begin

	controller io || return
	disk=$(df --output=source "$work" | tail -n 1)
	[ -b "$disk" ] || skip "$work is on no disk" || return
	dd if=/dev/zero of="$root/work/blob" bs=1M count=4 conv=fsync || return
	begin=$(date +%s%N)
	isle run -d --name io --device-read-bps "$disk:1m" -v "$root/work:/work:noidmap" "$root" \
		dd if=/work/blob of=/dev/null bs=256k iflag=direct || return
	has "$(cat "$(group_of io)/io.max")" 'rbps=1048576' || return
	same 0 "$(isle wait io)" || return
	[ $((($(date +%s%N) - begin) / 1000000)) -ge 2500 ] || {
		echo "4 MiB at 1 MiB/s took less than 2.5 s"
		return 1
	}
}

own_group() {
	local seen

	seen=$(isle run --rm "$root" sh -c '
		cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs | head -n 1
		mkdir /sys/fs/cgroup/x 2>/dev/null && echo made
		echo 1 2>/dev/null >/sys/fs/cgroup/cgroup.freeze && echo wrote; grep -c " /sys/fs/cgroup .*ro," /proc/self/mountinfo')
	same $'0::/\n1\n1' "$seen"
}

exec_joins() {
	isle run -d --name e "$root" sleep 100 && isle exec -d e sleep 200 &&
		wait_for eval '[ "$(wc -l <"$(group_of e)/cgroup.procs")" = 2 ]'
}

no_controller() {
	local said

	[ -e /sys/fs/cgroup/cgroup.controllers ] || return
	! grep -qw cpuset /sys/fs/cgroup/cgroup.controllers || skip "every controller is here" || return
	said=$(isle run --rm --cpuset-cpus 0 "$root" true 2>&1)
	same 125 $? && has "$said" 'needs the control group controller "cpuset"'
}

limits_tests() {
	t life "run, ps, logs, exec, pause, stop, start, kill, wait and rm"
	t leaves_nothing "no group, mount or directory is left"
	t memory "--memory: the out-of-memory killer ends it with 137, and inspect says so"
	t memory_files "--memory, --memory-swap and --memory-reservation are in the group"
	t memory_exec "an exec'd program is under the limit"
	t cpus "--cpus throttles, --cpu-shares becomes a weight"
	t cpuset "--cpuset-cpus"
	t pids "--pids-limit"
	t pids_default "the default bound on processes is the group's"
	t read_bps "--device-read-bps"
	t own_group "inside, /sys/fs/cgroup is the container's own, read-only"
	t exec_joins "an exec'd program is in the container's group"
	t no_controller "a limit without its controller is refused with a reason"
}
