#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck.sh BUILD: cppcheck over src/.  Each kind of finding that is left out has its reason here:
#   *System          headers of the system are not ours to check
#   normalCheckLevelMaxBranches, unmatchedSuppression    chatter, no finding
#   constParameterCallback    the type of a table's functions is given by the table
#   variableScope, unreadVariable    declared where the reader wants it; auto_fd exists to be closed, not to be read
# In C a cast to 'void *' does what one to a '__typeof__' does, and cppcheck can read it.
cd "$(dirname "$0")/../.." || exit 1
exec cppcheck --std=c11 -D_GNU_SOURCE -D__x86_64__ -D__GNUC__ '-D__typeof__(x)=void *' -I src -I "$1" -j "$(nproc)" --quiet --inline-suppr --error-exitcode=1 \
	--enable=warning,performance,portability --template='{file}:{line}: {severity}: {message} [{id}]' \
	--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=unmatchedSuppression src
