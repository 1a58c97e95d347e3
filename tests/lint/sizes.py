#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sizes: a function of more than 60 lines and a file of more than 500 need a reason in allow.txt.  --report lists them all."""
import re
import statistics
import sys

import source

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
FUNCTION_LINES, FILE_LINES, LINE_COLUMNS = 60, 500, 120


def main():
    findings = source.Findings("sizes")
    function_sizes, file_sizes = [], []
    for file in source.files("src"):
        file_sizes.append(len(file.lines))
        if len(file.lines) > FILE_LINES:
            findings.add(file, len(file.lines), f"{len(file.lines)} lines; {FILE_LINES} are the limit")
        for f in file.functions:
            function_sizes.append(f.size)
            if f.size > FUNCTION_LINES:
                findings.add(file, f.first, f"{f.name} has {f.size} lines; {FUNCTION_LINES} are the limit", f.name)
        for number, line in enumerate(file.lines, 1):
            # A sentence in quotes is not broken: who looks for it must find it.
            if len(STRING.sub('""', line.expandtabs(8))) > LINE_COLUMNS:
                findings.add(file, number, f"{len(line.expandtabs(8))} columns; {LINE_COLUMNS} are the limit")
    if "--report" in sys.argv:
        print(f"{len(file_sizes)} files: median {statistics.median(file_sizes)} lines, longest {max(file_sizes)}")
        print(f"{len(function_sizes)} functions: median {statistics.median(function_sizes)} lines, "
              f"longest {max(function_sizes)}, {sum(s <= 50 for s in function_sizes) / len(function_sizes):.1%} within 50")
    findings.finish()


main()
