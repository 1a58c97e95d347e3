#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the public conformance suites of OCI runtimes against isle, and crun and runc beside it, and prints a table.

usage: conformance.py SUITES --isle PATH [--crun PATH] [--runc PATH] [--view VIEW] [--only REGEX] [--logs DIR]

SUITES holds checkouts that you provide, of either or both:
  SUITES/runtime-tools   github.com/opencontainers/runtime-tools: the programs below validation/ (needs a Go compiler)
  SUITES/crun            github.com/containers/crun: tests/test_*.py (needs a C compiler; libseccomp-dev for some)
Nothing is written there: test programs are built in a temporary directory, with the compilers that GO and CC name.

Each test runs in a cell of its own (cell.py), so the machine's cgroups, mounts and network are not touched.  VIEW is what
the cell has of cgroups: v1, hybrid or v2; without the option the first of them that this machine can show.

A test that passes with /bin/true as the runtime, too, tells nothing: it is run, but not counted.  A test that isle does
not pass must stand in tests/conformance-known.txt with the reason; otherwise the exit status is 1.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import cell

TOP = pathlib.Path(__file__).resolve().parent.parent
KNOWN = TOP / "tests/conformance-known.txt"
TIMEOUT_S = 90
OK, FAIL, SKIP, HANG = "ok", "FAIL", "skip", "HANG"

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
    """The validation programs: each is one test, which passes when every line of its TAP does."""

    def __init__(self, checkout, work):
        self.work, self.checkout = work / "runtime-tools", checkout
        self.work.mkdir()
        go = os.environ.get("GO", "go")
        if not shutil.which(go):
            raise Missing("a Go compiler (apt-get install golang-go, or GO=PATH); go.mod tells how new it must be")
        env = {**os.environ, "GOFLAGS": "-mod=vendor", "GOTOOLCHAIN": "local", "GOCACHE": str(work / "go")}
        for cgo, tags, what in (("0", "netgo,osusergo", "./cmd/runtimetest"), ("1", "", "./validation/...")):
            done = subprocess.run([go, "build", "-tags", tags, "-o", f"{self.work}/", what], cwd=checkout, text=True,
                                  env={**env, "CGO_ENABLED": cgo}, capture_output=True, check=False)
            if done.returncode:
                raise Missing(f"a Go compiler for this checkout: go build {what} says\n{done.stderr.strip()}")
        for root in checkout.glob("rootfs-*.tar.gz"):
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
        if done.returncode or bad or (not good and (re.search(r'^ *"error":', done.stdout, re.M) or "1..0" not in done.stdout)):
            return FAIL + (f" {bad}/{good + bad}" if good + bad else ""), done.stdout
        skipped = re.findall(r"^ok\b.*# *skip", done.stdout, re.M | re.I)
        return (SKIP if good and len(skipped) == good else OK), done.stdout


class CrunTests:
    """crun's Python tests: each function is one test."""

    def __init__(self, checkout, work):
        self.work, self.checkout = work / "crun", checkout
        self.work.mkdir()
        (self.work / "libmount.py").write_text(LIBMOUNT)
        facts = ["#define HAVE_LINUX_IOPRIO_H 1\n", "#define HAVE_ERROR_H 1\n", "#define HAVE_SECCOMP 1\n"]
        for kept in (facts, facts[:-1]):
            (self.work / "config.h").write_text("".join(kept))
            done = subprocess.run([os.environ.get("CC", "cc"), "-w", "-O2", "-static", "-D_GNU_SOURCE", "-I", self.work,
                                   "-o", self.work / "init", checkout / "tests/init.c"], text=True, capture_output=True,
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


def suites_open(directory, work):
    """Builds what the checkouts need; returns {name: suite}."""
    found = {}
    for name, (kind, mark) in SUITES.items():
        checkout = (directory / name).resolve()
        if not (checkout / mark).exists():
            print(f"conformance: {checkout} is no checkout of {name}: its tests do not run", file=sys.stderr)
            continue
        try:
            found[name] = kind(checkout, work)
        except Missing as what:
            print(f"conformance: {name} needs {what}", file=sys.stderr)
            sys.exit(2)
    if not found:
        sys.exit(f"conformance: no suite in {directory}; get them, and name the directory:\n"
                 "  git clone https://github.com/opencontainers/runtime-tools SUITES/runtime-tools\n"
                 "  git clone https://github.com/containers/crun SUITES/crun\n"
                 "  make conformance SUITES=SUITES")
    return found


def runtimes_of(options, work):
    """{name: program}: isle under the name that makes it a runtime, those beside it, and the one that does nothing."""
    runtimes = {"isle": work / "isle-oci"}
    runtimes["isle"].symlink_to(pathlib.Path(options.isle).resolve())
    for name in ("crun", "runc"):
        path = shutil.which(getattr(options, name) or name)
        if path:
            runtimes[name] = pathlib.Path(path).resolve()
        elif getattr(options, name):
            sys.exit(f"conformance: {getattr(options, name)} cannot be run")
        else:
            print(f"conformance: there is no {name}: its column is empty", file=sys.stderr)
    return {**runtimes, "true": pathlib.Path("/bin/true")}


def run_one(job):
    view, suite_name, suite, test, name, program, work, logs = job
    with tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)  # users of containers walk through it
        result, text = suite.run(view, test, program, directory)
    if logs:
        log = logs / name / suite_name / f"{test.replace('/', '_')}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"{result}\n{text}")
    return suite_name + "/" + test, name, result


