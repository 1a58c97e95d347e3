/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that a program inherits from the caller: the sockets of socket activation (sd_listen_fds(3)), which begin
 * at 3, and behind them as many as the caller has asked for.
 */
#ifndef ISLE_CORE_PRESERVED_H
#define ISLE_CORE_PRESERVED_H

#include "core/spec.h"

struct preserved {
	int n;		/* from 3 on */
	int listen_fds; /* of these, sockets that the caller was activated with */
};

/*
 * Counts the sockets that the environment of this process announces, and ASKED more, and sees to it that all are open.
 * To be called before anything is opened: a number that is free now would be ours a moment later.
 */
int preserved_take(int asked, struct preserved *ret, struct err *e) MUST_USE;
/* Announces the sockets in the environment of P, for process PID, as the program will see it. */
void preserved_announce(int listen_fds, pid_t pid, struct arena *a, struct spec_process *p);
/* Lets the first N from 3 on pass exec, and nothing else from there on. */
int preserved_pass(int n, struct err *e) MUST_USE;

#endif
