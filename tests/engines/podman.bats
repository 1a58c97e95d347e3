#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Podman, as root, on isle's OCI runtime: what people do with containers every day, and that nothing is left afterwards.

load ../lib/engines

setup_file() {
	engines_setup_file
	inside podman import -q --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' "$WORLD/image.tar" box
}

teardown_file() { engines_teardown_file; }

teardown() {
	inside podman pod rm -fa -t 0 >/dev/null
	inside podman rm -fa -t 0 >/dev/null
	inside podman volume rm -fa >/dev/null
	engines_left_nothing aardvark-dns
}

podman() {
	inside podman "$@"
}

# A member of what podman inspect tells of container $1: inspected db .State.Pid
inspected() {
	podman inspect --format "{{$2}}" "$1"
}

is_in_state() { # CONTAINER STATE
	[ "$(inspected "$1" .State.Status)" = "$2" ]
}

@test "the runtime is the one that is asked for, and tells its version" {
	[ "$(podman info --format '{{.Host.OCIRuntime.Path}}')" = "$OCI_RUNTIME" ]
	podman info --format '{{.Host.OCIRuntime.Version}}' | grep -q 'spec: 1\.'
}

@test "run: output, input and the exit status are the program's" {
	[ "$(podman run --rm box echo hello)" = hello ]
	[ "$(echo typed | podman run --rm -i box cat)" = typed ]
	run -7 podman run --rm box sh -c 'echo to stderr >&2; exit 7'
	[ "$output" = 'to stderr' ]
	run -137 podman run --rm box sh -c 'sh -c "kill -9 \$\$"; exit $?'
	[ -z "$(podman ps -aq)" ]
}

@test "run: what can't be run is 126, what is not there 127, a bad option 125" {
	run -127 podman run --rm box no-such-program
	[[ $output =~ no-such-program ]]
	run -127 podman run --rm box /no/such/program
	run -126 podman run --rm box /not-executable
	[[ ${output,,} =~ 'permission denied' ]]
	run -126 podman run --rm box /etc
	run -125 podman run --rm --no-such-option box true
	[ -z "$(podman ps -aq)" ]
}

@test "run -d, logs, wait, ps, rm" {
	podman run -d --name job box sh -c 'echo first; echo second >&2; exit 3'
	[ "$(podman wait job)" = 3 ]
	[ "$(podman logs job 2>&1 | sort | paste -sd' ')" = 'first second' ]
	[ "$(inspected job .State.ExitCode)" = 3 ]
	podman start job
	[ "$(podman wait job)" = 3 ]
	podman rm job
}

@test "run --env, --workdir, --user, --hostname, --group-add" {
	run -0 podman run --rm --env COLOUR=red --workdir /home --user web --hostname shop --group-add 44 box \
		sh -c 'echo "$COLOUR $PWD $(id -u) $(id -g) $(hostname)"; id -G'
	[ "${lines[0]}" = 'red /home 33 33 shop' ]
	[[ " ${lines[1]} " =~ ' 44 ' ]]
	run -0 podman run --rm --user 1234:55 box id
	[[ $output =~ ^uid=1234.*' gid=55' ]]
	# A working directory that is not there is made by podman for an image's, and refused by the runtime otherwise.
	run ! podman run --rm --workdir /no/such/directory box pwd
}

@test "run -t: a terminal, of the size that it has outside" {
	run -0 inside python3 "$TERM_PY" size=33x111 -- podman run --rm -it box sh -c "$TELL_TERMINAL"
	[[ $output =~ /dev/pts/0 ]]
	[[ $output =~ '33 111' ]]
}

@test "exec: output, status, environment, user, directory, and what is not there" {
	podman run -d --name db --env COLOUR=red box sleep 1000
	[ "$(podman exec db sh -c 'echo $COLOUR')" = red ]
	[ "$(podman exec --env COLOUR=blue --user web --workdir /usr db sh -c 'echo $COLOUR $(id -u) $PWD')" = 'blue 33 /usr' ]
	[ "$(echo typed | podman exec -i db cat)" = typed ]
	run -5 podman exec db sh -c 'exit 5'
	run -127 podman exec db no-such-program
	run -126 podman exec db /not-executable
	run -127 podman exec --workdir /no/such/directory db true
	[ "$(podman exec db ps -o comm | grep -c sleep)" = 1 ]
}

