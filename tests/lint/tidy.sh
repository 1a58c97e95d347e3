#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tidy.sh BUILD [FILE...]: clang-tidy with the checks of .clang-tidy, over all of src/.
# The flags stand here and not in compile_commands.json, which has gcc's own and every file twice.
cd "$(dirname "$0")/../.." || exit 1
if [ "$1" != --one ]; then
	build=$1
	shift
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; else find src -name '*.c' | sort; fi |
		xargs -P "$(nproc)" -I@ tests/lint/tidy.sh --one "$build" @
	exit
fi
build=$2 file=$3
case $file in
# The files that define what the header redefines.
src/base/err.c) set -- ;;
src/engine/compose_*) set -- -DANALYZE_COMPOSE -include tests/lint/analyzer.h ;;
*) set -- -include tests/lint/analyzer.h ;;
esac
# shellcheck disable=SC2046 # a list of flags
case $file in
src/report/*) set -- "$@" $(pkg-config --cflags smartcols) ;;
esac
# Of each function the analyzer looks at so many states at most, a tenth of what it would: that takes a fifth of the time.
set -- -Xclang -analyzer-config -Xclang max-nodes=20000 "$@"
exec clang-tidy --quiet "$file" -- -std=gnu17 -D_GNU_SOURCE -iquote src -iquote "$build" "$@" 2>/dev/null
