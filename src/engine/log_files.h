/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a log, for a reader, while the writer may rotate them at any moment.
 *
 * A file is known by its inode: its name tells only how many are newer at the moment.  Files are opened from the newest
 * to the oldest, against the direction in which a rotation renames them, so that none is missed; one met twice is left
 * out.
 */
#ifndef ISLE_ENGINE_LOG_FILES_H
#define ISLE_ENGINE_LOG_FILES_H

#include "engine/log.h"

#include <stdbool.h>

struct log_files {
	int fd[LOG_FILES_MAX + 1]; /* the newest first */
	size_t n;
};

/* Opens all files there are in DIR_FD. */
int log_files_open(struct log_files *f, int dir_fd, struct err *e) MUST_USE;
void log_files_close(struct log_files *f);
/*
 * When the file FD is no longer the newest, opens the next newer one as *RET.  1: it did; 2: it did, and files between
 * are gone; 0: FD is the newest still.  FD may be FD_NONE: then any file is newer.
 */
int log_files_next(int dir_fd, int fd, int *ret, struct err *e) MUST_USE;

#endif
