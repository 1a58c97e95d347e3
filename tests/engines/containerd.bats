#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# containerd drives 'isle oci': through its shim (create, start, exec, kill, pause, delete …), as 'ctr' asks for it.
# shellcheck disable=SC2154 # stderr is set by run

load ../lib/engines

setup_file() {
	engines_setup_file
	python3 "$BATS_TEST_DIRNAME/../lib/oci_image.py" "$WORLD/root" box:latest "$WORLD/box.tar"
	cat >"$WORLD/containerd.toml" <<-END
		version = 2
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[plugins."io.containerd.internal.v1.opt"]
		  path = "/run/opt"
	END
	# Some of ctr's options make it forget --runc-binary; it looks for runc then.
	printf '#!/bin/sh\nexec %s "$@"\n' "$OCI_RUNTIME" >"$WORLD/bin/runc"
	chmod 755 "$WORLD/bin/runc"
	inside env PATH="$WORLD/bin:$PATH" containerd --config "$WORLD/containerd.toml" >"$WORLD/containerd.log" 2>&1 &
	wait_for ctr version
	ctr images import "$WORLD/box.tar"
}

teardown_file() {
	engines_teardown_file
}

teardown() {
	containerd_teardown
}

ctr() {
	inside timeout --foreground -s KILL 20 ctr "$@"
}

# ctr_run [OPTIONS...] ID COMMAND...: the image is the test's.
ctr_run() {
	local options=()

	while [[ $1 == -* ]]; do
		options+=("$1")
		shift
	done
	ctr run --runc-binary "$OCI_RUNTIME" "${options[@]}" box:latest "$@"
}

# Prints file $2 of container $1's cgroup, or on a machine with v1's controllers, file $3 of $4's.
cgroup_of() {
	if inside test -e /sys/fs/cgroup/cgroup.controllers; then
		inside cat "/sys/fs/cgroup/default/$1/$2"
	else
		inside cat "/sys/fs/cgroup/$3/default/$1/$4"
	fi
}

# The state of the task $1.
task_state() {
	ctr tasks ls | awk -v id="$1" '$1 == id { print $3 }'
}

has_state() {
	[ "$(task_state "$1")" = "$2" ]
}

# The first process of task $1, as the world numbers it.
task_pid() {
	ctr tasks ls | awk -v id="$1" '$1 == id { print $2 }'
}

@test "containerd: a program's output, errors and status come back, and nothing stays" {
	run --separate-stderr ctr_run --rm c sh -c 'echo out; echo err >&2; exit 7'
	[ "$status" -eq 7 ]
	[ "$output" = out ]
	[[ $stderr == *err* ]]
	[ -z "$(ctr containers ls -q)" ]
}

@test "containerd: standard input reaches the program" {
	run ctr_run --rm c sh -c 'read -r word; echo "got $word"' <<<"hello"
	[ "$status" -eq 0 ]
	[ "$output" = "got hello" ]
}

@test "containerd: environment, working directory, host name, read-only root" {
	run ctr_run --rm --env=WORD="two words" --cwd=/tmp --read-only c sh -c 'exec 2>&1; echo "$WORD"; pwd; touch /tmp/x 2>&1'
	[ "$status" -ne 0 ]
	[ "${lines[0]}" = "two words" ]
	[ "${lines[1]}" = /tmp ]
	[[ ${lines[2]} == *"Read-only file system"* ]]
}

@test "containerd: the program has an own pid, mount, ipc, uts and net namespace" {
	run ctr_run --rm c sh -c 'echo $$; for n in pid mnt ipc uts net; do readlink /proc/self/ns/$n; done; ls /sys/class/net'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 1 ]
	for n in 1 2 3 4 5; do
		[ -z "$(inside sh -c 'readlink /proc/self/ns/*' | grep -xF "${lines[$n]}")" ]
	done
}

@test "containerd: the user of a config, with his groups, and no more capabilities than it says" {
	run ctr_run --rm --cap-drop=CAP_CHOWN c sh -c 'exec 2>&1; id -u; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; chown 1 /tmp'
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = 0 ]
	[[ ${lines[1]} == CapEff:*a80425fa ]]
	[[ ${lines[2]} == NoNewPrivs:*1 ]]
	[[ ${lines[3]} == *"Operation not permitted"* ]]
}

@test "containerd: an image's user is found in the root's /etc/passwd" {
	python3 "$BATS_TEST_DIRNAME/../lib/oci_image.py" "$WORLD/root" web:latest "$BATS_TEST_TMPDIR/web.tar" 'User="web"'
	ctr images import "$BATS_TEST_TMPDIR/web.tar"
	run ctr run --rm --runc-binary "$OCI_RUNTIME" web:latest c id
	[ "$status" -eq 0 ]
	[[ $output == "uid=33(web) gid=33(web)"*"44(extra)"* ]]
}

