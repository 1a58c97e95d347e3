#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# docker drives 'isle oci', its default runtime here: containerd's shim with dockerd's specs, whose networks come by a hook.

# shellcheck disable=SC2154 # stderr is set by run

load ../lib/docker

setup_file() {
	docker_setup_file
}

teardown_file() {
	engines_teardown_file
}

teardown() {
	docker_teardown
}

@test "docker: info and version know the runtime" {
	run docker info --format '{{.DefaultRuntime}} {{.RuncCommit.ID}}'
	[ "$status" -eq 0 ]
	[[ $output == "isle "?* ]]
	[[ $output != *N/A* ]]
	version=$("$OCI_RUNTIME" --version | head -n 1)
	run docker version --format '{{range .Server.Components}}{{.Name}} version {{.Version}}{{"\n"}}{{end}}'
	[ -n "$(echo "$output" | grep -xF "isle version ${version##* }")" ]
}

@test "docker run: output, errors and status" {
	run --separate-stderr docker run --rm box sh -c 'echo out; echo err >&2; exit 7'
	[ "$status" -eq 7 ]
	[ "$output" = out ]
	[ "$stderr" = err ]
	[ -z "$(docker ps -aq)" ]
}

@test "docker run -i: standard input, to its end" {
	run docker run --rm -i box wc -c <<<"hello"
	[ "$status" -eq 0 ]
	[ "$output" = 6 ]
}

@test "docker run -it: a terminal, its size, and its keys" {
	run inside timeout -s KILL 20 python3 "$TERM_PY" size=33x77 expect=ready 'send=\x03' -- \
		/usr/bin/docker run --rm -it box sh -c 'trap "exit 5" INT; test -t 0 && until stty size | grep "33 77"; do sleep 0.05; done
			echo ready; while :; do sleep 0.1; done'
	[ "$status" -eq 5 ]
	[[ $output == *"33 77"* ]]
}

@test "docker run: a program that is not there is 127, one that cannot be run 126, docker's own errors 125" {
	run -127 docker run --rm box no-such-program
	[[ ${output,,} == *"executable file not found"* ]]
	run -127 docker run --rm box /no/such/program
	[[ ${output,,} == *"no such file or directory"* ]]
	run docker run --rm box /not-executable
	[ "$status" -eq 126 ]
	[[ ${output,,} == *"permission denied"* ]]
	run docker run --rm box /etc
	[ "$status" -eq 126 ]
	run docker run --rm --no-such-option box true
	[ "$status" -eq 125 ]
	run docker run --rm --sysctl kernel.no_such_key=1 box true
	[ "$status" -eq 125 ]
	[ -z "$(docker ps -aq)" ]
}

@test "docker run -d: logs, wait, and the status of its end" {
	docker run -d --name it box sh -c 'echo one; echo two >&2; read -r -t 1 x; exit 3'
	run docker wait it
	[ "$output" = 3 ]
	run --separate-stderr docker logs it
	[ "$output" = one ]
	[ "$stderr" = two ]
	[ "$(told .State.Status it) $(told .State.ExitCode it)" = "exited 3" ]
}

@test "docker run: a program that is killed" {
	docker run -d --name it box sleep 100
	inside kill -KILL "$(told .State.Pid it)"
	wait_for is_told .State.ExitCode it 137
	[ "$(told .State.OOMKilled it)" = false ]
}

@test "docker create, start -a, start again" {
	docker create --name it box sh -c 'echo x >>/tmp/runs; wc -l </tmp/runs'
	[ "$(told .State.Status it)" = created ]
	run docker start -a it
	[ "$output" = 1 ]
	run docker start -a it
	[ "$output" = 2 ]
}

@test "docker exec: status, environment, user, directory, input" {
	docker run -d --name it -e FROM=container box sleep 100
	run docker exec -e MORE=exec -w /tmp -u web it sh -c 'echo $FROM $MORE; pwd; id; exit 4'
	[ "$status" -eq 4 ]
	[ "${lines[0]}" = "container exec" ]
	[ "${lines[1]}" = /tmp ]
	[ "${lines[2]}" = "uid=33(web) gid=33(web) groups=33(web),44(extra)" ]
	run docker exec -i it wc -c <<<"hello"
	[ "$output" = 6 ]
	run docker exec it no-such-program
	[ "$status" -eq 127 ] || [ "$status" -eq 126 ]
	[[ ${output,,} == *"executable file not found"* ]]
	run docker exec it /not-executable
	[ "$status" -eq 126 ]
	[ "$(told .State.Running it)" = true ]
}

@test "docker exec -it: a terminal" {
	docker run -d --name it box sleep 100
	run inside timeout -s KILL 20 python3 "$TERM_PY" size=31x71 expect=name 'send=isle\n' -- \
		/usr/bin/docker exec -it it sh -c 'test -t 0 && until stty size | grep "31 71"; do sleep 0.05; done
			echo name; read -r x; echo "<$x>"; exit 6'
	[ "$status" -eq 6 ]
	[[ $output == *"31 71"* ]]
	[[ $output == *"<isle>"* ]]
}

@test "docker exec -d, and exec --privileged keeps to the container's namespaces" {
	docker run -d --name it box sleep 100
	docker exec -d it sh -c 'echo made >/tmp/by; sleep 100'
	wait_for docker exec it test -s /tmp/by
	[ "$(docker exec it readlink /proc/self/ns/net)" = "$(docker exec it readlink /proc/1/ns/net)" ]
}

@test "docker stop asks, waits, and kills" {
	docker run -d --name kind box sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'
	docker run -d --name deaf box sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
	wait_for logs_have kind ready
	wait_for logs_have deaf ready
	docker stop kind
	[ "$(told .State.ExitCode kind)" = 9 ]
	docker stop -t 1 deaf
	[ "$(told .State.ExitCode deaf)" = 137 ]
}

@test "docker stop with a signal of the container's own" {
	docker run -d --name it --stop-signal USR1 box sh -c 'trap "exit 11" USR1; echo ready; while :; do sleep 0.05; done'
	wait_for logs_have it ready
	docker stop it
	[ "$(told .State.ExitCode it)" = 11 ]
}

@test "docker kill -s" {
	docker run -d --name it box sh -c 'trap "echo hup" HUP; echo ready; while :; do sleep 0.05; done'
	wait_for logs_have it ready
	docker kill -s HUP it
	wait_for logs_have it hup
	docker kill it
	wait_for is_told .State.Running it false
}

@test "docker restart" {
	docker run -d --name it box sh -c 'echo start; exec sleep 100'
	before=$(told .State.Pid it)
	docker restart -t 0 it
	[ "$(told .State.Pid it)" != "$before" ]
	wait_for logs_have it $'start\nstart'
}

@test "docker run --restart: twice again, then given up" {
	docker run -d --name it --restart on-failure:2 box sh -c 'echo try; exit 1'
	twice() { [ "$(told .RestartCount it) $(told .State.Running it) $(told .State.Restarting it)" = "2 false false" ]; }
	wait_for twice
	[ "$(docker logs it | wc -l)" -eq 3 ]
}

@test "docker pause and unpause" {
	docker run -d --name it box sh -c 'while :; do echo x >>/tmp/ticks; sleep 0.02; done'
	docker pause it
	[ "$(told .State.Status it)" = paused ]
	# Not by its log: docker writes a line when it gets to it.
	ticks=/proc/$(told .State.Pid it)/root/tmp/ticks
	before=$(inside sh -c "cat $ticks | wc -c")
	sleep 0.3
	[ "$(inside sh -c "cat $ticks | wc -c")" = "$before" ]
	run docker exec it true
	[ "$status" -ne 0 ]
	docker unpause it
	more() { [ "$(inside sh -c "cat $ticks | wc -c")" -gt "$before" ]; }
	wait_for more
	docker pause it
	docker rm -f it
}

@test "docker top and stats" {
	docker run -d --name it --memory 64m box sh -c 'sleep 100 & exec sleep 200'
	both() { [ "$(docker top it | grep -c sleep)" -eq 2 ]; }
	wait_for both
	run docker top it -o pid,args
	[[ $output == *"sleep 200"* ]]
	run docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' it
	[[ $output == "it 2 "*"iB / 64MiB" ]]
	[[ $output != *" 0B /"* ]]
}

@test "docker run --memory: who exceeds it is killed, and docker knows why" {
	run docker run --name it --memory 16m --memory-swap 16m box sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x); echo survived'
	[ "$status" -eq 137 ]
	[[ $output != *survived* ]]
	wait_for is_told .State.OOMKilled it true
}

@test "docker run: limits, as the container sees its own cgroup" {
	docker run -d --name it --memory 64m --cpus 0.5 --pids-limit 7 --cpu-shares 512 box sleep 100
	run docker exec it sh -c 'cd /sys/fs/cgroup
		cat pids/pids.max pids.max; cat cpu/cpu.cfs_quota_us cpu.max; cat memory/memory.limit_in_bytes memory.max' 2>/dev/null
	[[ $output == *7*50000*67108864* ]]
	run docker exec it sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done'
	[ "$status" -ne 0 ]
	[[ $output == *"Resource temporarily unavailable"* ]]
}

@test "docker run --kernel-memory, which kernels no longer know, is no obstacle" {
	docker run --rm --kernel-memory 32m --memory 64m box true
}

@test "docker update changes a container that runs" {
	docker run -d --name it --memory 64m box sleep 100
	docker update --memory 128m --memory-swap -1 --cpus 0.25 --pids-limit 9 it
	run docker exec it sh -c 'cd /sys/fs/cgroup
		cat pids/pids.max pids.max; cat cpu/cpu.cfs_quota_us cpu.max; cat memory/memory.limit_in_bytes memory.max' 2>/dev/null
	[[ $output == *9*25000*134217728* ]]
}

@test "docker run --net bridge: an address, the gateway, and a published port" {
	docker run -d --name it -p 127.0.0.1:8080:80 box sh -c 'while :; do echo hello | nc -l -p 80; done'
	address=$(told .NetworkSettings.IPAddress it)
	run docker exec it ip -o -4 addr show eth0
	[[ $output == *"$address/16"* ]]
	docker exec it ping -c 1 -w 5 "$(told .NetworkSettings.Gateway it)"
	answers() { [ "$(inside busybox nc -w 2 127.0.0.1 8080 </dev/null)" = hello ]; }
	wait_for answers
	answers_too() { [ "$(inside busybox nc -w 2 "$address" 80 </dev/null)" = hello ]; }
	wait_for answers_too
}

@test "docker network: containers find each other by name" {
	docker network create net1
	docker run -d --name one --net net1 --hostname first box sleep 100
	docker run --rm --net net1 box ping -c 1 -w 5 one
	docker run -d --name two box sleep 100
	docker network connect net1 two
	docker exec two ping -c 1 -w 5 one
	docker network disconnect net1 two
	[ -z "$(docker exec two ip -o link show eth1 2>/dev/null)" ]
	docker rm -f one two
	docker network rm net1
}

@test "docker run --net none, host, container:" {
	run docker run --rm --net none box ls /sys/class/net
	[ "$output" = lo ]
	run docker run --rm --net host box readlink /proc/self/ns/net
	[ "$output" = "$(inside readlink /proc/self/ns/net)" ]
	docker run -d --name one box sleep 100
	run docker run --rm --net container:one --pid container:one box sh -c 'readlink /proc/self/ns/net; cat /proc/1/comm; hostname'
	[ "${lines[0]}" = "$(docker exec one readlink /proc/self/ns/net)" ]
	[ "${lines[1]}" = sleep ]
	[ "${lines[2]}" = "$(docker exec one hostname)" ]
}

@test "docker run --pid host, --ipc host and shareable" {
	run docker run --rm --pid host --ipc host box sh -c 'readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc'
	[ "${lines[0]}" = "$(inside readlink /proc/self/ns/pid)" ]
	[ "${lines[1]}" = "$(inside readlink /proc/self/ns/ipc)" ]
	docker run -d --name one --ipc shareable box sleep 100
	docker exec one sh -c 'echo shared >/dev/shm/x'
	[ "$(docker run --rm --ipc container:one box cat /dev/shm/x)" = shared ]
}

@test "docker run --init: an init that reaps and passes signals on" {
	docker run -d --name it --init box sh -c 'trap "exit 8" TERM; echo ready; while :; do sleep 0.05; done'
	wait_for logs_have it ready
	[[ $(docker exec it cat /proc/1/cmdline | tr '\0' ' ') == *init*sh* ]]
	docker stop it
	[ "$(told .State.ExitCode it)" = 8 ]
}

@test "docker run: user, groups, working directory, host name, environment" {
	run docker run --rm --user 33:44 --group-add 77 -w /made/for/this --hostname house -e WORD="two words" box \
		sh -c 'id -u; id -G; pwd; hostname; echo "$WORD"; echo $HOME'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 33 ]
	[ "${lines[1]}" = "44 77" ]
	[ "${lines[2]}" = /made/for/this ]
	[ "${lines[3]}" = house ]
	[ "${lines[4]}" = "two words" ]
	[ "${lines[5]}" = /home ]
	run docker run --rm --user nobody-there box true
	[ "$status" -eq 125 ]
}

