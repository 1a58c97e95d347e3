/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving memory back before a long wait, or making sure of it. */
#ifndef ISLE_ENGINE_TRIM_H
#define ISLE_ENGINE_TRIM_H

#include <poll.h>

/*
 * poll(2), but before it waits it gives back the program's read-only pages, which come again from the page cache when
 * they are needed, and the part of the stack below the caller's frame, which deeper calls have used before.
 */
int trim_and_poll(struct pollfd *p, nfds_t n, int timeout_ms);
/* The opposite: maps the program's read-only pages now, so that what comes after a wait has no page faults for them. */
void warm_memory(void);

#endif
