/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that outlives the command which makes it: the monitor of a container, the service of a pool.
 *
 * It keeps nothing that the caller had open, and is in a session of its own.  Once it says how it has begun, and the
 * command waits for that.
 */
#ifndef ISLE_ENGINE_BACKGROUND_H
#define ISLE_ENGINE_BACKGROUND_H

#include "engine/box.h"

struct background_report {
	bool ok;
	struct err err;		 /* why not */
	char id[BOX_ID_LEN + 1]; /* of a monitor's container */
};

struct background {
	const char *task;   /* for the sentences of errors: "start the container" */
	const char *called; /* and "monitor" */
	/* Its life, until its exit status.  Writes a report to REPORT_FD, which is its own, and closes it. */
	int (*live)(void *ctx, int report_fd);
	void *ctx;
};

/* Makes it, and waits for its report: 0 where that is good, else the error in it; by then it has ended, too. */
int background_make(const struct home *h, const struct background *b, struct background_report *ret, struct err *e)
	MUST_USE;

#endif
