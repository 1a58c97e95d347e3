/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outsider: a process that a tool makes before it leaves its namespaces, for what can be done only by one who
 * stayed.
 *
 * It keeps the namespaces, the root and the rights of the moment in which it was made, and does what it is asked for,
 * one number at a time, until nobody is left who could ask: when all copies of the socket are closed, by the end of the
 * tool or by its becoming the program.  So it also knows how to clean up behind a tool that was killed.
 */
#ifndef ISLE_TOOLBOX_OUTSIDER_H
#define ISLE_TOOLBOX_OUTSIDER_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* What an outsider does; 'ctx' is its own copy of the tool's, and keeps what it changes there. */
struct outsider_work {
	int (*does)(void *ctx, int what, struct err *e);
	void (*ends)(void *ctx); /* nobody asks any more; NULL: nothing is to be done then */
};

struct outsider {
	pid_t pid; /* our child; 0 if it is none of ours, and so no child that the program would not know about */
	int sock;  /* FD_NONE: there is no outsider */
};

/* Makes one.  STRANGER: it outlives the moment in which the tool becomes the program, so it is no child of ours. */
int outsider_make(struct outsider *o, bool stranger, const struct outsider_work *w, void *ctx, struct err *e) MUST_USE;
/* Has it do WHAT and waits for the answer: 0, or its error. */
int outsider_ask(const struct outsider *o, int what, struct err *e) MUST_USE;
/* Stops asking; a child is reaped.  Another process may go on to ask. */
void outsider_leave(struct outsider *o);

#endif