@test "exec -it at a terminal, and exec -d" {
	podman run -d --name db box sleep 1000
	run -0 inside python3 "$TERM_PY" size=20x70 expect='# ' "send=$TELL_TERMINAL; exit 0\n" -- podman exec -it db sh
	[[ $output =~ '20 70' ]]
	podman exec -d db sh -c 'echo done >/note; exec sleep 999'
	wait_for podman exec db grep -q done /note
	podman exec db ps -o args | grep -q '^sleep 999'
}

@test "stop, kill and rm -f end a container, and start begins it again" {
	podman run -d --name polite box sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done'
	podman stop -t 20 polite
	[ "$(inspected polite .State.ExitCode)" = 9 ]
	podman start polite
	is_in_state polite running
	podman kill --signal KILL polite
	[ "$(podman wait polite)" = 137 ]
	podman run -d --name deaf box sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	podman stop -t 1 deaf
	[ "$(inspected deaf .State.ExitCode)" = 137 ]
	podman start deaf
	podman restart -t 0 deaf
	podman exec deaf true
	podman rm -f -t 0 deaf
	run ! podman inspect deaf
}

@test "kill passes each signal on by its name and its number" {
	podman run -d --name db box sh -c 'trap "echo got hup" HUP; trap "echo got usr1" USR1; echo ready; while :; do sleep 0.1; done'
	wait_for logs_have db ready
	podman kill -s HUP db
	podman kill -s 10 db
	wait_for logs_have db 'got hup'
	wait_for logs_have db 'got usr1'
}

logs_have() { # CONTAINER LINE
	podman logs "$1" 2>&1 | grep -qxF "$2"
}

@test "pause stops every process, unpause lets them go on; exec into what is paused is refused" {
	podman run -d --name clock box sh -c 'while :; do date +%s%N >/now; sleep 0.05; done'
	wait_for podman exec clock test -s /now
	podman pause clock
	is_in_state clock paused
	run ! podman exec clock true
	[[ $output =~ paus|'container state improper' ]]
	# Neither does it hang nor run where only the runtime is asked.
	run ! inside timeout 20 "$OCI_RUNTIME" exec "$(inspected clock .Id)" true
	[ "$status" -ne 124 ]
	podman unpause clock
	is_in_state clock running
	before=$(podman exec clock cat /now)
	wait_for changed clock "$before"
	podman pause clock
	podman rm -f -t 0 clock
}

changed() { # CONTAINER VALUE
	[ "$(podman exec "$1" cat /now)" != "$2" ]
}

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

@test "more memory than the limit ends the container by OOM" {
	run -137 podman run --rm --memory 16m --memory-swap 16m box sh -c 'dd if=/dev/zero of=/dev/null bs=64M'
}

@test "--pids-limit stops a fork bomb" {
	run podman run --rm --pids-limit 10 box sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo all'
	[[ $output =~ 'fork' ]]
}

@test "stats and top tell of what runs" {
	podman run -d --name db --memory 64m box sleep 1000
	run -0 podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' db
	[[ $output =~ ^'db 1 '.*' / 67.11MB'$ ]]
	# Without any limit, too: podman reads the group of every controller.
	podman run -d --name free box sleep 1000
	run -0 podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}} {{.CPU}}' free
	[[ $output =~ ^'free 1 '[1-9].*B' / ' ]]
	run -0 podman top db pid comm
	[[ ${lines[1]} =~ ^1\ +sleep ]]
	run -0 podman top db -o pid,args
	[[ $output =~ 'sleep 1000' ]]
}

@test "a published port is answered by the container" {
	podman run -d --name web -p 127.0.0.1:8080:80 box sh -c 'mkdir /www; echo welcome >/www/index.html; exec httpd -f -p 80 -h /www'
	wait_for inside busybox wget -qO- http://127.0.0.1:8080/
	[ "$(inside busybox wget -qO- http://127.0.0.1:8080/)" = welcome ]
}

