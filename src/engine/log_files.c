/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a log: see log_files.h. */
#include "engine/log_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens the file with INDEX; *RET is FD_NONE if there is none. */
static int open_index(int dir_fd, int index, int *ret, struct stat *ret_st, struct err *e)
{
	char name[16];

	log_file_name(index, name);
	/* O_NONBLOCK: if a FIFO stands there, it must not hold us up. */
	auto_fd fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	*ret = FD_NONE;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open the container's %s", name);
	if (fstat(fd, ret_st) < 0)
		return err_set(e, errno, "examine the container's %s", name);
	if (!S_ISREG(ret_st->st_mode)) {
		err_set(e, 0, "read the container's %s", name);
		return err_why(e, "it is not a regular file");
	}
	*ret = fd_take(&fd);
	return 0;
}

int log_files_open(struct log_files *f, int dir_fd, struct err *e)
{
	struct stat st, last = {.st_ino = 0};
	int missing = 0;

	f->n = 0;
	/* While a rotation is under way one name may be missing, anywhere. */
	for (int i = 0; i <= LOG_FILES_MAX && missing < 2; i++) {
		auto_fd fd = FD_NONE;
		int r = open_index(dir_fd, i, &fd, &st, e);

		if (r < 0) {
			log_files_close(f);
			return r;
		}
		missing = fd < 0 ? missing + 1 : 0;
		if (fd < 0 || (f->n && st.st_ino == last.st_ino && st.st_dev == last.st_dev))
			continue;
		last = st;
		f->fd[f->n++] = fd_take(&fd);
	}
	return 0;
}

void log_files_close(struct log_files *f)
{
	while (f->n)
		fd_close(&f->fd[--f->n]);
}

/* The place of the file FD in F, counted from the newest; F->n if it is not there. */
static size_t find_file(const struct log_files *f, int fd)
{
	struct stat ours, st;
	size_t i;

	if (fd < 0 || fstat(fd, &ours) < 0)
		return f->n;
	for (i = 0; i < f->n; i++)
		if (fstat(f->fd[i], &st) == 0 && st.st_ino == ours.st_ino && st.st_dev == ours.st_dev)
			break;
	return i;
}

int log_files_next(int dir_fd, int fd, int *ret, struct err *e)
{
	struct log_files f;
	int result = 0;
	int r = log_files_open(&f, dir_fd, e);

	if (r < 0)
		return r;
	size_t at = find_file(&f, fd);
	if (at > 0) {
		result = at == f.n && fd >= 0 ? 2 : 1;
		*ret = fd_take(&f.fd[at - 1]);
	}
	log_files_close(&f);
	return result;
}
