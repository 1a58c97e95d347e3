#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The layout of all C files is that of .clang-format; "clang-format -i FILE" repairs it.
cd "$(dirname "$0")/../.." || exit 1
find src tests bench -name '*.[ch]' -print0 | sort -z | xargs -0 clang-format --dry-run -Werror
