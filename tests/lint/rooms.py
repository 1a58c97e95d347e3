#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rooms: imports go one way along the table in meson.build, private headers stay in their room, includes have no cycle."""
import ast
import re

import source

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def table(name):
    """The meson dictionary NAME of the top meson.build, which is written like Python's."""
    text = (source.TOP / "meson.build").read_text()
    return ast.literal_eval(re.search(rf"^{name} = (\{{.*?^\}})", text, re.MULTILINE | re.DOTALL)[1])


def cycle_from(graph, node, path, done):
    """The first cycle that a walk from NODE finds, as a list, or None."""
    if node in path:
        return path[path.index(node) :] + [node]
    if node in done:
        return None
    done.add(node)
    for to in graph.get(node, []):
        if found := cycle_from(graph, to, path + [node], done):
            return found
    return None


def main():
    findings = source.Findings("rooms")
    rooms = table("rooms")
    allowed = rooms | table("programs")
    graph = {}
    for file in source.files("src"):
        for m in INCLUDE.finditer(file.text):
            line = file.text.count("\n", 0, m.start()) + 1
            target = m[1]
            if "/" not in target:
                # Made by the build; a header of a room is named with its room.
                if (source.TOP / "src" / file.room / target).exists():
                    findings.add(file, line, f'include it as "{file.room}/{target}"')
                continue
            room = target.split("/")[0]
            if not (source.TOP / "src" / target).exists():
                findings.add(file, line, f"there is no src/{target}")
            if room != file.room and room not in allowed.get(file.room, []):
                findings.add(file, line, f"{file.room} may not include {room}")
            if target.endswith("_priv.h") and room != file.room:
                findings.add(file, line, f"{target} belongs to {room} alone")
            graph.setdefault(file.path.removeprefix("src/"), []).append(target)
    done = set()
    for node in sorted(graph):
        if found := cycle_from(graph, node, [], done):
            findings.found.append(f"src/{node}: headers include each other: {' > '.join(found)}")
    seen = {p.name for p in (source.TOP / "src").iterdir()}
    for name in sorted(seen ^ set(allowed)):
        findings.found.append(f"src/{name}: the tables of meson.build and the folders do not agree")
    findings.finish()


main()
