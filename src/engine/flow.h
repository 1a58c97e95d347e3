/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passing bytes on from one descriptor to another, without ever waiting in read(2) or write(2).
 *
 * Our own standard descriptors are shared with whoever started us (their flags too), so they are not made non-blocking:
 * an outlet finds another way for each kind of file.
 */
#ifndef ISLE_ENGINE_FLOW_H
#define ISLE_ENGINE_FLOW_H

#include "base/fd.h"

#include <poll.h>

/* A descriptor to write to. */
struct outlet {
	int fd;	      /* FD_NONE: closed, or its reader is gone */
	bool opened;  /* fd is a second opening of our own, to be closed */
	bool socket;  /* sent to, without waiting */
	bool careful; /* may wait: write little, and only after poll(2) */
	int error;    /* why it was closed by flow_step: a positive errno; 0: it was not, or its reader just left */
};

/* Prepares to write to FD, one of our standard descriptors. */
void outlet_open_user(struct outlet *o, int fd);
/* Prepares to write to FD, which belongs to us alone and becomes non-blocking; it stays the caller's. */
void outlet_open_own(struct outlet *o, int fd);
/* Writes what can be written now: how many bytes, or a negative errno (-EAGAIN: none now). */
ssize_t outlet_write(struct outlet *o, const void *data, size_t size);
void outlet_close(struct outlet *o);

enum { FLOW_SIZE = 16 * 1024 };

struct flow {
	int from;     /* borrowed; FD_NONE: there is nothing more to read */
	bool hung_up; /* a terminal that nobody has open now; somebody may open it again */
	int64_t left; /* how many more bytes are read; -1: all */
	struct outlet to;
	size_t begin, end; /* what is in BUF and waits to be written */
	char buf[FLOW_SIZE];
};

/* No flow in either direction. */
void flow_init(struct flow *f);
/* Whether bytes may still pass. */
static inline bool flow_busy(const struct flow *f)
{
	return f->from >= 0 || f->begin < f->end;
}
/*
 * The writer is gone: reads only what is there now, even if somebody else still writes.  A pipe tells how much that is;
 * a terminal does not, but what it can hold is little.
 */
void flow_finish(struct flow *f);
/* What to wait for: fills P (fd -1: nothing). */
void flow_poll(const struct flow *f, struct pollfd *p);
/*
 * Reads if nothing waits, then writes.  At the end of the input 'from' becomes FD_NONE; when nobody reads the output
 * any more, 'to' is closed and what comes is dropped.  Gives whether anything moved.
 */
bool flow_step(struct flow *f);

#endif
