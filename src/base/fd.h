/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors that close themselves, and whole-file reads and writes relative to a directory. */
#ifndef ISLE_BASE_FD_H
#define ISLE_BASE_FD_H

#include "base/err.h"
#include "base/mem.h"

#include <sys/types.h>

enum { FD_NONE = -1 };

/* Closes *FD if it is open, keeps errno, leaves FD_NONE. */
void fd_close(int *fd);
#define auto_fd CLEANUP(fd_close) int

/* A list of descriptors. */
struct fds {
	int *v;
	size_t n, room;
};
/* Closes all of them; the list is empty afterwards. */
void fds_close(struct fds *l);

/* Gives the descriptor away: *FD is FD_NONE afterwards. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = FD_NONE;
	return taken;
}

/* Reads the rest of FD, at most MAX bytes, into the arena (terminated); more than MAX is -EFBIG. */
int fd_read_all(int fd, struct arena *a, size_t max, char **ret_text, size_t *ret_size, struct err *e) MUST_USE;
/* Reads SIZE bytes, over short reads and EINTR, or what there is before the end: how many; or a negative errno. */
ssize_t fd_read_full(int fd, void *data, size_t size) MUST_USE;
/* Writes all SIZE bytes, over short writes and EINTR; 0 or a negative errno. */
int fd_write_all(int fd, const void *data, size_t size) MUST_USE;

/* Reads the regular file PATH below DIRFD (AT_FDCWD allowed); symbolic links in PATH are followed as usual. */
int file_read(int dirfd, const char *path, struct arena *a, size_t max, char **ret_text, size_t *ret_size,
	      struct err *e) MUST_USE;
/* Writes TEXT into the existing file PATH with one write(2), as /proc and cgroup files want it. */
int file_write(int dirfd, const char *path, const char *text, struct err *e) MUST_USE;
/* Makes or replaces PATH with TEXT, mode MODE, by a temporary file and rename(2): a reader sees the old or the new. */
int file_replace(int dirfd, const char *path, const void *data, size_t size, mode_t mode, struct err *e) MUST_USE;
/* The same for a file that means nothing after the machine's end: it is not written out for the sake of order. */
int file_replace_volatile(int dirfd, const char *path, const void *data, size_t size, mode_t mode, struct err *e)
	MUST_USE;

#endif
