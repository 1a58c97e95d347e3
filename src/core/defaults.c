/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every container gets when nobody says otherwise: see defaults.h. */
#include "core/defaults.h"

#include "base/macros.h"

#include <linux/capability.h>
#include <sys/resource.h>

/* From the top down: what is mounted later may stand on what is mounted before. */
const struct default_mount default_mounts[] = {
	{"/proc", "proc", "nosuid,noexec,nodev"},
	{"/dev", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
	{"/sys", "sysfs", "nosuid,noexec,nodev,ro"},
	{"/dev/pts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"},
	{"/dev/shm", "tmpfs", "nosuid,noexec,nodev,mode=1777"},
	{"/dev/mqueue", "mqueue", "nosuid,noexec,nodev"},
	{"/sys/fs/cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"},
};

/* Runtime spec, config-linux.md "Default Devices"; console and ptmx come from the terminal and from devpts. */
const struct default_device default_devices[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

const struct default_device_rule default_device_rules[] = {
	{5, 1},	   /* /dev/console */
	{5, 2},	   /* /dev/ptmx */
	{136, -1}, /* /dev/pts/N */
};

/*
 * What tells about the machine or its other users, or steers hardware, although the container's namespaces stand in
 * between: the union of what the big engines hide, and what only a privilege check hides otherwise.  Directories that
 * are mount points of other file systems (/sys/kernel/debug, tracing, security) are empty in a new sysfs and need no
 * mask.
 */
const char *const default_masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/config.gz",
	"/proc/interrupts",
	"/proc/kallsyms",
	"/proc/kcore",
	"/proc/key-users",
	"/proc/keys",
	"/proc/kmsg",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	"/sys/fs/selinux",
	"/sys/kernel/notes",
	"/sys/kernel/vmcoreinfo",
	"/sys/module",
	"/sys/power",
	NULL,
};
const char default_masked_cpu[] = "/sys/devices/system/cpu/cpu";
const char default_masked_cpu_tail[] = "/thermal_throttle";

const char *const default_readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

const char *const proc_mount_points[] = {
	"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg",
	"/proc/meminfo", "/proc/slabinfo",  "/proc/stat",
	"/proc/swaps",	 "/proc/uptime",    NULL,
};

#define CAP(name) (UINT64_C(1) << CAP_##name)
const uint64_t default_caps = CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) |
			      CAP(NET_BIND_SERVICE) | CAP(SETFCAP) | CAP(SETGID) | CAP(SETPCAP) | CAP(SETUID) |
			      CAP(SYS_CHROOT);

/* Limits on processor time, file size and address space are the caller's own wish, and stay as they are. */
const struct default_rlimit default_rlimits[] = {
	{RLIMIT_CORE, 0, UINT64_MAX},
	{RLIMIT_NOFILE, 1048576, 1048576},
	{RLIMIT_STACK, 8 << 20, UINT64_MAX},
	{RLIMIT_MEMLOCK, 8 << 20, 8 << 20},
	{RLIMIT_MSGQUEUE, 819200, 819200},
	{RLIMIT_NICE, 0, 0},
	{RLIMIT_RTPRIO, 0, 0},
};

const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
