/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals that a process which stands for a container takes: they are read from a descriptor, never interrupt it.
 */
#ifndef ISLE_ENGINE_SIGNALS_H
#define ISLE_ENGINE_SIGNALS_H

#include "base/fd.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>

/*
 * Blocks the signals that are passed on to a container (and SIGWINCH), and gives the old mask.  Before a launch, it
 * keeps a ^C that comes in between for the container; the child sets the old mask before it executes its program.
 */
void signals_block(sigset_t *ret_old);
/* A descriptor from which the signals of signals_block are read. */
int signals_open(int *ret_fd, struct err *e) MUST_USE;
/* Takes the next signal; false if there is none now. */
bool signals_next(int fd, struct signalfd_siginfo *ret);
/* Ignores SIGPIPE and gives the old action: who writes for others must learn of a closed pipe from write(2). */
void signals_ignore_pipe(struct sigaction *ret_old);

/* All of this for a while. */
struct signals {
	int fd; /* from which they are read; FD_NONE before */
	sigset_t old_mask;
	struct sigaction old_pipe;
};
/* Begins it; after an error, too, it must be ended. */
int signals_begin(struct signals *s, struct err *e) MUST_USE;
/* Gives everything back. */
void signals_end(struct signals *s);

#endif