@test "docker run --read-only, --tmpfs, --shm-size" {
	run docker run --rm --read-only --tmpfs /scratch:size=64k,mode=1711 --shm-size 1m box \
		sh -c 'exec 2>&1; touch /x; touch /scratch/x && stat -c %a /scratch; df -k /dev/shm | tail -n 1'
	[[ ${lines[0]} == *"Read-only file system"* ]]
	[ "${lines[1]}" = 1711 ]
	[[ ${lines[2]} == shm*1024* ]]
}

@test "docker run -v: named volumes, directories, read-only, files, and what the image had there" {
	mkdir "$BATS_TEST_TMPDIR/from"
	echo content >"$BATS_TEST_TMPDIR/from/file"
	docker run --rm -v named:/etc box sh -c 'echo kept >/etc/kept'
	run docker run --rm -v named:/vol:ro -v "$BATS_TEST_TMPDIR/from:/from" -v "$BATS_TEST_TMPDIR/from/file:/one/file:ro" box \
		sh -c 'exec 2>&1; cat /vol/kept; grep -c . /vol/passwd; cat /one/file; echo new >/from/new; touch /vol/x; echo x >/one/file'
	[ "${lines[0]}" = kept ]
	[ "${lines[1]}" = 3 ]
	[ "${lines[2]}" = content ]
	[[ ${lines[3]} == *"Read-only file system"* ]]
	[[ ${lines[4]} == *"Read-only file system"* ]]
	[ "$(cat "$BATS_TEST_TMPDIR/from/new")" = new ]
	docker volume rm named
}

