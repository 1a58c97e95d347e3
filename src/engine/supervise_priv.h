/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two kinds of supervisor share: the first process and its time limit. */
#ifndef ISLE_ENGINE_SUPERVISE_PRIV_H
#define ISLE_ENGINE_SUPERVISE_PRIV_H

#include "engine/supervise.h"

/* A moment on time_monotonic's clock; 0: never. */
typedef int64_t deadline;

/* The deadline MS milliseconds from now. */
deadline deadline_in(int64_t ms);
/* The earlier of two. */
deadline deadline_first(deadline a, deadline b);
bool deadline_passed(deadline d);
/* How long poll(2) may wait for D: milliseconds, or -1. */
int deadline_poll(deadline d);

/* How often the user asked to end, in a row: the way out when the container ignores it. */
struct insistence {
	int count;
	deadline gap;
};
/* Counts one more SIGINT or SIGTERM; true at the third in a row, each at most 3 s after the one before. */
bool insistence_grows(struct insistence *i);

/* Sends SIG to the first process; one that has ended is not an error. */
void supervise_signal(const struct supervise *s, int sig);
/* Ends the first process for certain, and with it all of its pid namespace. */
void supervise_kill(const struct supervise *s);
/* Reaps the first process, which has ended. */
int supervise_reap(const struct supervise *s, int *ret_status, struct err *e) MUST_USE;
/* Closes the descriptors towards the container. */
void supervise_close(struct supervise *s);

#endif
