/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts about namespaces: see ns.h. */
#include "core/ns.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct ns_fact ns_facts[NS_KIND_COUNT] = {
	[NS_USER] = {"user", "user", "user", CLONE_NEWUSER},
	[NS_CGROUP] = {"cgroup", "cgroup", "cgroup", CLONE_NEWCGROUP},
	[NS_IPC] = {"ipc", "ipc", "ipc", CLONE_NEWIPC},
	[NS_UTS] = {"uts", "uts", "uts", CLONE_NEWUTS},
	[NS_NET] = {"net", "network", "net", CLONE_NEWNET},
	[NS_TIME] = {"time", "time", "time", CLONE_NEWTIME},
	[NS_MNT] = {"mnt", "mount", "mount", CLONE_NEWNS},
	[NS_PID] = {"pid", "pid", "pid", CLONE_NEWPID},
};

int ns_kind_by_name(const char *name)
{
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (strcmp(ns_facts[k].oci, name) == 0 || strcmp(ns_facts[k].proc, name) == 0)
			return k;
	return -1;
}

bool ns_exists(enum ns_kind kind)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_facts[kind].proc);
	return access(path, F_OK) == 0;
}

unsigned long ns_inode(int pid, enum ns_kind kind)
{
	char path[64];
	struct stat st;

	if (pid > 0)
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns_facts[kind].proc);
	else
		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_facts[kind].proc);
	return stat(path, &st) == 0 ? (unsigned long)st.st_ino : 0;
}

/*
 * Whether we may set how much of the kernel's messages goes to the console, which takes a capability over the initial
 * user namespace: so we are in it.  There is no level 0, but that is looked at afterwards (kernel/printk/printk.c,
 * do_syslog).  Not where calls are filtered: a filter may answer in the kernel's place, or kill.
 */
static bool may_set_console(void)
{
	enum { CONSOLE_LEVEL = 8 }; /* SYSLOG_ACTION_CONSOLE_LEVEL, syslog(2) */

	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0 && syscall(SYS_syslog, CONSOLE_LEVEL, NULL, 0) < 0 &&
	       errno == EINVAL;
}

bool ns_is_rootless(void)
{
	enum { INITIAL_USER_NS = 0xEFFFFFFD }; /* PROC_USER_INIT_INO, linux/proc_ns.h: the same on every machine */

	if (geteuid() != 0)
		return true;
	/* Thirty microseconds less than to look into /proc, for every command of root's. */
	if (may_set_console())
		return false;
	unsigned long ns = ns_inode(0, NS_USER);
	/* 0: there is no /proc to ask; then little else will work either. */
	return ns != 0 && ns != INITIAL_USER_NS;
}