@test "containers of a network find each other by name" {
	podman network create lan
	podman run -d --name web --network lan box sh -c 'mkdir /www; echo welcome >/www/index.html; exec httpd -f -p 80 -h /www'
	wait_for podman run --rm --network lan box wget -qO- http://web/
	[ "$(podman run --rm --network lan box wget -qO- http://web/)" = welcome ]
	podman rm -f -t 0 web
	podman network rm lan
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
	run -0 podman run --rm --pid container:db --ipc container:db --uts container:db box sh -c 'ps -o args; hostname; readlink /proc/self/ns/ipc'
	[[ $output =~ 'sleep 1000' ]]
	[[ $output =~ shop ]]
	[[ $output == *"$(podman exec db readlink /proc/self/ns/ipc)"* ]]
	run -0 podman run --rm --pid host --ipc host --uts host box sh -c 'ps -o args; hostname'
	[[ $output =~ catatonit ]]
	[[ $output =~ world ]]
}

@test "a pod: shared network and ipc, ended as one" {
	podman pod create --name shop --share net,ipc,uts --hostname shop
	podman run -d --pod shop --name web box sh -c 'mkdir /www; echo welcome >/www/index.html; exec httpd -f -p 80 -h /www'
	wait_for podman run --rm --pod shop box wget -qO- http://127.0.0.1/
	[ "$(podman run --rm --pod shop box hostname)" = shop ]
	podman pod pause shop
	podman pod unpause shop
	podman pod stop -t 0 shop
	is_in_state web exited
	podman pod start shop
	is_in_state web running
	podman pod kill shop
	podman pod rm -f shop
	[ -z "$(podman ps -aq)" ]
}

@test "a pod may share its processes, too" {
	podman pod create --name shop --share net,pid
	podman run -d --pod shop --name web box sleep 777
	run -0 podman run --rm --pod shop box ps -o pid,args
	[[ $output =~ 'sleep 777' ]]
	[[ $output =~ catatonit ]]
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
	run -0 podman run --rm --userns=auto box sh -c 'cat /proc/self/uid_map; id -u; touch /new && stat -c %u /new; stat -c %u /bin/busybox'
	[[ ${lines[0]} =~ ^\ +0\ +2[0-9]{6}\ +[0-9]+$ ]]
	[ "${lines[1]} ${lines[2]} ${lines[3]}" = '0 0 0' ]
	run -0 podman run --rm --uidmap 0:500000:1000 --gidmap 0:600000:1000 box sh -c 'cat /proc/self/uid_map /proc/self/gid_map'
	[[ ${lines[0]} =~ ^\ +0\ +500000\ +1000$ ]]
	[[ ${lines[1]} =~ ^\ +0\ +600000\ +1000$ ]]
	podman run -d --name db --userns=auto box sleep 1000
	[ "$(podman exec db id -u)" = 0 ]
	[ "$(podman exec --user web db id -u)" = 33 ]
	# Another container in the same user namespace.
	[ "$(podman run --rm --userns container:db box readlink /proc/self/ns/user)" = "$(podman exec db readlink /proc/self/ns/user)" ]
}

@test "capabilities: podman's set, added, dropped, privileged" {
	caps=$(podman run --rm box grep CapEff /proc/self/status)
	[[ $caps =~ 00000000800405fb ]]
	[[ $(podman run --rm --cap-drop all box grep CapEff /proc/self/status) =~ 0000000000000000 ]]
	[[ $(podman run --rm --cap-drop all --cap-add net_admin box grep CapEff /proc/self/status) =~ 0000000000001000 ]]
	[[ $(podman run --rm --user web box grep CapEff /proc/self/status) =~ 0000000000000000 ]]
	run -0 podman run --rm --privileged box sh -c 'grep CapEff /proc/self/status; mount -t tmpfs tmpfs /tmp && echo mounted; ls /dev/null'
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
	run -0 podman run --rm box sh -c 'wc -c </proc/keys; ls /proc/acpi /sys/firmware 2>/dev/null | grep -v :; touch /proc/sys/kernel/domainname 2>&1; true'
	[ "${lines[0]}" = 0 ]
	[[ $output =~ 'Read-only file system' ]]
	podman run --rm --security-opt unmask=ALL box sh -c 'echo here >/proc/sys/kernel/domainname' || true
	run ! podman run --rm --security-opt mask=/usr box ls /usr/bin
}

