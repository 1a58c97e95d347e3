/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups: one container's group in every hierarchy that matters, on v2, v1 and hybrid machines.
 *
 * Theory.  A machine has one of three layouts (cgroups(7)): v2 alone, v1 hierarchies alone, or both (hybrid: v1
 * controllers beside a v2 tree).  The v2 tree, wherever there is one, is where a container is born
 * (CLONE_INTO_CGROUP), killed (cgroup.kill) and frozen.  A v1 hierarchy is entered only where a limit asks for its
 * controller: the first write to a v1 cgroup.procs waits for an RCU grace period (5 to 10 ms).  On v1 alone, freezer
 * and pids are entered always: the one to find and stop every process, the other because nothing else bounds them.
 *
 * Everything is found again from the path alone, so that a later command can remove what a killed one left.
 */
#ifndef ISLE_CORE_CGROUP_H
#define ISLE_CORE_CGROUP_H

#include "base/fd.h"
#include "core/spec.h"

enum cgroup_layout { CGROUP_ABSENT, CGROUP_V2, CGROUP_V1, CGROUP_HYBRID };

enum cgroup_controller { /* v1 hierarchies by name; on v2 those among them that exist there */
			 CGC_MEMORY,
			 CGC_CPU,
			 CGC_CPUACCT,
			 CGC_CPUSET,
			 CGC_PIDS,
			 CGC_BLKIO,
			 CGC_DEVICES,
			 CGC_FREEZER,
			 CGC_HUGETLB,
			 CGC_NET_CLS,
			 CGC_NET_PRIO,
			 CGC_RDMA,
			 CGC_SYSTEMD, /* no controller: the v1 hierarchy by whose groups systemd knows processes */
			 CGC_COUNT
};

/* What the machine has; filled once per command. */
struct cgroup_host {
	enum cgroup_layout layout;
	char *v2;	     /* mount point of the cgroup2 tree, or NULL */
	char *v1[CGC_COUNT]; /* mount point of the v1 hierarchy with this controller, or NULL */
	/* 1 << CGC_…: controllers in the v2 tree's cgroup.controllers at 'base'; read when asked for (cgroup_v2_has) */
	uint32_t *v2_available;
	char *base;    /* where this user's containers go, relative to the trees: "/isle", or a delegated group */
	bool writable; /* whether groups can be made there */
	/* A group in each v1 hierarchy, not only where a limit asks for it: engines read every statistic there. */
	bool everywhere;
};

struct cgroup {
	const struct cgroup_host *host;
	char *path;	  /* relative to each hierarchy, begins with '/' */
	int v2_fd;	  /* the group's directory in the v2 tree (for CLONE_INTO_CGROUP), or FD_NONE */
	uint32_t v1_used; /* 1 << CGC_…: v1 hierarchies in which the group exists and is to be joined */
};

/*
 * Finds the layout; reads no mountinfo where statfs(2) of the usual places tells.  Fails only on bad memory of the
 * machine.
 */
int cgroup_host_probe(struct cgroup_host *h, struct arena *a, struct err *e) MUST_USE;
/* Whether controller C is to be had in the v2 tree. */
bool cgroup_v2_has(const struct cgroup_host *h, enum cgroup_controller c);
/* What the machine has is enough for RES?  One sentence naming the limit and the missing controller if not. */
int cgroup_check(const struct cgroup_host *h, const struct spec_resources *res, struct err *e) MUST_USE;
/*
 * Takes the limits on kernel memory out of RES where this machine has none; returns a sentence about it for the user,
 * or NULL.  The spec advises against them, and runc 1.1 ignores them anywhere: engines that still ask get their
 * container.
 */
const char *cgroup_waive(const struct cgroup_host *h, struct spec_resources *res) MUST_USE;
/*
 * For a group that is made as a config.json says: a memory.swap of 0 means no swap, as crun has it.  Without a limit on
 * memory that can be had on v2 alone; and zeros for both are what other tools write for "the default".  For a group that
 * lives, 0 leaves swap as it is.
 */
void cgroup_zero_swap(const struct cgroup_host *h, struct spec_resources *res);
/* Makes the group at PATH in every hierarchy needed, enables controllers on the way down, and writes RES. */
int cgroup_make(struct cgroup *cg, const struct cgroup_host *h, const char *path, const struct spec_resources *res,
		struct arena *a, struct err *e) MUST_USE;
/*
 * Takes the group at PATH, which somebody else has made around the process PID: makes what is missing in v1
 * hierarchies, writes RES, and puts PID there.
 */
int cgroup_adopt(struct cgroup *cg, const struct cgroup_host *h, const char *path, const struct spec_resources *res,
		 pid_t pid, struct arena *a, struct err *e) MUST_USE;
/* Finds an existing group; a hierarchy where it does not exist is left out.  No group anywhere is not an error. */
int cgroup_open(struct cgroup *cg, const struct cgroup_host *h, const char *path, struct arena *a, struct err *e)
	MUST_USE;
/* Puts process PID (0: the caller) into the v1 groups; with ALSO_V2 into the v2 group too (when clone3 could not). */
int cgroup_join(const struct cgroup *cg, pid_t pid, bool also_v2, struct err *e) MUST_USE;
/*
 * Writes the limits of RES that are present into the existing group.  A limit whose controller is in a v1 hierarchy
 * that the group does not use yet takes it in: the processes join it, and what they use is counted from then on.
 */
int cgroup_update(struct cgroup *cg, const struct spec_resources *res, struct err *e) MUST_USE;
/*
 * Whether device rules are a program, which can be hung on a group that has processes already; and does so.  It takes
 * the kernel longer than all the rest of a group, and the first process can be at work meanwhile.
 */
bool cgroup_devices_by_program(const struct cgroup_host *h);
int cgroup_devices_write(const struct cgroup *cg, const struct spec_device_rules *rules, struct err *e) MUST_USE;
/* Kills every process in the group and below; returns when none is left, or -ETIMEDOUT after TIMEOUT_MS. */
int cgroup_kill(const struct cgroup *cg, int timeout_ms, struct err *e) MUST_USE;
/* Freezes or thaws; returns when it is so, or -ETIMEDOUT after TIMEOUT_MS. */
int cgroup_freeze(const struct cgroup *cg, bool freeze, int timeout_ms, struct err *e) MUST_USE;
/* 1 frozen, 0 not (also where there is no freezer). */
bool cgroup_frozen(const struct cgroup *cg);
/* Appends the pids of the group and of the groups below it. */
struct pids {
	pid_t *v;
	size_t n, room;
};
int cgroup_pids(const struct cgroup *cg, struct arena *a, struct pids *ret, struct err *e) MUST_USE;
/*
 * Removes the group and those below it in every hierarchy; tries again while the kernel says busy, at most TIMEOUT_MS.
 */
int cgroup_remove(struct cgroup *cg, int timeout_ms, struct err *e) MUST_USE;
/* Whether the out-of-memory killer killed in the group. */
bool cgroup_oom_killed(const struct cgroup *cg);
/* Closes v2_fd. */
void cgroup_release(struct cgroup *cg);

#endif
