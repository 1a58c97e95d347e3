/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control groups of a target, to be joined later: of every hierarchy, v1 and v2, where its group is not ours.
 *
 * A path in /proc/PID/cgroup is relative to the cgroup namespace of who reads it, and so is the root of each mount in
 * mountinfo; both are read at the same time, outside (cgroups(7), cgroup_namespaces(7)).
 */
#ifndef ISLE_TOOLBOX_TARGET_CGROUPS_H
#define ISLE_TOOLBOX_TARGET_CGROUPS_H

#include "toolbox/target.h"

/* Opens the cgroup.procs files: rights are those of now, whatever is entered before the join. */
int target_cgroups_open(struct target *t, struct arena *a, struct fds *ret, struct err *e) MUST_USE;
/* Moves this process into the groups, and closes them. */
int target_cgroups_join(struct fds *groups, struct err *e) MUST_USE;

/* One line of a /proc/PID/cgroup, "4:cpu,cpuacct:/a/b"; v2 is "0::/a/b". */
struct cgroup_line {
	const char *controllers; /* "" for v2 */
	const char *path;
};
/* Cuts LINE up in place; false if it is none. */
bool cgroup_line_parse(char *line, struct cgroup_line *ret) MUST_USE;
/*
 * Where the group WANT is in the file system, by the text of a mountinfo: "/sys/fs/cgroup/cpu/a/b"; NULL if no mount
 * shows it.
 */
char *cgroup_line_find(const struct cgroup_line *want, const char *mountinfo, struct arena *a);

#endif
