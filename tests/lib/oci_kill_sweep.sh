#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# oci_kill_sweep.sh VERB [CHANGE]...: kills 'isle oci VERB' and its descendants with SIGKILL before each system call that
# changes something, and looks after each kill that delete --force leaves nothing over.  CHANGE is a statement for bundle.  Called by oci_kills.bats, in its environment (kill_sweep.sh tells why).
# shellcheck disable=SC2154 # oci is set by oci_setup
set -euE
bats_require_minimum_version() { :; }
cd "$(dirname "$0")"
# shellcheck source=tests/lib/isle.bash
. ./isle.bash
# shellcheck source=tests/lib/oci.bash
. ./oci.bash
# shellcheck source=tests/lib/kill_rounds.bash
. ./kill_rounds.bash
oci_setup
tool=("${oci[@]}")

verb=$1
everybody=
log=$T/calls
trap 'echo "$verb: failed after: $round" >&2' ERR

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

bundle "$T/k" "p['args'] = ['$program', '1000']" "${@:2}"

# Whatever was left: whoever looks is not led astray, and delete --force ends it.
look() {
	oci list >/dev/null
	oci state k >/dev/null 2>&1 || true
}
after() {
	timeout -k 1 30 "${oci[@]}" delete --force k
	oci_nothing_left "after $round"
	! grep -F " $T/k/" /proc/self/mountinfo
}

kill_rounds "$verb"
