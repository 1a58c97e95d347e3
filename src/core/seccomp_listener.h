/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listener of a system call filter (SCMP_ACT_NOTIFY; seccomp_unotify(2)): a descriptor on which somebody outside
 * answers for the kernel.  It goes to the socket that the container's configuration names (config-linux.md, "The
 * Container Process State").
 */
#ifndef ISLE_CORE_SECCOMP_LISTENER_H
#define ISLE_CORE_SECCOMP_LISTENER_H

#include "base/err.h"

/*
 * Connects to the AF_UNIX stream socket PATH, sends TEXT with LISTENER, and hangs up.  Somebody who does not take it is
 * an error after ten seconds.
 */
int seccomp_listener_send(const char *path, int listener, const char *text, struct err *e) MUST_USE;

#endif