@test "containerd: a terminal" {
	run inside timeout -s KILL 20 python3 "$TERM_PY" size=33x77 -- ctr run --rm --tty --runc-binary "$OCI_RUNTIME" box:latest c \
		sh -c 'test -t 0 && test -t 1 && test -t 2 && tty && until stty size | grep "33 77"; do sleep 0.05; done; exit 5'
	[ "$status" -eq 5 ]
	[[ $output == */dev/pts/0* || $output == */dev/console* ]]
	[[ $output == *"33 77"* ]]
}

@test "containerd: bind mounts, read-only and writable, a file and a tmpfs" {
	mkdir "$BATS_TEST_TMPDIR/from"
	echo content >"$BATS_TEST_TMPDIR/from/file"
	run ctr_run --rm \
		--mount="type=bind,src=$BATS_TEST_TMPDIR/from,dst=/rw,options=rbind:rw" \
		--mount="type=bind,src=$BATS_TEST_TMPDIR/from,dst=/deep/er/ro,options=rbind:ro" \
		--mount="type=bind,src=$BATS_TEST_TMPDIR/from/file,dst=/file,options=bind:ro:nosuid:nodev:noexec" \
		--mount="type=tmpfs,src=tmpfs,dst=/scratch,options=size=64k:mode=1711" \
		c sh -c 'exec 2>&1; echo new >/rw/new; cat /deep/er/ro/new /file; touch /deep/er/ro/x; stat -c %a /scratch
			grep " /file " /proc/self/mountinfo; head -c 100000 /dev/zero >/scratch/x'
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = new ]
	[ "${lines[1]}" = content ]
	[[ ${lines[2]} == *"Read-only file system"* ]]
	[ "${lines[3]}" = 1711 ]
	[[ ${lines[4]} == *"ro,nosuid,nodev,noexec"* ]]
	[[ ${lines[5]} == head:* ]]
	[ "$(cat "$BATS_TEST_TMPDIR/from/new")" = new ]
}

@test "containerd: a memory limit holds, and the one who exceeds it is killed" {
	run ctr_run --rm --memory-limit=16777216 c sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x); echo survived'
	[ "$status" -eq 137 ]
	[[ $output != *survived* ]]
}

@test "containerd: limits of CPU and memory are written into the cgroup" {
	ctr_run -d --cpus=0.5 --memory-limit=33554432 c sleep 100
	[[ $(cgroup_of c cpu.max cpu cpu.cfs_quota_us) =~ ^50000( |$) ]]
	[ "$(cgroup_of c memory.max memory memory.limit_in_bytes)" = 33554432 ]
}

@test "containerd: a detached task is listed, told by its pid file, and killed" {
	ctr_run -d --pid-file="/run/c.pid" c sleep 100
	[ "$(task_state c)" = RUNNING ]
	[ "$(inside cat /run/c.pid)" = "$(task_pid c)" ]
	[ "$(inside cat "/proc/$(task_pid c)/comm")" = sleep ]
	ctr tasks kill -s KILL c
	wait_for has_state c STOPPED
	run ctr tasks delete c
	[[ $output != *error* ]]
	ctr containers delete c
}

@test "containerd: SIGTERM reaches process 1" {
	ctr_run -d c sh -c 'trap "exit 9" TERM; touch /tmp/ready; while :; do sleep 0.05; done'
	wait_for inside test -e "/proc/$(task_pid c)/root/tmp/ready"
	ctr tasks kill c
	wait_for has_state c STOPPED
	run ctr tasks delete c
	[[ $output == *"exit code 9"* ]]
}

@test "containerd: kill --all reaches every process" {
	ctr_run -d c sh -c 'sleep 1000 & sleep 1000 & wait'
	ctr tasks kill --all -s KILL c
	wait_for has_state c STOPPED
}

@test "containerd: exec runs in the container, with its status, input and environment" {
	ctr_run -d --env=FROM=container c sleep 100
	run ctr tasks exec --exec-id e1 c sh -c 'echo "$FROM"; pwd; readlink /proc/self/ns/mnt; exit 3'
	[ "$status" -eq 3 ]
	[ "${lines[0]}" = container ]
	[ "${lines[1]}" = / ]
	[ "${lines[2]}" = "$(inside readlink "/proc/$(task_pid c)/ns/mnt")" ]
	run ctr tasks exec --exec-id e2 --cwd /tmp --user 1000:1000 c sh -c 'pwd; id -u; head -n 1' <<<"typed"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = /tmp ]
	[ "${lines[1]}" = 1000 ]
	[ "${lines[2]}" = typed ]
}

