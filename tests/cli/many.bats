#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many at once, and much of it: names, ids, exit statuses and logs stay right; what is slow holds up nobody.
# shellcheck disable=SC2154,SC2030,SC2031 # raw is set by faults_use; each test has its own

load ../lib/isle
load ../lib/faults

setup_file() {
	isle_setup_file
	faults_setup_file
}
setup() {
	faults_use
	cd "$BATS_TEST_TMPDIR" || return
}
teardown() { isle_teardown; }
teardown_file() { isle_teardown_file; }

# Runs "$@ N" for N from 1 to $1 at the same time; exit statuses are in the files status.N, words in out.N and err.N.
at_once() { # HOW-MANY COMMAND...
	local n pids=() how_many=$1

	shift
	for ((n = 1; n <= how_many; n++)); do
		(
			status=0
			"$@" "$n" >"out.$n" 2>"err.$n" 3>&- || status=$?
			echo "$status" >"status.$n"
		) &
		pids+=($!)
	done
	wait "${pids[@]}"
}

same_name() {
	timeout 60 "${raw[@]}" run -d --name one -e ISLE_TEST_MARK host sleep 1000
}

@test "100 starts with the same name: one wins, the others say so" {
	at_once 100 same_name
	[ "$(cat status.* | sort | uniq -c | xargs)" = "1 0 99 125" ]
	[ "$(cat err.* | wc -l)" -eq 99 ]
	[ "$(cat err.* | grep -cE '^isle: run: claim the name "one": File exists: .* has it \(.*isle rm one\)$')" -eq 99 ]
	[ "$(cat out.* | wc -l)" -eq 1 ]
	[ "$("${raw[@]}" ps -aq --no-trunc)" = "$(cat out.*)" ]
	timeout 20 "${raw[@]}" rm -f one
	nothing_left "100 with one name"
}

short_run() {
	timeout 60 "${raw[@]}" run --rm -e ISLE_TEST_MARK host sh -c "exit $1"
}

@test "100 different ones at once" {
	at_once 100 short_run
	for n in {1..100}; do
		[ "$(cat "status.$n")" -eq "$n" ]
	done
	[ ! -s err.1 ]
	nothing_left "100 runs"
}

detached_run() {
	timeout 100 "${raw[@]}" run -d --name "c$1" -e ISLE_TEST_MARK host sleep 1000
}

@test "200 containers alive: listed, each with ids of its own, stopped and removed" {
	local began took

	for round in 1 2 3 4; do
		at_once 50 detached_run_of "$round"
		[ "$(cat status.* | sort -u)" = 0 ]
	done
	began=${EPOCHREALTIME/./}
	"${raw[@]}" ps -q >ids
	took=$((${EPOCHREALTIME/./} - began))
	echo "# isle ps of 200 containers: $((took / 1000)) ms" >&3
	[ "$(sort -u ids | wc -l)" -eq 200 ]
	[ "$("${raw[@]}" ps -a --json | python3 -c 'import json, sys; print(len({c["name"] for c in json.load(sys.stdin)}))')" -eq 200 ]
	# Ranges of ids: 200 different ones, none overlaps another or the machine's own.
	"${raw[@]}" ps -q | xargs "${raw[@]}" inspect >inspected
	python3 - <<-'END'
		import json
		starts = []
		for box in json.load(open("inspected")):
		    (ids,) = box["config"]["linux"]["uidMappings"]
		    assert ids["size"] == 65536 and ids["containerID"] == 0, ids
		    starts.append(ids["hostID"])
		starts.sort()
		assert len(starts) == 200 and starts[0] >= 65536, starts
		assert all(b - a >= 65536 for a, b in zip(starts, starts[1:])), starts
	END
	[ "$(pids_of_first | xargs -n 1 -I {} readlink /proc/{}/ns/user | sort -u | wc -l)" -eq 200 ]
	timeout 100 "${raw[@]}" stop -t 0 $(seq -f 'c%.0f' 1 100)
	[ "$("${raw[@]}" ps -q | wc -l)" -eq 100 ]
	timeout 100 "${raw[@]}" rm -af
	nothing_left_soon "200 containers"
}