@test "docker run --cap-drop, --cap-add, no-new-privileges" {
	run docker run --rm --cap-drop all --cap-add net_bind_service --security-opt no-new-privileges box \
		grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status
	[[ ${lines[0]} == CapEff:*0000000000000400 ]]
	[[ ${lines[1]} == CapBnd:*0000000000000400 ]]
	[[ ${lines[2]} == NoNewPrivs:*1 ]]
	run docker run --rm box grep -E '^(CapEff|NoNewPrivs)' /proc/self/status
	[[ ${lines[0]} == CapEff:*00000000a80425fb ]]
	[[ ${lines[1]} == NoNewPrivs:*0 ]]
	run docker run --rm --user web box grep -E '^CapEff' /proc/self/status
	[[ ${lines[0]} == CapEff:*0000000000000000 ]]
}

@test "docker run --security-opt seccomp: the default, none, one's own" {
	run docker run --rm box sh -c 'exec 2>&1; grep ^Seccomp: /proc/self/status; unshare -U true'
	[[ ${lines[0]} == Seccomp:*2 ]]
	[[ ${lines[1]} == *"Operation not permitted"* ]]
	run docker run --rm --security-opt seccomp=unconfined box grep ^Seccomp: /proc/self/status
	[[ ${lines[0]} == Seccomp:*0 ]]
	cat >"$BATS_TEST_TMPDIR/seccomp.json" <<-END
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}
	END
	run docker run --rm --security-opt "seccomp=$BATS_TEST_TMPDIR/seccomp.json" box mkdir /tmp/x
	[ "$status" -eq 1 ]
	[[ $output == *"Operation not permitted"* ]]
}

