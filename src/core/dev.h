/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's /dev: a tmpfs with the few device nodes of the spec and the links that programs expect. */
#ifndef ISLE_CORE_DEV_H
#define ISLE_CORE_DEV_H

#include "base/err.h"
#include "core/spec.h"

#include <sys/stat.h>

struct dev_env {
	uint32_t uid, gid; /* who owns the nodes: the container's root, in the caller's ids */
	/* What the ids of the container are for the caller; NULL: the same, or counted from uid and gid. */
	const struct spec_idmaps *uid_map, *gid_map;
	bool make_nodes; /* mknod(2) makes usable nodes; false: empty files, to bind the machine's own nodes on */
	bool owned;	 /* what the caller makes is uid's and gid's already */
	bool below_only; /* leave out devices that are not below /dev; else they are an error */
	struct arena *arena;
};

/* Adds those of the runtime spec's default devices that LIST lacks. */
void dev_defaults_add(struct spec_devices *list, struct arena *a);
/* Whether PATH is one that a new /dev can hold. */
bool dev_is_below(const char *path);
/* Whether ST is a node such as D. */
bool dev_matches(const struct spec_device *d, const struct stat *st);
/*
 * Makes D as NAME, which may be in directories below DIR_FD, unless it is there already; something else there is an
 * error.  The umask counts.
 */
int dev_node_make(int dir_fd, const char *name, const struct spec_device *d, const struct dev_env *env, struct err *e)
	MUST_USE;
/* Makes the usual links in the directory DEV_FD; what is there stays. */
int dev_links_make(int dev_fd, const struct dev_env *env, struct err *e) MUST_USE;

/* Fills the detached tmpfs DEV_FD with DEVICES, the directories pts, shm and mqueue, and the usual links. */
int dev_fill(int dev_fd, const struct spec_devices *devices, const struct dev_env *env, struct err *e) MUST_USE;
/* A descriptor of the container's /dev/null, proven to be character device 1:3; for masking (CVE-2025-31133). */
int dev_null_open(int *ret_fd, struct err *e) MUST_USE;

#endif
