/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root tarballs: see tarball.h.
 *
 * A tarball's name in the store is the digest of its bytes.  So that 100 MB are not read again at every start, the
 * store remembers what it has seen: .seen/KEY is a symbolic link to the name, KEY being device, inode, size and both
 * times of the file.  A file that was changed within the last seconds is not remembered: its next change could leave
 * the key as it is, for times advance in ticks.
 */
#include "image/tarball.h"

#include "base/fd.h"
#include "base/libexec.h"
#include "base/sha256.h"
#include "image/store.h"
#include "image/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	TAR_BLOCK = 512,
	TAR_CHECKSUM_AT = 148,
	TAR_CHECKSUM_LEN = 8, /* of a header: octal sum of its bytes, these counted as blanks */
	SETTLED_S = 3,	      /* a file is remembered when it was last changed longer ago */
};

static const char name_prefix[] = "sha256-";

/* How compressed files begin. */
static const struct magic {
	const char *bytes;
	size_t n;
} magics[] = {
	{"\x1f\x8b", 2}, /* gzip, RFC 1952 */
	{"\xfd"
	 "7zXZ\0",
	 6},			 /* xz */
	{"\x28\xb5\x2f\xfd", 4}, /* zstd, RFC 8878 */
};

/* Whether BLOCK is the header of a tar entry: every tar since 1979 has the checksum, not all have "ustar". */
static bool is_tar_header(const unsigned char block[TAR_BLOCK])
{
	char digits[TAR_CHECKSUM_LEN + 1] = {0};
	unsigned long sum = 0;
	char *end;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= TAR_CHECKSUM_AT && i < TAR_CHECKSUM_AT + TAR_CHECKSUM_LEN ? ' ' : block[i];
	memcpy(digits, block + TAR_CHECKSUM_AT, TAR_CHECKSUM_LEN);
	unsigned long said = strtoul(digits, &end, 8);
	return end != digits && said == sum;
}

bool tarball_looks_like(int fd)
{
	unsigned char block[TAR_BLOCK] = {0};
	ssize_t n = pread(fd, block, sizeof(block), 0);

	for (size_t i = 0; i < ARRAY_LEN(magics); i++)
		if (n >= (ssize_t)magics[i].n && memcmp(block, magics[i].bytes, magics[i].n) == 0)
			return true;
	return n == TAR_BLOCK && is_tar_header(block);
}

/* What stays the same as long as the file does. */
static char *seen_key(const struct stat *st, struct arena *a)
{
	return arena_printf(a, ".seen/%llx-%llx-%llx-%llx.%09lx-%llx.%09lx", (unsigned long long)st->st_dev,
			    (unsigned long long)st->st_ino, (unsigned long long)st->st_size,
			    (unsigned long long)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec,
			    (unsigned long long)st->st_ctim.tv_sec, (unsigned long)st->st_ctim.tv_nsec);
}

/* The remembered name of the file, or NULL. */
static char *seen_find(const struct store *s, const struct stat *st)
{
	char name[sizeof(name_prefix) + SHA256_HEX_LEN + 1];
	ssize_t n = readlinkat(s->fd, seen_key(st, s->arena), name, sizeof(name));

	if (n != (ssize_t)sizeof(name_prefix) - 1 + SHA256_HEX_LEN)
		return NULL;
	if (strncmp(name, name_prefix, sizeof(name_prefix) - 1) != 0)
		return NULL;
	return arena_strndup(s->arena, name, (size_t)n);
}

/* Remembers the name; it only saves time, so nothing is said if it can't be. */
static void seen_add(const struct store *s, const struct stat *st, const char *name)
{
	if (time(NULL) - MAX(st->st_mtim.tv_sec, st->st_ctim.tv_sec) < SETTLED_S)
		return;
	if (mkdirat(s->fd, ".seen", 0700) < 0 && errno != EEXIST)
		return;
	if (symlinkat(name, s->fd, seen_key(st, s->arena)) < 0)
		return;
}

