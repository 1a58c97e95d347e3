/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left of a start in the process that owns the container until its end: the foreground command, the monitor of
 * one in the background, the keeper of a pool's island (pool.h).
 *
 * While it waits an owner needs nothing of what built the container: all of that memory goes back (owner_shrink).  What
 * is needed at the end is read again from the box's own files, and the cgroup is found again by its path.
 */
#ifndef ISLE_ENGINE_OWNER_H
#define ISLE_ENGINE_OWNER_H

#include "engine/start.h"
#include "engine/supervise.h"

/* What a supervisor is told of the started container of S, whose descriptors towards it are given away. */
struct supervise owner_supervise(struct start *s);
/* Frees the memory of the start CTX, whose container runs; only paths, pid and descriptors stay. */
void owner_shrink(void *ctx);
/* Reads again what owner_shrink gave away. */
int owner_regain(struct start *s, struct err *e) MUST_USE;
/* A frozen container does not notice SIGKILL before it is thawed: for supervise.on_kill; the second after a shrink. */
void owner_thaw(void *ctx);
void owner_thaw_shrunk(void *ctx);

/* Gives the command its terminal back: the owner's own descriptors lead nowhere. */
int owner_leave_stdio(struct err *e) MUST_USE;
/*
 * Closes what the caller had open beyond the standard three, but for KEEP (FD_NONE counts for nothing): an owner that
 * kept a pipe of a script's would hang it.
 */
void owner_close_inherited(const int *keep, size_t n);
/* The rest of a monitor's life: watches the container, clients at LISTEN_FD, and cleans up.  Its exit status. */
int owner_watch(struct start *s, int listen_fd) MUST_USE;

#endif
