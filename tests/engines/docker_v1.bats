#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# docker drives 'isle oci' where all controllers are v1's: on a hybrid machine, whose v2 hierarchy is hidden from docker
# and isle.  What has to do with control groups is done in another way there; elsewhere it is the same once more.

load ../lib/docker

setup_file() {
	export ENGINES_VIEW=v1
	docker_setup_file
}

teardown_file() {
	engines_teardown_file
}

teardown() {
	docker_teardown
}

@test "docker on v1: limits, update, pause, top, stats" {
	docker run -d --name it --memory 64m --cpus 0.5 --pids-limit 7 box sleep 100
	docker update --memory 128m --memory-swap -1 --pids-limit 9 it
	run docker exec it sh -c 'cd /sys/fs/cgroup
		cat pids/pids.max pids.max; cat cpu/cpu.cfs_quota_us cpu.max; cat memory/memory.limit_in_bytes memory.max' 2>/dev/null
	[[ $output == *9*50000*134217728* ]]
	docker pause it
	[ "$(told .State.Status it)" = paused ]
	docker unpause it
	docker exec -d it sleep 200
	both() { [ "$(docker top it | grep -c sleep)" -eq 2 ]; }
	wait_for both
	run docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' it
	[[ $output == "it 2 "*"iB / 128MiB" ]]
}

@test "docker on v1: devices that were given, and no others" {
	run docker run --rm --device /dev/fuse:/dev/given:r --cap-add mknod box sh -c 'exec 2>&1
		dd if=/dev/given of=/dev/null count=0 2>/dev/null && echo opened; echo x >/dev/null && echo thrown
		(echo >/dev/given) 2>&1; mknod /tmp/sda b 8 0; dd if=/tmp/sda of=/dev/null count=0'
	[ "$status" -ne 0 ]
	[ "${lines[0]}" = opened ]
	[ "${lines[1]}" = thrown ]
	[[ ${lines[2]} == *"Operation not permitted"* ]]
	[[ ${lines[3]} == *"Operation not permitted"* ]]
}

@test "docker on v1: out of memory" {
	run docker run --name it --memory 16m --memory-swap 16m box sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x); echo survived'
	[ "$status" -eq 137 ]
	wait_for is_told .State.OOMKilled it true
}

@test "docker on v1: the container's view of its control groups" {
	run docker run --rm --cgroupns private box sh -c 'grep -v ":/$" /proc/self/cgroup; grep -c " - cgroup" /proc/self/mountinfo'
	[ "$status" -eq 0 ]
	[ "$output" -ge 1 ]
	docker run -d --name it --cgroup-parent /nest/egg box sleep 100
	# In each hierarchy: what its statistics are read from, and all that the container sees of it.
	run docker exec it grep -v -e '/nest/egg/' -e '^0::' /proc/self/cgroup
	[ -z "$output" ]
}
