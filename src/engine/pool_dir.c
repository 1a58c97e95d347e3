/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RUN/pools/NAME: the lock that tells whether a pool is served, what its service tells, and its socket.  See pool.h.
 *
 * Who makes the directory locks its owner file and then looks whether that is still in its place; who removes it has
 * the lock.  So of two that come at once one fails or begins again, and neither works on what the other removes.
 */
#include "base/json_bind.h"
#include "base/tree.h"
#include "base/unix_socket.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine/claim.h"
#include "engine/dir.h"
#include "engine/lock.h"
#include "engine/pool_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = UNIX_NAME_MAX, STATE_MAX = 1 << 20, BACKLOG = 4096, MAKE_TRIES = 100, STOP_MS = 60000 };

/* ---- the directory ---- */

int pool_name_check(const char *name, struct err *e)
{
	struct err why;

	if (box_name_check(name, &why) == 0)
		return 0;
	err_set(e, 0, "call a pool \"%.80s\"", name);
	return err_why(e, "%s", why.why);
}

/* "pools/NAME" or "pools/NAME/FILE", below RUN; NAME has been checked. */
static const char *pool_path(char path[PATH_SIZE], const char *name, const char *file)
{
	snprintf(path, PATH_SIZE, "pools/%.64s%s%s", name, file ? "/" : "", file ? file : "");
	return path;
}

void pool_dir_close(struct pool_dir *d)
{
	fd_close(&d->fd);
	fd_close(&d->owner_fd);
}

