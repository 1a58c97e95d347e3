#!/bin/bash
# shellcheck disable=SC2016,SC2317 # containers' own words; the tests are called by name
# SPDX-License-Identifier: GPL-2.0-or-later
#
# inside.sh [TEST...]: proves isle on the machine that it runs on, which should be a virtual one: a machine with pure cgroup v2.
#
# As root: control groups, the layers of this kernel, plain users that it makes for the time, and what the machine forbids.
# As a plain user: what works in this session.  Prints TAP; the exit status is 0 if all that ran passed.
#
# ISLE is the program (build/isle).  TMPDIR (/var/tmp) is on a disk of this machine: ext4 shows most.  What it makes is in one
# directory there and in groups called after containers and isle-vm-*; all of it goes at the end.
#
# Should:  depend on nothing but isle, util-linux and what any Debian has; say why a test is skipped.
# Mustn't: leave a sysctl or a group behind; touch the machine's /etc.

set -u
PATH=$PATH:/usr/sbin:/sbin
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
isle_source=$(realpath "${ISLE:-$here/../../build/isle}")
number=0 failures=0
read -ra only <<<"${ISLE_VM_TESTS:-} $*" # those of the plain users too

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
# A copy, since plain users cannot go everywhere; 'isle' keeps its state apart where ISLE_RUN says so.
cp "$isle_source" "$work/bin/isle.real"
cat >"$work/bin/isle" <<-'END'
	#!/bin/sh
	exec "${0%/*}/isle.real" ${ISLE_RUN:+--root "$ISLE_RUN" --data "$ISLE_DATA"} "$@"
END
chmod 755 "$work/bin/isle"
PATH=$work/bin:$PATH
export ISLE_RUN=$work/run ISLE_DATA=$work/data PATH

# ---------------------------------------------------------------- what the tests share

