#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Links: what the documents point to is there, and a heading that is linked to exists; so are the files they name in `code`."""
import re
import sys

import source

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# A name with a word in capitals stands for any.
FILE = re.compile(r"`((?:src|docs|tests|scripts|bench|share)/(?![^`]*[A-Z]{3})[\w./-]+)`")


def anchors(path):
    """The anchors of a document's headings, as GitHub and others make them."""
    titles = re.findall(r"^#+\s+(.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", t.lower()).strip().replace(" ", "-") for t in titles}


def main():
    bad = []
    documents = [p for p in source.TOP.rglob("*.md") if not p.relative_to(source.TOP).parts[0].startswith(("build", "."))]
    for path in sorted(documents):
        name = path.relative_to(source.TOP)
        text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target in LINK.findall(text):
            file, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:", file):
                continue
            to = path.parent / file if file else path
            if not to.exists():
                bad.append(f"{name}: {target} is not there")
            elif anchor and to.suffix == ".md" and anchor not in anchors(to):
                bad.append(f"{name}: {target} has no such heading")
        for file in FILE.findall(text):
            if not (source.TOP / file).exists() and not list(source.TOP.glob(file + ".*")):
                bad.append(f"{name}: `{file}` is not there")
    print(*bad, sep="\n")
    sys.exit(1 if bad else 0)


main()
