/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who makes a container's control group, and where: the files themselves, or systemd.
 *
 * By the files the group is there before the container's first process, which is born in it.  systemd makes a group
 * around a process that exists, so there the process waits outside, and cgroup_manager_adopt() comes after the clone:
 *
 *     cgroup_manager_choose   before anything: the path is known, and can be written into a record
 *     cgroup_manager_make     the step "cgroup"; with systemd it only checks that the limits can be had
 *     (clone)
 *     cgroup_manager_adopt    before the process is told to begin; nothing to do where the group was made
 *
 * A later command has cgroup_manager_find(), and cgroup_open() with the manager's host and path.  A struct cgroup
 * points to its manager's host, so the manager must live as long as it.
 */
#ifndef ISLE_CORE_CGROUP_MANAGER_H
#define ISLE_CORE_CGROUP_MANAGER_H

#include "core/systemd.h"

enum cgroup_manager_kind { CGROUP_CGROUPFS, CGROUP_SYSTEMD };

struct cgroup_manager {
	enum cgroup_manager_kind kind;
	struct cgroup_host host; /* as it is where the group is made: use this one with cgroup_open and the like */
	char *path;		 /* of the group, in every hierarchy */
	/* systemd's alone */
	char *unit, *slice;
	bool user;			 /* by this user's systemd, not the machine's */
	struct systemd_properties extra; /* what the annotations say */
	struct arena *arena;
};

/*
 * Reads linux.cgroupsPath.  By the files: "/a/b" is below the top of the hierarchies, "a/b" beside the caller's own
 * group (v1: below it), as runc has it; NULL or "" is a group of ID below isle's own.  By systemd: "slice:prefix:name"
 * is prefix-name.scope in the slice; NULL or "" is isle-ID.scope in the default slice.
 */
int cgroup_manager_choose(struct cgroup_manager *m, const struct cgroup_host *h, enum cgroup_manager_kind kind,
			  const char *cgroups_path, const char *id, const struct spec_pairs *annotations,
			  struct arena *a, struct err *e) MUST_USE;
/* The same again from what a record holds; UNIT: NULL where the files made it. */
int cgroup_manager_find(struct cgroup_manager *m, const struct cgroup_host *h, const char *path, const char *unit,
			bool user, struct arena *a, struct err *e) MUST_USE;

/* Makes the group by the files, as cgroup_make; a group that is frozen, or below a frozen one, is refused. */
int cgroup_manager_make(struct cgroup_manager *m, struct cgroup *cg, const struct spec_resources *res, struct err *e)
	MUST_USE;
/* Whether the group comes only by cgroup_manager_adopt. */
bool cgroup_manager_waits(const struct cgroup_manager *m);
/* Has systemd make the unit around PID, and writes the limits; PID is in all its groups afterwards. */
int cgroup_manager_adopt(struct cgroup_manager *m, struct cgroup *cg, pid_t pid, const struct spec_resources *res,
			 struct err *e) MUST_USE;
/*
 * Puts a process that enters the container, PID, into its groups.  Where the files may not be written (a plain user in
 * a session of the machine's systemd, whose clone3 into the group fails with EACCES, too) systemd moves it.
 */
int cgroup_manager_join(struct cgroup_manager *m, const struct cgroup *cg, pid_t pid, struct err *e) MUST_USE;
/* Changes limits, systemd's idea of them first. */
int cgroup_manager_update(struct cgroup_manager *m, struct cgroup *cg, const struct spec_resources *res, struct err *e)
	MUST_USE;
/* Removes the group, whose processes are dead, and the unit. */
int cgroup_manager_remove(struct cgroup_manager *m, struct cgroup *cg, int timeout_ms, struct err *e) MUST_USE;

#endif