@test "docker run: masked and read-only paths, or not" {
	run docker run --rm box sh -c 'exec 2>&1; wc -c </proc/keys; echo 1 >/proc/sys/kernel/printk'
	[ "${lines[0]}" = 0 ]
	[[ ${lines[1]} == *"Read-only file system"* ]]
	run docker run --rm --security-opt systempaths=unconfined box sh -c 'exec 2>&1; grep -c " /proc/" /proc/self/mountinfo'
	[ "$output" = 0 ]
}

@test "docker run --device, and no device that was not given" {
	run docker run --rm --device /dev/fuse:/dev/given:r --cap-add mknod box sh -c 'exec 2>&1; ls -l /dev/given
		dd if=/dev/given of=/dev/null count=0 2>/dev/null && echo opened
		(echo >/dev/given) 2>&1; mknod /tmp/sda b 8 0; dd if=/tmp/sda of=/dev/null count=0'
	[ "$status" -ne 0 ]
	[[ ${lines[0]} == c*"10, 229"* ]]
	[ "${lines[1]}" = opened ]
	[[ ${lines[2]} == *"Operation not permitted"* ]]
	[[ ${lines[3]} == *"Operation not permitted"* ]]
}

@test "docker run --privileged" {
	run docker run --rm --privileged box sh -c 'mount -t tmpfs none /tmp && echo mounted; ls /dev/fuse
		test -w /sys/kernel && echo writable; grep ^Seccomp: /proc/self/status'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = mounted ]
	[ "${lines[1]}" = /dev/fuse ]
	[ "${lines[2]}" = writable ]
	[[ ${lines[3]} == Seccomp:*0 ]]
}

