/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's /dev: a tmpfs with the few device nodes of the spec and the links that programs expect. */
#ifndef ISLE_CORE_DEV_H
#define ISLE_CORE_DEV_H

#include "base/err.h"
#include "core/spec.h"

struct dev_env {
	uint32_t uid, gid; /* who owns the nodes: the container's root, in the caller's ids */
	bool make_nodes;   /* mknod(2) makes usable nodes; false: empty files, to bind the machine's own nodes on */
	struct arena *arena;
};

/* Fills the detached tmpfs DEV_FD with DEVICES, the directories pts, shm and mqueue, and the usual links. */
int dev_fill(int dev_fd, const struct spec_devices *devices, const struct dev_env *env, struct err *e) MUST_USE;
/* A descriptor of the container's /dev/null, proven to be character device 1:3; for masking (CVE-2025-31133). */
int dev_null_open(int *ret_fd, struct err *e) MUST_USE;

#endif