@test "--init, --device, --sysctl, --ulimit, --oom-score-adj" {
	run -0 podman run --rm --init box ps -o pid,args
	[[ ${lines[1]} =~ ^\ +1\ .*(podman-init|catatonit) ]]
	podman run --rm --device /dev/null:/dev/nothing box sh -c 'echo gone >/dev/nothing; [ -c /dev/nothing ]'
	[ "$(podman run --rm --sysctl net.ipv4.ip_default_ttl=77 box cat /proc/sys/net/ipv4/ip_default_ttl)" = 77 ]
	run ! podman run --rm --sysctl kernel.no_such=1 box true
	[ "$(podman run --rm --ulimit nofile=100:200 --ulimit nproc=32768:32768 box sh -c 'ulimit -Sn; ulimit -Hn' | paste -sd' ')" = '100 200' ]
	[ "$(podman run --rm --oom-score-adj 500 box cat /proc/self/oom_score_adj)" = 500 ]
}

@test "devices are those of the list" {
	# Whoever may make device nodes still opens only what the cgroup allows.
	run ! podman run --rm --cap-add mknod box sh -c 'mknod /disk b 254 0 && cat /disk'
	[[ $output =~ 'not permitted' ]]
	podman run --rm box sh -c 'for i in null zero full random urandom tty ptmx; do ls /dev/$i || exit 1; done; head -c 1 /dev/zero'
	[ "$(podman run --rm --device-cgroup-rule 'c 1:3 r' box stat -c %F /dev/null)" = 'character special file' ]
}

@test "a health check by hand" {
	podman run -d --name db --health-cmd 'test -e /healthy' --health-interval disable box sleep 1000
	run -1 podman healthcheck run db
	podman exec db touch /healthy
	run -0 podman healthcheck run db
}

@test "attach, cp, diff, export, commit, rename" {
	podman run -di --name db box sh -c 'while read -r line; do echo "read $line"; done'
	podman rename db shop
	echo text | inside tee /run/note >/dev/null
	podman cp /run/note shop:/home/note
	[ "$(podman exec shop cat /home/note)" = text ]
	podman diff shop | grep -q 'A /home/note'
	podman commit -q shop kept >/dev/null
	[ "$(podman run --rm kept cat /home/note)" = text ]
	podman export shop | tar -t | grep -q 'home/note'
	podman rm -f -t 0 shop
	podman rmi -f kept
}

@test "--cgroupns, --cgroup-parent and --cgroups=disabled" {
	[ "$(podman run --rm --cgroupns private box sed -n 's/.*pids://p;s/^0:://p' /proc/self/cgroup | sort -u)" = / ]
	podman run -d --name db --cgroup-parent /of-ours box sleep 1000
	inside cat "/proc/$(inspected db .State.Pid)/cgroup" | grep -q /of-ours/libpod-
	podman rm -f -t 0 db
	podman run --rm --cgroups=disabled box true
	podman run --rm --cgroupns private --systemd=always box sh -c 'ls -d /sys/fs/cgroup /run/lock'
}

@test "checkpoint tells that there is no criu, or why not" {
	podman run -d --name db box sleep 1000
	run podman container checkpoint db
	if [ "$status" -ne 0 ]; then
		[[ ${output,,} =~ criu|checkpoint ]]
		is_in_state db running
	fi
}

@test "play kube" {
	inside tee /run/pod.yaml >/dev/null <<-'END'
		apiVersion: v1
		kind: Pod
		metadata: {name: shop}
		spec:
		  restartPolicy: Never
		  containers:
		  - {name: web, image: localhost/box, command: [sleep, "1000"], resources: {limits: {memory: 64Mi}}}
	END
	podman play kube -q /run/pod.yaml
	podman exec shop-web true
	podman play kube --down /run/pod.yaml
	[ -z "$(podman ps -aq)" ]
}

@test "twenty containers at once" {
	for i in $(seq 20); do
		podman run -d --net none --name "many$i" box sleep 1000 >/dev/null &
	done
	wait
	[ "$(podman ps -q | wc -l)" = 20 ]
	podman rm -fa -t 0
	[ -z "$(podman ps -aq)" ]
}