@test "containerd: exec with a terminal" {
	ctr_run -d c sleep 100
	run inside timeout -s KILL 20 python3 "$TERM_PY" size=31x71 -- ctr tasks exec --tty --exec-id e1 c \
		sh -c 'test -t 0 && tty && until stty size | grep "31 71"; do sleep 0.05; done'
	[ "$status" -eq 0 ]
	[[ $output == *"/dev/pts/"* ]]
	[[ $output == *"31 71"* ]]
}

@test "containerd: exec is in the container's cgroups" {
	ctr_run -d c sleep 100
	ctr tasks exec --detach --exec-id e1 c sleep 200
	pid=$(inside pgrep -x -f 'sleep 200')
	diff <(inside cat "/proc/$pid/cgroup") <(inside cat "/proc/$(task_pid c)/cgroup")
}

@test "containerd: pause freezes, resume thaws" {
	ctr_run -d c sh -c 'while :; do echo x >>/tmp/ticks; sleep 0.02; done'
	ctr tasks pause c
	[ "$(task_state c)" = PAUSED ]
	root=/proc/$(task_pid c)/root/tmp/ticks
	before=$(inside wc -c "$root")
	sleep 0.3
	[ "$(inside wc -c "$root")" = "$before" ]
	run ctr tasks exec --exec-id e c true
	[ "$status" -ne 0 ]
	ctr tasks resume c
	[ "$(task_state c)" = RUNNING ]
	grown() { [ "$(inside wc -c "$root")" != "$before" ]; }
	wait_for grown
}

@test "containerd: a paused task is deleted by force" {
	ctr_run -d c sleep 100
	ctr tasks pause c
	ctr tasks delete --force c
	[ -z "$(ctr tasks ls -q)" ]
}

@test "containerd: ps lists every process" {
	ctr_run -d c sh -c 'sleep 100 & sleep 100 & wait'
	ctr tasks exec --detach --exec-id e1 c sleep 200
	listed() { ctr tasks ps c | awk 'NR > 1 { n++ } END { exit n != 4 }'; }
	wait_for listed
	[ -n "$(ctr tasks ps c | grep -w "$(task_pid c)")" ]
	[ -n "$(ctr tasks ps c | grep e1)" ]
}

@test "containerd: metrics are told of its cgroup" {
	ctr_run -d --memory-limit=33554432 c sleep 100
	run ctr tasks metrics c
	[ "$status" -eq 0 ]
	[[ $output == *memory* ]]
	[[ $output == *33554432* ]]
}

@test "containerd: out of memory is told as an event" {
	inside sh -c 'ctr events >/run/events 2>&1 & echo $! >/run/events.pid'
	heard() { ctr namespaces label default "heard=$RANDOM" && inside test -s /run/events; }
	wait_for heard
	# One dies of it, and the task goes on: the shim tells nothing of a group that is gone.
	ctr_run -d --memory-limit=16777216 c sh -c '(x=$(head -c 100000000 /dev/zero | tr "\0" x)); sleep 1000'
	wait_for inside grep -q /tasks/oom /run/events
	inside sh -c 'kill $(cat /run/events.pid)'
}

@test "containerd: a program that is not there, not executable, a directory that is not there" {
	run ctr_run --rm c no-such-program
	[ "$status" -eq 1 ]
	[[ ${output,,} == *"executable file not found"* ]]
	run ctr_run --rm c /no/such/program
	[ "$status" -eq 1 ]
	[[ ${output,,} == *"no such file or directory"* ]]
	run ctr_run --rm c /not-executable
	[ "$status" -eq 1 ]
	[[ ${output,,} == *"permission denied"* ]]
	ctr_run -d d sleep 100
	run ctr tasks exec --exec-id e1 d no-such-program
	[ "$status" -eq 1 ]
	[[ ${output,,} == *"executable file not found"* ]]
	[ "$(task_state d)" = RUNNING ]
}

@test "containerd: the default seccomp profile" {
	run ctr_run --rm --seccomp c sh -c 'exec 2>&1; grep ^Seccomp: /proc/self/status; unshare -U true'
	[ "$status" -ne 0 ]
	[[ ${lines[0]} == Seccomp:*2 ]]
	[[ $output == *"Operation not permitted"* ]]
}

@test "containerd: a seccomp profile of one's own" {
	cat >"$BATS_TEST_TMPDIR/seccomp.json" <<-END
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
			{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}]}
	END
	run ctr_run --rm --seccomp --seccomp-profile="$BATS_TEST_TMPDIR/seccomp.json" c mkdir /tmp/x
	[ "$status" -eq 1 ]
	[[ $output == *"Cannot assign requested address"* ]]
}

