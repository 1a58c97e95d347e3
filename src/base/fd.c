/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors and whole files: see fd.h. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = FD_NONE;
	errno = saved;
}

void fds_close(struct fds *l)
{
	while (l->n > 0)
		fd_close(&l->v[--l->n]);
}

int fd_read_all(int fd, struct arena *a, size_t max, char **ret_text, size_t *ret_size, struct err *e)
{
	size_t room = 4096, used = 0;
	char *buf = arena_alloc(a, room, 1);

	for (;;) {
		ssize_t n = read(fd, buf + used, room - used - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read");
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max) {
			err_set(e, EFBIG, "read");
			return err_why(e, "it is larger than the %zu bytes allowed", max);
		}
		if (room - used < 2) {
			char *grown = arena_alloc(a, room * 2, 1);

			memcpy(grown, buf, used);
			buf = grown;
			room *= 2;
		}
	}
	buf[used] = '\0';
	*ret_text = buf;
	if (ret_size)
		*ret_size = used;
	return 0;
}

ssize_t fd_read_full(int fd, void *data, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, (char *)data + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int fd_write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int file_read(int dirfd, const char *path, struct arena *a, size_t max, char **ret_text, size_t *ret_size,
	      struct err *e)
{
	/* O_NONBLOCK: a FIFO or a device must not hold us up before fstat has shown what it is. */
	auto_fd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "examine %s", path);
	if (!S_ISREG(st.st_mode)) {
		err_set(e, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, "read %s", path);
		return err_why(e, "it is not a regular file");
	}
	int r = fd_read_all(fd, a, max, ret_text, ret_size, e);
	return r < 0 ? err_context(e, "%s", path) : 0;
}

int file_write(int dirfd, const char *path, const char *text, struct err *e)
{
	auto_fd fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_set(e, errno, "open %s for writing", path);
	ssize_t n = write(fd, text, strlen(text));
	if (n < 0)
		return err_set(e, errno, "write \"%s\" to %s", text, path);
	if ((size_t)n != strlen(text))
		return err_set(e, EIO, "write \"%s\" to %s", text, path);
	return 0;
}

/* Puts the file TMP in the place of PATH. */
static int take_place(int dirfd, const char *tmp, const char *path, bool volatile_file)
{
	/*
	 * ext4 writes a file out before it takes another one's place (auto_da_alloc), a millisecond for nothing where
	 * the file does not outlive the machine.  Two that change places are not written, and the older one is then
	 * deleted.
	 */
	if (volatile_file && syscall(SYS_renameat2, dirfd, tmp, dirfd, path, RENAME_EXCHANGE) == 0)
		return unlinkat(dirfd, tmp, 0) < 0 ? -errno : 0;
	return renameat(dirfd, tmp, dirfd, path) < 0 ? -errno : 0;
}

/* Writes a new file beside PATH, and lets it take its place. */
static int replace(int dirfd, const char *path, const void *data, size_t size, mode_t mode, bool volatile_file,
		   struct err *e)
{
	char tmp[256];
	int n = snprintf(tmp, sizeof(tmp), "%s.%d.tmp", path, (int)getpid());

	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_set(e, ENAMETOOLONG, "replace %s", path);
	auto_fd fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return err_set(e, errno, "create %s", tmp);
	int r = fd_write_all(fd, data, size);
	if (r == 0)
		r = take_place(dirfd, tmp, path, volatile_file);
	if (r < 0) {
		unlinkat(dirfd, tmp, 0);
		return err_set(e, -r, "write %s", path);
	}
	return 0;
}

int file_replace(int dirfd, const char *path, const void *data, size_t size, mode_t mode, struct err *e)
{
	return replace(dirfd, path, data, size, mode, false, e);
}

int file_replace_volatile(int dirfd, const char *path, const void *data, size_t size, mode_t mode, struct err *e)
{
	return replace(dirfd, path, data, size, mode, true, e);
}
