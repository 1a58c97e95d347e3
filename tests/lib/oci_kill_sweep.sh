#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# oci_kill_sweep.sh VERB [-f]: kills 'isle oci VERB' with SIGKILL at its system calls, one after the other, and looks after
# each kill that delete --force leaves nothing over.  Called by oci_kills.bats, in its environment (kill_sweep.sh tells why).
#
# A first round counts what calls the command makes: with -f those of its children too, and then whoever comes to a call
# for the Nth time is killed.  Each call is a round, with ISLE_LONG=1; else every one that changes something is a
# candidate, and each time others of them are taken (ISLE_SEED, which is printed, takes the same ones again).
# shellcheck disable=SC2154 # oci is set by oci_setup
set -euE
bats_require_minimum_version() { :; }
cd "$(dirname "$0")"
# shellcheck source=tests/lib/isle.bash
. ./isle.bash
# shellcheck source=tests/lib/oci.bash
. ./oci.bash
oci_setup

verb=$1 follow=${2:-}
rounds=${ISLE_ROUNDS:-40}
log=$T/calls
round=none
trap 'echo "$verb $follow: failed after: $round" >&2' ERR

# What changes nothing outside the process.
harmless='access|arch_prctl|brk|capget|clock_.*|close|close_range|dup.?|epoll_.*|exit.*|faccessat.?|fgetxattr|fstat.*|futex|get.*|ioctl|'
harmless+='lseek|madvise|mmap|mprotect|munmap|new.*stat.*|pipe2|poll|prctl|pread64|prlimit64|read|readlink.*|readv|recvmsg|rt_sig.*|'
harmless+='rseq|sched_.*|set_.*|sigaltstack|signalfd4|stat.*|sysinfo|umask|uname|wait.*|execve'

created() { oci create --bundle "$T/k" k </dev/null >/dev/null 2>&1; }
running() { created && oci start k; }

# What there is before each round, the command, and whether the program is one that goes on.
before() { :; }
program="sleep"
case $verb in
create) command=(create --bundle "$T/k" --pid-file "$T/pid" k) ;;
start)
	before() { created; }
	command=(start k)
	;;
run)
	program=true
	command=(run --bundle "$T/k" k)
	;;
exec)
	before() { running; }
	command=(exec k true)
	;;
kill)
	before() { running; }
	command=(kill k KILL)
	;;
delete)
	before() { running && oci kill k KILL && wait_for stopped; }
	command=(delete k)
	;;
delete-force)
	before() { running; }
	command=(delete --force k)
	;;
*) exit 2 ;;
esac
stopped() { oci state k | grep -q '"status": *"stopped"'; }

bundle "$T/k" "p['args'] = ['$program', '1000']"

# Runs the command below strace with the words $@; strace itself dies of what kills the command.
traced() {
	# shellcheck disable=SC2086 # -f or nothing
	(exec timeout -k 1 20 strace -qq -E "${oci[1]}" $follow -o "$log" "$@" "${oci[@]:2}" "${command[@]}") >/dev/null 2>&1 </dev/null || true
}

# Whatever was left: whoever looks is not led astray, and delete --force ends it.
after() {
	oci list >/dev/null
	oci state k >/dev/null 2>&1 || true
	timeout -k 1 30 "${oci[@]}" delete --force k
	oci_nothing_left "after $round"
}

# "CALL N" for each call that the busiest of the traced processes makes.
calls() {
	sed -nE 's/^([0-9]+ +)?([a-z][a-z0-9_]*)\(.*/\1:\2/p' "$log" | sort | uniq -c |
		awk '{sub(/.*:/, "", $NF); if ($1 > most[$NF]) most[$NF] = $1}
			END {for (c in most) for (n = 1; n <= most[c]; n++) print c, n}' | sort
}

before
traced
calls >"$log.all"
after
if [ -z "${ISLE_LONG:-}" ]; then
	grep -vE "^($harmless) " "$log.all" >"$log.some"
	seed=${ISLE_SEED:-$RANDOM}
	echo "# $verb $follow: ISLE_SEED=$seed"
	shuf -n "$rounds" --random-source=<(yes "$seed") "$log.some" >"$log.all"
fi
while read -r call n; do
	round="$call, call $n"
	before
	traced -e trace="$call" -e inject="$call:signal=KILL:when=$n"
	after
done <"$log.all"
echo "# $verb $follow: $(wc -l <"$log.all") kills"
