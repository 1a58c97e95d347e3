/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of 'isle ps': which containers there are, and how they are, as text and as numbers. */
#ifndef ISLE_ENGINE_PS_H
#define ISLE_ENGINE_PS_H

#include "engine/box.h"

struct ps_row {
	const char *id, *name, *root;
	const char *command;	 /* the program and its arguments, joined by spaces */
	const char *status_text; /* "running 5 min", "exited (0) 2 min ago" */
	enum box_status status;
	int64_t created_ns; /* since 1970 */
	pid_t pid;	    /* of the first process; 0: it does not run */
	int exit_status;    /* meaningful with BOX_EXITED */
	const struct spec_pairs *labels;
};
struct ps_rows {
	struct ps_row *v;
	size_t n, room;
};

/*
 * The containers that pass all FILTERS, youngest first; without ALL only those that run or are paused (a filter on
 * status implies ALL).  A filter is "status=running", "name=PART", "id=BEGINNING", "label=KEY", "label=KEY=VALUE",
 * "root=TEXT" or "exited=STATUS"; several on the same key: one of them must match (labels: every one).  An unknown key
 * is an error.
 */
int ps_rows(struct home *h, bool all, const struct strs *filters, struct ps_rows *ret, struct err *e) MUST_USE;
/* How long NS nanoseconds are, in words for people: "4 s", "5 min", "3 h", "12 days". */
const char *ps_age(struct arena *a, int64_t ns);

#endif
