/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks that say who is alive: open file description locks (fcntl(2), F_OFD_SETLK).
 *
 * Like flock(2)'s they belong to the open description: they pass to forked children and the kernel drops them with the
 * last copy of the descriptor, however the process ends.  Unlike flock's, they can be asked about without being taken,
 * so that 'ps' never stands in the way of a command that wants the lock.
 */
#ifndef ISLE_ENGINE_LOCK_H
#define ISLE_ENGINE_LOCK_H

#include "base/err.h"

#include <stdbool.h>

/* Takes the exclusive lock of FD (open for writing); -EBUSY if another description has it. */
int lock_take(int fd) MUST_USE;
/* Whether another open description holds the exclusive lock. */
bool lock_held(int fd);
/* Whether FD, which we have locked, is still the file PATH: who had the lock before us may have removed it. */
bool lock_in_place(int fd, int dirfd, const char *path);
/* Waits until nobody holds the exclusive lock, without keeping it; -ETIMEDOUT after TIMEOUT_MS (-1: for ever). */
int lock_wait(int fd, int timeout_ms) MUST_USE;

#endif