/* One try; -EAGAIN if the directory was removed meanwhile. */
static int make_once(struct home *h, const char *name, struct pool_dir *d)
{
	char path[PATH_SIZE];
	int r = dir_make(h->run_fd, "pools", 0700);

	if (r == 0 || r == -EEXIST)
		r = dir_make(h->run_fd, pool_path(path, name, NULL), 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	d->fd = dir_open(h->run_fd, path);
	if (d->fd < 0)
		return d->fd == -ENOENT ? -EAGAIN : d->fd;
	d->owner_fd = openat(d->fd, "owner", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->owner_fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	r = lock_take(d->owner_fd);
	return r < 0 ? r : lock_in_place(d->owner_fd, h->run_fd, pool_path(path, name, "owner")) ? 0 : -EAGAIN;
}

int pool_dir_make(struct home *h, const char *name, struct pool_dir *ret, struct err *e)
{
	int r = -EAGAIN;

	for (int tries = 0; r == -EAGAIN && tries < MAKE_TRIES; tries++) {
		*ret = (struct pool_dir){FD_NONE, FD_NONE};
		r = make_once(h, name, ret);
		if (r < 0)
			pool_dir_close(ret);
	}
	if (r < 0)
		err_set(e, -r, "serve the pool %s", name);
	if (r == -EBUSY) {
		err_why(e, "another isle serves it");
		err_cure(e, "isle pool stop %s", name);
	}
	return r;
}

void pool_dir_remove(struct home *h, const char *name, struct pool_dir *d)
{
	static const char *const files[] = {"socket", "pool.json", "owner"};
	char path[PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (unlinkat(d->fd, files[i], 0) < 0 && errno != ENOENT)
			(void)!tree_delete(d->fd, files[i], NULL);
	(void)!tree_delete(h->run_fd, pool_path(path, name, NULL), NULL);
	pool_dir_close(d);
}

/* The error for a pool that nobody serves. */
static int not_served(const char *name, struct err *e)
{
	err_set(e, ENOENT, "find the pool \"%.80s\"", name);
	err_why(e, "nobody serves a pool of this name");
	return err_cure(e, "isle pool ls lists them; isle pool serve %.80s ROOT begins", name);
}

int pool_dir_open(struct home *h, const char *name, struct pool_dir *ret, struct err *e)
{
	char path[PATH_SIZE];
	int r = pool_name_check(name, e);

	*ret = (struct pool_dir){FD_NONE, FD_NONE};
	if (r < 0)
		return r;
	ret->fd = dir_open(h->run_fd, pool_path(path, name, NULL));
	if (ret->fd >= 0)
		ret->owner_fd = openat(ret->fd, "owner", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (ret->owner_fd >= 0 && lock_held(ret->owner_fd))
		return 0;
	pool_dir_close(ret);
	return not_served(name, e);
}

void pool_sweep(struct home *h)
{
	auto_dir pools = dir_stream(h->run_fd, "pools");
	struct dirent *entry;
	char path[PATH_SIZE];

	while (pools && (entry = dir_next(pools))) {
		struct pool_dir d = {FD_NONE, FD_NONE};

		if (box_name_check(entry->d_name, NULL) < 0)
			continue;
		d.fd = dir_open(dirfd(pools), entry->d_name);
		if (d.fd >= 0)
			d.owner_fd = openat(d.fd, "owner", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (d.owner_fd >= 0 && lock_take(d.owner_fd) == 0 &&
		    lock_in_place(d.owner_fd, h->run_fd, pool_path(path, entry->d_name, "owner")))
			pool_dir_remove(h, entry->d_name, &d);
		else if (d.fd >= 0 && d.owner_fd < 0) /* empty: removed half-way; else it stays */
			(void)!unlinkat(dirfd(pools), entry->d_name, AT_REMOVEDIR);
		pool_dir_close(&d);
	}
}

/* ---- what the service tells ---- */

static const struct bind_row state_rows[] = {
	BIND_STRING("root", struct pool_state, root, 0),
	BIND_STRING("command", struct pool_state, command, 0),
	BIND_INT("size", struct pool_state, size, BIND_ALWAYS),
	BIND_INT("pid", struct pool_state, pid, BIND_ALWAYS),
	BIND_U64("pidIdentity", struct pool_state, identity, 0),
	BIND_I64("since", struct pool_state, since_ns, 0),
	BIND_I64("taken", struct pool_state, taken, BIND_ALWAYS),
	BIND_I64("failed", struct pool_state, failed, BIND_ALWAYS),
	BIND_STRING("error", struct pool_state, error, 0),
};
static const struct bind_table state_table = BIND_TABLE(state_rows, struct pool_state);

int pool_state_save(const struct pool_dir *d, const struct pool_state *s, struct arena *a, struct err *e)
{
	const char *text = bind_print(&state_table, s, JSON_COMPACT, a);

	return file_replace_volatile(d->fd, "pool.json", text, strlen(text), 0600, e);
}

int pool_state_load(const struct pool_dir *d, struct arena *a, struct pool_state *ret, struct err *e)
{
	char *text;
	size_t size;
	int r = file_read(d->fd, "pool.json", a, STATE_MAX, &text, &size, e);

	*ret = (struct pool_state){0};
	return r < 0 ? r : bind_parse(&state_table, text, size, ret, a, e);
}

/* ---- the end ---- */

int pool_stop(struct home *h, const char *name, struct err *e)
{
	struct pool_state state;
	struct pool_dir d;
	auto_fd pidfd = FD_NONE;
	int r = pool_dir_open(h, name, &d, e);

	if (r < 0)
		return r;
	r = pool_state_load(&d, h->arena, &state, e);
	if (r == 0)
		r = process_open(state.pid, state.identity, &pidfd, e);
	if (r == 0 && sys_pidfd_send_signal(pidfd, SIGTERM, NULL, 0) < 0)
		r = err_set(e, errno, "end process %d", (int)state.pid);
	if (r == 0 && (r = lock_wait(d.owner_fd, STOP_MS)) < 0)
		err_set(e, -r, "wait for process %d to end", (int)state.pid);
	pool_dir_close(&d);
	return r < 0 ? err_context(e, "stop the pool %s", name) : 0;
}

/* ---- the socket ---- */

int pool_listen(const struct pool_dir *d, int *ret_fd, struct err *e)
{
	int r = unix_listen(d->fd, "socket", BACKLOG, ret_fd);

	return r < 0 ? err_set(e, -r, "listen on the pool's socket") : 0;
}

int pool_connect(struct home *h, const char *name, int *ret_fd, struct err *e)
{
	char path[PATH_SIZE];
	int r = pool_name_check(name, e);

	if (r < 0)
		return r;
	r = unix_connect(h->run_fd, pool_path(path, name, "socket"), ret_fd);
	if (r == 0)
		return 0;
	if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOTDIR)
		return not_served(name, e);
	err_set(e, -r, "reach the pool %s", name);
	return r == -EAGAIN ? err_why(e, "too many wait for an island of it already") : r;
}
