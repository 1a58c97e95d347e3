# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lint tests know about C: files, text without comments, functions, and the list of known exceptions."""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
ALLOW = TOP / "tests/lint/allow.txt"

_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
_HEAD = re.compile(r"([A-Za-z_]\w*)\s*\($")


class Function:
    """A function's name, its first line with the return type, its opening brace and its last line, counted from 1."""

    def __init__(self, name, static, first, brace, last):
        self.name, self.static, self.first, self.brace, self.last = name, static, first, brace, last

    @property
    def size(self):
        return self.last - self.brace + 1


class File:
    """A source file, with its path below the project's top."""

    def __init__(self, path):
        self.path = path.relative_to(TOP).as_posix()
        self.text = path.read_text()
        self.lines = self.text.splitlines()
        self.code = bare(self.text)
        self.functions = list(functions(self.code)) if path.suffix == ".c" else []

    @property
    def room(self):
        """The folder below src/, or the name of a file that is there itself."""
        return self.path.split("/")[1]

    def function_at(self, line):
        return next((f for f in self.functions if f.first <= line <= f.last), None)


def bare(text):
    """The text with comments and the insides of strings turned to blanks; lines stay where they are."""

    def blank(m):
        token = m[0]
        keep = token[0] if token[0] in "\"'" else ""
        inside = re.sub(r"[^\n]", " ", token[len(keep) : len(token) - len(keep)])
        return keep + inside + keep

    return _TOKEN.sub(blank, text)


def _declarator(text):
    """(name, static) if TEXT, which stands before a brace at depth 0, is the head of a function."""
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text).strip()
    if not text.endswith(")") or "=" in text:
        return None
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] == ")") - (text[i] == "(")
        if depth == 0:
            head = _HEAD.search(text[: i + 1])
            return (head[1], re.match(r"static\b", text) is not None) if head else None
    return None


def functions(code):
    depth, start, begun = 0, 0, None
    for i, c in enumerate(code):
        if c == "{":
            if depth == 0:
                found = _declarator(re.sub(r"^\s*#.*$", "", code[start:i], flags=re.MULTILINE))
                if found:
                    head = code[start:i]
                    # Behind the last preprocessor line, the first line that is not empty.
                    skip = [m.end() for m in re.finditer(r"^\s*#(?:.*\\\n)*.*$", head, re.MULTILINE)]
                    at = start + (skip[-1] if skip else 0)
                    at += len(code[at:i]) - len(code[at:i].lstrip())
                    begun = (*found, code.count("\n", 0, at) + 1, code.count("\n", 0, i) + 1)
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                if begun:
                    yield Function(*begun, code.count("\n", 0, i) + 1)
                begun, start = None, i + 1
        elif c == ";" and depth == 0:
            start = i + 1


def files(*folders, suffixes=(".c", ".h")):
    for folder in folders:
        for path in sorted((TOP / folder).rglob("*")):
            if path.suffix in suffixes:
                yield File(path)


class Findings:
    """Collects what is wrong; what tests/lint/allow.txt has for this rule is forgiven, and must still be needed."""

    def __init__(self, rule):
        self.rule, self.found, self.allowed, self.used = rule, [], {}, set()
        for number, line in enumerate(ALLOW.read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = line.split(None, 2)
            if len(parts) < 3:
                sys.exit(f"tests/lint/allow.txt:{number}: RULE WHERE REASON was expected")
            if parts[0] == rule:
                self.allowed[parts[1]] = number

    def add(self, file, line, sentence, function=None):
        for where in (file.path, f"{file.path}:{function}"):
            if where in self.allowed:
                self.used.add(where)
                return
        self.found.append(f"{file.path}:{line}: {sentence}")

    def finish(self):
        """Tells everything and ends the test."""
        for where, number in self.allowed.items():
            if where not in self.used:
                self.found.append(f"tests/lint/allow.txt:{number}: {where} is no longer a finding; take the line out")
        print(*self.found, sep="\n")
        sys.exit(1 if self.found else 0)
