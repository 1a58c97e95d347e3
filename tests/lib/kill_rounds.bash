# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill_rounds.bash: kills a command with SIGKILL at its system calls, one after the other; kill_rounds LABEL.
#
# A first round counts what calls the command makes: with follow=-f those of its children too, and then whoever comes to a
# call for the Nth time is killed.  Each call is a round, with ISLE_LONG=1; else every one that changes something is a
# candidate, and each time others of them are taken (ISLE_SEED, which is printed, takes the same ones again).
#
# The caller has: tool (env NAME=VALUE PROGRAM [WORDS]), command (its words), follow (-f or nothing), log (a file's
# beginning), before() (what there is before each round), look() (the next command) and after() (what must hold then).
# round tells which it is.
# shellcheck disable=SC2034,SC2154 # those
rounds=${ISLE_ROUNDS:-40}
round=none

# What changes nothing outside the process.
harmless='access|arch_prctl|brk|capget|clock_.*|close|close_range|dup.?|epoll_.*|exit.*|faccessat.?|fgetxattr|fstat.*|futex|get.*|ioctl|'
harmless+='lseek|madvise|mmap|mprotect|munmap|new.*stat.*|pipe2|poll|prctl|pread64|prlimit64|read|readlink.*|readv|recvmsg|rt_sig.*|'
harmless+='rseq|sched_.*|set_.*|sigaltstack|signalfd4|stat.*|sysinfo|umask|uname|wait.*|execve'

# Runs the command below strace with the words $@; strace itself dies of what kills the command.
traced() {
	# shellcheck disable=SC2086 # -f or nothing
	(exec timeout -k 1 20 strace -qq -E "${tool[1]}" $follow -o "$log" "$@" "${tool[@]:2}" "${command[@]}") >/dev/null 2>&1 </dev/null || true
}

# "CALL N" for each call that the busiest of the traced processes makes.
calls() {
	sed -nE 's/^([0-9]+ +)?([a-z][a-z0-9_]*)\(.*/\1:\2/p' "$log" | sort | uniq -c |
		awk '{sub(/.*:/, "", $NF); if ($1 > most[$NF]) most[$NF] = $1}
			END {for (c in most) for (n = 1; n <= most[c]; n++) print c, n}' | cat | sort
}

kill_rounds() { # LABEL
	before
	traced
	calls >"$log.all"
	look
	after
	if [ -z "${ISLE_LONG:-}" ]; then
		grep -vE "^($harmless) " "$log.all" >"$log.some"
		seed=${ISLE_SEED:-$RANDOM}
		echo "# $1: ISLE_SEED=$seed"
		shuf -n "$rounds" --random-source=<(yes "$seed") "$log.some" >"$log.all"
	fi
	while read -r call n; do
		round="$call, call $n"
		before
		traced -e trace="$call" -e inject="$call:signal=KILL:when=$n"
		look
		after
	done <"$log.all"
	echo "# $1: $(wc -l <"$log.all") kills"
}
