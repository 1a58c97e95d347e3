#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers as Kubernetes has them: containerd's shim drives 'isle oci' with the config.json of its CRI plugin, in the
# order of a kubelet. A pod is a sandbox ("pause") that has the namespaces, and containers that join them by path, all
# below the pod's own control group.

load ../lib/engines

setup_file() {
	engines_setup_file
	cat >"$WORLD/containerd.toml" <<-END
		version = 2
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[plugins."io.containerd.internal.v1.opt"]
		  path = "/run/opt"
	END
	inside containerd --config "$WORLD/containerd.toml" >"$WORLD/containerd.log" 2>&1 &
	wait_for ctr version
	# What the CRI plugin writes for the profile RuntimeDefault.
	python3 "$BATS_TEST_DIRNAME/../lib/oci_image.py" "$WORLD/root" box:latest "$WORLD/box.tar"
	ctr images import "$WORLD/box.tar"
	ctr containers create --seccomp box:latest template sh
	ctr containers info template | python3 -c \
		'import json, sys; json.dump(json.load(sys.stdin)["Spec"]["linux"]["seccomp"], sys.stdout)' >"$WORLD/seccomp.json"
	ctr containers delete template
	export ROOT=$WORLD/root POD=$WORLD/pod
	mkdir "$POD"
	mkdir -m 1777 "$POD/shm"
	echo '10.1.2.3 shop' | tee "$POD/hosts" >"$POD/resolv.conf"
	echo shop >"$POD/hostname"
	inside ip netns add cni-1
	inside ip -n cni-1 link set lo up
}

teardown_file() {
	engines_teardown_file
}

# A pod's group is the kubelet's: the runtime neither makes nor removes it.
setup() {
	local top

	PARENT=/kubepods/burstable/pod$BATS_TEST_NUMBER
	for top in $(group_tops); do
		inside mkdir -p "$top$PARENT"
	done
	: >"$POD/termination-log"
}

teardown() {
	local top

	containerd_teardown
	for top in $(group_tops); do
		inside rmdir "$top$PARENT"
		inside rmdir "$top${PARENT%/*}" "$top/kubepods"
	done
}

ctr() {
	inside timeout --foreground -s KILL 20 ctr --namespace k8s.io "$@"
}

# The world's hierarchies.
group_tops() {
	inside findmnt --noheadings --list --output TARGET --types cgroup,cgroup2
}

# Starts the pod's sandbox, "pause"; PAUSE is its first process.
sandbox() {
	start sandbox pause /run/netns/cni-1
	PAUSE=$(task_pid pause)
}

# container ID [STATEMENT...]: starts a container in the pod.
container() {
	start container "$1" "$PAUSE" "${@:2}"
}

# start KIND ID WHERE [STATEMENT...]
start() {
	python3 "$BATS_TEST_DIRNAME/../lib/kube_config.py" "$1" "$2" "$PARENT/$2" "${@:3}" >"$BATS_TEST_TMPDIR/$2.json"
	ctr run -d --runc-binary "$OCI_RUNTIME" --config "$BATS_TEST_TMPDIR/$2.json" "$2"
}

task_pid() {
	ctr tasks ls | awk -v id="$1" '$1 == id { print $2 }'
}

has_state() {
	[ "$(ctr tasks ls | awk -v id="$1" '$1 == id { print $3 }')" = "$2" ]
}

# exec_in ID COMMAND...: as a probe does.
exec_in() {
	ctr tasks exec --exec-id "e$((++execs))-$BATS_TEST_NUMBER-$RANDOM" "$@"
}

# Runtime verb with containerd's own root, as the shim calls it.
runtime() {
	inside "$OCI_RUNTIME" --root /run/containerd/runc/k8s.io --log "$BATS_TEST_TMPDIR/log.json" --log-format json "$@"
}

ns() {
	inside readlink "/proc/$1/ns/$2"
}

