#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tidy.sh BUILD [FILE...]: clang-tidy with the checks of .clang-tidy, over all of src/.
cd "$(dirname "$0")/../.." || exit 1
build=$1
shift
# The flags stand here and not in compile_commands.json, which has gcc's own and every file twice.
flags="-std=gnu17 -D_GNU_SOURCE -iquote src -iquote $build"
if [ $# -gt 0 ]; then printf '%s\n' "$@"; else find src -name '*.c' | sort; fi | xargs -P "$(nproc)" -I@ sh -c '
	[ "$1" = src/base/err.c ] || extra="-include tests/lint/analyzer.h"
	clang-tidy --quiet "$1" -- $2 $extra 2>/dev/null' sh @ "$flags"
