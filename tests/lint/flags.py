#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Flags: every warning that meson.build asks for is one that gcc knows; meson itself drops a misspelt one without a word."""
import re
import subprocess
import sys

import source


def accepts(flag):
    """gcc takes any -Wno-x in silence, so the positive form is tried."""
    flag = re.sub(r"^-Wno-(?!error)", "-W", flag)
    return subprocess.run(["gcc", "-Wall", flag, "-fsyntax-only", "-x", "c", "/dev/null"], capture_output=True).returncode == 0


text = (source.TOP / "meson.build").read_text()
asked = re.findall(r"'(-[Wf][^']*)'", re.search(r"get_supported_arguments\(\[(.*?)\]\)", text, re.DOTALL)[1])
bad = [flag for flag in asked if not accepts(flag)]
print(*(f"meson.build: gcc does not know {flag}" for flag in bad), sep="\n")
sys.exit(1 if bad or not asked else 0)
