/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for a program that runs for the caller: 'run' and 'exec' without --detach.
 *
 * Signals are passed on.  Where the program has a terminal of its own, its bytes and the size of the caller's terminal
 * are passed on, too; else it has the caller's descriptors, and nothing has to be done.
 */
#ifndef ISLE_OCI_FOREGROUND_H
#define ISLE_OCI_FOREGROUND_H

#include "base/fd.h"
#include "oci/notify.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct foreground {
	pid_t pid;		     /* our child, or by CLONE_PARENT */
	int pidfd;		     /* stays the caller's */
	int master;		     /* of its terminal; FD_NONE: it has none.  Stays the caller's */
	const struct notify *notify; /* who is told when the program is ready */
	bool subreaper;		     /* orphans of the container come to us, and are reaped */
};

/*
 * Blocks what is passed on, before the launch, and gives the old mask: a ^C that comes in between is for the program,
 * which gets the old mask by launch.signals.
 */
void foreground_begin(sigset_t *ret_old);
/* Waits for the end.  *RET_STATUS is as the shell has it: 0 to 255, 128+N for signal N. */
int foreground_wait(const struct foreground *f, const sigset_t *old, int *ret_status, struct err *e) MUST_USE;

#endif
