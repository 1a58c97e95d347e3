/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole directory trees: see tree.h. */
#include "base/tree.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif

/* For auto_dir. */
static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_dir CLEANUP(dir_close) DIR *

/* Opens directory NAME for listing; its owner may have made it unreadable. */
static DIR *dir_open(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	auto_fd fd = openat(dirfd, name, flags);

	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = openat(dirfd, name, flags);
	return fd < 0 ? NULL : fdopendir(fd_take(&fd));
}

/* The next entry but "." and "..", or NULL. */
static const char *dir_next(DIR *d)
{
	struct dirent *ent;

	while ((ent = readdir(d)))
		if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0)
			return ent->d_name;
	return NULL;
}

/* Removes NAME if that takes one call: a file, or an empty directory.  False with errno EISDIR or ENOTEMPTY if not. */
static bool remove_easy(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return true;
	/* EPERM is what POSIX, and some file systems, say of a directory. */
	return (errno == EISDIR || errno == EPERM) && unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
}

/* Moves directory NAME of SUB into TOP under a name that is free there. */
static int lift(int sub, const char *name, int top, unsigned long *serial)
{
	for (;;) {
		char lifted[32];

		snprintf(lifted, sizeof(lifted), ".lifted-%lu", (*serial)++);
		if (syscall(SYS_renameat2, sub, name, top, lifted, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == EACCES && fchmodat(sub, name, 0700, 0) == 0 &&
		    syscall(SYS_renameat2, sub, name, top, lifted, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return errno == ENOENT ? 0 : -errno; /* another one deletes it too */
	}
}

/* Empties directory NAME of TOP, lifting what has something in it, and removes it. */
static int remove_shallow(int top, const char *name, unsigned long *serial)
{
	auto_dir d = dir_open(top, name);
	const char *entry;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	if (fchmod(dirfd(d), 0700) < 0 && errno != EPERM)
		return -errno;
	while ((entry = dir_next(d))) {
		int r = remove_easy(dirfd(d), entry) ? 0 : lift(dirfd(d), entry, top, serial);

		if (r < 0)
			return r;
	}
	return unlinkat(top, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENOTEMPTY ? 0 : -errno;
}

/* Whether the last part of NAME is the directory itself, or what it is in. */
static bool leads_out(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash + 1 : name;

	return !*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
}

int tree_delete(int dirfd_above, const char *name, struct err *e)
{
	unsigned long serial = 0;
	bool found = true;
	const char *entry;

	if (leads_out(name))
		return err_set(e, EINVAL, "remove \"%s\"", name);
	if (remove_easy(dirfd_above, name))
		return 0;
	auto_dir top = dir_open(dirfd_above, name);
	if (!top)
		return errno == ENOENT ? 0 : err_set(e, errno, "remove %s", name);
	if (fchmod(dirfd(top), 0700) < 0 && errno != EPERM)
		return err_set(e, errno, "remove %s", name);
	/* What a pass lifts, a later one finds; each directory is lifted once, so the passes come to an end. */
	while (found) {
		found = false;
		rewinddir(top);
		while ((entry = dir_next(top))) {
			found = true;
			int r = remove_easy(dirfd(top), entry) ? 0 : remove_shallow(dirfd(top), entry, &serial);
			if (r < 0)
				return err_set(e, -r, "remove \"%s\" from %s", entry, name);
		}
	}
	if (unlinkat(dirfd_above, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove %s", name);
	return 0;
}

int tree_make(const char *path, struct err *e)
{
	const size_t size = strlen(path) + 1;
	char part[PATH_MAX];

	if (size > sizeof(part))
		return err_set(e, ENAMETOOLONG, "make the directory %.64s…", path);
	memcpy(part, path, size);
	for (char *slash = part; slash;) {
		struct stat st;

		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		int code = mkdir(part, 0700) < 0 || chmod(part, 0700) < 0 ? errno : 0;
		/* A read-only file system says so before it says "exists". */
		if (code && code != EEXIST && stat(part, &st) < 0)
			return err_set(e, code, "make the directory %s", part);
		if (slash)
			*slash = '/';
	}
	return 0;
}
