/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console socket: who asked for a container with a terminal gets the terminal's master there. */
#ifndef ISLE_OCI_CONSOLE_H
#define ISLE_OCI_CONSOLE_H

#include "base/fd.h"

/* Connects to the AF_UNIX stream socket at PATH; to be done before anything is made. */
int console_connect(const char *path, int *ret_fd, struct err *e) MUST_USE;
/* Sends MASTER by SCM_RIGHTS. */
int console_send(int sock, int master, struct err *e) MUST_USE;

#endif
