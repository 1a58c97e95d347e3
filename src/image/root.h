/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ROOT argument of 'isle run' means: "host", a directory, a root tarball, or "debootstrap:SUITE".
 *
 * A tarball is unpacked once and kept, found again by its content; a suite is built once and kept.  Both live as plain
 * directories below DATA/roots, made under a temporary name and renamed, so that a half-made one is never used.
 */
#ifndef ISLE_IMAGE_ROOT_H
#define ISLE_IMAGE_ROOT_H

#include "core/rootfs.h"
#include "core/spec.h"

struct root_request {
	const char *text;   /* the ROOT argument */
	const char *mirror; /* for debootstrap; NULL: the tool's own */
	bool rw;	    /* a directory is used as it is, without a throw-away layer */
	bool unguarded;	    /* "host": what belongs to root alone is readable too */
	bool rebuild;	    /* build or unpack again although it is there; no container may use the old one */
	const char *data;   /* absolute path of the data directory */
	bool rootless;	    /* not root: unpack and build inside a user namespace with these maps */
	const struct spec_idmaps *uid_map, *gid_map;   /* rootless only */
	void (*progress)(void *ctx, const char *line); /* long work tells what it does; may be NULL */
	void *progress_ctx;
};

/*
 * Turns the request into layers; unpacks or builds where needed.  R->writable and tmpfs_size are left for the caller.
 * Errors: a root that does not exist, is no directory nor archive, a broken archive, a suite that can't be built.
 */
int root_resolve(const struct root_request *q, struct arena *a, struct rootfs *r, struct err *e) MUST_USE;
/* The roots kept below DATA. */
struct root_kept {
	char *name, *path;
	int64_t made; /* seconds since 1970 */
};
struct roots_kept {
	struct root_kept *v;
	size_t n, room;
};
int root_list(const char *data, struct arena *a, struct roots_kept *ret, struct err *e) MUST_USE;
/* Removes a kept root; Q gives 'data', and for a plain user the maps.  The caller knows that no container uses it. */
int root_forget(const struct root_request *q, const char *name, struct err *e) MUST_USE;

#endif