finish() {
	local user

	isle rm -af >/dev/null 2>&1
	for user in "${users[@]}"; do
		as "$user" isle rm -af >/dev/null 2>&1
		find "/sys/fs/cgroup/$user" -depth -type d -exec rmdir {} \; 2>/dev/null
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

# The value of $2 in the state of container $1.
state() {
	isle inspect "$1" | sed -n '/^    "state"/,/^    }/s/^      "'"$2"'": "\{0,1\}\([^",]*\).*/\1/p'
}

# The directory of container $1's group.
group_of() {
	local pid

	pid=$(state "$1" pid)
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

# Whether the kernel is older than $1.$2.
older_than() {
	local major minor

	IFS=. read -r major minor _ <<<"$(uname -r)"
	((major < $1 || (major == $1 && ${minor%%[!0-9]*} < $2)))
}

# Makes a small root at $1: a shell, what these tests call, and the libraries of all that; its owner is root, its secret too.
root_make() {
	local programs libraries

	[ ! -e "$1/bin/sh" ] || return 0
	mkdir -p "$1"/{bin,etc,proc,sys,dev,run,tmp,root,usr,var/tmp,work}
	chmod 1777 "$1/tmp" "$1/var/tmp"
	mapfile -t programs < <(type -P sh cat sleep head id ls dd mkdir touch stat grep true kill chmod chown ln rm mv wc tail nproc env umount)
	mapfile -t libraries < <(ldd "${programs[@]}" 2>/dev/null | grep -o '/[^ :]*\.so[^ :]*' | sort -u)
	cp -L "${programs[@]}" "$1/bin/"
	(cd / && cp -L --parents "${libraries[@]#/}" "$1/")
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$1/etc/group"
	echo machine >"$1/etc/hostname"
	echo 'root:secret' >"$1/etc/shadow"
	chmod 600 "$1/etc/shadow"
}
root=$work/root
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
		isle unpause life && same running "$(state life status)" &&
		isle stop life && same 7 "$(state life exitStatus)" &&
		isle start life && isle kill life && isle wait life && same 137 "$(state life exitStatus)" &&
		isle rm life && same '' "$(isle ps -aq)"
}

leaves_nothing() {
	local before after

	before=$(find /sys/fs/cgroup -type d | sort; cat /proc/self/mountinfo; ls "$work/run"/*)
	isle run --rm -m 64m --cpus 1 "$root" true && isle run -d --rm --name gone "$root" sleep 1000 && isle rm -f gone
	after=$(find /sys/fs/cgroup -type d | sort; cat /proc/self/mountinfo; ls "$work/run"/*)
	# The group that holds all containers stays.
	same "$before" "$(echo "$after" | grep -vx '/sys/fs/cgroup.*/isle')" || same "$before" "$after"
}

memory() {
	controller memory || return
	isle run -d --name hog -m 32m "$root" dd if=/dev/zero of=/dev/null bs=100M count=1 || return
	same 137 "$(isle wait hog)" && same true "$(state hog oomKilled)"
}

memory_files() {
	controller memory || return
	isle run -d --name m -m 64m --memory-swap 96m --memory-reservation 32m "$root" sleep 1000 &&
		same 67108864 "$(cat "$(group_of m)/memory.max")" && same 33554432 "$(cat "$(group_of m)/memory.low")" || return
	[ ! -e "$(group_of m)/memory.swap.max" ] || same 33554432 "$(cat "$(group_of m)/memory.swap.max")"
}

memory_exec() {
	controller memory || return
	isle run -d --name m -m 48m "$root" sleep 1000 || return
	isle exec m dd if=/dev/zero of=/dev/null bs=100M count=1
	same 137 $? && same running "$(state m status)"
}

cpus() {
	controller cpu || return
	isle run -d --name c --cpus 0.2 --cpu-shares 2048 "$root" sh -c 'while :; do :; done' || return
	same '20000 100000' "$(cat "$(group_of c)/cpu.max")" && [ "$(cat "$(group_of c)/cpu.weight")" -gt 100 ] || return
	wait_for grep -q '^nr_throttled [1-9]' "$(group_of c)/cpu.stat"
}

cpuset() {
	controller cpuset || return
	isle run -d --name c --cpuset-cpus 0 "$root" sleep 1000 &&
		same 0 "$(cat "$(group_of c)/cpuset.cpus.effective")" && same 1 "$(isle exec c nproc)"
}

pids() {
	controller pids || return
	same 20 "$(isle run --rm --pids-limit 20 "$root" cat /sys/fs/cgroup/pids.max)" || return
	# A shell that cannot fork says so; 50 sleepers do not fit into 20.
	isle run --rm --pids-limit 20 "$root" sh -c 'i=0; while [ $i -lt 50 ]; do sleep 5 & i=$((i+1)); done' && return 1
	isle run -d --name p --pids-limit 6 "$root" sleep 1000 && ! isle exec p sh -c 'for i in 1 2 3 4 5 6 7; do sleep 1 & done'
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
	isle run -d --name e "$root" sleep 1000 && isle exec -d e sleep 1000 &&
		wait_for eval '[ "$(wc -l <"$(group_of e)/cgroup.procs")" = 2 ]'
}

no_controller() {
	local said

	[ -e /sys/fs/cgroup/cgroup.controllers ] || return
	! grep -qw cpuset /sys/fs/cgroup/cgroup.controllers || skip "every controller is here" || return
	said=$(isle run --rm --cpuset-cpus 0 "$root" true 2>&1)
	same 125 $? && has "$said" 'the requested cgroup controller `cpuset` is not available'
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

# ---------------------------------------------------------------- roots: layers, owners, what stays unreadable

# Runs a command on a machine whose root is the directory $1, on a file system that is no overlay: a mount namespace.
on_machine() {
	local new=$1

	shift
	unshare --mount --propagation private bash -c '
		new=$1 state=$2; shift 2
		mount --bind "$new" "$new" && cd "$new" || exit
		for dir in proc sys dev run; do mount --rbind "/$dir" "$dir" || exit; done
		mkdir -p work old && mount --bind "$state" work && mount --make-rprivate . && pivot_root . old && cd / || exit
		umount -l /old
		ISLE_RUN=/work/run ISLE_DATA=/work/data exec "$@"' machine "$new" "$work" "$@"
}

# The machine's own root, from a disk or from an overlay: what root alone may read stays unread, and what is written is gone.
host_root() { # how isle is called
	local said

	said=$("$@" run --rm host sh -c '
		id -u; cat /etc/shadow 2>/dev/null && echo leaked; echo new >/made && cat /made; cat /etc/hostname >/dev/null && echo own
		cat /etc/passwd >/dev/null && echo read') || return
	same $'0\nnew\nown\nread' "$said" && [ ! -e /made ] && [ ! -e "$work/machine/made" ]
}

host_overlay() {
	[ "$(id -u)" = 0 ] || skip "for root" || return
	[ "$(stat -f -c %T /)" = overlayfs ] || skip "this machine's root is no overlay" || return
	host_root isle && has "$(isle run --rm host true 2>&1)" 'refuses idmapped mounts' || return
	isle run -d --name h host sleep 1000 && has "$(isle inspect h)" 'refuses idmapped mounts' || return
	# Started again, it is what it was.
	isle kill h && isle wait h && isle start h && ! isle exec h cat /etc/shadow
}

host_overlay_as_root() {
	local said

	[ "$(id -u)" = 0 ] || skip "for root" || return
	[ "$(stat -f -c %T /)" = overlayfs ] || skip "this machine's root is no overlay" || return
	said=$(isle run --rm --userns host host cat /etc/shadow 2>&1)
	same 125 $? && has "$said" 'the kernel stacks two at most' && has "$(isle run --rm --userns host --host-private host cat /etc/shadow)" root:
}

host_disk() {
	[ "$(id -u)" = 0 ] || skip "for root" || return
	root_make "$work/machine"
	echo secret >"$work/machine/etc/other"
	chown 1000:1000 "$work/machine/etc/other" && chmod 600 "$work/machine/etc/other" || return
	host_root on_machine "$work/machine" /work/bin/isle || return
	! on_machine "$work/machine" /work/bin/isle run --rm host cat /etc/other || return
	! on_machine "$work/machine" /work/bin/isle run --rm --userns host host cat /etc/shadow || return
	same root:secret "$(on_machine "$work/machine" /work/bin/isle run --rm --host-private host cat /etc/shadow)"
}

host_disk_owners() {
	[ "$(id -u)" = 0 ] || skip "for root" || return
	root_make "$work/machine"
	idmapped || return
	same '0 0' "$(on_machine "$work/machine" /work/bin/isle run --rm host stat -c '%u %g' /etc/passwd)" &&
		same ok "$(on_machine "$work/machine" /work/bin/isle run --rm host sh -c 'echo ok >/etc/passwd && cat /etc/passwd')" &&
		has "$(cat "$work/machine/etc/passwd")" root:
}

# Whether this kernel's overlays take layers with shifted owners, and the file system of the work directory shifts them.
idmapped() {
	! older_than 5 19 || skip "this kernel does not shift owners of layers" || return
	case $(stat -f -c %T "$work") in
	ext2/ext3 | xfs | btrfs) ;;
	*) skip "the file system of $work may not shift owners" ;;
	esac
}

layer() {
	isle run --name l "$root" sh -c 'echo 1 >>/etc/passwd; mkdir /new; chown 7:8 /new; rm /bin/tail; [ ! -e /bin/tail ]' &&
		[ -e "$root/bin/tail" ] && [ ! -e "$root/new" ] && same 2 "$(wc -l <"$root/etc/passwd")" || return
	isle rm l
	isle run -d --name l "$root" sh -c 'echo more >>/kept; sleep 1000' && wait_for isle exec l cat /kept || return
	isle kill l && isle wait l && isle start l && wait_for eval '[ "$(isle exec l wc -l /kept)" = "2 /kept" ]'
}

owners() {
	[ "$(id -u)" = 0 ] || skip "for root" || return
	idmapped || return
	mkdir -p "$root/work/d" && chown 5:6 "$root/work/d" || return
	same '5 6' "$(isle run --rm "$root" stat -c '%u %g' /work/d)" &&
		isle run --rm --rw "$root" sh -c 'mkdir -p /work/e && chown 7:8 /work/e' && same '7 8' "$(stat -c '%u %g' "$root/work/e")" &&
		isle run --rm -v "$root/work:/mnt/w" "$root" sh -c 'mkdir -p /mnt/w/f && chown 9:10 /mnt/w/f' &&
		same '9 10' "$(stat -c '%u %g' "$root/work/f")"
}

# Under systemd every mount is shared: nothing that is mounted in a container may reach the machine.
shared_mounts() {
	[ "$(id -u)" = 0 ] || skip "for root" || return
	unshare --mount --propagation private bash -c '
		mount --bind "$1" "$1" && mount --make-shared "$1" || exit
		# But for the seeds, which each mount namespace has to have for itself.
		mounts() { cut -d" " -f5 /proc/self/mountinfo | grep -v "^/run/isle/seeds"; }
		before=$(mounts)
		isle run -d --rw --name s -v "$1/tmp:/mnt/v" -v "$1/usr:/mnt/v/u" "$1" sleep 1000 && isle exec s ls /proc/self >/dev/null &&
			[ "$before" = "$(mounts)" ]
		status=$?
		isle rm -f s
		exit $status' shared "$root"
}

read_only() {
	same no "$(isle run --rm --read-only "$root" sh -c 'mkdir /x 2>/dev/null || echo no')"
}

own_ids() {
	local map

	[ "$(id -u)" != 0 ] || idmapped || return
	map=$(isle run --rm "$root" sh -c 'read -r inside outside count </proc/self/uid_map; echo $inside $outside $count')
	has "$map" '0 ' && [[ $map != *"0 0 "* ]]
}

# ---------------------------------------------------------------- namespaces, signals, terminals on this kernel

isolation() {
	local said kind

	isle run -d --name i "$root" sleep 1000 || return
	for kind in user cgroup ipc uts net mnt pid; do
		[ "$(readlink "/proc/$(state i pid)/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ] || {
			echo "not its own: $kind"
			return 1
		}
	done
	said=$(isle exec i sh -c 'echo $(ls /proc | grep -c "^[0-9]")')
	[ "$said" -le 6 ]
}

time_namespace() {
	local said

	if [ -e /proc/self/ns/time ]; then
		isle run -d --name i "$root" sleep 1000 &&
			[ "$(readlink "/proc/$(state i pid)/ns/time")" != "$(readlink /proc/self/ns/time)" ]
	else
		said=$(isle run --rm "$root" true 2>&1) && has "$said" 'has no time namespaces' || return
		said=$(isle run --rm --time private "$root" true 2>&1)
		same 125 $? && has "$said" 'without time namespaces'
	fi
}

joins() {
	isle run -d --name db "$root" sleep 1000 || return
	same "$(readlink "/proc/$(state db pid)/ns/net")" "$(isle run --rm --net container:db "$root" sh -c 'ls -l /proc/self/ns/net' | grep -o 'net:.*')"
}

hidden() {
	same '' "$(isle run --rm "$root" sh -c 'cat /proc/keys /proc/timer_list 2>/dev/null; for d in /proc/acpi /sys/firmware; do ls $d 2>/dev/null; done')" || return
	! isle run --rm "$root" sh -c 'echo 1 >/proc/sys/vm/drop_caches'
}

terminal() {
	type script >/dev/null || skip "there is no script(1)" || return
	has "$(script -qec "isle run --rm -t $root sh -c 'ls -l /proc/self/fd/0; ls /dev/console'" /dev/null </dev/null)" /dev/pts/0
}

devices() {
	same 'full null ptmx random shm tty urandom zero' \
		"$(isle run --rm "$root" sh -c 'for f in full null ptmx random shm tty urandom zero; do [ -e /dev/$f ] && echo $f; done' | tr '\n' ' ' | sed 's/ $//')" &&
		same 3 "$(isle run --rm "$root" sh -c 'head -c 3 /dev/zero | wc -c')"
}

killed_owner() {
	local owner

	isle run "$root" sleep 1000 &
	owner=$!
	wait_for eval '[ -n "$(isle ps -q)" ]' || return
	kill -9 "$owner" && wait "$owner"
	wait_for eval '[ -z "$(isle ps -q)" ]' && wait_for eval '! ls -d /sys/fs/cgroup/isle/?*/ 2>/dev/null | grep -q .'
}

kernel_tests() {
	t host_overlay "host, on an overlay: says that owners are not shifted, and secrets stay unread"
	t host_overlay_as_root "host, on an overlay, with the machine's own ids: refused, unless secrets may be read"
	t host_disk "host, on a disk: secrets stay unread"
	t host_disk_owners "host, on a disk: owners are the machine's, and can be written"
	t layer "a directory below a layer that is kept until rm"
	t owners "owners in layers, with --rw and with -v"
	t shared_mounts "on shared mounts, with --rw and nested -v: nothing that is mounted inside reaches the machine"
	t read_only "--read-only"
	t own_ids "a range of ids of its own"
	t isolation "namespaces of its own"
	t time_namespace "a time namespace, where the kernel has one"
	t joins "--net container:NAME"
	t hidden "hidden and read-only files of /proc and /sys"
	t terminal "-t"
	t devices "/dev"
	t killed_owner "a killed isle takes its container along, and the next command cleans up"
}

# ---------------------------------------------------------------- plain users

# Makes the user $1 with id $2, with subordinate ids ($3 = many) or with one id, a group delegated to him, and a home.  The
# machine's /etc stays as it is: he is in files that lie over those in a mount namespace (as).
user_make() {
	local etc=$work/etc-$1 controller

	[ ! -d "$etc" ] || return 0
	mkdir "$etc" "$work/$1" "$work/$1/runtime" && chown -R "$2:$2" "$work/$1" && chmod 700 "$work/$1/runtime" || return
	printf 'root:x:0:0::/root:/bin/sh\n%s:x:%s:%s::%s:/bin/sh\n' "$1" "$2" "$2" "$work/$1" >"$etc/passwd"
	printf 'root:x:0:\n%s:x:%s:\n' "$1" "$2" >"$etc/group"
	: >"$etc/subuid"
	[ "$3" != many ] || echo "$1:${2}00000:65536" >"$etc/subuid"
	cp "$etc/subuid" "$etc/subgid"
	users+=("$1")
	mkdir -p "/sys/fs/cgroup/$1" && chown "$2" "/sys/fs/cgroup/$1"{,/cgroup.procs,/cgroup.subtree_control} || return
	# shellcheck disable=SC2013 # words
	for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
		echo "+$controller" >"/sys/fs/cgroup/$1/cgroup.subtree_control"
	done 2>/dev/null
	return 0
}

# Becomes user $1 and runs a command; to be called in a subshell.
become() {
	local user=$1

	shift
	cd / || exit
	unset ISLE_RUN ISLE_DATA
	exec unshare --mount --propagation slave bash -c '
		etc=$1 user=$2 home=$3; shift 3
		for file in passwd group subuid subgid; do
			[ ! -e "/etc/$file" ] || mount --bind "$etc/$file" "/etc/$file" || exit
		done
		exec setpriv --reuid "$user" --regid "$user" --init-groups --reset-env env PATH="$PATH" HOME="$home" \
			TMPDIR="$home" XDG_RUNTIME_DIR="$home/runtime" "$@"' as "$work/etc-$user" "$user" "$work/$user" "$@"
}

# Runs a command as a login of user $1: in a new group below the one that was delegated to him.
as() {
	(
		group=$(mktemp -d "/sys/fs/cgroup/$1/login.XXXXXX") && chown -R "$(stat -c %u "$work/$1")" "$group" &&
			echo "$BASHPID" >"$group/cgroup.procs" && become "$@"
	)
}

# The same in the group of the caller, which is not the user's.
as_is() {
	(become "$@")
}

# The whole of this script, as a user with $1 ids.
rootless() {
	local name=isle-vm-$1

	user_make "$name" "$2" "$1" && cp "$(realpath "${BASH_SOURCE[0]}")" "$work/bin/inside.sh" || return
	as "$name" env ISLE="$work/bin/isle.real" ISLE_VM_TESTS="${only[*]}" bash "$work/bin/inside.sh" | tee "$work/tap"
	[ "${PIPESTATUS[0]}" = 0 ] && grep -q '^1\.\.' "$work/tap"
}

rootless_many() {
	type newuidmap >/dev/null && [ -e /etc/subuid ] || skip "there is no newuidmap(1) or no /etc/subuid" || return
	rootless many 21001
}

rootless_one() {
	rootless one 21002
}

# As a plain user: his ids, his files, his logins.
user_ids() {
	local lines

	lines=$(isle run --rm "$root" sh -c 'cat /proc/self/uid_map | wc -l')
	if grep -q "^$(id -un):" /etc/subuid; then
		same 2 "$lines" && same '7 8' "$(isle run --rm "$root" sh -c 'touch /f; chown 7:8 /f; stat -c "%u %g" /f')"
	else
		same 1 "$lines"
	fi
	same 'root 0' "$(isle run --rm "$root" sh -c 'echo root $(id -u)')"
}

user_host() {
	local said

	said=$(isle run --rm host sh -c 'id -u; cat /etc/shadow 2>/dev/null && echo leaked; cat /etc/passwd >/dev/null && echo read') &&
		same $'0\nread' "$said"
}

user_host_writes() {
	same 'new 0' "$(isle run --rm host sh -c 'echo new >/opt/isle-new && echo $(cat /opt/isle-new) $(stat -c %u /opt/isle-new)')" &&
		[ ! -e /opt/isle-new ]
}

user_runtime() {
	[ -n "${XDG_RUNTIME_DIR:-}" ] || skip "this session has no XDG_RUNTIME_DIR" || return
	(
		unset ISLE_RUN ISLE_DATA
		export XDG_DATA_HOME=$work/xdg
		isle run -d --name x "$root" sleep 1000 && [ -L "$XDG_RUNTIME_DIR/isle/names/x" ] && [ -d "$work/xdg/isle/containers" ]
		status=$?
		isle rm -f x
		exit "$status"
	)
}

# Runs a command as another login of the same user: in another group.
other_login() {
	if [ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] && type systemd-run >/dev/null; then
		systemd-run --user --quiet --wait --pipe --property=Delegate=yes env PATH="$PATH" ISLE_RUN="$ISLE_RUN" ISLE_DATA="$ISLE_DATA" "$@"
		return
	fi
	local above

	above=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
	above=$(dirname "${above%/isle-caller}")
	[ -w "$above/cgroup.procs" ] || skip "this user has one delegated group" || return
	(
		mkdir -p "$above/other" && echo "$BASHPID" >"$above/other/cgroup.procs" || exit
		"$@"
	)
}

user_logins() {
	local id pid

	id=$(isle run -d --name login "$root" sleep 1000) && pid=$(state login pid) || return
	other_login isle ps -q >"$work/ps" || return
	has "$id" "$(cat "$work/ps")" && same 0 "$(other_login isle exec login id -u)" || return
	other_login isle exec -d login sleep 1000 || return
	wait_for eval '[ "$(wc -l <"$(group_of login)/cgroup.procs")" = 2 ]' || return
	other_login isle pause login && same 1 "$(cat "$(group_of login)/cgroup.freeze")" && other_login isle unpause login || return
	local group
	group=$(group_of login)
	other_login isle rm -f login && [ ! -e "/proc/$pid" ] && wait_for [ ! -e "$group" ]
}

# Before Linux 5.11 a plain user lays no layers: it says so, and shows the machine read-only.
user_no_layers() {
	local said

	said=$(isle run --rm "$root" true 2>&1)
	same 125 $? && has "$said" 'only root lay layers' && same 0 "$(isle run --rm --rw "$root" id -u)" &&
		same 0 "$(isle run --rm host id -u)"
}

user_tests() {
	t user_ids "own ids: subordinate ones, or one"
	t user_host "host: secrets stay unread"
	t user_host_writes "host: what is written goes to a layer"
	t user_runtime "state in XDG_RUNTIME_DIR and XDG_DATA_HOME"
	t user_logins "another login sees, enters, freezes and removes the container"
}

# From a login whose group was not delegated a container is seen and ended, but not entered: that would be without its limits.
elsewhere() {
	local user=isle-vm-else said

	! older_than 5 11 || skip "plain users have no layers here" || return
	user_make "$user" 21004 one && as "$user" isle run -d --name e host sleep 1000 || return
	has "$(as_is "$user" isle ps)" running || return
	said=$(as_is "$user" isle exec e id 2>&1)
	same 125 $? && has "$said" 'may not move' && has "$said" 'systemd-run --user' || return
	as_is "$user" isle pause e && as_is "$user" isle unpause e && as_is "$user" isle rm -f e && same '' "$(as_is "$user" isle ps -aq)" ||
		return
	# Without a group there is no limit; asked for one, it is refused.
	as_is "$user" isle run --rm host true || return
	said=$(as_is "$user" isle run --rm -m 64m host true 2>&1)
	same 125 $? && has "$said" 'the requested cgroup controller' && has "$said" 'systemd-run --user'
}

# ---------------------------------------------------------------- what the machine forbids

# With the sysctl $1 set to $2 a plain user's run fails and names it.
forbidden() {
	local name=isle-vm-no before said status

	[ -e "/proc/sys/$1" ] || skip "this kernel has no ${1//\//.}" || return
	user_make "$name" 21003 one || return
	before=$(cat "/proc/sys/$1")
	echo "$2" >"/proc/sys/$1"
	said=$(as "$name" isle run --rm host true 2>&1)
	status=$?
	echo "$before" >"/proc/sys/$1"
	same 125 "$status" && has "$said" "sysctl ${1//\//.}="
}

no_unprivileged() {
	forbidden kernel/unprivileged_userns_clone 0
}

no_namespaces() {
	forbidden user/max_user_namespaces 0
}

apparmor() {
	forbidden kernel/apparmor_restrict_unprivileged_userns 1
}

# ---------------------------------------------------------------- all of it

echo "# $(uname -r), $(id -un), / on $(stat -f -c %T /), $work on $(stat -f -c %T "$work")"
if [ "$(id -u)" != 0 ] && older_than 5 11; then
	t user_no_layers "no layers, and a word about it"
	echo "1..$number"
	exit $((failures > 0))
fi
limits_tests
kernel_tests
if [ "$(id -u)" = 0 ]; then
	t rootless_many "a plain user with subordinate ids: all that he can"
	t rootless_one "a plain user with one id: all that he can"
	t elsewhere "a plain user's login in a group that is not his: containers are ended, not entered"
	t no_unprivileged "user namespaces forbidden: the error names the sysctl"
	t no_namespaces "user namespaces limited to 0: the error names the sysctl"
	t apparmor "user namespaces forbidden by AppArmor: the error names the sysctl"
else
	user_tests
fi
echo "1..$number"
exit $((failures > 0))
