#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls: who may print and end the process, descriptors that close on exec, and functions with a better way.

One row is one rule: the function's name, what its arguments must contain (None: the call itself is wrong), and the sentence.
"""
import re

import source

# Programs of their own, and the room that talks to people.
PRINTERS = ("cli", "main.c", "init", "tools", "unpack", "report")

PRINTING = "printf|vprintf|fprintf|vfprintf|dprintf|puts|fputs|putchar|fputc|putc|perror|err|errx|verr|warn|warnx|error|syslog"
ENDING = "exit|quick_exit|abort|_Exit"

CLOEXEC = [
    ("open|openat", "O_CLOEXEC", "a descriptor that exec would hand on"),
    ("socket|socketpair|accept4", "SOCK_CLOEXEC", "a descriptor that exec would hand on"),
    ("pipe2|dup3", "O_CLOEXEC", "a descriptor that exec would hand on"),
    ("epoll_create1", "EPOLL_CLOEXEC", "a descriptor that exec would hand on"),
    ("eventfd", "EFD_CLOEXEC", "a descriptor that exec would hand on"),
    ("signalfd", "SFD_CLOEXEC", "a descriptor that exec would hand on"),
    ("timerfd_create", "TFD_CLOEXEC", "a descriptor that exec would hand on"),
    ("inotify_init1", "IN_CLOEXEC", "a descriptor that exec would hand on"),
    ("memfd_create", "MFD_CLOEXEC", "a descriptor that exec would hand on"),
    ("sys_fsopen", "FSOPEN_CLOEXEC", "a descriptor that exec would hand on"),
    ("sys_fsmount", "FSMOUNT_CLOEXEC", "a descriptor that exec would hand on"),
    ("sys_open_tree", "OPEN_TREE_CLOEXEC", "a descriptor that exec would hand on"),
    ("fopen|fdopen", '"[^"]*e[^"]*"', 'a stream without "e"'),
    ("dup", None, "use fcntl(F_DUPFD_CLOEXEC)"),
    ("pipe|epoll_create|inotify_init|accept|creat", None, "use the form that takes a CLOEXEC flag"),
]

BETTER = [
    ("strcpy|strcat|stpcpy|strncat|strncpy", None, "use arena_printf, or memcpy with the length known"),
    ("sprintf|vsprintf", None, "use snprintf, or arena_printf"),
    ("gets|strtok|mktemp|tmpnam|tempnam", None, "no use of it is safe"),
    ("atoi|atol|atoll|atof", None, "use base/parse.h: it refuses what is no number"),
    ("gmtime|localtime|ctime|asctime|strerror_r", None, "use the form with _r, or strerror"),
    ("system|popen", None, "no shell: fork and execve"),
    ("malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf|alloca", None, "use the command's arena (base/mem.h)"),
    ("getpwnam|getpwuid|getgrnam|getgrgid|getgrouplist|initgroups", None, "it loads code by the files of a root; see core/user.h"),
    ("setenv|putenv|unsetenv|clearenv", None, "the environment is the caller's; the container's is in the spec"),
]


def call_pattern(names):
    # Neither a member (x.free, x->open) nor the tail of a longer name.
    return re.compile(rf"(?<![\w.>])({names})\s*\(")


def arguments(code, at):
    """The text between the parenthesis at AT and its partner."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return code[at + 1 : i]
    return code[at + 1 :]


def variables(file, at, given):
    """The body of the function around AT, if the flags GIVEN are a variable: its value is somewhere in there."""
    function = file.function_at(file.code.count("\n", 0, at) + 1)
    if not function or not re.search(r"\b[a-z_]*flags\b", given):
        return ""
    return "\n".join(file.lines[function.first - 1 : function.last])


def main():
    findings = source.Findings("calls")
    rules = [(call_pattern(n), must, why) for n, must, why in CLOEXEC + BETTER]
    printing = call_pattern(PRINTING)
    ending = call_pattern(ENDING)
    for file in source.files("src"):
        # Strings stay: fopen's mode is one.
        text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), file.text, flags=re.DOTALL)

        def add(position, sentence):
            line = file.code.count("\n", 0, position) + 1
            function = file.function_at(line)
            # A definition or a declaration is no call.
            if function and function.first <= line < function.brace or not function:
                return
            findings.add(file, line, sentence, function.name)

        rows = [] if file.room in PRINTERS else [
            (printing, None, "only the cli room prints"),
            (ending, None, "only programs end themselves; return the error"),
        ]
        # What runs only while isle is built, or has no arena, may use the C library's memory.
        rows += [r for r in rules if not (file.room in ("tools", "unpack", "init") and "arena (base/mem.h)" in r[2])]
        for pattern, must, why in rows:
            for m in pattern.finditer(file.code):
                given = arguments(text, m.end() - 1)
                if must and (re.search(must, given) or re.search(must, variables(file, m.start(), given))):
                    continue
                add(m.start(), f"{m[1]}(): {why}")
    findings.finish()


main()
