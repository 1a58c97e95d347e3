#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers: each compiles alone, and twice, with the C library of the tests and with that of the hot program.

headers.py BUILD
"""
import concurrent.futures
import platform
import subprocess
import sys

import source

MACHINE = platform.machine()
MUSL = [f"-specs=/usr/lib/{MACHINE}-linux-musl/musl-gcc.specs", "-idirafter", "/usr/include", "-idirafter",
        f"/usr/include/{MACHINE}-linux-gnu", "-DISLE_MUSL"]


# What the programs beside the rooms include besides (meson.build); its headers are found where pkg-config says.
LIBRARIES = subprocess.run(["pkg-config", "--cflags", "smartcols", "libarchive"], capture_output=True, text=True).stdout.split()


def compile_alone(path, build, extra):
    """What gcc has against a file that includes PATH twice and nothing else."""
    include = path.removeprefix("src/")
    command = ["gcc", *extra, "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-iquote", "src", "-iquote", build,
               *LIBRARIES, "-fsyntax-only", "-x", "c", "-"]
    text = f'#include "{include}"\n#include "{include}"\n'
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=source.TOP).stderr


def main():
    findings = source.Findings("headers")
    jobs = [(file, extra) for file in source.files("src", suffixes=(".h",)) for extra in ([], MUSL)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = pool.map(lambda job: compile_alone(job[0].path, sys.argv[1], job[1]), jobs)
        for (file, extra), text in zip(jobs, results):
            if text:
                findings.add(file, 1, f"does not compile alone{' (musl)' if extra else ''}:\n{text}")
    findings.finish()


main()
