#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the options of podman run set is so inside: namespaces, mounts, ids, rights, limits, devices.

load ../lib/podman

setup_file() { podman_setup_file; }
teardown_file() { engines_teardown_file; }
teardown() { podman_teardown; }

@test "limits: memory, pids and cpus are the container's, and update changes them" {
	podman run -d --name db --memory 64m --pids-limit 50 --cpus 0.5 box sleep 1000
	[ "$(limit db memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(limit db pids pids.max pids.max)" = 50 ]
	[[ $(limit db cpu cpu.cfs_quota_us cpu.max) =~ ^50000( 100000)?$ ]]
	podman update --memory 96m --cpus 0.25 db
	[ "$(limit db memory memory.limit_in_bytes memory.max)" = 100663296 ]
	[[ $(limit db cpu cpu.cfs_quota_us cpu.max) =~ ^25000( 100000)?$ ]]
	[ "$(limit db pids pids.max pids.max)" = 50 ]
}

# The value of a file of container $1's cgroup: of controller $2 on v1 file $3, on v2 file $4.
limit() {
	local pid path

	pid=$(inspected "$1" .State.Pid)
	path=$(inside cat "/proc/$pid/cgroup")
	if inside test -d "/sys/fs/cgroup/$2"; then
		inside cat "/sys/fs/cgroup/$2$(sed -n "s|^[0-9]*:$2:||p" <<<"$path")/$3"
	else
		inside cat "/sys/fs/cgroup$(sed -n 's|^0::||p' <<<"$path")/$4"
	fi
}

@test "limits of the other controllers, where the machine has them" {
	if inside sh -c 'test -d /sys/fs/cgroup/cpuset || grep -qw cpuset /sys/fs/cgroup/cgroup.controllers'; then
		podman run --rm --cpuset-cpus 0 box grep -qx 'Cpus_allowed_list:.0' /proc/self/status
	fi
	podman run -d --name db --cpu-shares 512 \
		--memory 64m --memory-reservation 32m --memory-swap 128m box sleep 1000
	[ "$(limit db memory memory.soft_limit_in_bytes memory.low)" = 33554432 ]
	[[ $(limit db memory memory.memsw.limit_in_bytes memory.swap.max) =~ ^(134217728|67108864)$ ]]
	[[ $(limit db cpu cpu.shares cpu.weight) =~ ^(512|20|59)$ ]] # of two ways to convert
}

@test "more memory than the limit ends the container by OOM" {
	run -137 podman run --rm --memory 16m --memory-swap 16m box sh -c 'dd if=/dev/zero of=/dev/null bs=64M'
}

@test "--pids-limit stops a fork bomb" {
	run podman run --rm --pids-limit 10 box sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo all'
	[[ $output =~ 'fork' ]]
}

@test "--net none, host and container:" {
	[ "$(podman run --rm --net none box ls /sys/class/net)" = lo ]
	podman run --rm --net host box true
	podman run -d --name db --net none box sleep 1000
	ns=$(podman exec db readlink /proc/self/ns/net)
	[ "$(podman run --rm --net container:db box readlink /proc/self/ns/net)" = "$ns" ]
}

@test "--pid, --ipc and --uts of another container, and of the host" {
	podman run -d --name db --ipc shareable --hostname shop box sleep 1000
	run -0 podman run --rm --pid container:db --ipc container:db --uts container:db box \
		sh -c 'ps -o args; hostname; readlink /proc/self/ns/ipc'
	[[ $output =~ 'sleep 1000' ]]
	[[ $output =~ shop ]]
	[[ $output == *"$(podman exec db readlink /proc/self/ns/ipc)"* ]]
	run -0 podman run --rm --pid host --ipc host --uts host box sh -c 'ps -o args; hostname'
	[[ $output =~ catatonit ]]
	[[ $output =~ world ]]
}

@test "volumes: named, of the host, read-only, with a propagation" {
	inside mkdir -p /run/shelf
	inside sh -c 'echo apples >/run/shelf/stock'
	[ "$(podman run --rm -v /run/shelf:/shelf:ro box cat /shelf/stock)" = apples ]
	run ! podman run --rm -v /run/shelf:/shelf:ro box touch /shelf/new
	[[ ${output,,} =~ 'read-only file system' ]]
	podman run --rm -v /run/shelf:/shelf box sh -c 'echo pears >/shelf/stock'
	[ "$(inside cat /run/shelf/stock)" = pears ]
	podman run --rm -v data:/data box sh -c 'echo kept >/data/note'
	[ "$(podman run --rm -v data:/data box cat /data/note)" = kept ]
	# A single file, and a tree with a mount in it that comes and goes while the container runs.
	[ "$(podman run --rm -v /run/shelf/stock:/etc/stock:ro box cat /etc/stock)" = pears ]
	inside sh -c 'mount -t tmpfs tmpfs /run/shelf && mount --make-shared /run/shelf && mkdir /run/shelf/late'
	podman run -d --name db -v /run/shelf:/shelf:rslave box sleep 1000
	inside sh -c 'mount -t tmpfs tmpfs /run/shelf/late && touch /run/shelf/late/here'
	podman exec db test -e /shelf/late/here
	podman rm -f -t 0 db
	inside umount -R /run/shelf
}

