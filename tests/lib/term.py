#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sits at a terminal in place of a person, and runs a command there.

    term.py [STEP...] -- COMMAND [ARGUMENT...]

Steps, in their order: expect=TEXT waits until TEXT was seen after what the step before saw; send=TEXT types it (\\n, \\x03
and the like are as in Python); size=ROWSxCOLUMNS makes the window so large; signal=NAME sends the command a signal;
pause=SECONDS; raw and cooked tell in which mode the terminal has to be by now.  A first step size= holds from the start.

Standard output: what the command wrote.  Standard error: the mode of the terminal at the end, if it is not the one from the
beginning.  The exit status is the command's, 128 + N after signal N; 99 if a step fails or the modes differ.
"""
import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE_S = 20


class Failed(Exception):
    pass


class Terminal:
    def __init__(self, command, size):
        self.master, self.slave = pty.openpty()
        self.resize(size)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.searched = 0
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(self.slave, fd)
            os.closerange(3, 256)
            os.execvp(command[0], command)

    def resize(self, size):
        rows, columns = (int(n) for n in size.split("x"))
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.seen += os.read(self.master, 65536)
        return bool(ready)

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def until(self, what, true):
        end = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > end:
                raise Failed(f"waited {PATIENCE_S} s for {what}")
            if not self.read(0.02) and self.ended() and not self.read(0) and not true():
                raise Failed(f"the command ended with {self.status} before {what}")

    def expect(self, text):
        text = text.encode()
        self.until(f"expect={text!r}", lambda: text in self.seen[self.searched:])
        self.searched = self.seen.index(text, self.searched) + len(text)

    def send(self, text):
        os.write(self.master, codecs.decode(text, "unicode_escape").encode("latin-1"))

    def signal(self, name):
        os.kill(self.pid, getattr(signal, "SIG" + name))

    def pause(self, seconds):
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            if not self.read(0.02):
                time.sleep(0.01)

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ECHO)

    def raw(self, _):
        self.until("raw", self.is_raw)

    def cooked(self, _):
        self.until("cooked", lambda: not self.is_raw())

    def finish(self):
        end = time.monotonic() + PATIENCE_S
        while not self.ended():
            self.read(0.02)
            if time.monotonic() > end:
                raise Failed(f"the command did not end within {PATIENCE_S} s")
        while self.read(0):
            pass
        if termios.tcgetattr(self.slave) != self.before:
            raise Failed("the terminal's mode is not what it was")
        return self.status if self.status >= 0 else 128 - self.status


def main():
    if "--" not in sys.argv:
        sys.exit(__doc__)
    at = sys.argv.index("--")
    steps, command = sys.argv[1:at], sys.argv[at + 1:]
    size = "24x80"
    if steps and steps[0].startswith("size="):
        size = steps.pop(0).partition("=")[2]
    terminal = Terminal(command, size)
    try:
        for step in steps:
            name, _, value = step.partition("=")
            if name not in ("expect", "send", "size", "signal", "pause", "raw", "cooked"):
                raise Failed(f"there is no step {name}")
            getattr(terminal, "resize" if name == "size" else name)(value)
        status = terminal.finish()
    except Failed as failed:
        print(f"term.py: {failed}", file=sys.stderr)
        if not terminal.ended():
            os.kill(terminal.pid, signal.SIGKILL)
        status = 99
    sys.stdout.buffer.write(terminal.seen)
    sys.stdout.flush()
    sys.exit(status)


main()