/* The name that the store has for the content of FD. */
static int content_name(const struct store *s, int fd, const char *path, const struct stat *st, char **ret,
			struct err *e)
{
	char hex[SHA256_HEX_LEN + 1];

	*ret = seen_find(s, st);
	if (*ret)
		return 0;
	int r = sha256_file(fd, hex, e);
	if (r < 0)
		return err_context(e, "%s", path);
	*ret = arena_printf(s->arena, "%s%s", name_prefix, hex);
	seen_add(s, st, *ret);
	return 0;
}

/* What the child that unpacks needs to know. */
struct unpacking {
	char *program, *directory;
	bool one_id;
};

/* In the child: becomes isle-image. */
static int unpack_main(void *arg)
{
	struct unpacking *u = arg;
	char verb[] = "unpack", one_id[] = "--one-id";
	char *argv[] = {u->program, verb, u->one_id ? one_id : u->directory, u->one_id ? u->directory : NULL, NULL};
	char *env[] = {NULL};

	execve(u->program, argv, env);
	dprintf(STDERR_FILENO, "run %s: %s\n", u->program, strerror(errno));
	return EXIT_ISLE;
}

/* Whether the map has a single id, so that all owners must become it. */
static bool is_one_id(const struct spec_idmaps *m)
{
	return m->n == 1 && m->v[0].size == 1;
}

/* Fills the claimed directory from FD, and checks that the file is still the one that was named. */
static int unpack(struct store_claim *c, int fd, const char *path, const struct stat *before, struct err *e)
{
	const struct root_request *q = c->store->request;
	struct arena *a = c->store->arena;
	struct unpacking u = {.directory = c->rootfs, .one_id = q->rootless && is_one_id(q->uid_map)};
	const struct worker w = {
		.request = q,
		.what = arena_printf(a, "unpack %s", path),
		.stdin_fd = fd,
		.note_mark = "note: ",
		.main = unpack_main,
		.arg = &u,
	};
	struct stat after;
	int r = libexec_find("isle-image", a, &u.program, e);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = err_set(e, errno, "read %s", path);
	if (r == 0)
		r = worker_run(&w, a, e);
	if (r < 0)
		return r;
	if (fstat(fd, &after) < 0 || after.st_size != before->st_size ||
	    memcmp(&after.st_mtim, &before->st_mtim, sizeof(after.st_mtim)) != 0) {
		err_set(e, 0, "unpack %s: it was changed meanwhile", path);
		return err_cure(e, "try again when it is complete");
	}
	return 0;
}

/* Under the claim: unpacks, unless another isle just did. */
static int make_claimed(struct store_claim *c, int fd, const char *path, const struct stat *st, struct err *e)
{
	const struct root_request *q = c->store->request;
	int r;

	if (store_has(c->store, c->name) && !q->rebuild)
		return 0;
	if (q->progress)
		q->progress(q->progress_ctx, arena_printf(c->store->arena, "unpacking %s", path));
	r = store_begin(c, e);
	if (r == 0)
		r = unpack(c, fd, path, st, e);
	return r < 0 ? r : store_publish(c, path, e);
}

int tarball_root(const struct root_request *q, int fd, const char *path, struct arena *a, char **ret, struct err *e)
{
	struct store_claim c;
	struct store s;
	struct stat st;
	char *name;
	int r = store_open(&s, q, a, e);

	if (r < 0)
		return r;
	store_sweep(&s);
	r = fstat(fd, &st) < 0 ? err_set(e, errno, "examine %s", path) : content_name(&s, fd, path, &st, &name, e);
	if (r == 0 && (q->rebuild || !store_has(&s, name))) {
		r = store_claim(&s, name, true, &c, e);
		if (r == 0) {
			r = make_claimed(&c, fd, path, &st, e);
			store_release(&c);
		}
	}
	if (r == 0)
		*ret = store_rootfs(&s, name);
	store_close(&s);
	return r;
}
