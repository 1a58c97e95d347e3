/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ROOT argument means: see root.h. */
#include "image/root.h"

#include "base/fd.h"
#include "base/suggest.h"
#include "image/host.h"
#include "image/suite.h"
#include "image/tarball.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char host_word[] = "host";
static const char suite_word[] = "debootstrap";

/* Adds what ROOT can be to an error that says what was wrong with it. */
static int root_forms(struct err *e)
{
	return err_why(e, "ROOT is host, a directory, a root tarball (.tar, .gz, .xz, .zst), or debootstrap:SUITE");
}

/* This machine's own root, read-only below a layer. */
static int host_root(const struct root_request *q, struct arena *a, struct rootfs *r, struct err *e)
{
	if (q->rw) {
		err_set(e, 0, "use this machine's own root with --rw");
		err_why(e, "the container would change the machine");
		return err_cure(e, "leave out --rw: changes go to a layer of the container's own");
	}
	r->kind = ROOTFS_LAYERED;
	r->guarded = !q->unguarded;
	strs_add(&r->lower, a, "/");
	host_submounts("/", a, &r->submounts);
	return 0;
}

/* A root that is a directory, by a path that may have links in it. */
static int directory_root(const struct root_request *q, const char *path, struct arena *a, struct rootfs *r,
			  struct err *e)
{
	char real[PATH_MAX];

	if (!realpath(path, real))
		return err_set(e, errno, "find the root %s", path);
	r->kind = q->rw ? ROOTFS_DIRECT : ROOTFS_LAYERED;
	strs_add(&r->lower, a, real);
	return 0;
}

/* Whether ST is this machine's root, by whatever name (/, /proc/self/root, a bind mount). */
static bool is_machine_root(const struct stat *st)
{
	struct stat machine;

	return stat("/", &machine) == 0 && machine.st_dev == st->st_dev && machine.st_ino == st->st_ino;
}

/* A root that is a file: a tarball, or nothing that can be used. */
static int file_root(const struct root_request *q, int fd, const char *path, struct arena *a, struct rootfs *r,
		     struct err *e)
{
	char *unpacked;

	if (q->rw) {
		err_set(e, 0, "use %s with --rw", path);
		err_why(e, "a tarball is unpacked once and shared by all that use it");
		return err_cure(e, "unpack it to a directory of your own, and give that");
	}
	if (!tarball_looks_like(fd)) {
		err_set(e, 0, "use the file %s as a root: it is no tar archive", path);
		return root_forms(e);
	}
	int n = tarball_root(q, fd, path, a, &unpacked, e);
	return n < 0 ? n : directory_root(q, unpacked, a, r, e);
}

/* A device, a pipe, a socket. */
static int special_file(const char *path, struct err *e)
{
	err_set(e, 0, "use %s as a root: it is neither a directory nor a file", path);
	return root_forms(e);
}

/* A root given by a path. */
static int path_root(const struct root_request *q, const char *path, struct arena *a, struct rootfs *r, struct err *e)
{
	/* O_NONBLOCK: a FIFO must not hold us up before fstat has shown what it is. */
	auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENXIO) /* a socket */
		return special_file(path, e);
	if (fd < 0) {
		int code = errno;

		err_set(e, code, "open the root %s", path);
		return code == ENOENT || code == ENOTDIR ? root_forms(e) : -code;
	}
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "examine the root %s", path);
	if (S_ISDIR(st.st_mode))
		return is_machine_root(&st) ? host_root(q, a, r, e) : directory_root(q, path, a, r, e);
	if (S_ISREG(st.st_mode))
		return file_root(q, fd, path, a, r, e);
	return special_file(path, e);
}

/* "debootstrap:SUITE". */
static int built_root(const struct root_request *q, const char *suite, struct arena *a, struct rootfs *r, struct err *e)
{
	char *built;

	if (q->rw) {
		err_set(e, 0, "use debootstrap:%s with --rw", suite);
		return err_why(e, "the root that was built is shared by all that use it");
	}
	int n = suite_root(q, suite, a, &built, e);
	return n < 0 ? n : directory_root(q, built, a, r, e);
}

/* A word that means nothing: says what would, and which was probably meant. */
static int unknown_root(const char *text, struct arena *a, struct err *e)
{
	const char *colon = strchr(text, ':');
	struct suggest s = {.wrong = colon ? arena_strndup(a, text, (size_t)(colon - text)) : text};

	err_set(e, ENOENT, "find the root \"%s\"", text);
	suggest_try(&s, colon ? suite_word : host_word);
	if (s.best)
		err_cure(e, "did you mean %s%s?", s.best, colon ? colon : "");
	return root_forms(e);
}

int root_resolve(const struct root_request *q, struct arena *a, struct rootfs *r, struct err *e)
{
	const size_t n = sizeof(suite_word) - 1;
	const char *text = q->text;
	struct stat st;

	*r = (struct rootfs){.idmapped = !q->rootless};
	if (!text || !*text) {
		err_set(e, 0, "no ROOT was given");
		return root_forms(e);
	}
	if (strcmp(text, host_word) == 0)
		return host_root(q, a, r, e);
	if (strncmp(text, suite_word, n) == 0 && text[n] == ':')
		return built_root(q, text + n + 1, a, r, e);
	if (strchr(text, '/') || lstat(text, &st) == 0)
		return path_root(q, text, a, r, e);
	return unknown_root(text, a, e);
}
