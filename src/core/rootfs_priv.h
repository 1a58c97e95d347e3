/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that put a root together (rootfs.h); for nobody else. */
#ifndef ISLE_CORE_ROOTFS_PRIV_H
#define ISLE_CORE_ROOTFS_PRIV_H

#include "core/rootfs.h"

enum { LAYERS_MAX = 500 };

/* The descriptors that become layers of one overlay. */
struct layers {
	int lower[LAYERS_MAX + 1];
	int n;
	int upper, work; /* FD_NONE: read-only */
};

/* Work in progress: what to make, and with what. */
struct assembly {
	const struct rootfs *r;
	const struct rootfs_env *env;
	bool staged; /* the older way: layers are attached below STAGE and named by path */
	int stage;   /* directory of the private tmpfs with mount points 0, 1, 2… */
	int stage_used;
	int scratch; /* a detached tmpfs: the empty layer of a guard, and the writable layer in memory */
};

/*
 * Whether a layer must be seen through a stranger's eyes.  Without shifted owners a container of foreign ids is a
 * stranger to all that the machine has, and the kernel itself keeps from it what others may not read.
 */
static inline bool rootfs_needs_guard(const struct assembly *as)
{
	return as->r->guarded && !as->env->in_userns && (as->r->idmapped || !as->env->foreign);
}

/* An overlay of L as a detached mount. */
int rootfs_overlay_new(const struct assembly *as, const struct layers *l, bool readonly, int *ret_fd, struct err *e)
	MUST_USE;

/* A skeleton's top: a tmpfs with the directories and links of the layer. */
int rootfs_skeleton_make(struct assembly *as, int *ret_fd, struct err *e) MUST_USE;
/* A skeleton's part that nothing can be laid over: PATH, read-only. */
int rootfs_shown_read_only(const char *path, int *ret_fd, struct err *e) MUST_USE;

/* Says which file system, or that the kernel, refused with R to shift the owners of the mount FD of PATH; returns R. */
int rootfs_idmap_refused(int r, const char *path, int fd, struct err *e);
/* Says why overlayfs refused the layers PATHS with R, where that can be known; returns R. */
int rootfs_overlay_refused(const struct assembly *as, int r, char **paths, size_t n, struct err *e);

#endif