detached_run_of() {
	detached_run "$((($1 - 1) * 50 + $2))"
}

pids_of_first() {
	python3 -c 'import json; print(*(box["state"]["pid"] for box in json.load(open("inspected"))), sep="\n")'
}

@test "300 exit statuses, each exact" {
	local commands=(true false 'exit 42' "kill -9 \$\$" "kill -SEGV \$\$" 'exit 255') expected=(0 1 42 137 139 255)

	for round in {1..50}; do
		for i in "${!commands[@]}"; do
			status=0
			"${raw[@]}" run --rm --init host sh -c "${commands[i]}; exit" || status=$?
			if [ "$status" -ne "${expected[i]}" ]; then
				echo "round $round: ${commands[i]}: $status, expected ${expected[i]}"
				return 1
			fi
		done
	done
	nothing_left "300 runs"
}

@test "exit statuses of detached containers, by wait and inspect" {
	for code in 0 1 42 255; do
		"${raw[@]}" run -d --name x host sh -c "exit $code" >/dev/null
		[ "$("${raw[@]}" wait x)" -eq "$code" ]
		[ "$(inspected x state exitStatus)" -eq "$code" ]
		"${raw[@]}" rm x
	done
	nothing_left_soon "statuses"
}

@test "a flood of output: the log has its bound, and the newest is in it" {
	"${raw[@]}" run -d --name x --log-opt max-size=1m --log-opt max-file=3 -e ISLE_TEST_MARK host \
		sh -c 'head -c 300000000 /dev/zero | tr "\0" x | fold -w 1000; echo; echo the end; sleep 1000'
	WAIT_S=60 wait_for said_the_end
	[ "$(du -sb --exclude=layer "$ISLE_DATA/containers" | cut -f1)" -le 4000000 ]
	[ "$("${raw[@]}" logs --tail 1 x)" = "the end" ]
	[ "$(memory_of_monitor)" -le 4000 ]
	"${raw[@]}" rm -f x
	nothing_left_soon "the flood"
}

said_the_end() {
	[ "$("${raw[@]}" logs --tail 1 x)" = "the end" ]
}

# KiB that the monitor of x has in memory.
memory_of_monitor() {
	awk '/^VmRSS/ {print $2}' "/proc/$(inspected x state ownerPid)/status"
}

@test "a line of 100 MB without an end" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host \
		sh -c 'head -c 100000000 /dev/zero | tr "\0" y; echo; echo the end; sleep 1000'
	WAIT_S=60 wait_for said_the_end
	[ "$(memory_of_monitor)" -le 4000 ]
	[ "$(du -sb --exclude=layer "$ISLE_DATA/containers" | cut -f1)" -le 33000000 ]
	"${raw[@]}" logs x | head -c 1000000 | tr -d y | wc -c >rest
	[ "$(cat rest)" -lt 100 ]
	"${raw[@]}" rm -f x
	nothing_left_soon "the line"
}

# KiB of memory that are the monitor of x's alone, or its share of what it has together with others.
share_of_monitor() {
	awk '/^Pss:/ {print $2}' "/proc/$(inspected x state ownerPid)/smaps_rollup"
}

is_frugal() {
	[ "$(share_of_monitor)" -le 64 ]
}

@test "a monitor that waits needs 64 KiB at most, also after work" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host \
		sh -c 'head -c 3000000 /dev/zero | tr "\0" x | fold -w 1000; echo; echo the end; exec sleep 1000'
	WAIT_S=60 wait_for said_the_end
	wait_for is_frugal
	"${raw[@]}" rm -f x
	nothing_left_soon "the monitor"
}