@test "containerd: the masked and read-only paths of a default spec" {
	run ctr_run --rm c sh -c 'exec 2>&1; wc -c </proc/keys; echo 1 >/proc/sys/kernel/printk'
	[ "$status" -ne 0 ]
	[ "${lines[0]}" = 0 ]
	[[ $output == *"Read-only file system"* ]]
}

@test "containerd: the host's network" {
	run ctr_run --rm --net-host c readlink /proc/self/ns/net
	[ "$output" = "$(inside readlink /proc/self/ns/net)" ]
}

@test "containerd: a container joins the namespaces of another by path" {
	ctr_run -d one sleep 100
	pid=$(task_pid one)
	run ctr_run --rm --with-ns="network:/proc/$pid/ns/net" --with-ns="ipc:/proc/$pid/ns/ipc" \
		--with-ns="uts:/proc/$pid/ns/uts" --with-ns="pid:/proc/$pid/ns/pid" two \
		sh -c 'for n in net ipc uts pid; do readlink /proc/self/ns/$n; done; readlink /proc/1/exe; echo $$'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "$(inside readlink "/proc/$pid/ns/net")" ]
	[ "${lines[1]}" = "$(inside readlink "/proc/$pid/ns/ipc")" ]
	[ "${lines[2]}" = "$(inside readlink "/proc/$pid/ns/uts")" ]
	[ "${lines[3]}" = "$(inside readlink "/proc/$pid/ns/pid")" ]
	[ "${lines[4]}" = /bin/busybox ]
	[ "${lines[5]}" -gt 1 ]
	[ "$(task_state one)" = RUNNING ]
}

@test "containerd: a user namespace, with runc found by its name" {
	run ctr_run --rm --uidmap=0:100000:65536 --gidmap=0:200000:65536 c \
		sh -c 'cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u:%g /not-executable'
	[ "$status" -eq 0 ]
	[ "$(echo "${lines[0]}" | xargs)" = "0 100000 65536" ]
	[ "$(echo "${lines[1]}" | xargs)" = "0 200000 65536" ]
	[ "${lines[2]}" = 0 ]
	[ "${lines[3]}" = 0:0 ]
}

@test "containerd: privileged" {
	run ctr_run --rm --privileged c sh -c 'grep CapEff /proc/self/status; mount -t tmpfs none /tmp && echo mounted
		test -w /sys/kernel && echo writable'
	[ "$status" -eq 0 ]
	[[ $output == *mounted* ]]
	[[ $output == *writable* ]]
}

@test "containerd: a device" {
	run ctr_run --rm --device=/dev/fuse c sh -c 'exec 2>&1; ls -l /dev/fuse; dd if=/dev/fuse of=/dev/null count=0 && echo opened
		mknod /tmp/sda b 8 0; dd if=/tmp/sda of=/dev/null count=0'
	[ "$status" -ne 0 ]
	[[ ${lines[0]} == c*"10, 229"* ]]
	[[ $output == *opened* ]]
	[[ $output == *"Operation not permitted"* ]]
}

@test "containerd: a root that is a directory" {
	cp -a "$WORLD/root" "$BATS_TEST_TMPDIR/root"
	run ctr run --rm --rootfs --env=PATH=/bin --runc-binary "$OCI_RUNTIME" "$BATS_TEST_TMPDIR/root" c sh -c 'echo x >/made'
	[ "$status" -eq 0 ]
	[ "$(cat "$BATS_TEST_TMPDIR/root/made")" = x ]
}

@test "containerd: an id twice" {
	ctr_run -d c sleep 100
	run ctr_run -d c sleep 100
	[ "$status" -ne 0 ]
	[[ $output == *"already exists"* ]]
	[ "$(task_state c)" = RUNNING ]
}

@test "containerd: ten containers at the same time" {
	for n in 1 2 3 4 5 6 7 8 9 10; do
		ctr_run --rm "c$n" sh -c "exit $n" 3>&- &
		pids[n]=$!
	done
	for n in 1 2 3 4 5 6 7 8 9 10; do
		status=0
		wait "${pids[n]}" || status=$?
		[ "$status" -eq "$n" ]
	done
}

@test "containerd: a shim that was killed leaves a container that can be deleted" {
	ctr_run -d c sleep 100
	pid=$(task_pid c)
	inside pkill -KILL -f "containerd-shim-runc-v2.* -id c( |\$)"
	gone() { [ -z "$(ctr tasks ls -q)" ]; }
	wait_for gone
	wait_for inside test ! -e "/proc/$pid/cwd"
}
