/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child that a tool waits for: how it ends and stops is how the tool ends and stops. */
#ifndef ISLE_TOOLBOX_CHILD_H
#define ISLE_TOOLBOX_CHILD_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

enum child_flags {
	CHILD_FORWARD = 1, /* SIGTERM and SIGINT go to the child, too; else the tool leaves them alone meanwhile */
	CHILD_MIRROR_STOP =
		2,	     /* the tool stops when the child stops, and continues it when it is continued (nsenter) */
	CHILD_TERM_ENDS = 4, /* SIGTERM ends the tool alone, as if it did not wait (nsenter) */
};

/*
 * fork(2) with what a waiting tool needs done around it, so that no signal between fork and wait is lost.
 * *RET_PID is 0 in the child, which has the caller's signal mask and handlers again.
 */
int child_fork(unsigned int flags, pid_t *ret_pid, struct err *e) MUST_USE;
/*
 * Waits for the child of child_fork: *RET_STATUS is its exit status.  Where a signal killed the child the same signal
 * kills this process, without a core of its own; it returns only if that signal could not end us (128 + it).
 */
int child_wait(pid_t pid, unsigned int flags, int *ret_status, struct err *e) MUST_USE;

#endif
