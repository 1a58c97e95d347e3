/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories by descriptor: see dir.h. */
#include "engine/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int path_absolute(const char *path, const char *what, struct arena *a, char **ret, struct err *e)
{
	char cwd[PATH_MAX];

	if (*path == '/')
		*ret = arena_strdup(a, path);
	else if (getcwd(cwd, sizeof(cwd)))
		*ret = arena_printf(a, "%s/%s", cwd, path);
	else
		return err_set(e, errno, "find the current directory, for %s %s", what, path);
	return 0;
}

int dir_make(int dirfd, const char *name, mode_t mode)
{
	if (mkdirat(dirfd, name, mode) < 0)
		return -errno;
	/* The umask has taken bits away.  Nobody but us can have put something else there: the parent is ours alone. */
	return fchmodat(dirfd, name, mode, 0) < 0 ? -errno : 0;
}

int dir_open(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

bool dir_has(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void dir_stream_close(DIR **d)
{
	int saved = errno;

	if (*d)
		closedir(*d);
	*d = NULL;
	errno = saved;
}

DIR *dir_stream(int dirfd, const char *name)
{
	auto_fd fd = dir_open(dirfd, name);

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	DIR *d = fdopendir(fd);
	if (d)
		fd_take(&fd);
	return d;
}

struct dirent *dir_next(DIR *d)
{
	for (;;) {
		struct dirent *entry = readdir(d);

		if (!entry || (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0))
			return entry;
	}
}

bool dir_entry_is_dir(DIR *d, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}
