/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a container's log (log.h): all of it or its tail, by time, and following it while the container lives. */
#ifndef ISLE_ENGINE_LOGS_H
#define ISLE_ENGINE_LOGS_H

#include "engine/box.h"
#include "engine/log.h"

struct logs_query {
	bool follow;	  /* go on until the container has ended and everything was read */
	bool timestamps;  /* put the time in front of each line */
	int64_t since_ns; /* only what was written at or after; 0: no bound (see time_parse_point) */
	int64_t until_ns; /* only what was written before; 0: no bound */
	int64_t tail;	  /* the last so many lines; -1: all */
};

/* Takes DATA of STREAM, as the program wrote it.  Anything but 0 ends the reading. */
typedef int logs_sink(void *ctx, enum log_stream stream, const char *data, size_t size);

/*
 * Calls SINK with what the container wrote, oldest first, over rotated files.  A container that never wrote has an
 * empty log.  A damaged record is left out, with a line that says so on LOG_STDERR.
 */
int logs_read(struct box *b, const struct logs_query *q, logs_sink *sink, void *ctx, struct err *e) MUST_USE;

#endif
