#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# isle as the tests call it (isle.bash puts it in PATH): with the state of the test, and noting the id of what it makes.
case "$1 $*" in
*' --cidfile'* | *' --explain'* | *' --help'*) ;;
run\ *)
	shift
	set -- run --cidfile "$ISLE_SEEN/$$.$(date +%s%N)" "$@"
	;;
esac
# Closed: what bats waits for.
exec env ISLE_TEST_MARK="$ISLE_TEST_MARK:${ISLE_ROOT%/run}" @REAL@ --root "$ISLE_ROOT" --data "$ISLE_DATA" "$@" 3>&-
