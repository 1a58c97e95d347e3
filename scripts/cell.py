#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command where a container runtime can do what it likes: cell.py VIEW [--tty] COMMAND [ARGUMENT...]

A cell has its own mount, pid, network, ipc, uts and cgroup namespaces, a /run of its own, and a cgroup below /isle as the
root of each cgroup hierarchy, so nothing of the machine is changed and everything ends with the cell.  VIEW is what it
sees of cgroups: v1 (without the v2 hierarchy beside them), hybrid, v2 (of a hybrid machine: with the few controllers that
v1 left), or host, which is whatever the machine has.

Process 1 of the cell is this script: it reaps orphans, which is more than most test programs do.  With --tty the
command's standard output is a terminal; what is written there is copied to this script's.  The exit status is the
command's, 128 + N if signal N ended it.
"""
import ctypes
import fcntl
import itertools
import os
import pathlib
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import time

CGROUPS = pathlib.Path("/sys/fs/cgroup")
VIEWS = ("v1", "hybrid", "v2", "host")
numbers = itertools.count(1)
# Process 1 of the cell joins the groups before it makes the cgroup namespace, whose roots they become.  Who waits for it
# outside does not: a group with processes can give its children no controllers.
JOIN = 'while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs"; shift; done; shift; exec unshare -C -- "$@"'


def hierarchies():
    """The mounted cgroup hierarchies: (mount point, file system type, options that name it)."""
    rows = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = line.split(" - ")
        fstype, _, options = right.split(" ")[:3]
        if fstype in ("cgroup", "cgroup2"):
            named = [o for o in options.split(",") if o not in ("rw", "ro", "clone_children", "xattr", "nsdelegate")]
            rows.append((pathlib.Path(left.split(" ")[4]), fstype, ",".join(named) if fstype == "cgroup" else ""))
    return rows


def available_views():
    kinds = {fstype for _, fstype, _ in hierarchies()}
    if kinds == {"cgroup2"}:
        return ("v2", "host")
    return ("v1", "hybrid", "v2", "host") if "cgroup2" in kinds else ("v1", "host")


def groups_make(name):
    """Makes the group /isle/NAME in each hierarchy, with every controller, and returns their directories."""
    groups = []
    groups_remove(stale for mount, _, _ in hierarchies() for stale in mount.glob("isle/cell-*-*")
                  if not pathlib.Path("/proc", stale.name.split("-")[1]).exists())  # of one that was killed
    for mount, fstype, options in hierarchies():
        group = mount
        for part in ("isle", name):
            if fstype == "cgroup2":
                for controller in (group / "cgroup.controllers").read_text().split():
                    write_if_possible(group / "cgroup.subtree_control", "+" + controller)
            group = group / part
            group.mkdir(exist_ok=True)
            if "cpuset" in options:
                for file in ("cpuset.cpus", "cpuset.mems"):
                    if not (group / file).read_text().strip():
                        (group / file).write_text((group.parent / file).read_text())
        groups.append(group)
    return groups


def groups_remove(groups):
    """Removes the groups with all below; what was left frozen in them can die only when it is thawed."""
    groups = list(groups)
    for top in groups:
        for directory, _, files in os.walk(top):
            if "freezer.state" in files:
                write_if_possible(pathlib.Path(directory, "freezer.state"), "THAWED")
    for top in groups:
        for directory, _, _ in os.walk(top, topdown=False):
            group_remove(directory)


def group_remove(directory):
    for _ in range(50):
        try:
            return os.rmdir(directory)
        except OSError as error:
            reason = error.strerror
        time.sleep(0.1)  # a process of it is still at its end
    print(f"cell: {directory} is left: {reason}", file=sys.stderr)


def write_if_possible(path, text):
    try:
        path.write_text(text)
    except OSError:
        pass


def run(*words):
    subprocess.run(words, check=True)


def mount_cgroups(view):
    """Mounts the hierarchies anew, so that their roots are those of the cell's cgroup namespace."""
    rows = hierarchies()
    run("umount", "-R", "-l", CGROUPS)
    if view == "v2" or all(fstype == "cgroup2" for _, fstype, _ in rows):
        run("mount", "-t", "cgroup2", "cgroup2", CGROUPS)
    else:
        run("mount", "-t", "tmpfs", "-o", "mode=755", "cgroups", CGROUPS)
    for mount, fstype, options in rows if view != "v2" else ():
        if mount == CGROUPS or (fstype == "cgroup2" and view == "v1"):
            continue
        mount.mkdir(exist_ok=True)
        run("mount", "-t", fstype, *(["-o", options] if options else []), "cgroup", mount)
    for mount, fstype, _ in hierarchies():
        if fstype == "cgroup2":  # a group with processes can give its children no controllers
            (mount / "cell").mkdir(exist_ok=True)
            (mount / "cell/cgroup.procs").write_text("1")
            for controller in (mount / "cgroup.controllers").read_text().split():
                write_if_possible(mount / "cgroup.subtree_control", "+" + controller)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(s, 0x8914, request)  # SIOCSIFFLAGS


def start(command, tty):
    """Starts the command in a session of its own; returns its pid and the terminal's other end or None."""
    if tty:
        pid, master = pty.fork()
    else:
        pid, master = os.fork(), None
    if pid == 0:
        if master is None:
            os.setsid()
        os.execvp(command[0], command)
    return pid, master


def copy(master):
    """Copies what is there to read on the terminal."""
    while master is not None and select.select([master], [], [], 0)[0]:
        try:
            data = os.read(master, 65536)
        except OSError:
            return
        if not data:
            return
        os.write(1, data.replace(b"\r\n", b"\n"))


def inside(view, tty, command):
    """What process 1 of the cell does."""
    run("mount", "-t", "tmpfs", "-o", "mode=755", "cell", "/run")
    mount_cgroups(view)
    loopback_up()
    pid, master = start(command, tty)
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    while True:
        select.select([fd for fd in (wake, master) if fd is not None], [], [], 0.2)
        copy(master)
        try:
            os.read(wake, 4096)
        except BlockingIOError:
            pass
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 1
            if ended == pid:
                copy(master)
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
            if ended == 0:
                break


def die_together():
    """The cell is not to outlive whoever has started it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def cell_run(view, tty, command, timeout, **popen):
    """Runs the command in a cell; returns what subprocess.run() does, with output and status None after TIMEOUT seconds."""
    groups = groups_make(f"cell-{os.getpid()}-{next(numbers)}")
    words = ["unshare", "-muinpf", "--kill-child", "--mount-proc", "--propagation", "private", "--"]
    words += ["sh", "-ec", JOIN, "join", *map(str, groups), "--"]
    words += [sys.executable, "-B", __file__, "--inside", view, *(["--tty"] if tty else []), *command]
    try:
        return subprocess.run(words, preexec_fn=die_together, timeout=timeout, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", check=False, **popen)
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode(errors="replace")
        return subprocess.CompletedProcess(words, None, output + f"\nended after {timeout} s")
    finally:
        groups_remove(groups)


def main():
    words = sys.argv[1:]
    now_inside = words[:1] == ["--inside"]
    if now_inside:
        del words[0]
    if not words or words[0] not in VIEWS:
        sys.exit(__doc__)
    view = words.pop(0)
    tty = words[:1] == ["--tty"]
    command = words[1:] if tty else words
    if not command:
        sys.exit(__doc__)
    if now_inside:
        os._exit(inside(view, tty, command))
    return cell_run(view, tty, command, None).returncode


if __name__ == "__main__":
    sys.exit(main())
