/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two directories isle works in: which they are, and that nobody else can meddle with them.  See home.h.
 *
 * What lies in them is trusted, so the trust is checked once, at the door: each must belong to the caller and be
 * writable by nobody else.  From there on everything is reached by descriptor.
 */
#include "engine/home.h"

#include "base/tree.h"
#include "core/ns.h"
#include "engine/dir.h"
#include "engine/home_boot.h"
#include "engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 30 * 1000 };

/* The environment's NAME if it is an absolute path, as the XDG base directory specification wants it; else NULL. */
static const char *env_path(const char *name)
{
	const char *v = getenv(name);

	return v && v[0] == '/' ? v : NULL;
}

/* PATH as an absolute one, without slashes at the end. */
static int make_absolute(struct arena *a, const char *path, char **ret, struct err *e)
{
	if (path[0] == '\0')
		return err_set(e, ENOENT, "use the directory \"\"");
	int r = path_absolute(path, "the directory", a, ret, e);
	if (r < 0)
		return r;
	for (size_t n = strlen(*ret); n > 1 && (*ret)[n - 1] == '/'; n--)
		(*ret)[n - 1] = '\0';
	return 0;
}

/* Where RUN is when the command line does not say. */
static char *default_run(const struct home *h)
{
	const char *runtime = env_path("XDG_RUNTIME_DIR");

	if (!h->rootless)
		return arena_strdup(h->arena, "/run/isle");
	if (runtime)
		return arena_printf(h->arena, "%s/isle", runtime);
	return arena_printf(h->arena, "/tmp/isle-%u", (unsigned int)geteuid());
}

/* Where DATA is when the command line does not say. */
static int default_data(const struct home *h, char **ret, struct err *e)
{
	const char *data = env_path("XDG_DATA_HOME"), *user = env_path("HOME");

	if (!h->rootless) {
		*ret = arena_strdup(h->arena, "/var/lib/isle");
	} else if (data) {
		*ret = arena_printf(h->arena, "%s/isle", data);
	} else if (user) {
		*ret = arena_printf(h->arena, "%s/.local/share/isle", user);
	} else {
		err_set(e, 0, "find a place for containers");
		err_why(e, "neither XDG_DATA_HOME nor HOME is an absolute path");
		return err_cure(e, "set HOME, or use --data DIRECTORY");
	}
	return 0;
}

/* Refuses the directory FD if somebody else owns it or can write to it. */
static int check_private(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "examine %s", path);
	if (st.st_uid != geteuid()) {
		err_set(e, EPERM, "use the directory %s", path);
		err_why(e, "it belongs to user %u, not to you (user %u), who could change your containers",
			(unsigned int)st.st_uid, (unsigned int)geteuid());
		return err_cure(e,
				"use a directory of your own: --root and --data, or XDG_RUNTIME_DIR and XDG_DATA_HOME");
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		err_set(e, EPERM, "use the directory %s", path);
		err_why(e, "others may write to it (mode %04o)", (unsigned int)(st.st_mode & 07777));
		return err_cure(e, "chmod go-w %s", path);
	}
	return 0;
}

/* Opens the directory PATH, made first if MAKE; checks that it is ours alone.  FLAGS: O_NOFOLLOW or 0. */
static int open_private(const char *path, bool make, int flags, int *ret_fd, struct err *e)
{
	flags |= O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	auto_fd fd = open(path, flags);

	if (fd < 0 && errno == ENOENT && make) {
		int r = tree_make(path, e);

		if (r < 0)
			return r;
		fd = open(path, flags);
	}
	if (fd < 0) {
		int code = errno;
		struct stat st;

		err_set(e, code, "open the directory %s", path);
		if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && (flags & O_NOFOLLOW))
			err_why(e, "it is a symbolic link, and somebody else may have put it there");
		return -code;
	}
	int r = check_private(fd, path, e);
	if (r == 0)
		*ret_fd = fd_take(&fd);
	return r;
}

/* Finds both and opens them; MAKE makes them where needed. */
static int open_both(struct home *h, const char *run, const char *data, bool make, struct arena *a, struct err *e)
{
	int r;

	*h = (struct home){.arena = a, .run_fd = FD_NONE, .data_fd = FD_NONE, .rootless = ns_is_rootless()};
	h->run = default_run(h);
	r = run ? make_absolute(a, run, &h->run, e) : 0;
	if (r == 0)
		r = data ? make_absolute(a, data, &h->data, e) : default_data(h, &h->data, e);
	if (r == 0)
		r = open_private(h->run, make, O_NOFOLLOW, &h->run_fd, e);
	/* An administrator may well keep /var/lib/isle elsewhere, by a symbolic link: whose the target is decides. */
	if (r == 0)
		r = open_private(h->data, make, 0, &h->data_fd, e);
	if (r < 0)
		home_close(h);
	return r;
}

int home_open(struct home *h, const char *run, const char *data, struct arena *a, struct err *e)
{
	int r = open_both(h, run, data, true, a, e);

	if (r == 0 && (r = home_boot(h, e)) < 0)
		home_close(h);
	return r;
}

int home_peek(struct home *h, const char *run, const char *data, struct arena *a, struct err *e)
{
	return open_both(h, run, data, false, a, e);
}

void home_close(struct home *h)
{
	fd_close(&h->run_fd);
	fd_close(&h->data_fd);
}

int home_cgroups(struct home *h, const struct cgroup_host **ret, struct err *e)
{
	if (!h->cgroups) {
		struct cgroup_host *host = arena_new(h->arena, struct cgroup_host, 1);
		int r = cgroup_host_probe(host, h->arena, e);

		if (r < 0)
			return r;
		h->cgroups = host;
	}
	*ret = h->cgroups;
	return 0;
}

int home_dir(int base_fd, const char *name, int *ret_fd, struct err *e)
{
	int fd = dir_open(base_fd, name);

	if (fd < 0)
		return err_set(e, -fd, "open isle's directory \"%s\"", name);
	*ret_fd = fd;
	return 0;
}

int home_lock(const struct home *h, int *ret_fd, struct err *e)
{
	/* An own open description each time: the lock must not be shared with children that inherit run_fd. */
	auto_fd fd = openat(h->run_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(e, errno, "open %s/lock", h->run);
	for (int left = LOCK_WAIT_MS;; left -= 100) {
		int r = lock_take(fd);

		if (r == 0)
			break;
		if (r != -EBUSY)
			return err_set(e, -r, "lock %s", h->run);
		if (left <= 0 || lock_wait(fd, 100) == -ETIMEDOUT) {
			if (left > 0)
				continue;
			err_set(e, ETIMEDOUT, "lock %s", h->run);
			return err_why(e, "another isle has held it for %d s", LOCK_WAIT_MS / 1000);
		}
	}
	*ret_fd = fd_take(&fd);
	return 0;
}
