#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill_sweep.sh SCENARIO [-f]: kills isle with SIGKILL at its system calls, one after the other, and looks after each kill
# that the next command leaves nothing over.  Called by kills.bats, in its environment; a script of its own because bats
# watches every line that it runs.
#
# A first round counts what calls the command makes: with -f those of its children too, and then whoever comes to a call
# for the Nth time is killed.  Each call is a round, with ISLE_LONG=1; else every one that changes something is a
# candidate, and each time others of them are taken (ISLE_SEED, which is printed, takes the same ones again).
# shellcheck disable=SC2154 # raw is set by faults_use
set -euE
bats_require_minimum_version() { :; }
cd "$(dirname "$0")"
# shellcheck source=tests/lib/isle.bash
. ./isle.bash
# shellcheck source=tests/lib/faults.bash
. ./faults.bash
faults_use

scenario=$1 follow=${2:-}
rounds=${ISLE_ROUNDS:-40}
log=$BATS_TEST_TMPDIR/calls
round=none
trap 'echo "$scenario $follow: failed after: $round" >&2' ERR

# What changes nothing outside the process.
harmless='access|arch_prctl|brk|capget|clock_.*|close|dup.?|epoll_.*|exit.*|faccessat.?|fgetxattr|fstat.*|futex|get.*|ioctl|lseek|'
harmless+='madvise|mmap|mprotect|munmap|new.*stat.*|pipe2|poll|prctl|pread64|prlimit64|read|readlink.*|readv|recvmsg|rt_sig.*|'
harmless+='rseq|sched_.*|set_.*|sigaltstack|signalfd4|stat.*|sysinfo|umask|uname|wait.*|execve'

# The scenarios: what is there before each round, the command, and what must hold after the next one.
before() { :; }
after() { nothing_left "$round"; }
case $scenario in
run) command=(run --rm --name x -e ISLE_TEST_MARK -m 200m host true) ;;
run-d) command=(run -d --rm --name x -e ISLE_TEST_MARK host true) ;;
exec)
	"${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 1000 >/dev/null
	command=(exec x true)
	after() {
		"${raw[@]}" exec x true
		[ "$(processes_left | grep -cE '^process [0-9]+ sleep 1000')" -eq 1 ]
	}
	;;
start)
	"${raw[@]}" run --name x -e ISLE_TEST_MARK host true
	command=(start x)
	after() {
		"${raw[@]}" stop x
		"${raw[@]}" start x
		[ "$("${raw[@]}" wait x)" -eq 0 ]
	}
	;;
stop)
	command=(stop -t 0 x)
	before() { "${raw[@]}" start x 2>/dev/null || "${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 1000 >/dev/null; }
	after() {
		"${raw[@]}" stop -t 0 x
		if processes_left || groups_left; then return 1; fi
	}
	;;
rm)
	command=(rm -f x)
	before() { "${raw[@]}" run -d --name x -e ISLE_TEST_MARK host sleep 1000 >/dev/null; }
	after() {
		"${raw[@]}" rm -f x
		nothing_left "$round"
	}
	;;
*) exit 2 ;;
esac

# Runs the command below strace with the words $@; strace itself dies of what kills the command.
traced() {
	# shellcheck disable=SC2086 # -f or nothing
	(exec timeout -k 1 20 strace -qq -E "${raw[1]}" $follow -o "$log" "$@" "${raw[@]:2}" "${command[@]}") >/dev/null 2>&1 </dev/null || true
}

# "CALL N" for each call that the busiest of the traced processes makes.
calls() {
	sed -nE 's/^([0-9]+ +)?([a-z][a-z0-9_]*)\(.*/\1:\2/p' "$log" | sort | uniq -c |
		awk '{sub(/.*:/, "", $NF); if ($1 > most[$NF]) most[$NF] = $1}
			END {for (c in most) for (n = 1; n <= most[c]; n++) print c, n}' | cat | sort
}

before
traced
calls >"$log.all"
"${raw[@]}" ps -a >/dev/null
after
if [ -z "${ISLE_LONG:-}" ]; then
	grep -vE "^($harmless) " "$log.all" >"$log.some"
	seed=${ISLE_SEED:-$RANDOM}
	echo "$scenario $follow: ISLE_SEED=$seed"
	shuf -n "$rounds" --random-source=<(yes "$seed") "$log.some" >"$log.all"
fi
while read -r call n; do
	round="$call, call $n"
	before
	traced -e trace="$call" -e inject="$call:signal=KILL:when=$n"
	"${raw[@]}" ps -a >/dev/null
	after
done <"$log.all"
"${raw[@]}" rm -af
echo "$scenario $follow: $(wc -l <"$log.all") kills"
