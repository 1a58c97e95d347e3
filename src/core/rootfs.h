/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a container's root is put together: a directory as it is, or layers below a writable one.
 *
 * 'guarded' is for roots that were not made to be given away, such as this machine's own: the layer is looked at through a
 * second, read-only overlay whose mounter is an unprivileged stranger, so what only its owner may read stays unreadable
 * inside, whatever the container's root tries (overlayfs checks the lower layer with the mounter's credentials).
 */
#ifndef ISLE_CORE_ROOTFS_H
#define ISLE_CORE_ROOTFS_H

#include "base/mem.h"

enum rootfs_kind {
	ROOTFS_DIRECT,	/* lower.v[0] itself is the root; writes go there */
	ROOTFS_LAYERED, /* overlay: lower.v[0] is the topmost of the read-only layers */
};

struct rootfs {
	enum rootfs_kind kind;
	struct strs lower;  /* absolute paths of directories */
	bool guarded;	    /* ROOTFS_LAYERED only */
	bool idmapped;	    /* shift owners into the container's ids; false: they are stored in the container's ids already */
	char *writable;	    /* directory that holds "upper" and "work"; NULL: a tmpfs that dies with the container */
	char *tmpfs_size;   /* size= of that tmpfs, or NULL for the kernel's default */
};

#endif
