#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every shell script and every bats file, by shellcheck.  Not asked for:
#   SC2016           what a container is to expand stands in single quotes
# and in bats files and what they load:
#   SC2030, SC2031   each test is a subshell on purpose
#   SC2143           '[ -z "$(grep …)" ]' is how a bats test says that nothing matches: it does not see a failing '!'
cd "$(dirname "$0")/../.." || exit 1
bad=0
{
	find scripts tests bench -name '*.sh'
	echo .ci/run
} | sort | xargs shellcheck --external-sources --severity=style --exclude=SC2016 || bad=1
find tests -name '*.bats' -o -name '*.bash' | sort |
	xargs shellcheck --external-sources --severity=style --exclude=SC2016,SC2030,SC2031,SC2143 || bad=1
exit $bad
