#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill_sweep.sh SCENARIO: kills isle and its descendants with SIGKILL before each system call that changes something, and
# looks after each kill that the next command leaves nothing over.  Called by kills.bats, in its environment; a script of its own because bats
# watches every line that it runs.
# shellcheck disable=SC2154 # raw is set by faults_use
set -euE
bats_require_minimum_version() { :; }
cd "$(dirname "$0")"
# shellcheck source=tests/lib/isle.bash
. ./isle.bash
# shellcheck source=tests/lib/faults.bash
. ./faults.bash
# shellcheck source=tests/lib/kill_rounds.bash
. ./kill_rounds.bash
faults_use
tool=("${raw[@]}")

scenario=$1
everybody=
log=$BATS_TEST_TMPDIR/calls
trap 'echo "$scenario: failed after: $round" >&2' ERR

# The scenarios: what is there before each round, the command, and what must hold after the next one.
before() { :; }
after() { nothing_left "$round"; }
case $scenario in
run)
	command=(run --rm --name x -e ISLE_TEST_MARK -m 200m host true)
	everybody=-a
	;;
run-d)
	command=(run -d --rm --name x -e ISLE_TEST_MARK host true)
	everybody=-a
	;;
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
	everybody=-a
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

# The next command.
look() { "${raw[@]}" ps -a >/dev/null; }

kill_rounds "$scenario"
"${raw[@]}" rm -af
