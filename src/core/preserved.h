/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that a program inherits from the caller: the sockets of socket activation (sd_listen_fds(3)), which begin
 * at 3, and behind them as many numbers as the caller has asked for.  Of these some may be free, for engines name
 * descriptors one by one and tell the runtime only how far they go; what we open there closes on exec.
 */
#ifndef ISLE_CORE_PRESERVED_H
#define ISLE_CORE_PRESERVED_H

#include "core/spec.h"

struct preserved {
	int n;		/* from 3 on */
	int listen_fds; /* of these, sockets that the caller was activated with */
};

/* Counts the sockets that the environment of this process announces, sees to it that they are open, and adds ASKED. */
int preserved_take(int asked, struct preserved *ret, struct err *e) MUST_USE;
/* Whether FD is open and the caller's: what closes on exec is ours. */
bool preserved_inherited(int fd);
/* Announces the sockets in the environment of P, for process PID, as the program will see it. */
void preserved_announce(int listen_fds, pid_t pid, struct arena *a, struct spec_process *p);
/* Lets nothing pass exec but what the caller has left open of the first N from 3 on. */
int preserved_pass(int n, struct err *e) MUST_USE;

#endif
