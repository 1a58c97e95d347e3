#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# engines_world.sh DIR RUNTIME VIEW: furnishes the namespaces that it was started in for an engine (engines.bash),
# says so by the file DIR/ready, and stays as their first process, which reaps orphans.
set -e
dir=$1 runtime=$2 view=$3
only=$(stat -f -c %T /sys/fs/cgroup)

# First it is in the cgroup namespace alone.  On v2 a group with processes gives its children no controllers, so
# everybody is in the group 'init' in there, while the namespace's root is the group itself.
if [ "$4" != inside ]; then
	if [ "$only" = cgroup2fs ]; then
		group=$(cat "$dir/groups")
		mkdir "$group/init"
		echo $$ >"$group/init/cgroup.procs"
	fi
	exec unshare --mount --net --pid --ipc --uts --propagation private --fork --kill-child=KILL "$0" "$@" inside
fi

# Cgroups: in the cgroup namespace each hierarchy's root is the world's group.
hierarchies=$(findmnt --noheadings --list --output TARGET,FSTYPE,OPTIONS --types cgroup,cgroup2 | sort -u -k 1,1)
mount -t proc proc /proc
umount --recursive --lazy /sys
mount -t sysfs sysfs /sys
if [ "$only" = cgroup2fs ]; then
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	tr ' ' '\n' </sys/fs/cgroup/cgroup.controllers | while read -r controller; do
		echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
	done
else
	mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
	while read -r target type options; do
		name=${target##*/}
		if [ "$type" = cgroup2 ] && [ "$view" = v1 ]; then
			continue
		fi
		mkdir -p "/sys/fs/cgroup/$name"
		if [ "$type" = cgroup2 ]; then
			options=rw
		else
			options=$(echo "$options" | tr , '\n' | grep -vxE 'rw|ro|nosuid|nodev|noexec|relatime' | paste -sd,)
		fi
		mount -t "$type" -o "$options" "$type" "/sys/fs/cgroup/$name"
	done <<<"$hierarchies"
fi

# Places of its own.  The locks of podman are in /dev/shm.
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir -m 1777 /run/tmp
for name in containers containerd docker; do
	mkdir -p "/run/data/$name" "$dir/lib/$name"
	mkdir -p "/var/lib/$name" # one empty directory, as its package would have made it
	mount --bind "/run/data/$name" "/var/lib/$name"
done
mkdir -p /run/lock /run/netns /run/net
# The network of plain users wants the tap device for everybody.
mount -t tmpfs -o mode=755 tmpfs /run/net
mknod -m 666 /run/net/tun c 10 200
if [ -e /dev/net ]; then
	mount --bind /run/net /dev/net
fi

# /etc: the machine's with a few files of ours above it.
mkdir /run/etc
mount -t tmpfs tmpfs /run/etc
mkdir /run/etc/upper /run/etc/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
rm -rf /etc/containers /etc/docker /etc/containerd /etc/cni /etc/subuid /etc/subgid
mkdir -p /etc/containers /etc/docker /etc/containerd /etc/cni/net.d
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
printf '%s\n' 'root:x:0:0::/root:/bin/sh' 'nobody:x:65534:65534::/:/bin/sh' 'one:x:1201:1201::/run/home/one:/bin/sh' \
	'two:x:1202:1202::/run/home/two:/bin/sh' >/etc/passwd
printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' 'one:x:1201:' 'two:x:1202:' 'docker:x:1203:' >/etc/group
printf '%s\n' 'containers:2000000:1048576' 'one:300000:65536' 'two:400000:65536' | tee /etc/subuid >/etc/subgid
for user in one:1201 two:1202; do
	mkdir -p "/run/home/${user%:*}" "/run/user/${user#*:}"
	chown "${user#*:}:${user#*:}" "/run/home/${user%:*}" "/run/user/${user#*:}"
	chmod 700 "/run/user/${user#*:}"
done

echo '{"default": [{"type": "insecureAcceptAnything"}]}' >/etc/containers/policy.json
echo 'unqualified-search-registries = []' >/etc/containers/registries.conf
# Podman knows what a runtime can do by its name.  Root asks for no more than the machine gives him.
name=$(basename "$runtime")
nofile=$(ulimit -Hn)
cat >/etc/containers/containers.conf <<END
[engine]
runtime = "engine-$name"
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime_supports_json = ["$name", "engine-$name", "crun", "runc"]
runtime_supports_nocgroup = ["$name", "engine-$name", "crun", "runc"]
[engine.runtimes]
engine-$name = ["$runtime"]
[containers]
default_ulimits = ["nofile=$nofile:$nofile", "nproc=$NPROC:$NPROC"]
log_driver = "k8s-file"
END

hostname world
ip link set lo up
touch "$dir/ready"
exec catatonit -P
