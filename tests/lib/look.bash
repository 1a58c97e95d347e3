# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For tests that compare containers which were made in different ways.

# A script that tells what a container sees: its mounts without their numbers and ids, interfaces, devices, rights and limits.
# shellcheck disable=SC2016,SC2034 # the shell inside expands it; it is for who loads this file
look='
	sed "s/^[0-9]* [0-9]* [0-9]*:[0-9]* //; s/ shared:[0-9]*//; s/master:[0-9]*//; s/[ug]id=[0-9]*//g" /proc/self/mountinfo | sort
	cat /proc/net/dev /proc/self/status | grep -v -e Pid -e Tgid -e ^NS -e ctxt -e Vm -e Rss -e Threads -e Sig -e Mems -e Cpus -e Speculation
	find /dev /sys/class/net -exec stat -c "%A %u %g %t %T %n" {} + | sort
	readlink /proc/1/root /proc/1/cwd; hostname; ulimit -a
	cat /sys/class/net/lo/flags; ls / /..; grep -c . /proc/self/cgroup; cat /etc/hostname /etc/hosts; env | sort; id'

# Tells what is at the root of the mount namespace $1, once $2 is unmounted, and whether it can be written to.
# shellcheck disable=SC2034
into='import ctypes, os, sys
c, fd = ctypes.CDLL(None, use_errno=True), os.open(sys.argv[1], os.O_RDONLY)
if len(sys.argv) > 2 and c.umount2(sys.argv[2].encode(), 2) or c.setns(fd, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
print(sorted(os.listdir("/")), sorted(os.listdir("/..")))
for husk in "/proc", "/sys/class/net":
    if os.path.isdir(husk):
        print([name for name in os.listdir(husk) if name.isdecimal() or husk != "/proc"])
try:
    os.mkdir("/new")
except OSError as e:
    print(e.strerror)'
