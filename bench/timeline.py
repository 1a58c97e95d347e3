#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws what OCI runtimes do until a container's program runs: timeline.py ISLE [NAME=RUNTIME...] > timeline.svg

isle tells it by itself (oci run --timings).  What others do is seen from outside: strace(1) notes the system calls that
namespaces, mounts, groups, filters and programs are made with.  That slows them down, so the picture is drawn as long as
the run takes without.  Of ROUNDS runs the tenth percentile is taken.  Run as root, in the directory of a bundle whose
program is probe.c.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", "21"))
WIDTH, LEFT, LANE, GAP = 1000, 150, 22, 34
# What a system call is for, and its colour.
KINDS = {
    "program": ("#4c566a", ["execve", "execveat"]),
    "process": ("#5e81ac", ["clone", "clone3", "fork", "vfork"]),
    "namespace": ("#b48ead", ["unshare", "setns"]),
    "mount": ("#a3be8c", ["mount", "umount2", "fsopen", "fsconfig", "fsmount", "open_tree", "open_tree_attr",
                          "move_mount", "mount_setattr", "pivot_root", "chroot", "mknodat", "symlinkat"]),
    "group, devices": ("#ebcb8b", ["bpf", "mkdir", "mkdirat"]),
    "rights": ("#d08770", ["prctl", "capset", "setresuid", "setresgid", "setgroups", "seccomp"]),
}
# What a step of isle's is for.
STEPS = {
    "process": ["clone"],
    "namespace": ["network", "network-beside", "user-namespace", "namespaces"],
    "mount": ["root", "mounts", "own-mounts", "receive", "enter", "attach", "attach-late", "mask", "mask-late",
              "read-only", "leave", "nodes", "dev", "binds", "hand-over"],
    "group, devices": ["cgroup", "join-cgroups", "device-rules"],
    "rights": ["rights", "bounds", "filter", "session", "user", "identity"],
    "program": ["exec"],
}
SIDES = {"host": "isle", "box": "its first process", "root": "its first process"}


def kind_of(table, word):
    """The kind that WORD belongs to in TABLE, or None."""
    return next((kind for kind, entry in table.items() if word in (entry[1] if isinstance(entry, tuple) else entry)), None)


def usual_length(command):
    """Microseconds from the start of COMMAND until the probe looks at the clock, unwatched: the tenth percentile of ROUNDS."""
    def once():
        begin = time.monotonic_ns()
        told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        return (int(told) - begin) / 1000
    return sorted(once() for _ in range(ROUNDS))[ROUNDS // 10]


def isle_run(isle, name):
    """One run: the bars as (lane, begin, took, kind, label), in microseconds."""
    told = subprocess.run([isle, "oci", "run", "--timings", name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, check=True).stderr
    rows = [(int(start), -1 if took == "-" else int(took), side, step) for start, took, side, step in
            re.findall(r"^ *(\d+) +(\d+|-) +(host|box|root) +(\S+)", told, re.M)]
    ends = [start for start, took, _, step in rows if step == "exec"]
    waits = {"furnish", "go", "furnished", "await-go", "finish"}
    bars = [(SIDES[side], start, max(took, 1), kind_of(STEPS, step), step) for start, took, side, step in rows
            if step not in waits and took >= 0]
    return ends[0], bars


def traced_run(runtime, name):
    """The same of another runtime, by its system calls."""
    calls = ",".join("?" + call for _, names in KINDS.values() for call in names)
    with tempfile.NamedTemporaryFile("r") as log:
        subprocess.run(["strace", "-f", "-ttt", "-T", "--seccomp-bpf", "-e", "signal=none", "-e", "trace=" + calls, "-o",
                        log.name, runtime, "run", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        lines = log.read().splitlines()
    begun, bars, lanes, first, end = {}, [], {}, None, 0
    for line in lines:
        found = re.match(r"(\d+) +([\d.]+) (?:<\.\.\. )?(\w+)(?:\(| resumed)", line)
        if not found:
            continue
        pid, at, call = found[1], float(found[2]) * 1e6, found[3]
        first = at if first is None else first
        took = re.search(r"<([\d.]+)>$", line)
        if not took:
            begun[pid] = at
            continue
        at = begun.pop(pid, at)
        lane = lanes.setdefault(pid, f"process {len(lanes) + 1}")
        bars.append((lane, at - first, float(took[1]) * 1e6, kind_of(KINDS, call), call))
        if call == "execve" and " = 0" in line:
            end = at - first
    return end, [bar for bar in bars if bar[1] <= end]


def quiet(run):
    """The run whose length is the tenth percentile's."""
    return sorted((run(i) for i in range(ROUNDS)), key=lambda told: told[0])[ROUNDS // 10]


def isle_chart(isle):
    """isle's picture: its steps, and around them the execve of isle and of the program."""
    end, bars = quiet(lambda i: isle_run(isle, f"isle-bench-line-{os.getpid()}-{i}"))
    probe = usual_length(["rootfs/probe"])
    usual = max(usual_length([isle, "oci", "run", f"isle-bench-line-{os.getpid()}"]), end + probe)
    before = usual - end - probe
    bars = [(lane, start + before, took, kind, step) for lane, start, took, kind, step in bars]
    return ("isle", usual, [(SIDES["host"], 0, before, "program", "execve of isle"), *bars,
                            (SIDES["box"], usual - probe, probe, "program", "execve of the program")])


def other_chart(name, runtime):
    """Another runtime's: what strace saw, as long as it takes without."""
    end, bars = quiet(lambda i: traced_run(runtime, f"isle-bench-line-{os.getpid()}-{i}"))
    usual = usual_length([runtime, "run", f"isle-bench-line-{os.getpid()}"])
    scale = usual / max(end, 1)
    return name, usual, [(lane, at * scale, took * scale, kind, call) for lane, at, took, kind, call in bars]


def draw(charts):
    """The picture of all CHARTS, (title, end, bars), by one scale."""
    scale = (WIDTH - LEFT - 20) / max(end for _, end, _ in charts)
    y, out = 46, []
    x = LEFT
    for kind, (colour, _) in KINDS.items():
        out.append(f'<rect x="{x}" y="12" width="12" height="12" fill="{colour}"/><text x="{x + 17}" y="22">{kind}</text>')
        x += 40 + 8 * len(kind)
    for title, end, bars in charts:
        out.append(f'<text x="10" y="{y + 14}" font-weight="bold">{title}, {end / 1000:.2f} ms</text>')
        y += 20
        for lane in dict.fromkeys(bar[0] for bar in bars):
            out.append(f'<text x="10" y="{y + 15}" fill="#777">{lane}</text>')
            out.append(f'<line x1="{LEFT}" x2="{LEFT + end * scale:.1f}" y1="{y + LANE / 2}" y2="{y + LANE / 2}" stroke="#ddd"/>')
            for _, begin, took, kind, label in (bar for bar in bars if bar[0] == lane):
                colour = KINDS[kind][0] if kind else "#c8ccd4"
                out.append(f'<rect x="{LEFT + begin * scale:.1f}" y="{y + 3}" width="{max(took * scale, 0.8):.1f}" '
                           f'height="{LANE - 6}" fill="{colour}"><title>{label}: {took:.0f} us</title></rect>')
            y += LANE
        y += GAP - LANE
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" font-family="sans-serif" '
            f'font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(out) + "\n</svg>")


def main():
    """Measures and draws."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    charts = [isle_chart(sys.argv[1])]
    for word in sys.argv[2:]:
        name, _, runtime = word.partition("=")
        charts.append(other_chart(name, runtime))
    print(draw(charts))


if __name__ == "__main__":
    main()
