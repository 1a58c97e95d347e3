#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Comments: a file begins with its licence and a sentence; nearly every function has a comment above it.

A public function may have its comment in the header instead, above the group of declarations that it stands in.  The
functions of a step (NAME_wanted, NAME_run, NAME_undo) need none: NAME_explain says in words what the step does.
"""
import re

import source

WANTED = 0.95
LICENCE = "/* SPDX-License-Identifier: GPL-2.0-or-later */"
ROW = re.compile(r"^(.+)_(wanted|run|undo|explain)$")


def in_headers():
    """Names that a header declares below a comment, with no empty line between."""
    names = set()
    for file in source.files("src", suffixes=(".h",)):
        commented = False
        bare = file.code.splitlines()
        for raw, line in zip(file.lines, bare):
            if not raw.strip():
                commented = False
            elif not line.strip() or "/*" in raw:
                commented = True
            if commented:
                names.update(re.findall(r"\b([A-Za-z_]\w*)\s*\(", line))
    return names


def commented(file, function, public):
    above = file.lines[function.first - 2].strip() if function.first >= 2 else ""
    if above.endswith("*/"):
        return True
    return not function.static and function.name in public


def main():
    findings = source.Findings("comments")
    public = in_headers()
    total, without = 0, []
    for file in source.files("src", "tests"):
        if file.lines[:1] != [LICENCE]:
            findings.add(file, 1, "the first line is not the licence")
        if len(file.lines) < 2 or not file.lines[1].startswith("/*"):
            findings.add(file, 2, "the second line does not say what the file is")
        if not file.path.startswith("src/"):
            continue
        total += len(file.functions)
        steps = {m[1] for f in file.functions if (m := ROW.match(f.name)) and m[2] == "explain"}
        for f in file.functions:
            row = ROW.match(f.name)
            if not (f.name == "main" or commented(file, f, public) or (row and row[1] in steps)):
                without.append((file, f))
    share = 1 - len(without) / total
    if share < WANTED:
        for file, f in without:
            findings.add(file, f.first, f"{f.name} has no comment above it", f.name)
    print(f"{total - len(without)} of {total} functions have a comment ({share:.1%}; {WANTED:.0%} is the least)")
    findings.finish()


main()