# File $2 of the group of container $1 on v2, or on a machine with v1's controllers, file $4 of $3's.
group_file() {
	if inside test -e /sys/fs/cgroup/cgroup.controllers; then
		inside cat "/sys/fs/cgroup$PARENT/$1/$2"
	else
		inside cat "/sys/fs/cgroup/$3$PARENT/$1/$4"
	fi
}

@test "kubernetes: a container joins its sandbox's net, ipc and uts namespaces, and has the pod's files" {
	local name pid

	sandbox
	[ "$(ns "$PAUSE" net)" = "$(inside stat -Lc 'net:[%i]' /run/netns/cni-1)" ]
	container web
	pid=$(task_pid web)
	for name in net ipc uts; do
		[ "$(ns "$pid" $name)" = "$(ns "$PAUSE" $name)" ]
	done
	for name in pid mnt cgroup; do
		[ "$(ns "$pid" $name)" != "$(ns "$PAUSE" $name)" ]
	done
	run -0 exec_in web sh -c 'hostname; cat /etc/hostname /etc/hosts; echo gone >/dev/termination-log; echo m >/dev/shm/it'
	[ "${lines[*]}" = 'shop shop 10.1.2.3 shop' ]
	[ "$(cat "$POD/termination-log")" = gone ]
	[ "$(cat "$POD/shm/it")" = m ]
	run -0 exec_in web cat /proc/sys/net/ipv4/ip_unprivileged_port_start
	[ "$output" = 0 ]
	run ! exec_in pause touch /file
}

@test "kubernetes: containers share processes, with the sandbox as the first" {
	sandbox
	container web "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'pid']" \
		"l['namespaces'].append({'type': 'pid', 'path': '/proc/$PAUSE/ns/pid'})"
	container db "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'pid']" \
		"l['namespaces'].append({'type': 'pid', 'path': '/proc/$PAUSE/ns/pid'})"
	run -0 exec_in db ps -o pid,args
	[[ ${lines[1]} =~ ^\ +1\ sleep\ 100000 ]]
	[ "$(grep -c 'sleep 10000$' <<<"$output")" = 2 ]
	# One container's end is not the others'; the sandbox's is.
	ctr tasks kill --signal KILL web
	wait_for has_state web STOPPED
	has_state db RUNNING
	ctr tasks kill --signal KILL pause
	wait_for has_state db STOPPED
}

@test "kubernetes: limits below the pod's group, huge pages, out-of-memory score" {
	local huge=''

	# The CRI plugin asks for them only where it finds the controller as here.
	if inside test -e /sys/fs/cgroup/hugetlb || inside grep -qsw hugetlb /sys/fs/cgroup/cgroup.controllers; then
		huge="l['resources']['hugepageLimits'] = [{'pageSize': '2MB', 'limit': 4 << 20}]"
	fi
	sandbox
	container web "$huge" "p['oomScoreAdj'] = 937" "l['resources']['cpu']['cpus'] = '0'"
	[ "$(group_file web memory.max memory memory.limit_in_bytes)" = 67108864 ]
	[[ $(group_file web cpu.max cpu cpu.cfs_quota_us) =~ ^20000( 100000)?$ ]]
	[[ $(group_file web cpu.weight cpu cpu.shares) =~ ^(4|102|1[0-9])$ ]] # 4 and 17 are two ways to convert
	[ "$(group_file web cpuset.cpus cpuset cpuset.cpus)" = 0 ]
	[ -z "$huge" ] || [ "$(group_file web hugetlb.2MB.max hugetlb hugetlb.2MB.limit_in_bytes)" = 4194304 ]
	[ "$(inside cat "/proc/$(task_pid web)/oom_score_adj")" = 937 ]
	[ "$(exec_in web cat /proc/self/oom_score_adj)" = 937 ]
	run ! exec_in web sh -c 'for at in /sys/fs/cgroup /sys/fs/cgroup/memory; do
		[ -e $at/cgroup.procs ] && mkdir $at/mine && exit 0; done; exit 1'
}