@test "--mount, --tmpfs, --shm-size, --read-only" {
	run -0 podman run --rm --tmpfs /scratch:size=1m,mode=1777 --shm-size 2m --read-only box sh -c '
		grep " /scratch " /proc/mounts; stat -c %a /scratch; grep " /dev/shm " /proc/mounts
		touch /new 2>&1; touch /tmp/new /scratch/new && echo written'
	[[ $output =~ size=1024k ]]
	[[ $output =~ 1777 ]]
	[[ $output =~ size=2048k ]]
	[[ $output =~ 'Read-only file system' ]]
	[[ $output =~ written ]]
	# tmpcopyup: what was there is in the tmpfs.
	[ "$(podman run --rm --mount type=tmpfs,tmpfs-size=1m,destination=/etc box head -c 4 /etc/passwd)" = root ]
	inside mkdir -p /run/shelf
	podman run --rm --mount type=bind,src=/run/shelf,dst=/shelf,ro=true box sh -c '! touch /shelf/new'
}

@test "--userns=auto, keep-id's kin, and a map by hand" {
	run -0 podman run --rm --userns=auto box \
		sh -c 'cat /proc/self/uid_map; id -u; touch /new && stat -c %u /new; stat -c %u /bin/busybox'
	[[ ${lines[0]} =~ ^\ +0\ +2[0-9]{6}\ +[0-9]+$ ]]
	[ "${lines[1]} ${lines[2]} ${lines[3]}" = '0 0 0' ]
	run -0 podman run --rm --uidmap 0:500000:1000 --gidmap 0:600000:1000 box \
		sh -c 'cat /proc/self/uid_map /proc/self/gid_map'
	[[ ${lines[0]} =~ ^\ +0\ +500000\ +1000$ ]]
	[[ ${lines[1]} =~ ^\ +0\ +600000\ +1000$ ]]
	podman run -d --name db --userns=auto box sleep 1000
	[ "$(podman exec db id -u)" = 0 ]
	[ "$(podman exec --user web db id -u)" = 33 ]
	# Another container in the same user namespace.
	ns=$(podman exec db readlink /proc/self/ns/user)
	[ "$(podman run --rm --userns container:db box readlink /proc/self/ns/user)" = "$ns" ]
}

@test "capabilities: podman's set, added, dropped, privileged" {
	caps=$(podman run --rm box grep CapEff /proc/self/status)
	[[ $caps =~ 00000000800405fb ]]
	[[ $(podman run --rm --cap-drop all box grep CapEff /proc/self/status) =~ 0000000000000000 ]]
	run -0 podman run --rm --cap-drop all --cap-add net_admin box grep CapEff /proc/self/status
	[[ $output =~ 0000000000001000 ]]
	[[ $(podman run --rm --user web box grep CapEff /proc/self/status) =~ 0000000000000000 ]]
	run -0 podman run --rm --privileged box \
		sh -c 'grep CapEff /proc/self/status; mount -t tmpfs tmpfs /tmp && echo mounted; ls /dev/null'
	[[ ${lines[0]} =~ fffe?[fb] ]]
	[[ $output =~ mounted ]]
	podman run -d --name db box sleep 1000
	[ "$(podman exec db grep CapEff /proc/self/status)" = "$caps" ]
	[ "$(podman exec --privileged db grep CapEff /proc/self/status)" != "$caps" ]
}