def run_all(options, suites, runtimes, work):
    """Runs every test with every runtime; returns {test: {runtime: result}}."""
    jobs = [(options.view, suite_name, suite, test, name, program, work, options.logs)
            for suite_name, suite in suites.items() for test in suite.tests()
            if re.search(options.only, f"{suite_name}/{test}")
            for name, program in runtimes.items()]
    results = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for test, name, result in pool.map(run_one, jobs):
            row = results.setdefault(test, {})
            row[name] = result
            if len(row) == len(runtimes):
                note = "   (passes with /bin/true, too)" if row["true"] == OK else ""
                print(f"{test:56} " + " ".join(f"{row[n]:10}" for n in runtimes if n != "true") + note, flush=True)
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


def report(results, runtimes, known):
    """Prints the tally; returns whether isle passes what it has to."""
    names = [name for name in runtimes if name != "true"]
    telling = {test: row for test, row in results.items() if row["true"] != OK}
    print(f"\n{len(results)} tests; {len(telling)} of them tell something (they do not pass with /bin/true):")
    for name in names:
        counts = [sum(row[name].startswith(kind) for row in telling.values()) for kind in (OK, SKIP)]
        print(f"  {name:6} passes {counts[0]:4}, skips {counts[1]:4}, fails {len(telling) - sum(counts):4}")
    unknown = []
    print("\nwhat isle does not pass:")
    for test, row in results.items():
        if row["isle"] == OK or (row["isle"] == SKIP and OK not in row.values()):
            if any(pattern == test for pattern, _ in known):
                print(f"  {test}: passes now; take it out of {KNOWN.name}")
            continue
        reason = next((why for pattern, why in known if fnmatch.fnmatchcase(test, pattern)), None)
        others = [name for name in names[1:] if row[name] == OK]
        print(f"  {test}: {reason or 'NOT KNOWN'}{' (passed by ' + ', '.join(others) + ')' if others else ''}")
        if reason is None:
            unknown.append(test)
    print(f"\n{len(unknown)} failures of isle are not in {KNOWN.name}" if unknown else "\nevery failure of isle is known")
    return not unknown and bool(telling)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", type=pathlib.Path)
    parser.add_argument("--isle", required=True)
    parser.add_argument("--crun")
    parser.add_argument("--runc")
    parser.add_argument("--view", choices=cell.VIEWS, default=cell.available_views()[0])
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--logs", type=pathlib.Path, metavar="DIR", help="keep the output of each test there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.view not in cell.available_views():
        sys.exit(f"conformance: this machine cannot show cgroups as {options.view} ({', '.join(cell.available_views())})")
    if os.getuid() != 0:
        sys.exit("conformance: the suites need root")
    with tempfile.TemporaryDirectory(prefix="isle-conformance-", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        work = pathlib.Path(directory)
        suites = suites_open(options.suites, work)
        runtimes = runtimes_of(options, work)
        print(f"cgroups as {options.view}\n{'test':56} " + " ".join(f"{n:10}" for n in runtimes if n != "true"))
        results = run_all(options, suites, runtimes, work)
        sys.exit(0 if report(results, runtimes, read_known(options.view)) else 1)


if __name__ == "__main__":
    main()
