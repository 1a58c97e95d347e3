/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --pid-file: where engines read the id of a process. */
#ifndef ISLE_OCI_PID_FILE_H
#define ISLE_OCI_PID_FILE_H

#include "base/err.h"

#include <sys/types.h>

/* Writes PID into PATH, digits alone, by a temporary file and rename(2); PATH NULL: does nothing. */
int pid_file_write(const char *path, pid_t pid, struct err *e) MUST_USE;

#endif
