/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal: raw while it belongs to a container, and given back on every way out.
 *
 * A process has one terminal that it changes.  Its old settings are kept in static memory, and come back by
 * tty_restore, at exit(3), and when a signal ends the process whose action is the default one at the time of tty_raw.
 * Only SIGKILL, and _exit(2) without tty_restore, leave it raw.
 */
#ifndef ISLE_CORE_TTY_H
#define ISLE_CORE_TTY_H

#include "base/err.h"

#include <stdbool.h>

/* The first of descriptors 0, 1 and 2 that is a terminal; -1 if none is. */
int tty_find(void);
/* Rows and columns of the terminal FD; false if it is none or does not know. */
bool tty_size(int fd, unsigned int *ret_rows, unsigned int *ret_cols);
/* Makes the terminal FD raw.  Called again (after SIGCONT) it makes it raw again and keeps the first settings. */
int tty_raw(int fd, struct err *e) MUST_USE;
/* Gives the terminal back as it was before tty_raw; does nothing if it is not raw.  Safe in a signal handler. */
void tty_restore(void);

#endif