@test "kubernetes: limits change while it runs, as an in-place resize of a pod does" {
	sandbox
	container web
	echo '{"cpu":{"shares":512,"quota":50000,"period":100000},"memory":{"limit":100663296}}' | runtime update --resources - web
	[ "$(group_file web memory.max memory memory.limit_in_bytes)" = 100663296 ]
	[[ $(group_file web cpu.max cpu cpu.cfs_quota_us) =~ ^50000( 100000)?$ ]]
	# The manager of processors sends nothing but these.
	echo '{"cpu":{"cpus":"0"}}' | runtime update --resources - web
	[ "$(group_file web cpuset.cpus cpuset cpuset.cpus)" = 0 ]
	[ "$(group_file web memory.max memory memory.limit_in_bytes)" = 100663296 ]
	exec_in web true
}

@test "kubernetes: RuntimeDefault, without more privileges: for the program and for what is executed" {
	local status_of='grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status | tr -d "\n\t"'

	sandbox
	container web "l['seccomp'] = json.load(open('$WORLD/seccomp.json'))" "p['noNewPrivileges'] = True" \
		"p['args'] = ['sh', '-c', '$status_of >/dev/termination-log; exec sleep 10000']"
	wait_for grep -qx 'NoNewPrivs:1Seccomp:2' "$POD/termination-log"
	[ "$(exec_in web sh -c "$status_of")" = NoNewPrivs:1Seccomp:2 ]
	run ! exec_in web unshare -U true
	[[ $output == *"Operation not permitted"* ]]
}

@test "kubernetes: probes, many and several at a time, with their status" {
	local k jobs=()

	sandbox
	container web
	run -3 exec_in web sh -c 'exit 3'
	run exec_in web no-such-program
	[[ $output == *"executable file not found"* || $output == *[Nn]"o such file or directory"* ]]
	for k in 1 2 3 4 5 6 7 8 9 10; do
		exec_in web sh -c "test -e /proc/1 && exit $k" &
		jobs+=($!)
	done
	for k in 1 2 3 4 5 6 7 8 9 10; do
		status=0
		wait "${jobs[k - 1]}" || status=$?
		[ "$status" = "$k" ]
	done
}

@test "kubernetes: the kubelet's order: TERM, KILL, the container, then the sandbox" {
	local netns

	sandbox
	netns=$(ns "$PAUSE" net)
	container web "p['args'] = ['sh', '-c', 'trap : TERM; sleep 9999 & while :; do sleep 0.1; done']"
	ctr tasks kill --signal TERM web
	run ! ctr containers delete web
	ctr tasks kill --all --signal KILL web
	wait_for has_state web STOPPED
	ctr tasks delete web || true # its status is not 0
	ctr containers delete web
	run ! ctr tasks kill web
	inside test ! -e "$(group_tops | head -n 1)$PARENT/web"
	# The sandbox and the pod's network are still there, for the container's next life.
	container web
	[ "$(ns "$(task_pid web)" net)" = "$netns" ]
	ctr tasks kill --all --signal KILL web
	wait_for has_state web STOPPED
	ctr tasks delete web || true
	ctr tasks kill --all --signal KILL pause
	wait_for has_state pause STOPPED
	ctr tasks delete pause || true
	inside test -d "$(group_tops | head -n 1)$PARENT"
	[ "$(inside stat -Lc 'net:[%i]' /run/netns/cni-1)" = "$netns" ]
}

@test "kubernetes: a sandbox that has died: its containers live on, and no new one joins nothing" {
	sandbox
	container web
	ctr tasks kill --signal KILL pause
	wait_for has_state pause STOPPED
	ctr tasks delete pause || true
	[ "$(exec_in web hostname)" = shop ]
	run ! container late
	[[ $output == *"/proc/$PAUSE/ns/"* ]]
	[[ $output == *[Nn]"o such file or directory"* ]]
	ctr tasks kill --all --signal KILL web
	wait_for has_state web STOPPED
}
