#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Podman, as root, on isle's OCI runtime: what people do with containers every day, and that nothing is left
# afterwards.

load ../lib/podman

setup_file() { podman_setup_file; }
teardown_file() { engines_teardown_file; }
teardown() { podman_teardown; }

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
	# A working directory that is not there is made by podman for an image's, and refused by the runtime
	# otherwise.
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
	[ "$(podman exec --env COLOUR=blue --user web --workdir /usr db \
		sh -c 'echo $COLOUR $(id -u) $PWD')" = 'blue 33 /usr' ]
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
	podman exec -d db sh -c 'echo ran >/note; exec sleep 999'
	wait_for podman exec db grep -q ran /note
	wait_for has_process db 'sleep 999'
}

has_process() { # CONTAINER WORDS
	podman exec "$1" ps -o args | grep -qxF "$2"
}

@test "stop, kill and rm -f end a container, and start begins it again" {
	podman run -d --name polite box sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	wait_for logs_have polite ready
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
	podman run -d --name db box \
		sh -c 'trap "echo got hup" HUP; trap "echo got usr1" USR1; echo ready; while :; do sleep 0.1; done'
	wait_for logs_have db ready
	podman kill -s HUP db
	podman kill -s 10 db
	wait_for logs_have db 'got hup'
	wait_for logs_have db 'got usr1'
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
	web_server -p 127.0.0.1:8080:80
	wait_for inside busybox wget -qO- http://127.0.0.1:8080/
	[ "$(inside busybox wget -qO- http://127.0.0.1:8080/)" = welcome ]
}

@test "containers of a network find each other by name" {
	podman network create lan
	web_server --network lan
	wait_for podman run --rm --network lan box wget -qO- http://web/
	[ "$(podman run --rm --network lan box wget -qO- http://web/)" = welcome ]
	podman rm -f -t 0 web
	podman network rm lan
}

@test "a pod: shared network and ipc, ended as one" {
	needs_pods
	podman pod create --name shop --share net,ipc,uts --hostname shop
	web_server --pod shop
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
	needs_pods
	podman pod create --name shop --share net,pid
	podman run -d --pod shop --name web box sleep 777
	run -0 podman run --rm --pod shop box ps -o pid,args
	[[ $output =~ 'sleep 777' ]]
	[[ $output =~ catatonit ]]
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

@test "checkpoint and restore, or a reason from criu and a container that goes on" {
	podman run -d --name db --net none box sh -c 'echo kept >/dev/shm/note; exec sleep 1000'
	wait_for has_process db 'sleep 1000'
	run podman container checkpoint db
	if [ "$status" -eq 0 ]; then
		is_in_state db exited
		podman container restore db
		[ "$(podman exec db cat /dev/shm/note)" = kept ]
	else
		[[ ${output,,} =~ criu|checkpoint ]]
		podman exec db true
	fi
}

@test "init makes what start begins, and a container that never began is removed" {
	podman create --name db box sh -c 'echo started; sleep 1000'
	podman init db
	is_in_state db initialized
	[ -z "$(podman logs db)" ]
	podman start db
	wait_for logs_have db started
	podman create --name never box true
	podman init never
	podman rm -f -t 0 never
}

@test "a restart policy begins it again, --timeout ends it" {
	podman run -d --name flaky --restart on-failure:2 box sh -c 'exit 3'
	wait_for restarted flaky 2
	wait_for is_in_state flaky exited
	[ "$(inspected flaky .State.ExitCode)" = 3 ]
	run ! podman run --rm --timeout 1 box sleep 1000
}

restarted() { # CONTAINER TIMES
	[ "$(inspected "$1" .RestartCount)" = "$2" ]
}

@test "hooks of every stage, with the state on their input" {
	inside mkdir -p /run/hooks
	for stage in prestart createRuntime createContainer startContainer poststart poststop; do
		inside tee "/run/hooks/$stage.json" >/dev/null <<-END
			{"version": "1.0.0", "when": {"always": true}, "stages": ["$stage"],
			 "hook": {"path": "/bin/sh", "env": ["COLOUR=red"], "args": ["sh", "-c",
				"echo $stage \$COLOUR \$(tr -d ' \\n' | sed 's/.*\"status\":\"//;s/\".*//') >>/run/hooks/log"]}}
		END
	done
	# The hook of startContainer runs inside.
	run -0 podman --hooks-dir /run/hooks run --rm -v /run/hooks:/run/hooks box cat /run/hooks/log
	for stage in prestart createRuntime createContainer startContainer; do
		[[ $output == *"$stage red creat"* ]]
	done
	wait_for inside grep -q 'poststart red running' /run/hooks/log
	wait_for inside grep -q 'poststop red stopped' /run/hooks/log
	inside rm -r /run/hooks
}

@test "podman build" {
	inside mkdir -p /run/context
	inside tee /run/context/Dockerfile >/dev/null <<-'END'
		FROM box
		RUN echo text >/note
		RUN --mount=type=tmpfs,target=/scratch touch /scratch/here
		USER web
		CMD ["cat", "/note"]
	END
	podman build -q -t made /run/context
	[ "$(podman run --rm made)" = text ]
	podman rmi -f made
	inside rm -r /run/context
}

@test "play kube" {
	needs_pods
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