@test "the log is deleted or cut while it is written: the container goes on" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sh -c 'while :; do echo line; sleep 0.01; done'
	log=$ISLE_DATA/containers/$(readlink "$ISLE_ROOT/names/x")/log
	wait_for test -s "$log"
	: >"$log"
	sleep 0.1
	rm "$log"
	sleep 0.1
	[ "$(inspected x state status)" = running ]
	timeout 30 "${raw[@]}" logs x >/dev/null || true
	timeout 30 "${raw[@]}" stop -t 1 x
	"${raw[@]}" rm x
	nothing_left_soon "the deleted log"
}

@test "a log that cannot be written any more holds up nobody" {
	mkdir small
	mount -t tmpfs -o size=300k,mode=700 isle-test small
	mkdir -m 700 small/data
	"${raw[@]}" --data "$PWD/small/data" run -d --name x -e ISLE_TEST_MARK host \
		sh -c 'head -c 2000000 /dev/zero | tr "\0" x | fold -w 100; exit 7'
	[ "$(timeout 20 "${raw[@]}" --data "$PWD/small/data" wait x)" -eq 7 ]
	"${raw[@]}" --data "$PWD/small/data" rm x
	umount small
	nothing_left_soon "the full log"
}

@test "logs -f into head: ends" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sh -c 'while :; do echo line; sleep 0.01; done'
	output=$(timeout 30 "${raw[@]}" logs -f x | head -1)
	[ "$output" = line ]
	output=$(timeout 30 "${raw[@]}" attach --no-stdin x | head -1)
	[ "$output" = line ]
	[ "$(inspected x state status)" = running ]
	output=$(timeout 30 "${raw[@]}" run --rm host yes | head -1)
	[ "$output" = y ]
	timeout 30 "${raw[@]}" rm -f x
	nothing_left_soon "head"
}

@test "a reader that does not read does not hold up the container" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host \
		sh -c 'sleep 0.5; head -c 50000000 /dev/zero | tr "\0" x | fold -w 100; echo; echo the end; sleep 1000'
	# shellcheck disable=SC2216 # that it does not read is what it is for
	"${raw[@]}" attach --no-stdin x 3>&- | sleep 100 3>&- &
	sleep=$!
	WAIT_S=30 wait_for said_the_end
	kill "$sleep"
	timeout 30 "${raw[@]}" rm -f x
	nothing_left_soon "the slow reader"
}

@test "a detached container outlives the terminal that started it" {
	printf -v words '%q ' "${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 1000
	timeout 30 script -qec "$words" /dev/null >/dev/null </dev/null 3>&-
	[ "$(inspected x state status)" = running ]
	"${raw[@]}" rm -f x

	# The whole session is killed as soon as the container runs.
	setsid sh -c "$words >started; exec sleep 1000" 3>&- &
	session=$!
	wait_for test -s started
	pkill -HUP -s "$session" || true
	pkill -KILL -s "$session" || true
	wait "$session" || true
	sleep 0.2
	[ "$(inspected x state status)" = running ]
	timeout 30 "${raw[@]}" rm -f x
	nothing_left_soon "the terminal"
}

@test "stop, kill, rm and ps of one container by many at once" {
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 1000
	at_once 40 any_verb
	timeout 20 "${raw[@]}" rm -f x
	# Whoever came too late says that there is nobody of that name, or that somebody else is at it.
	[ "$(cat status.* | grep -cvxE '0|125')" -eq 0 ]
	nothing_left_soon "many verbs"
}

any_verb() {
	case $(($1 % 5)) in
	0) timeout 20 "${raw[@]}" stop -t 0 x ;;
	1) timeout 20 "${raw[@]}" kill x ;;
	2) timeout 20 "${raw[@]}" rm -f x ;;
	3) timeout 20 "${raw[@]}" ps -a ;;
	4) timeout 20 "${raw[@]}" inspect x ;;
	esac
}
