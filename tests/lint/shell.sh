#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every shell script and every bats file, by shellcheck.
cd "$(dirname "$0")/../.." || exit 1
{
	find scripts tests bench .ci -name '*.sh' -o -name '*.bats' -o -name '*.bash'
	grep -rlE '^#!.*(sh|bats)$' scripts tests bench .ci --include='[!.]*' --exclude='*.*'
} | sort -u | xargs shellcheck --external-sources --severity=style
