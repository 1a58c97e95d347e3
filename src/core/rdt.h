/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shares of caches and of memory bandwidth: groups of resctrl (the kernel's Documentation/arch/x86/resctrl.rst;
 * config-linux.md, "IntelRdt").
 *
 * A group is a directory with a 'schemata' file; a process is in the one whose 'tasks' file it was written into.
 * Without a name the container has a group of its own, called as the container, which ends with it.  One that has a
 * name stays.
 */
#ifndef ISLE_CORE_RDT_H
#define ISLE_CORE_RDT_H

#include "core/spec.h"

struct rdt_group {
	char *dir;     /* of the group; NULL: none was entered */
	char *monitor; /* the container's own group for measuring, below 'dir'; NULL: none */
	bool made;     /* 'dir' was made by us and goes with the container */
};

/* Where resctrl is mounted. */
int rdt_root(struct arena *a, char **ret, struct err *e) MUST_USE;
/* Makes or finds the group of container ID below ROOT, and puts PID in; what was made before an error is removed. */
int rdt_enter(const char *root, const struct spec_intel_rdt *r, const char *id, pid_t pid, struct arena *a,
	      struct rdt_group *ret, struct err *e) MUST_USE;
/* Puts PID, too, into the group of container ID, which exists. */
int rdt_join(const char *root, const struct spec_intel_rdt *r, const char *id, pid_t pid, struct arena *a,
	     struct err *e) MUST_USE;
/* Removes what belonged to the container alone, once nobody is in it; what is not there is fine. */
int rdt_remove(const char *root, const struct spec_intel_rdt *r, const char *id, struct arena *a, struct err *e)
	MUST_USE;

#endif
