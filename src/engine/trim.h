/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving memory back before a long wait, or making sure of it. */
#ifndef ISLE_ENGINE_TRIM_H
#define ISLE_ENGINE_TRIM_H

/*
 * Gives back the program's read-only pages, which come again from the page cache when they are needed, and the part of
 * the stack below the caller's frame, which deeper calls have used before.
 */
void trim_memory(void);
/* The opposite: maps the program's read-only pages now, so that what comes after a wait has no page faults for them. */
void warm_memory(void);

#endif
