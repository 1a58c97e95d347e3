#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Processes: inside one sees one's own; the machine sees all of them under its own numbers, and ends whom it likes.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() { isle_setup_file; }
teardown_file() { isle_teardown_file; }
teardown() { isle_teardown; }

# The machine's number of the process in container $1 whose words begin with $2.
host_pid() {
	processes_of "$1" | awk -v words="$2" '{ pid = $1; sub(/^[0-9]+ /, "") } index($0, words) == 1 { print pid; exit }'
}

has_process() {
	[ -n "$(host_pid "$@")" ]
}

is_gone() {
	[ ! -e "/proc/$1" ]
}

runs() {
	[ "$(inspected "$1" status)" = running ]
}

exited() {
	[ "$(inspected "$1" status)" = exited ]
}

ps_inside() { # ROOT
	run isle run --rm "$1" ps aux
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} =~ ^root\ +1\ .*\ ps\ aux$ ]]
	isle run -d --name shop "$1" sh -c 'echo "the recipe" >/secret.txt; tail -f /secret.txt & sleep 100; true'
	wait_for has_process shop 'tail -f'
	wait_for has_process shop 'sleep 100'
	run isle exec shop ps -eo pid,args
	[ "${#lines[@]}" -eq 5 ]
	[[ ${lines[1]} =~ ^\ +1\ sh\ -c ]]
	# The machine's process of this test is nobody's inside.
	run isle exec shop sh -c "ls -d /proc/$BASHPID"
	[ "$status" -ne 0 ]
	[ "$(isle exec shop sh -c 'ls -d /proc/[0-9]*' | wc -l)" -le 5 ]
}

@test "ps aux inside shows only its own" {
	on_each_root ps_inside
}

machine_sees() { # ROOT
	local tail init

	isle run -d --name shop "$1" sh -c 'touch /text.txt; tail -f /text.txt; echo "the tail: $?"; sleep 100; true'
	wait_for has_process shop 'tail -f'
	tail=$(host_pid shop 'tail -f')
	init=$(pid_of shop)
	# ps of the machine has it, under a number of the machine, which inside is another one.
	ps -p "$tail" -o args= | grep -q 'tail -f /text.txt'
	[ "$(awk '/^NSpid/ { print NF - 1 }' "/proc/$tail/status")" -eq 2 ]
	[ "$(awk '/^NSpid/ { print $3 }' "/proc/$init/status")" = 1 ]
	# The number means nothing inside.
	run isle exec shop sh -c "kill $tail"
	[ "$status" -ne 0 ]
	runs shop
	# Killed from outside the tail dies, and the shop goes on.
	kill "$tail"
	wait_for is_gone "$tail"
	wait_for eval 'isle logs shop | grep -q "the tail: 143"'
	runs shop
	# Killed by its first process the whole container dies.
	isle exec -d shop sleep 200
	wait_for has_process shop 'sleep 200'
	kill -KILL "$init"
	wait_for exited shop
	[ "$(inspected shop state exitStatus)" = 137 ]
	[ "$(isle wait shop)" = 137 ]
	[ -z "$(processes_of shop)" ]
}

@test "the machine sees a container's processes, kills one of them, and all of them with the first" {
	on_each_root machine_sees
}

polite_end() { # ROOT
	# A signal from outside that the first process handles is its own affair.
	isle run -d --name shop "$1" sh -c 'trap "echo closing; exit 7" TERM; echo open; while :; do sleep 0.05; done'
	wait_for eval 'isle logs shop | grep -q open'
	kill -TERM "$(pid_of shop)"
	[ "$(isle wait shop)" = 7 ]
	isle logs shop | grep -q closing
}

@test "a kill -TERM of the first process from the machine is a request" {
	on_each_root polite_end
}

enter() { # ROOT
	local second

	isle run -d --name shop "$1" sh -c 'touch /text.txt; tail -f /text.txt; echo "the tail: $?"; sleep 100; true'
	wait_for has_process shop 'tail -f'
	second=$(python3 "$ISLE_LIB/term.py" size=50x200 expect='# ' send='ps aux\n' expect='tail -f /text.txt' expect='# ' \
		send="kill \$(pgrep -x tail)\n" expect='# ' send='tty; exit 3\n' -- isle exec -it -e 'PS1=# ' shop sh) || [ $? -eq 3 ]
	# Both shells see the same processes: the tail, the first one, and the shell itself at its terminal.
	[[ $second == *"tail -f /text.txt"*"ps aux"* ]]
	[[ $second == *pts/0* ]]
	wait_for eval 'isle logs shop | grep -q "the tail: 143"'
	runs shop
	run python3 "$ISLE_LIB/term.py" expect='# ' send='exit 3\n' -- isle exec -it -e 'PS1=# ' shop sh
	[ "$status" -eq 3 ]
	# The shells are gone with their terminals, and the first process has gone on to its sleep.
	wait_for has_process shop 'sleep 100'
	[ "$(processes_of shop | wc -l)" -eq 2 ]
}

@test "exec -it opens a second shell among the same processes, which may kill them" {
	on_each_root enter
}

exec_words() { # ROOT
	isle run -d --name shop -e COLOUR=blue -w /tmp "$1" sleep 100
	[ "$(isle exec shop sh -c 'echo $COLOUR; pwd')" = $'blue\n/tmp' ]
	[ "$(isle exec -e COLOUR=red -w /etc shop sh -c 'echo $COLOUR; pwd')" = $'red\n/etc' ]
	[ "$(echo words | isle exec -i shop cat)" = words ]
	[ "$(echo words | isle exec shop cat)" = "" ]
	run isle exec shop sh -c 'exit 42'
	[ "$status" -eq 42 ]
	run isle exec shop sh -c 'kill -KILL $$'
	[ "$status" -eq 137 ]
	run -127 isle exec shop no-such-program
	run -126 isle exec shop /etc
	isle stop -t 0 shop
	run isle exec shop true
	[ "$status" -eq 125 ]
	[[ $output == *shop* ]]
}

@test "exec has the container's environment, and the exact exit status" {
	on_each_root exec_words
}

# Whether lsns lists namespace $2 of process $1.
lsns_finds() {
	lsns -p "$1" -no TYPE,NS | grep -q "$2 *$(ns_of "$1" "$2" | tr -dc 0-9)"
}

tools() { # ROOT
	local pid line

	isle run -d --name db "$1" sleep 1000
	pid=$(pid_of db)
	run nsenter --target "$pid" --mount --uts --ipc --net --pid ps aux
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[1]} == *"sleep 1000"* ]]
	[[ ${lines[2]} == *"ps aux"* ]]
	[ "$(nsenter --target "$pid" --all hostname)" = "$(inspected db config hostname)" ]
	[ "$(nsenter --target "$pid" --all id -u)" = 0 ]
	# All eight are the container's own, and lsns finds them by the pid.
	for line in cgroup ipc mnt net pid time user uts; do
		[ "$(ns_of "$pid" "$line")" != "$(ns_of self "$line")" ]
		# It gives up where any process of the machine ends while it reads.
		wait_for lsns_finds "$pid" "$line"
	done
}

@test "nsenter and lsns of util-linux know their way" {
	on_each_root tools
}
