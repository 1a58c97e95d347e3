/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jail in which an archive is read: nothing exists but the directory to fill.  The stages are told in main.c. */
#ifndef ISLE_UNPACK_SANDBOX_H
#define ISLE_UNPACK_SANDBOX_H

#include "base/err.h"

/* Stage 2: own mount, network, IPC and UTS namespaces; the working directory becomes the root, open as *RET_ROOT_FD. */
int sandbox_enter(int *ret_root_fd, struct err *e) MUST_USE;
/* Stage 3: five capabilities, no new ones, limits, and a filter of system calls.  Nothing of it can be undone. */
int sandbox_reduce(struct err *e) MUST_USE;

#endif
