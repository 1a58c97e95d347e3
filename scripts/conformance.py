#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the public conformance suites of OCI runtimes against isle, and crun and runc beside it, and prints a table.

usage: conformance.py SUITES --isle PATH [--crun PATH] [--runc PATH] [--view VIEW] [--only REGEX] [--logs DIR [--resume]]

SUITES holds checkouts that you provide, of either or both:
  SUITES/runtime-tools   github.com/opencontainers/runtime-tools: the programs below validation/ (needs a Go compiler)
  SUITES/crun            github.com/containers/crun: tests/test_*.py (needs a C compiler; libseccomp-dev for some)
Nothing is written there: test programs are built in a temporary directory, with the compilers that GO and CC name
(GOCACHE, if it is set, spares the next run most of that time).

Each test runs in a cell of its own (cell.py), so the machine's cgroups, mounts and network are not touched.  VIEW is what
the cell has of cgroups: v1, hybrid or v2; without the option the first of them that this machine can show.  A test that
hangs is ended with its cell after a while.  What isle does not pass, and is not known for, is tried once more: some tests
send a signal to a program that may not yet be ready for it, or wait for a fixed time.

With --logs the output of each test is kept; with --resume, too, a test whose output is there already is not run again.

A test that passes with /bin/true as the runtime, too, tells nothing: it is run, but not counted.  A test that isle does
not pass must stand in tests/conformance-known.txt with the reason; otherwise the exit status is 1.
"""
import argparse
import concurrent.futures
import fnmatch
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

import cell

TOP = pathlib.Path(__file__).resolve().parent.parent
KNOWN = TOP / "tests/conformance-known.txt"
TIMEOUT_S = 90
OK, FAIL, SKIP, HANG, ERROR = "ok", "FAIL", "skip", "HANG", "ERROR"

# crun's mount tests read mountinfo by libmount's Python module, which not every distribution has.
LIBMOUNT = '''
class Entry:
    pass

class Table:
    def __init__(self, name):
        self.entries = {}
        for line in open(name):
            left, _, right = line.partition(" - ")
            if right:
                e = Entry()
                target, e.vfs_options = left.split(" ")[4:6]
                e.fs_options = right.rstrip("\\n").split(" ", 2)[2]
                self.entries[target] = e

    def find_target(self, target):
        return self.entries.get(target)
'''


class Missing(Exception):
    """Something that a suite needs is not there."""


class RuntimeTools:
    """The validation programs: each is one test, which passes when every line of its TAP does.

    They ask for the version of the runtime spec that their library is of, and a runtime that is older refuses that before
    anything is tested.  So they are built to ask for 1.0.2, whose fields are all that they use.
    """

    VERSION_GO = "vendor/github.com/opencontainers/runtime-spec/specs-go/version.go"

    def __init__(self, checkout, work):
        self.work, self.checkout = work / "runtime-tools", checkout

    def build(self, tests):
        self.work.mkdir()
        go = os.environ.get("GO", "go")
        if not shutil.which(go):
            raise Missing("a Go compiler (apt-get install golang-go, or GO=PATH); go.mod tells how new it must be")
        env = {"GOCACHE": str(self.work / "go"), **os.environ, "GOFLAGS": "-mod=vendor", "GOTOOLCHAIN": "local"}
        version, overlay = self.work / "version.go", self.work / "overlay.json"
        version.write_text('package specs\n\n// Version is what every runtime knows.\nvar Version = "1.0.2"\n')
        overlay.write_text(json.dumps({"Replace": {str(self.checkout / self.VERSION_GO): str(version)}}))
        programs = [f"./validation/{test}" for test in tests]
        for cgo, tags, what in (("0", "netgo,osusergo", ["./cmd/runtimetest"]), ("1", "", programs)):
            done = subprocess.run([go, "build", "-overlay", overlay, "-tags", tags, "-ldflags", "-s -w",
                                   "-o", f"{self.work}/", *what], cwd=self.checkout, text=True,
                                  env={**env, "CGO_ENABLED": cgo}, capture_output=True, check=False)
            if done.returncode:
                raise Missing(f"a Go compiler for this checkout: go build says\n{done.stderr.strip()}")
        for root in self.checkout.glob("rootfs-*.tar.gz"):
            shutil.copy(root, self.work)

    def tests(self):
        for source in sorted(self.checkout.glob("validation/*/*.go")):
            if source.parent.name != "util":
                yield source.parent.name

    def run(self, view, test, runtime, directory):
        env = {**os.environ, "RUNTIME": str(runtime), "TMPDIR": str(directory)}
        done = cell.cell_run(view, False, [str(self.work / test)], TIMEOUT_S, cwd=self.work, env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        good, bad = (len(re.findall(pattern, done.stdout, re.M)) for pattern in (r"^ok\b", r"^not ok\b"))
        if done.returncode is None:
            return HANG, done.stdout
        # Some programs have no line for what is well, and describe an error where something is not.
        if done.returncode or bad or (not good and re.search(r'^ *"error":', done.stdout, re.M)):
            return FAIL + (f" {bad}/{good + bad}" if good + bad else ""), done.stdout
        skipped = re.findall(r"^ok\b.*# *skip", done.stdout, re.M | re.I)
        return (SKIP if good and len(skipped) == good else OK), done.stdout


class CrunTests:
    """crun's Python tests: each function is one test."""

    def __init__(self, checkout, work):
        self.work, self.checkout = work / "crun", checkout

    def build(self, _):
        self.work.mkdir()
        (self.work / "libmount.py").write_text(LIBMOUNT)
        facts = ["#define HAVE_LINUX_IOPRIO_H 1\n", "#define HAVE_ERROR_H 1\n", "#define HAVE_SECCOMP 1\n"]
        for kept in (facts, facts[:-1]):
            (self.work / "config.h").write_text("".join(kept))
            done = subprocess.run([os.environ.get("CC", "cc"), "-w", "-O2", "-static", "-D_GNU_SOURCE", "-I", self.work,
                                   "-o", self.work / "init", self.checkout / "tests/init.c"], text=True, capture_output=True,
                                  check=False)
            if done.returncode == 0:
                break
            print(f"conformance: tests/init.c of crun: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        else:
            raise Missing("a C compiler and a static libc for crun's tests/init.c (apt-get install gcc libc6-dev)")

    def tests(self):
        for file in sorted(self.checkout.glob("tests/test_*.py")):
            table = file.read_text().partition("all_tests")[2]
            for name in re.findall(r"""^\s+["']([^"']+)["']\s*:\s*\w+,?""", table, re.M):
                yield f"{file.stem.removeprefix('test_')}/{name}"

    def run(self, view, test, runtime, directory):
        file, name = test.split("/", 1)
        env = {**os.environ, "OCI_RUNTIME": str(runtime), "INIT": str(self.work / "init"), "RUN_TESTS": name,
               "TMPDIR": str(directory), "PYTHONPATH": str(self.work), "PYTHONDONTWRITEBYTECODE": "1"}
        done = cell.cell_run(view, True, [sys.executable, str(self.checkout / f"tests/test_{file}.py")], TIMEOUT_S,
                             cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode is None:
            return HANG, done.stdout
        found = re.search(r"^(not )?ok \d+ - [^#\n]*(# *SKIP)?", done.stdout, re.M)
        if not found or found[1]:
            return FAIL, done.stdout
        return (SKIP if found[2] else OK), done.stdout


SUITES = {"runtime-tools": (RuntimeTools, "validation"), "crun": (CrunTests, "tests/tests_utils.py")}


def suites_open(options, work):
    """Builds what the chosen tests need; returns [(suite, its name, test)]."""
    tests = []
    for name, (kind, mark) in SUITES.items():
        checkout = (options.suites / name).resolve()
        if not (checkout / mark).exists():
            print(f"conformance: {checkout} is no checkout of {name}: its tests do not run", file=sys.stderr)
            continue
        suite = kind(checkout, work)
        chosen = [test for test in suite.tests() if re.search(options.only, f"{name}/{test}")]
        try:
            if chosen:
                suite.build(chosen)
        except Missing as what:
            print(f"conformance: {name} needs {what}", file=sys.stderr)
            sys.exit(2)
        tests += [(suite, name, test) for test in chosen]
    if not tests:
        sys.exit(f"conformance: no such test in {options.suites}; get the suites, and name the directory:\n"
                 "  git clone https://github.com/opencontainers/runtime-tools SUITES/runtime-tools\n"
                 "  git clone https://github.com/containers/crun SUITES/crun\n"
                 "  make conformance SUITES=SUITES")
    return tests


def runtimes_of(options, work):
    """{name: program}: isle under the name that makes it a runtime, those beside it, and the one that does nothing."""
    runtimes = {"isle": work / "isle-oci"}
    shutil.copy(options.isle, runtimes["isle"])  # whoever builds it anew meanwhile changes nothing
    for name in ("crun", "runc"):
        path = shutil.which(getattr(options, name) or name)
        if path:
            runtimes[name] = pathlib.Path(path).resolve()
        elif getattr(options, name):
            sys.exit(f"conformance: {getattr(options, name)} cannot be run")
        else:
            print(f"conformance: there is no {name}: its column is empty", file=sys.stderr)
    return {**runtimes, "true": pathlib.Path("/bin/true")}


def run_one(options, suite, suite_name, test, name, program, work):
    """Runs one test with one runtime, or reads what was noted of that; returns (result, output)."""
    log = options.logs and options.logs / options.view / name / suite_name / f"{test.replace('/', '_')}.log"
    if options.resume and log.exists():
        result, _, text = log.read_text(errors="replace").partition("\n")
        return result, text
    for _ in range(2):
        with tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as directory:
            os.chmod(directory, 0o755)  # users of containers walk through it
            try:
                result, text = suite.run(options.view, test, program, directory)
            except Exception:  # whatever it is, the other tests go on
                result, text = ERROR, traceback.format_exc()
        if name != "isle" or result in (OK, SKIP) or known_reason(options.known, f"{suite_name}/{test}"):
            break
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"{result}\n{text}")
    return result, text


def run_test(options, runtimes, work, suite, suite_name, test):
    """Runs one test with every runtime; returns (test, {runtime: (result, output)})."""
    row = {}
    for name, program in runtimes.items():
        if name == "true" and OK not in (result for result, _ in row.values()):
            row[name] = FAIL, ""  # what nobody passes needs no comparison
        else:
            row[name] = run_one(options, suite, suite_name, test, name, program, work)
    return f"{suite_name}/{test}", row


def run_all(options, tests, runtimes, work):
    """Runs every test with every runtime, and tells of each; returns {test: {runtime: (result, output)}}.

    ^C ends it with those that there are.
    """
    results = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        try:
            for job in [pool.submit(run_test, options, runtimes, work, *test) for test in tests]:
                test, row = job.result()
                results[test] = row
                note = "(passes with /bin/true, too)" if row["true"][0] == OK else ""
                words = " ".join(f"{row[name][0]:10}" for name in runtimes if name != "true")
                print(f"{f'{len(results)}/{len(tests)}':>9} {test:56} {words} {note}".rstrip(), flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
    return results


def read_known(view):
    """The rows of conformance-known.txt that hold for this view: (pattern, reason)."""
    rows = []
    for line in KNOWN.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, views, reason = (word.strip() for word in line.split("|", 2))
            if views == "all" or view in views.split():
                rows.append((pattern, reason))
    return rows


def known_reason(known, test):
    return next((why for pattern, why in known if fnmatch.fnmatchcase(test, pattern)), None)


def tally(results, names):
    """Prints how many tests of each suite each runtime passes."""
    for suite, rows in itertools.groupby(sorted(results.items()), lambda row: row[0].split("/")[0]):
        rows = [row for _, row in rows]
        telling = [row for row in rows if row["true"][0] != OK]
        print(f"\n{suite}: {len(rows)} tests; {len(telling)} of them tell something (they do not pass with /bin/true):")
        for name in names:
            good, skipped = (sum(row[name][0] == kind for row in telling) for kind in (OK, SKIP))
            print(f"  {name:6} passes {good:4}, skips {skipped:4}, fails {len(telling) - good - skipped:4}")


def lines_of(text, word):
    """The descriptions of what is "ok" or "not ok" in a test's output."""
    return {line.split("# ")[0].strip() for line in re.findall(rf"^{word} \d+ - (.*)$", text, re.M)}


def better_of(row, names):
    """Who passes a test that isle does not pass, or a line of it that isle does not pass, as words."""
    words = [name for name in names if row[name][0] == OK]
    failed = lines_of(row["isle"][1], "not ok")
    for name in names:
        passed = sorted((failed & lines_of(row[name][1], "ok")) - lines_of(row[name][1], "not ok"))
        if name not in words and passed:
            words.append(f"{name} in part: " + "; ".join(passed))
    return f"\n      passed by {', '.join(words)}" if words else ""


def report(results, names, known):
    """Prints the tally and what isle does not pass; returns whether all of that is known."""
    unknown = []
    print("\nwhat isle does not pass:")
    for test, row in results.items():
        result = row["isle"][0]
        if result == OK or (result == SKIP and OK not in (row[name][0] for name in names)):
            if any(pattern == test and not why.startswith("sometimes:") for pattern, why in known):
                print(f"  {test}: passes now; take it out of {KNOWN.name}")
            continue
        reason = known_reason(known, test)
        if reason is None:
            unknown.append(test)
        print(f"  {test}: {reason or 'NOT KNOWN'}{better_of(row, names[1:])}")
    tally(results, names)
    print(f"\n{len(unknown)} failures of isle are not in {KNOWN.name}" if unknown else "\nevery failure of isle is known")
    return not unknown and any(row["true"][0] != OK for row in results.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", type=pathlib.Path)
    parser.add_argument("--isle", required=True)
    parser.add_argument("--crun")
    parser.add_argument("--runc")
    parser.add_argument("--view", choices=cell.VIEWS, default=cell.available_views()[0])
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--logs", type=pathlib.Path, metavar="DIR", help="keep the output of each test there")
    parser.add_argument("--resume", action="store_true", help="take over what is there already")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="tests at a time [the processors' number]")
    options = parser.parse_args()
    if options.resume and not options.logs:
        parser.error("--resume needs --logs DIR")
    if options.view not in cell.available_views():
        sys.exit(f"conformance: this machine cannot show cgroups as {options.view} ({', '.join(cell.available_views())})")
    if os.getuid() != 0:
        sys.exit("conformance: the suites need root")
    with tempfile.TemporaryDirectory(prefix="isle-conformance-", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        work = pathlib.Path(directory)
        tests = suites_open(options, work)
        runtimes = runtimes_of(options, work)
        names = [name for name in runtimes if name != "true"]
        print(f"cgroups as {options.view}\n{'':9} {'test':56} " + " ".join(f"{name:10}" for name in names))
        options.known = read_known(options.view)
        results = run_all(options, tests, runtimes, work)
        good = report(results, names, options.known)
        if len(results) < len(tests):
            print(f"{len(tests) - len(results)} tests did not run")
        sys.exit(130 if len(results) < len(tests) else 0 if good else 1)


if __name__ == "__main__":
    main()
