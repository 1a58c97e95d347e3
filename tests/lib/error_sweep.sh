#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# error_sweep.sh [-f]: lets the system calls of 'isle run' fail, one after the other, each with an error that it may well
# give.  Either the run does not mind, or it tells one sentence and its status is 125; nothing is left after the next
# command.  With -f the calls of the container's first process too, up to a program that is not there (which a host side
# that minds nothing tells with status 127; 126, where looking for it fails).  Called by inject.bats as kill_sweep.sh is
# by kills.bats.
# shellcheck disable=SC2154 # raw is set by faults_use
set -euE
bats_require_minimum_version() { :; }
cd "$(dirname "$0")"
# shellcheck source=tests/lib/isle.bash
. ./isle.bash
# shellcheck source=tests/lib/faults.bash
. ./faults.bash
faults_use

follow=${1:-}
rounds=${ISLE_ROUNDS:-60}
log=$BATS_TEST_TMPDIR/calls
program=true usual=0
if [ -n "$follow" ]; then
	program=/nonexistent usual=127
fi
round=none
trap 'echo "errors $follow: failed after: $round" >&2' ERR

# Calls that have no result, or whose failure is no event.  The second setresuid becomes root again, as whom isle has a right
# to; with half of its rights it would rather exit at once.
infallible='arch_prctl|brk|clock_.*|close|exit.*|futex|get[a-z]*id|getpgrp|getrandom|madvise|mprotect|munmap|restart_syscall|'
infallible+='rseq|rt_sig.*|sched_.*|set_robust_list|set_tid_address|sigaltstack|umask|vfork|wait.*|execve'

traced() {
	# shellcheck disable=SC2086 # -f or nothing
	timeout -k 1 10 strace -qq -E "${raw[1]}" $follow -o "$log" "$@" "${raw[@]:2}" run --rm --name x -e ISLE_TEST_MARK -m 200m \
		host "$program" 2>&1 >/dev/null </dev/null
}

# One sentence of isle, perhaps after warnings, and nothing else; unless it is the writing of it that failed.
told() {
	if [[ $call = write* && -z $said ]]; then
		return
	fi
	[ -n "$said" ] && ! grep -vq '^isle: ..' <<<"$said"
}

traced >/dev/null || true
sed -nE 's/^([0-9]+ +)?([a-z][a-z0-9_]*)\(.*/\1:\2/p' "$log" | sort | uniq -c |
	awk '{sub(/.*:/, "", $NF); if ($1 > most[$NF]) most[$NF] = $1}
		END {for (c in most) for (n = 1; n <= most[c]; n++) print c, n}' | grep -vE "^($infallible) |^setresuid 2$" | sort >"$log.calls"
while read -r call n; do
	for error in ENOSPC EMFILE ENOMEM EPERM EINTR EAGAIN EIO; do
		echo "$call $n $error"
	done
done <"$log.calls" >"$log.all"
if [ -z "${ISLE_LONG:-}" ]; then
	seed=${ISLE_SEED:-$RANDOM}
	echo "errors $follow: ISLE_SEED=$seed"
	mv "$log.all" "$log.some"
	shuf -n "$rounds" --random-source=<(yes "$seed") "$log.some" >"$log.all"
fi
while read -r call n error; do
	status=0
	said=$(traced -e trace="$call" -e inject="$call:error=$error:when=$n") || status=$?
	round="$call, call $n, $error: status $status: $said"
	if [ "${ISLE_SHOW:-}" ]; then
		echo "$round"
	fi
	[[ $status -eq $usual || $status -eq 125 || ($status -eq 126 && -n $follow) ]]
	[ "$status" -eq 0 ] || told
	"${raw[@]}" ps -a >/dev/null
	nothing_left "$round"
done <"$log.all"
echo "errors $follow: $(wc -l <"$log.all") errors"
