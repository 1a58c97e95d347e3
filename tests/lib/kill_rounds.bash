# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill_rounds.bash: kills a command with SIGKILL before each system call with which it, or one of its descendants, changes
# something: kill_rounds LABEL.  The program kill-at (kill_at.c) counts those calls in a first round; each is a round then.
#
# The caller has: tool (env NAME=VALUE PROGRAM [WORDS]), command (its words), everybody (-a, where all descendants end),
# log (a file), before() (what there is before each round), look() (the next command) and after() (what must hold then).
# round tells which it is.
# shellcheck disable=SC2034,SC2154 # those
round=none

# Runs the command below kill-at with the words $1 $2.
killed_at() {
	# shellcheck disable=SC2086 # -a or nothing
	"${tool[@]:0:2}" "$BUILD/tests/lib/kill-at" $everybody "$1" "$2" "${tool[@]:2}" "${command[@]}" >/dev/null 2>&1 </dev/null 3>&-
}

kill_rounds() { # LABEL
	local process n call missed=0 kills

	for _ in 'what is made only once' 'what is made each time'; do
		before
		killed_at list "$log"
		look
		after
	done
	kills=$(wc -l <"$log")
	[ "$kills" -ge 1 ]
	while read -r process n call; do
		round="$call, change $n of process $process"
		before
		status=0
		killed_at "$process" "$n" || status=$?
		# 3: it made fewer this time, as one that asks again and again for a lock does.
		[[ $status = 0 || ($status = 3 && $((++missed * 2)) -le $kills) ]]
		look
		after
	done <"$log"
	echo "# $1: $((kills - missed)) kills of $kills"
}
