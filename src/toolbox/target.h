/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that a tool follows into its namespaces.
 *
 * A pidfd is opened before anything else is looked at, and the directory in /proc is proved to be the same process's:
 * so a number that is given to another process meanwhile leads nowhere.  What is read from the directory afterwards
 * fails with ESRCH once the process has ended.
 */
#ifndef ISLE_TOOLBOX_TARGET_H
#define ISLE_TOOLBOX_TARGET_H

#include "base/fd.h"

#include <stdbool.h>
#include <stdint.h>

/* How the user names it: PID, or PID:INODE as getino(1) prints it. */
struct target_name {
	pid_t pid;	/* 0: nobody was named */
	uint64_t inode; /* of its pidfd; 0: whoever has the number now */
};

struct target {
	pid_t pid;
	int pidfd;   /* FD_NONE: not open, or a thread before Linux 6.9, which only proc_fd can hold */
	int proc_fd; /* its directory in /proc, of the mount namespace that we started in; FD_NONE: not needed so far */
};

/* Reads "PID" or "PID:INODE": decimal numbers, none of them 0. */
int target_parse(const char *text, struct target_name *ret, struct err *e) MUST_USE;
/* Opens the pidfd; of a thread on an older kernel the directory in /proc, which never leads to another one either. */
int target_open(struct target *t, const struct target_name *name, struct err *e) MUST_USE;
/* Opens the directory in /proc, unless it is open.  To be called before the mount namespace changes. */
int target_look(struct target *t, struct err *e) MUST_USE;
/* Opens FILE of its directory in /proc; the error says why one process may not look into another. */
int target_file(struct target *t, const char *file, int flags, int *ret_fd, struct err *e) MUST_USE;
/*
 * Its environment as it is, a NULL-terminated list: also what has no '=', and what is empty.  Begins as the kernel made
 * it for execve(2); what the program has set since is its own matter.
 */
int target_environ(struct target *t, struct arena *a, char ***ret, struct err *e) MUST_USE;
/* Its effective ids as the user namespace that we are in now numbers them; target_look has been called. */
int target_ids(struct target *t, struct arena *a, uint32_t *ret_uid, uint32_t *ret_gid, struct err *e) MUST_USE;
/* Gives the program that we become its SELinux context. */
int target_context(struct target *t, struct arena *a, struct err *e) MUST_USE;
/* Closes what is open. */
void target_release(struct target *t);

/* Reads the second number, the effective id, of the line of KEY ("Uid:") in the text of a /proc/PID/status. */
bool target_status_id(const char *status, const char *key, uint32_t *ret);

#endif
