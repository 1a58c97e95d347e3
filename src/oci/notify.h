/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling a service manager that a container is ready (sd_notify(3)), as runc and crun do.
 *
 * Who calls us with $NOTIFY_SOCKET waits for READY=1 there.  The container gets another socket in its place: a
 * directory at the same path, with "notify" in it.  What the program says there comes to whoever starts it, and of that
 * only READY=1 goes further, with the program's pid: at a service manager's own socket one can do more than a container
 * may.
 */
#ifndef ISLE_OCI_NOTIFY_H
#define ISLE_OCI_NOTIFY_H

#include "oci/container.h"

struct notify {
	const char *manager; /* the caller's socket; NULL: nobody wants to know */
	int fd;		     /* the container's; FD_NONE: none */
};

/* Adds the mount and the variable to S, for a container whose directory is there. */
int notify_offer(const struct oci_container *c, struct spec *s, struct err *e) MUST_USE;
/* Opens the container's socket, if it was offered one and the caller waits; before the program can say anything. */
int notify_listen(const struct oci_container *c, struct notify *ret, struct err *e) MUST_USE;
/* Takes one message; whether it was READY=1, which then was passed on with PID. */
bool notify_take(const struct notify *n, pid_t pid);
/* Waits until the program says that it is ready, or has ended. */
void notify_wait(const struct notify *n, pid_t pid, int pidfd);

#endif
