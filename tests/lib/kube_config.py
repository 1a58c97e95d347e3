#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints the config.json that containerd's CRI plugin makes of a pod's sandbox or of a container in it.

    kube_config.py sandbox ID CGROUP NETNS [STATEMENT...]
    kube_config.py container ID CGROUP SANDBOX-PID [STATEMENT...]

CGROUP is linux.cgroupsPath. ROOT in the environment is the root, POD the directory of the pod's files (hostname,
hosts, resolv.conf, termination-log, shm). STATEMENTs are Python: c is the config, p its process, l its linux.
"""
import json
import os
import sys

kind, id, cgroup, where = sys.argv[1:5]
pod = os.environ["POD"]
caps = ["CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL "
    "AUDIT_WRITE").split()]
mounts = []


def mount(destination, source, type, *options):
    mounts.append({"destination": destination, "source": source, "type": type, "options": list(options)})


mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev")
mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k")
mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")
mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev")
mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro")
if kind == "sandbox":
    args, cpu, namespaces = ["sleep", "100000"], {"shares": 2}, [{"type": "network", "path": where}]
    namespaces += [{"type": name} for name in ("pid", "ipc", "uts", "mount")]
    mount("/dev/shm", pod + "/shm", "bind", "rbind", "ro", "nosuid", "nodev", "noexec")
else:
    args, cpu, namespaces = ["sleep", "10000"], {"shares": 102, "quota": 20000, "period": 100000}, []
    for name, file in (("ipc", "ipc"), ("uts", "uts"), ("network", "net")):
        namespaces.append({"type": name, "path": "/proc/%s/ns/%s" % (where, file)})
    namespaces += [{"type": name} for name in ("pid", "mount", "cgroup")]
    mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
    for file, to in (("hosts", "/etc/hosts"), ("termination-log", "/dev/termination-log"),
                     ("hostname", "/etc/hostname"), ("resolv.conf", "/etc/resolv.conf")):
        mount(to, pod + "/" + file, "bind", "rbind", "rprivate", "rw")
    mount("/dev/shm", pod + "/shm", "bind", "rbind", "rprivate", "rw")

c = {
    "ociVersion": "1.0.2-dev",
    "process": {
        "user": {"uid": 0, "gid": 0, "additionalGids": [0]}, "args": args, "cwd": "/",
        "env": ["PATH=/bin", "HOSTNAME=shop", "KUBERNETES_SERVICE_HOST=10.0.0.1"],
        "capabilities": {"bounding": caps, "effective": caps, "permitted": caps},
    },
    "root": {"path": os.environ["ROOT"], "readonly": kind == "sandbox"},
    "mounts": mounts,
    "annotations": {
        "io.kubernetes.cri.container-type": kind,
        "io.kubernetes.cri.sandbox-id": id if kind == "sandbox" else "pause",
        "io.kubernetes.cri.sandbox-name": "shop",
        "io.kubernetes.cri.sandbox-namespace": "default",
    },
    "linux": {
        "cgroupsPath": cgroup,
        "resources": {"devices": [{"allow": False, "access": "rwm"}], "cpu": cpu},
        "namespaces": namespaces,
        "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                        "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
}
if kind == "sandbox":
    c["hostname"] = "shop"
    c["linux"]["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}
    c["process"]["noNewPrivileges"] = True
else:
    c["linux"]["resources"]["memory"] = {"limit": 64 << 20}
p, l = c["process"], c["linux"]
for statement in sys.argv[5:]:
    exec(statement)
print(json.dumps(c))
