/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The roots that isle keeps: see store.h. */
#include "image/store.h"

#include "base/fd.h"
#include "base/json_out.h"
#include "base/tree.h"
#include "image/worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char lock_prefix[] = ".lock-";
static const char tmp_prefix[] = ".tmp-";

int store_open(struct store *s, const struct root_request *q, struct arena *a, struct err *e)
{
	*s = (struct store){.request = q, .arena = a, .path = arena_printf(a, "%s/roots", q->data), .fd = FD_NONE};
	if (mkdir(s->path, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "make the directory %s", s->path);
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return s->fd < 0 ? err_set(e, errno, "open %s", s->path) : 0;
}

void store_close(struct store *s)
{
	fd_close(&s->fd);
}

bool store_has(const struct store *s, const char *name)
{
	return faccessat(s->fd, arena_printf(s->arena, "%s/rootfs", name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

char *store_rootfs(const struct store *s, const char *name)
{
	return arena_printf(s->arena, "%s/%s/rootfs", s->path, name);
}

/* What the child that removes needs to know. */
struct removal {
	int dirfd;
	const char *name;
};

/* In the child: removes, and says on standard error why not. */
static int removal_main(void *arg)
{
	const struct removal *rm = arg;
	char text[1024];
	struct err e;

	if (tree_delete(rm->dirfd, rm->name, &e) == 0)
		return 0;
	err_format(&e, text, sizeof(text));
	dprintf(STDERR_FILENO, "%s\n", text);
	return 1;
}

/* Removes NAME of the store; a plain user's roots have files of many ids. */
static int store_delete(struct store *s, const char *name, struct err *e)
{
	struct removal rm = {s->fd, name};
	const struct worker w = {
		.request = s->request,
		.what = arena_printf(s->arena, "remove %s/%s", s->path, name),
		.stdin_fd = FD_NONE,
		.note_mark = "note: ",
		.main = removal_main,
		.arg = &rm,
	};

	int r = tree_delete(s->fd, name, e);

	/* What we don't own, the namespace's root does. */
	if ((r == -EACCES || r == -EPERM) && s->request->rootless && s->request->uid_map && s->request->gid_map)
		r = worker_run(&w, s->arena, e);
	return r;
}

/* Takes the lock of the open file FD, which guards NAME; with WAIT, as long as it takes. */
static int lock_take(const struct store *s, int fd, const char *name, bool wait, struct err *e)
{
	const struct root_request *q = s->request;
	int r = flock(fd, LOCK_EX | LOCK_NB);

	if (r < 0 && errno == EWOULDBLOCK && wait) {
		if (q->progress)
			q->progress(q->progress_ctx, arena_printf(s->arena, "waiting for another isle: %s", name));
		do
			r = flock(fd, LOCK_EX);
		while (r < 0 && errno == EINTR);
	}
	return r < 0 ? err_set(e, errno, "lock %s in %s", name, s->path) : 0;
}

int store_claim(struct store *s, const char *name, bool wait, struct store_claim *c, struct err *e)
{
	const char *path = arena_printf(s->arena, "%s%s", lock_prefix, name);

	*c = (struct store_claim){.store = s, .name = name, .lock_fd = FD_NONE};
	c->tmp = arena_printf(s->arena, "%s%s", tmp_prefix, name);
	c->rootfs = store_rootfs(s, c->tmp);
	for (;;) {
		auto_fd fd = openat(s->fd, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		struct stat mine, named;

		if (fd < 0)
			return err_set(e, errno, "make the lock %s/%s", s->path, path);
		int r = lock_take(s, fd, name, wait, e);
		if (r < 0)
			return r;
		/* Whoever had the lock removed its file: then ours is nobody's, and the next one counts. */
		if (fstat(fd, &mine) == 0 && fstatat(s->fd, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    mine.st_ino == named.st_ino && mine.st_dev == named.st_dev) {
			c->lock_fd = fd_take(&fd);
			return 0;
		}
	}
}

int store_begin(struct store_claim *c, struct err *e)
{
	struct store *s = c->store;
	int r = store_delete(s, c->tmp, e);

	if (r < 0)
		return r;
	if (mkdirat(s->fd, c->tmp, 0700) < 0 || mkdir(c->rootfs, 0755) < 0)
		return err_set(e, errno, "make the directory %s", c->rootfs);
	return 0;
}

/* Writes meta.json, for people and for later versions. */
static int meta_write(const struct store_claim *c, const char *source, struct err *e)
{
	struct json_out o;

	json_out_init(&o, c->store->arena, JSON_INDENTED);
	json_open_object(&o, NULL);
	json_string(&o, "source", source);
	json_i64(&o, "made", time(NULL));
	json_close_object(&o);
	const char *path = arena_printf(c->store->arena, "%s/meta.json", c->tmp);
	return file_replace(c->store->fd, path, json_out_text(&o), o.n, 0600, e);
}

int store_publish(struct store_claim *c, const char *source, struct err *e)
{
	struct store *s = c->store;
	int r = meta_write(c, source, e);

	if (r < 0)
		return r;
	/* A power cut may not leave a root under its name with files that are not there yet. */
	if (syncfs(s->fd) < 0)
		return err_set(e, errno, "write %s to disk", c->name);
	const bool replaces = faccessat(s->fd, c->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	r = (int)syscall(SYS_renameat2, s->fd, c->tmp, s->fd, c->name, replaces ? RENAME_EXCHANGE : 0);
	if (r < 0)
		return err_set(e, errno, "rename %s/%s to %s", s->path, c->tmp, c->name);
	fsync(s->fd);
	return store_delete(s, c->tmp, e);
}

void store_release(struct store_claim *c)
{
	struct store *s = c->store;

	if (c->lock_fd < 0)
		return;
	/* If it can't be removed now, the next sweep tries again: then the lock's file must stay to be seen. */
	if (store_delete(s, c->tmp, NULL) == 0)
		unlinkat(s->fd, arena_printf(s->arena, "%s%s", lock_prefix, c->name), 0);
	fd_close(&c->lock_fd);
}

/* The name behind a prefix of ours, or NULL. */
static const char *name_behind(const char *entry)
{
	if (strncmp(entry, lock_prefix, sizeof(lock_prefix) - 1) == 0)
		return entry + sizeof(lock_prefix) - 1;
	if (strncmp(entry, tmp_prefix, sizeof(tmp_prefix) - 1) == 0)
		return entry + sizeof(tmp_prefix) - 1;
	return NULL;
}

/* Calls FN for every entry of the directory at FD. */
static void each_entry(int fd, void (*fn)(void *ctx, const char *entry), void *ctx)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	if (!d) {
		fd_close(&copy);
		return;
	}
	while ((ent = readdir(d)))
		fn(ctx, ent->d_name);
	closedir(d);
}

/* Claims and releases what a killed maker left: releasing removes it. */
static void sweep_entry(void *ctx, const char *entry)
{
	struct store *s = ctx;
	const char *name = name_behind(entry);
	struct store_claim c;

	if (name && store_claim(s, arena_strdup(s->arena, name), false, &c, NULL) == 0)
		store_release(&c);
}

void store_sweep(struct store *s)
{
	each_entry(s->fd, sweep_entry, s);
}

/* What root_list collects. */
struct listing {
	struct store *store;
	struct roots_kept *ret;
};

/* Adds ENTRY to the list if it is a root: it has a meta.json. */
static void list_entry(void *ctx, const char *entry)
{
	struct listing *l = ctx;
	struct arena *a = l->store->arena;
	struct stat st;

	if (entry[0] == '.' ||
	    fstatat(l->store->fd, arena_printf(a, "%s/meta.json", entry), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	*list_add(l->ret, a) = (struct root_kept){
		.name = arena_strdup(a, entry),
		.path = store_rootfs(l->store, entry),
		.made = st.st_mtime,
	};
}

int root_list(const char *data, struct arena *a, struct roots_kept *ret, struct err *e)
{
	struct root_request q = {.data = data};
	struct store s;
	struct listing l = {&s, ret};
	int r = store_open(&s, &q, a, e);

	if (r < 0)
		return r;
	each_entry(s.fd, list_entry, &l);
	store_close(&s);
	return 0;
}

/* Under the claim: takes the name away, then the files.  Killed in between, the sweep goes on. */
static int forget_claimed(struct store_claim *c, struct err *e)
{
	struct store *s = c->store;
	int r = store_delete(s, c->tmp, e);

	if (r < 0)
		return r;
	if (renameat(s->fd, c->name, s->fd, c->tmp) < 0)
		return err_set(e, errno, "forget the root %s", c->name);
	return store_delete(s, c->tmp, e);
}

int root_forget(const struct root_request *q, const char *name, struct err *e)
{
	struct arena arena = {0};
	struct store_claim c;
	struct store s;
	int r;

	if (!*name || *name == '.' || strchr(name, '/'))
		return err_set(e, 0, "forget the root \"%s\": that is no name of a root", name);
	r = store_open(&s, q, &arena, e);
	if (r == 0 && !store_has(&s, name))
		r = err_set(e, ENOENT, "forget the root %s", name);
	if (r == 0)
		r = store_claim(&s, name, true, &c, e);
	if (r == 0) {
		r = forget_claimed(&c, e);
		store_release(&c);
	}
	store_close(&s);
	arena_free(&arena);
	return r;
}
