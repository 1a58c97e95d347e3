/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's terminal: a pair from the container's own devpts.
 *
 * The box side opens ptmx of its devpts and sends the master to the host side; the slave is asked from the master
 * (TIOCGPTPEER, ioctl_tty(2)), never opened by a path that the container could have prepared.
 */
#ifndef ISLE_CORE_PTY_H
#define ISLE_CORE_PTY_H

#include "base/fd.h"

/* Checks that PTMX is the master of a pair, unlocks the pair, and sets its size (0, 0: leaves it). */
int pty_master_prepare(int ptmx, unsigned int rows, unsigned int cols, struct err *e) MUST_USE;
/* A new descriptor of MASTER's slave; not the caller's controlling terminal. */
int pty_slave(int master, int *ret_fd, struct err *e) MUST_USE;
/* Begins a new session whose controlling terminal, and descriptors 0 to 2, are SLAVE.  The caller closes SLAVE. */
int pty_make_controlling(int slave, struct err *e) MUST_USE;
/* Tells the pair a new size; the programs on it get SIGWINCH if it differs.  0 or a negative errno. */
int pty_resize(int master, unsigned int rows, unsigned int cols);

#endif