@test "docker run --ulimit, --sysctl, --oom-score-adj, --add-host, --dns, --label" {
	run docker run --rm --ulimit nofile=123:456 --sysctl net.ipv4.ip_unprivileged_port_start=81 --oom-score-adj 555 \
		--add-host there:10.9.8.7 --dns 10.9.8.6 --label a=b box sh -c 'ulimit -Sn; ulimit -Hn
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/self/oom_score_adj; grep there /etc/hosts; cat /etc/resolv.conf'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 123 ]
	[ "${lines[1]}" = 456 ]
	[ "${lines[2]}" = 81 ]
	[ "${lines[3]}" = 555 ]
	[[ ${lines[4]} == 10.9.8.7*there ]]
	[[ $output == *"nameserver 10.9.8.6"* ]]
}

@test "docker run --cgroup-parent, --cgroupns" {
	docker run -d --name it --cgroup-parent /nest/egg box sleep 100
	inside grep -q "/nest/egg/$(told .Id it)" "/proc/$(told .State.Pid it)/cgroup"
	run docker run --rm --cgroupns private box cat /proc/self/cgroup
	[ "$status" -eq 0 ]
	[ -z "$(echo "$output" | grep -v ':/$')" ]
}

@test "docker run --health-cmd: probes by exec" {
	docker run -d --name it --health-cmd 'test -e /tmp/well' --health-interval 0.3s --health-retries 2 box sleep 100
	wait_for is_told .State.Health.Status it unhealthy
	docker exec it touch /tmp/well
	wait_for is_told .State.Health.Status it healthy
}

@test "docker cp, diff, commit, export" {
	docker run -d --name it box sh -c 'echo made >/made; exec sleep 100'
	wait_for docker exec it test -s /made
	[ "$(docker diff it)" = "A /made" ]
	[ "$(docker cp it:/made - | tar xO)" = made ]
	tar -C "$WORLD/root/etc" -c passwd | docker cp - it:/tmp
	docker exec it grep -q ^web: /tmp/passwd
	docker commit it box:changed
	[ "$(docker run --rm box:changed cat /made)" = made ]
	[ "$(docker export it | tar xO made)" = made ]
}

@test "docker events: what a container's life looks like" {
	begin=$(date +%s)
	docker run --rm --name life box true
	run docker events --since "$begin" --until "$(($(date +%s) + 1))" --filter container=life --format '{{.Status}}'
	[ "$(echo "$output" | sort | xargs)" = "attach create destroy die start" ]
}

@test "docker build without BuildKit" {
	mkdir "$BATS_TEST_TMPDIR/build"
	cat >"$BATS_TEST_TMPDIR/build/Dockerfile" <<-'END'
		FROM box
		ENV WORD=built
		RUN echo "$WORD" >/built && id -u >>/built
		USER web
		RUN id -un >/tmp/who
		CMD cat /built /tmp/who
	END
	inside env DOCKER_BUILDKIT=0 /usr/bin/docker build -t built "$BATS_TEST_TMPDIR/build"
	run docker run --rm built
	[ "$output" = $'built\n0\nweb' ]
	echo 'RUN exit 33' >>"$BATS_TEST_TMPDIR/build/Dockerfile"
	run inside env DOCKER_BUILDKIT=0 /usr/bin/docker build -t broken "$BATS_TEST_TMPDIR/build"
	[ "$status" -ne 0 ]
	[[ $output == *"non-zero code: 33"* ]]
}

@test "docker build with BuildKit" {
	mkdir "$BATS_TEST_TMPDIR/build"
	printf '%s\n' 'FROM box' 'RUN echo kit >/built' 'CMD cat /built' >"$BATS_TEST_TMPDIR/build/Dockerfile"
	inside env DOCKER_BUILDKIT=1 /usr/bin/docker build --progress plain -t kit "$BATS_TEST_TMPDIR/build"
	run docker run --rm kit
	[ "$output" = kit ]
}

@test "docker: eight containers at the same time" {
	for n in 1 2 3 4 5 6 7 8; do
		docker run --rm box sh -c "exit $n" 3>&- &
		pids[n]=$!
	done
	for n in 1 2 3 4 5 6 7 8; do
		status=0
		wait "${pids[n]}" || status=$?
		[ "$status" -eq "$n" ]
	done
}
