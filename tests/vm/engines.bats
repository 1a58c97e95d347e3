#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Podman, docker and containerd with isle as their runtime, on a machine where systemd keeps the control groups and
# they are v2 alone: a container is a scope with its limits, in the slice that it should be in, and gone afterwards.
#
# As root: all of it.  As a plain user with a systemd of his own: podman.  ISLE is the program (build/isle).

load ../lib/engines

setup_file() {
	local name

	ISLE=$(realpath "${ISLE:-$BATS_TEST_DIRNAME/../../build/isle}")
	PATH=$PATH:/usr/sbin:/sbin
	WORLD=$BATS_FILE_TMPDIR/world
	OCI_RUNTIME=${OCI_RUNTIME:-$WORLD/bin/isle-oci}
	SYSTEMCTL=systemctl SLICE=machine.slice
	if [ "$(id -u)" != 0 ]; then
		SYSTEMCTL='systemctl --user' SLICE=user.slice
	fi
	if ! $SYSTEMCTL show -P Version >/dev/null 2>&1 || [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
		skip "this machine has no systemd for this user, or its control groups are not v2 alone"
	fi
	mkdir -p "$WORLD/bin" "$WORLD/run"
	cp "$ISLE" "$WORLD/bin/isle"
	ln -s isle "$WORLD/bin/isle-oci"
	name=$(basename "$OCI_RUNTIME")
	cat >"$WORLD/containers.conf" <<-END
		[engine]
		runtime = "engine-$name"
		cgroup_manager = "systemd"
		events_logger = "file"
		runtime_supports_json = ["engine-$name"]
		[engine.runtimes]
		engine-$name = ["$OCI_RUNTIME"]
		[containers]
		netns = "none"
		log_driver = "k8s-file"
	END
	# A machine may be slow where it is emulated.
	WAIT_S=90
	export ISLE PATH WORLD OCI_RUNTIME SYSTEMCTL SLICE WAIT_S
	export CONTAINERS_CONF=$WORLD/containers.conf
	engines_image "$WORLD/image.tar"
	podman import -q --change 'ENV PATH=/bin' "$WORLD/image.tar" box
	[ "$(id -u)" != 0 ] || docker_begin
}

teardown_file() {
	[ "$(id -u)" != 0 ] || docker_end
	# Podman keeps its store mounted, and its files may be those of subordinate ids.
	set -- sh -c 'umount -l "$1/overlay"; rm -rf "$1"' sh "$WORLD/graph"
	if [ "$(id -u)" != 0 ]; then
		set -- podman unshare "$@"
	fi
	"$@" 2>/dev/null || true
	[ "$(id -u)" = 0 ] || podman system migrate
}

teardown() {
	local left

	podman pod rm -fa -t 0 >/dev/null
	podman rm -fa -t 0 >/dev/null
	if [ "$(id -u)" = 0 ]; then
		left=$(docker ps -aq)
		# shellcheck disable=SC2086 # a list of words
		[ -z "$left" ] || docker rm -fv $left >&2
	fi
	wait_for no_units
}

# With a store of its own, on the disk of TMPDIR.
podman() {
	command podman --root "$WORLD/graph" --runroot "$WORLD/run" --storage-driver overlay "$@"
}

# Fails with a list where a container's unit is left.
no_units() {
	! $SYSTEMCTL list-units --all --plain --no-legend 'libpod-*' '*libpod_pod_*' 'docker-*.scope' 'ctr-*.scope' \
		'cri-containerd-*.scope' | grep .
}

# Whether systemd knows nothing of unit $1 any more.
unit_gone() {
	[ "$($SYSTEMCTL show -P LoadState "$1")" = not-found ]
}

# What systemd has for $2 of the unit of container $1, or of the unit $1.
property() {
	local unit=$1

	[[ $unit == *.* ]] || unit=libpod-$(podman inspect --format '{{.Id}}' "$1").scope
	$SYSTEMCTL show -P "$2" "$unit"
}

# The value of file $2 of the group that is the scope of the process $1.
in_group() {
	cat "/sys/fs/cgroup$(sed -n 's/^0::\(.*\.scope\).*/\1/p' "/proc/$1/cgroup")/$2"
}

pid_of() {
	podman inspect --format '{{.State.Pid}}' "$1"
}

# ---- podman, root's and a plain user's ----

@test "podman: a scope in the right slice, with the limits as its properties" {
	podman run -d --name db --memory 64m --memory-swap 96m --pids-limit 50 --cpus 0.5 --cpu-shares 512 box sleep 1000
	[ "$(property db Slice)" = "$SLICE" ]
	[ "$(property db ActiveState)" = active ]
	[ "$(property db Delegate)" = yes ]
	[ "$(property db MemoryMax) $(property db TasksMax) $(property db CPUQuotaPerSecUSec)" = '67108864 50 500ms' ]
	[[ $(property db CPUWeight) =~ ^(20|59)$ ]] # of two ways to convert
	[[ $(property db ControlGroup) == */"$SLICE"/libpod-*.scope ]]
	[ "$(in_group "$(pid_of db)" memory.max) $(in_group "$(pid_of db)" pids.max)" = '67108864 50' ]
	[ "$(in_group "$(pid_of db)" cpu.max)" = '50000 100000' ]
}

@test "podman exec is in the scope, whoever asks" {
	podman run -d --name db box sleep 1000
	[ "$(podman exec db sh -c 'echo in; exit 0')" = in ]
	run -5 podman exec db sh -c 'exit 5'
	podman exec -d db sleep 999
	wait_for podman exec db sh -c 'ps -o args | grep -q "^sleep 999"'
	run -0 podman top db hpid args
	pid=$(awk '/sleep 999/ { print $1 }' <<<"$output")
	grep -q "/libpod-$(podman inspect --format '{{.Id}}' db).scope" "/proc/$pid/cgroup"
}

@test "podman update changes the properties and the files, and a reload of systemd keeps them" {
	podman run -d --name db --memory 64m --cpus 0.5 box sleep 1000
	podman update --memory 96m --cpus 0.25 db
	$SYSTEMCTL daemon-reload
	[ "$(property db MemoryMax) $(property db CPUQuotaPerSecUSec)" = '100663296 250ms' ]
	[ "$(in_group "$(pid_of db)" memory.max)" = 100663296 ]
	[ "$(in_group "$(pid_of db)" cpu.max)" = '25000 100000' ]
	# Devices are still those of the list.
	podman exec db sh -c 'head -c 1 /dev/zero | wc -c && echo x >/dev/null'
}

@test "podman pause, unpause, stats, and the end of what is paused" {
	podman run -d --name db --memory 64m box sleep 1000
	podman pause db
	[ "$(podman inspect --format '{{.State.Status}}' db)" = paused ]
	grep -q 'frozen 1' <<<"$(in_group "$(pid_of db)" cgroup.events)"
	run ! podman exec db true
	podman unpause db
	podman exec db true
	run -0 podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' db
	[[ $output =~ ^'db '[1-9].*' / 67.11MB'$ ]]
	podman pause db
	podman rm -f -t 0 db
}

@test "podman stop, start, restart, kill, rm: the scope comes and goes with the container" {
	podman run -d --name db box sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done'
	unit=libpod-$(podman inspect --format '{{.Id}}' db).scope
	podman stop -t 20 db
	[ "$(podman inspect --format '{{.State.ExitCode}}' db)" = 9 ]
	wait_for unit_gone "$unit"
	podman start db
	[ "$(property db ActiveState)" = active ]
	podman restart -t 0 db
	[ "$(property db ActiveState)" = active ]
	podman kill db
	[ "$(podman wait db)" = 137 ]
	podman rm db
	wait_for unit_gone "$unit"
}

@test "podman: more memory than the limit is 137, and a hundredth process is refused" {
	run -137 podman run --rm --memory 16m --memory-swap 16m box sh -c 'dd if=/dev/zero of=/dev/null bs=64M'
	run podman run --rm --pids-limit 10 box sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo all'
	[[ $output =~ fork ]]
}

@test "podman: a pod is a slice, a slice may be chosen" {
	podman pod create --name shop --share ipc,uts
	podman run -d --pod shop --name web box sleep 1000
	[[ $(property web Slice) == *-libpod_pod_*.slice ]]
	[ "$(property web ActiveState)" = active ]
	podman pod stop -t 0 shop
	podman pod rm -f shop
	podman run -d --name db --cgroup-parent "${SLICE%.slice}-ours.slice" box sleep 1000
	[ "$(property db Slice)" = "${SLICE%.slice}-ours.slice" ]
}

@test "podman: devices are those of the list, as systemd sets them" {
	[ "$(id -u)" = 0 ] || skip "a plain user sets no rules"
	run ! podman run --rm --cap-add mknod box sh -c 'mknod /disk b 254 0 && cat /disk'
	[[ $output =~ 'not permitted' ]]
	podman run -d --name db --device /dev/kmsg box sleep 1000
	[ "$(property db DevicePolicy)" = strict ]
	property db DeviceAllow | grep -q 'char'
	podman exec db sh -c 'ls /dev/kmsg && head -c 1 /dev/urandom | wc -c'
}

# ---- docker and containerd, for root ----

docker_begin() {
	dockerd --exec-opt native.cgroupdriver=systemd --add-runtime "isle=$OCI_RUNTIME" --default-runtime isle \
		--data-root "$WORLD/docker" --exec-root "$WORLD/dexec" --pidfile "$WORLD/dockerd.pid" \
		--host "unix://$WORLD/docker.sock" --bridge none --iptables=false --ip6tables=false \
		>"$WORLD/dockerd.log" 2>&1 3>&- 4>&- &
	wait_for docker version
	docker import -c 'ENV PATH=/bin' - box <"$WORLD/image.tar"
}

# Ends docker, and the containerd that it has started, whatever they are at: bats waits for who has its descriptors.
docker_end() {
	local pid file

	for file in "$WORLD/dockerd.pid" "$WORLD/dexec/containerd/containerd.pid"; do
		pid=$(cat "$file" 2>/dev/null) || continue
		kill "$pid" || continue
		WAIT_S=60 wait_for [ ! -e "/proc/$pid" ] || kill -KILL "$pid"
	done
}

docker() {
	timeout --foreground -s KILL 120 /usr/bin/docker --host "unix://$WORLD/docker.sock" "$@"
}

# Ends a test that docker can't pass here.
docker_wanted() {
	[ "$(id -u)" = 0 ] || skip "for root"
	! grep -qs Y /sys/module/apparmor/parameters/enabled || command -v apparmor_parser >/dev/null ||
		skip "docker needs apparmor_parser (Debian's package apparmor) where the kernel has AppArmor"
}

# Whether docker has heard that memory ran out in its container $1.
oom_killed() {
	[ "$(docker inspect --format '{{.State.OOMKilled}}' "$1")" = true ]
}

docker_unit() {
	echo "docker-$(docker inspect --format '{{.Id}}' "$1").scope"
}

@test "docker: the cgroup driver is systemd; run, limits, stats, update" {
	docker_wanted
	[ "$(docker info --format '{{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}')" = 'systemd 2 isle' ]
	[ "$(docker run --rm --network none box echo hello)" = hello ]
	docker run -d --name it --network none --memory 64m --pids-limit 50 --cpus 0.5 box sleep 1000
	unit=$(docker_unit it)
	[ "$(property "$unit" Slice) $(property "$unit" MemoryMax) $(property "$unit" TasksMax)" = 'system.slice 67108864 50' ]
	[ "$(property "$unit" CPUQuotaPerSecUSec)" = 500ms ]
	run -0 docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' it
	[[ $output == "it 1 "*"iB / 64MiB" ]]
	docker update --memory 128m --memory-swap -1 --cpus 0.25 it
	[ "$(property "$unit" MemoryMax) $(property "$unit" CPUQuotaPerSecUSec)" = '134217728 250ms' ]
}

@test "docker: exec, pause, stop, start, restart, rm" {
	docker_wanted
	docker run -d --name it --network none box sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done'
	unit=$(docker_unit it)
	[ "$(docker exec it echo in)" = in ]
	run -4 docker exec it sh -c 'exit 4'
	docker pause it
	[ "$(docker inspect --format '{{.State.Status}}' it)" = paused ]
	docker unpause it
	docker stop -t 20 it
	[ "$(docker inspect --format '{{.State.ExitCode}}' it)" = 9 ]
	wait_for unit_gone "$unit"
	docker start it
	docker restart -t 0 it
	[ "$(property "$unit" ActiveState)" = active ]
	docker exec it true
	docker rm -f it
	wait_for unit_gone "$unit"
}

@test "docker: out of memory, and a slice that is chosen" {
	docker_wanted
	run -137 docker run --name it --network none --memory 16m --memory-swap 16m box dd if=/dev/zero of=/dev/null bs=64M
	# The shim tells of it, and of a container's end, in no order (docs/oci.md): so this one goes on.
	docker run -d --name on --network none --memory 16m --memory-swap 16m box \
		sh -c 'dd if=/dev/zero of=/dev/null bs=64M; sleep 5; exit 3'
	[ "$(docker wait on)" = 3 ]
	wait_for oom_killed on
	docker run -d --name other --network none --cgroup-parent ours.slice box sleep 1000
	[ "$(property "$(docker_unit other)" Slice)" = ours.slice ]
}

@test "containerd: ctr run with SystemdCgroup" {
	[ "$(id -u)" = 0 ] || skip "for root"
	docker save box | ctr_ images import -
	ctr_ run -d --runc-binary "$OCI_RUNTIME" --runc-systemd-cgroup --cgroup system.slice:ctr:it --memory-limit 67108864 \
		docker.io/library/box:latest it sleep 1000
	[ "$(property ctr-it.scope MemoryMax)" = 67108864 ]
	[ "$(ctr_ task exec --exec-id one it echo in)" = in ]
	ctr_ task kill -s KILL it
	wait_for ctr_ task rm it
	ctr_ container rm it
	wait_for unit_gone ctr-it.scope
}

ctr_() {
	timeout --foreground -s KILL 120 ctr --address "$WORLD/dexec/containerd/containerd.sock" "$@"
}

# A container of a Kubernetes pod, as containerd's CRI plugin has it: pod_run KIND ID WHERE [STATEMENT...].
pod_run() {
	local cgroup=kubepods-burstable-podu1.slice:cri-containerd:$2

	ROOT=$WORLD/root POD=$WORLD/pod python3 "$BATS_TEST_DIRNAME/../lib/kube_config.py" "$1" "$2" "$cgroup" "${@:3}" \
		>"$BATS_TEST_TMPDIR/$2.json"
	ctr_ --namespace k8s.io run -d --runc-binary "$OCI_RUNTIME" --runc-systemd-cgroup --cgroup "$cgroup" \
		--config "$BATS_TEST_TMPDIR/$2.json" "$2"
}

pod_pid() {
	ctr_ --namespace k8s.io tasks ls | awk -v id="$1" '$1 == id { print $2 }'
}

@test "containerd: a pod of Kubernetes, whose containers are scopes in its slice" {
	local pause web id unit=cri-containerd-web.scope

	[ "$(id -u)" = 0 ] || skip "for root"
	mkdir -p "$WORLD/pod/shm"
	touch "$WORLD/pod/"{hosts,hostname,resolv.conf,termination-log}
	ip netns add cni-1
	pod_run sandbox pause /run/netns/cni-1 "p['oomScoreAdj'] = -998"
	pause=$(pod_pid pause)
	[ "$(cat "/proc/$pause/oom_score_adj")" = -998 ]
	pod_run container web "$pause" "l['resources']['hugepageLimits'] = [{'pageSize': '2MB', 'limit': 4 << 20}]" \
		"l['resources']['unified'] = {'memory.high': '60000000'}"
	web=$(pod_pid web)
	[ "$(property $unit Slice) $(property $unit MemoryMax)" = 'kubepods-burstable-podu1.slice 67108864' ]
	[[ $(property $unit ControlGroup) == /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podu1.slice/$unit ]]
	[ "$(in_group "$web" hugetlb.2MB.max) $(property $unit MemoryHigh)" = '4194304 60000000' ]
	[ "$(in_group "$web" cpu.max) $(property $unit CPUQuotaPerSecUSec)" = '20000 100000 200ms' ]
	[ "$(readlink "/proc/$web/ns/net")" = "$(readlink "/proc/$pause/ns/net")" ]
	[ "$(ctr_ --namespace k8s.io task exec --exec-id one web hostname)" = shop ]
	echo '{"cpu":{"shares":512,"quota":50000,"period":100000},"memory":{"limit":100663296}}' |
		"$OCI_RUNTIME" --systemd-cgroup --root /run/containerd/runc/k8s.io update --resources - web
	systemctl daemon-reload
	[ "$(property $unit MemoryMax) $(property $unit CPUQuotaPerSecUSec)" = '100663296 500ms' ]
	[ "$(in_group "$web" memory.max) $(in_group "$web" cpu.max)" = '100663296 50000 100000' ]
	for id in web pause; do
		ctr_ --namespace k8s.io task kill --all -s KILL $id
		wait_for pod_ended $id
		ctr_ --namespace k8s.io task rm $id || true # its status is not 0
		ctr_ --namespace k8s.io container rm $id
		wait_for unit_gone cri-containerd-$id.scope
	done
	ip netns delete cni-1
	systemctl stop kubepods.slice
}

pod_ended() {
	[ "$(ctr_ --namespace k8s.io tasks ls | awk -v id="$1" '$1 == id { print $3 }')" = STOPPED ]
}