@test "seccomp: podman's profile, one's own, none; no new privileges" {
	[[ $(podman run --rm box grep Seccomp: /proc/self/status) =~ 2$ ]]
	[[ $(podman run --rm --security-opt seccomp=unconfined box grep Seccomp: /proc/self/status) =~ 0$ ]]
	inside tee /run/profile.json >/dev/null <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
			{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
	END
	run -1 podman run --rm --security-opt seccomp=/run/profile.json box mkdir /new
	[[ $output =~ 'not supported' ]]
	[[ $(podman run --rm --security-opt no-new-privileges box grep NoNewPrivs /proc/self/status) =~ 1$ ]]
	podman run -d --name db --security-opt no-new-privileges box sleep 1000
	[[ $(podman exec db grep NoNewPrivs /proc/self/status) =~ 1$ ]]
	[[ $(podman exec db grep Seccomp: /proc/self/status) =~ 2$ ]]
}

@test "masked and read-only paths of /proc and /sys, and none of them when privileged" {
	run -0 podman run --rm box sh -c '
		wc -c </proc/keys; ls /proc/acpi /sys/firmware 2>/dev/null | grep -v :
		touch /proc/sys/kernel/domainname 2>&1; true'
	[ "${lines[0]}" = 0 ]
	[[ $output =~ 'Read-only file system' ]]
	podman run --rm --security-opt unmask=ALL box sh -c '! grep -q " /proc/keys " /proc/mounts'
	run ! podman run --rm --security-opt mask=/usr box ls /usr/bin
}

@test "--init, --device, --sysctl, --ulimit, --oom-score-adj" {
	run -0 podman run --rm --init box ps -o pid,args
	[[ ${lines[1]} =~ ^\ +1\ .*(podman-init|catatonit) ]]
	podman run --rm --device /dev/null:/dev/nothing box sh -c 'echo gone >/dev/nothing; [ -c /dev/nothing ]'
	[ "$(podman run --rm --sysctl net.ipv4.ip_default_ttl=77 box cat /proc/sys/net/ipv4/ip_default_ttl)" = 77 ]
	run ! podman run --rm --sysctl kernel.no_such=1 box true
	run -0 podman run --rm --ulimit nofile=100:200 --ulimit "nproc=$NPROC:$NPROC" box sh -c 'ulimit -Sn; ulimit -Hn'
	[ "${lines[*]}" = '100 200' ]
	[ "$(podman run --rm --oom-score-adj 500 box cat /proc/self/oom_score_adj)" = 500 ]
}

@test "--preserve-fds, --umask, --rootfs, --ipc none, hidepid, a secret" {
	[ "$(inside bash -c 'podman run --rm --preserve-fds 1 box cat /proc/self/fd/3 3<<<three')" = three ]
	[ "$(podman run --rm box sh -c umask) $(podman run --rm --umask 0027 box sh -c umask)" = '0022 0027' ]
	inside cp -r "$WORLD/root" /run/rootdir
	[ "$(podman run --rm --rootfs /run/rootdir /bin/echo from a directory)" = 'from a directory' ]
	[ "$(podman run --rm --rootfs /run/rootdir:O /bin/echo from a layer)" = 'from a layer' ]
	inside rm -r /run/rootdir
	run -1 podman run --rm --ipc none box grep -q /dev/shm /proc/mounts
	podman run --rm --security-opt proc-opts=hidepid=2 box grep ' /proc proc .*hidepid' /proc/mounts
	echo hush | podman secret create word -
	[ "$(podman run --rm --secret word box cat /run/secrets/word)" = hush ]
	podman secret rm word
}

@test "a volume whose owners are mapped as the container's" {
	shelf=/run/shelf
	# A tmpfs takes owners as they are before Linux 6.3.
	[ "$(printf '%s\n' 6.3 "$(uname -r)" | sort -V | head -n 1)" = 6.3 ] || shelf=$WORLD/shelf
	inside mkdir -p "$shelf"
	inside touch "$shelf/stock"
	[ "$(podman run --rm --userns auto -v "$shelf:/shelf:idmap" box stat -c %u /shelf/stock)" = 0 ]
	[ "$(podman run --rm --userns auto -v "$shelf:/shelf" box stat -c %u /shelf/stock)" = 65534 ]
}

@test "devices are those of the list" {
	# Whoever may make device nodes still opens only what the cgroup allows.
	run ! podman run --rm --cap-add mknod box sh -c 'mknod /disk b 254 0 && cat /disk'
	[[ $output =~ 'not permitted' ]]
	podman run --rm box \
		sh -c 'for i in null zero full random urandom tty ptmx; do
			ls /dev/$i || exit 1
		done
		head -c 1 /dev/zero'
	[ "$(podman run --rm --device-cgroup-rule 'c 1:3 r' box stat -c %F /dev/null)" = 'character special file' ]
}

@test "--cgroupns, --cgroup-parent and --cgroups=disabled" {
	[ "$(podman run --rm --cgroupns private box sed -n 's/.*pids://p;s/^0:://p' /proc/self/cgroup | sort -u)" = / ]
	podman run -d --name db --cgroup-parent /of-ours box sleep 1000
	inside cat "/proc/$(inspected db .State.Pid)/cgroup" | grep -q /of-ours/libpod-
	podman rm -f -t 0 db
	podman run --rm --cgroups=disabled box true
	podman run --rm --cgroupns private --systemd=always box sh -c 'ls -d /sys/fs/cgroup /run/lock'
}
