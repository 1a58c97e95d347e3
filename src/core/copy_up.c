/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a directory tree by descriptors: see copy_up.h.
 *
 * The tree is an image's and may be anything.  Each directory is opened relative to the one above it, without following
 * links, and the depth is bounded: what is deeper is an error, not a stack that overflows.
 */
#include "core/copy_up.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { DEPTH_MAX = 200 };

static int copy_entries(int from, int to, dev_t dev, int depth, struct err *e);

/* Copies the extended attributes that the new file system takes; they go by /proc, since O_PATH has none. */
static void copy_xattrs(int from, int to)
{
	char names[4096], value[4096], source[40], target[40];

	snprintf(source, sizeof(source), "/proc/self/fd/%d", from);
	snprintf(target, sizeof(target), "/proc/self/fd/%d", to);
	ssize_t n = listxattr(source, names, sizeof(names));
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t size = getxattr(source, names + at, value, sizeof(value));

		if (size >= 0)
			(void)!setxattr(target, names + at, value, (size_t)size, 0);
	}
}

/* Gives NAME below TO the owner, mode and times in ST; an owner whom the container does not have stays its root. */
static int copy_facts(int to, const char *name, const struct stat *st, struct err *e)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EINVAL && errno != EPERM)
		return err_set(e, errno, "set the owner of %s", name);
	if (!S_ISLNK(st->st_mode) && fchmodat(to, name, st->st_mode & 07777, 0) < 0)
		return err_set(e, errno, "set the mode of %s", name);
	if (utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "set the times of %s", name);
	return 0;
}

/* Copies the content of the regular file NAME. */
static int copy_file(int from, int to, const char *name, struct err *e)
{
	/* It may have become a pipe since it was looked at. */
	auto_fd in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	auto_fd out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return err_set(e, errno, "copy the file %s", name);
	while ((n = sendfile(out, in, NULL, 1 << 30)) != 0)
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "copy the file %s", name);
	copy_xattrs(in, out);
	return 0;
}

/* Copies the link NAME as it is. */
static int copy_link(int from, int to, const char *name, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	return n < 0 || symlinkat(target, to, name) < 0 ? err_set(e, errno, "copy the link %s", name) : 0;
}

/* Copies the directory NAME with what is in it. */
static int copy_directory(int from, int to, const char *name, dev_t dev, int depth, struct err *e)
{
	auto_fd in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (in < 0 || (mkdirat(to, name, 0700) < 0 && errno != EEXIST))
		return err_set(e, errno, "copy the directory %s", name);
	auto_fd out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return err_set(e, errno, "copy the directory %s", name);
	copy_xattrs(in, out);
	int r = copy_entries(in, out, dev, depth + 1, e);
	return r < 0 ? err_context(e, "%s", name) : 0;
}

/* Copies NAME, whatever it is. */
static int copy_entry(int from, int to, const char *name, dev_t dev, int depth, struct err *e)
{
	struct stat st;
	int r = 0;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "examine %s", name);
	if (S_ISDIR(st.st_mode) && st.st_dev != dev)
		r = mkdirat(to, name, 0700) < 0 ? err_set(e, errno, "copy the directory %s", name) : 0;
	else if (S_ISDIR(st.st_mode))
		r = copy_directory(from, to, name, dev, depth, e);
	else if (S_ISREG(st.st_mode))
		r = copy_file(from, to, name, e);
	else if (S_ISLNK(st.st_mode))
		r = copy_link(from, to, name, e);
	else if (mknodat(to, name, st.st_mode & (S_IFMT | 07777), st.st_rdev) < 0)
		/* A device that the container may not make is left out; it could not use it either. */
		return errno == EPERM ? 0 : err_set(e, errno, "copy %s", name);
	return r < 0 ? r : copy_facts(to, name, &st, e);
}

/* Copies what is in FROM, as far as it is on file system DEV. */
static int copy_entries(int from, int to, dev_t dev, int depth, struct err *e)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	int r = 0;

	if (!d) {
		int code = errno;

		fd_close(&again);
		return err_set(e, code, "read the directory");
	}
	if (depth > DEPTH_MAX)
		r = err_set(e, ENAMETOOLONG, "copy more than %d directories within each other", DEPTH_MAX);
	for (struct dirent *x; r == 0 && (x = readdir(d));)
		if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
			r = copy_entry(from, to, x->d_name, dev, depth, e);
	closedir(d);
	return r;
}

int copy_up(int from, int to, struct err *e)
{
	struct stat st;

	if (fstat(from, &st) < 0)
		return err_set(e, errno, "examine what is covered");
	int r = copy_entries(from, to, st.st_dev, 0, e);
	return r < 0 ? r : copy_facts(to, ".", &st, e);
}
