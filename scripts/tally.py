#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts what the suites did: tally.py DIRECTORY

DIRECTORY has *.json (test logs of meson, one object a line) and *.tap (output of bats).  Each TAP line counts; a program
without TAP counts as one.  A skip is a failure where skips are not allowed (CI or ISLE_MUST_WORK set), unless
tests/skips.txt has it with the same reason.  What failed is shown with all its output; the last line is "N passed, N failed".
"""
import fnmatch
import json
import os
import pathlib
import re
import sys

TAP_LINE = re.compile(r"^(not )?ok\b(?: +\d+)?(?: - | +|$)(.*?)(?: in \d+ms)?(?:\s*# *(skip|todo)\S* *(.*))?$", re.IGNORECASE)
TAP_PLAN = re.compile(r"^1\.\.(\d+)")
STRICT = bool(os.environ.get("CI") or os.environ.get("ISLE_MUST_WORK"))


class Tally:
    """The sums, and the names of what failed or was skipped."""

    def __init__(self, known_skips):
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.known_skips = known_skips

    def skip(self, name, reason):
        known = any(fnmatch.fnmatch(name, pattern) and reason == why for pattern, why in self.known_skips)
        if STRICT and not known:
            self.failed.append(f"{name} (skipped: {reason or 'without a reason'})")
        else:
            self.skipped.append(f"{name}: {reason or 'without a reason'}")

    def tap(self, name, text):
        """Counts the lines of a TAP text; returns the number of failures in it."""
        failed_before, seen, planned = len(self.failed), 0, None
        for line in text.splitlines():
            if plan := TAP_PLAN.match(line):
                planned = int(plan[1])
            if not (found := TAP_LINE.match(line)):
                continue
            seen += 1
            test = f"{name}: {found[2]}"
            if (found[3] or "").lower() == "skip":
                # cmocka writes "not ok 7 # SKIP name": the name where the reason would be, and no reason.
                named = found[2] or not found[1]
                self.skip(test if named else test + found[4].strip(), found[4].strip() if named else "")
            elif found[1]:
                self.failed.append(test)
            else:
                self.passed += 1
        for i in range(seen, planned if planned is not None else seen + 1):
            self.failed.append(f"{name}: test {i + 1} did not run" if planned is not None else f"{name}: no plan of tests")
        return len(self.failed) - failed_before

    def meson(self, name, test):
        """Counts one program of a meson test log; shows its output if it failed."""
        result = test["result"]
        output = test.get("stdout", "")
        failures = 0
        if re.search(r"^1\.\.\d", output, re.MULTILINE):
            failures = self.tap(name, output)
        elif result == "SKIP":
            self.skip(name, (test.get("stderr", "") or output).strip())
        elif result == "OK":
            self.passed += 1
        # meson takes cmocka's skips for failures; the program's own status knows better.
        only_skips = result == "FAIL" and test.get("returncode") == 0 and "# SKIP" in output
        if result not in ("OK", "SKIP") and not failures and not only_skips:
            self.failed.append(f"{name} ({result.lower()})")
            failures = 1
        if failures:
            print(f"\n---- {name}: {result} ----\n{output}{test.get('stderr', '')}", end="")


def read_skips(path):
    rows = []
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition("|")
            rows.append((pattern.strip(), reason.strip()))
    return rows


def main():
    top = pathlib.Path(__file__).resolve().parent.parent
    results = sorted(file for file in pathlib.Path(sys.argv[1]).iterdir() if file.suffix in (".json", ".tap"))
    tally = Tally(read_skips(top / "tests/skips.txt"))
    for file in results:
        if file.suffix == ".json":
            for line in file.read_text(errors="replace").splitlines():
                test = json.loads(line)
                tally.meson(f"{file.stem}/{test['name'].split(' / ')[-1]}", test)
        else:
            tally.tap(file.stem.replace("-", "/", 1), file.read_text(errors="replace"))
    if not results:
        tally.failed.append("no suite was run")
    if tally.skipped:
        print("\nskipped:", *tally.skipped, sep="\n  ")
    if tally.failed:
        print("\nfailed:", *tally.failed, sep="\n  ")
    print(f"\n{tally.passed} passed, {len(tally.failed)} failed")
    return 1 if tally.failed else 0


sys.exit(main())
