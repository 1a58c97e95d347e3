/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a container's root is put together: a directory as it is, or layers below a writable one.
 *
 * 'guarded' is for roots that were not made to be given away, such as this machine's own: the layer is looked at
 * through a second, read-only overlay whose mounter is an unprivileged stranger, so what only its owner may read stays
 * unreadable inside, whatever the container's root tries (overlayfs checks the lower layer with the mounter's
 * credentials).
 */
#ifndef ISLE_CORE_ROOTFS_H
#define ISLE_CORE_ROOTFS_H

#include "base/err.h"
#include "base/fd.h"

enum rootfs_kind {
	ROOTFS_DIRECT,	 /* lower.v[0] itself is the root; writes go there */
	ROOTFS_LAYERED,	 /* overlay: lower.v[0] is the topmost of the read-only layers */
	ROOTFS_SKELETON, /* empty directories and links like those of lower.v[0]; each real one is a submount */
};

struct rootfs {
	enum rootfs_kind kind;
	struct strs lower;     /* absolute paths of directories */
	bool guarded;	       /* ROOTFS_LAYERED only */
	bool idmapped;	       /* shift owners into the container's ids; false: they are stored so already */
	bool whole;	       /* ROOTFS_DIRECT only: with what is mounted in it, and with devices that can be used */
	char *writable;	       /* directory that holds "upper" and "work"; NULL: a tmpfs that dies with the container */
	struct strs submounts; /* paths like "/usr" that are file systems of their own: laid over the root once more */
	char *tmpfs_size;      /* size= of that tmpfs, or NULL for the kernel's default */
};

/*
 * Makes a skeleton of R, a layered root whose layer is a machine's own: for who is root of a user namespace only.  The
 * kernel lets such a one lay nothing over a directory that the machine has mounted on (clone_private_mount, Linux
 * 5.14); its parts that nothing is mounted in can be, and the others are shown read-only.
 */
void rootfs_skeleton(struct rootfs *r, struct arena *a);

/* Where the layers are put together, and what may be used for it. */
struct rootfs_env {
	int userns_fd;	   /* whose ids idmapped layers are shifted into; FD_NONE: no shifting */
	bool in_userns;	   /* we are root of a user namespace only: overlay marks go into user.* attributes */
	uint32_t uid, gid; /* host ids of the container's root: it owns the writable layer */
	bool foreign;	   /* no id of the container belongs to anybody on the machine */
	struct arena *arena;
	/*
	 * Descriptors that have done their work are left here for the caller to close when it has time, those of mounts
	 * that are attached nowhere apart: the last descriptor of one takes an RCU grace period to close, about 0.1 ms.
	 */
	struct fds *spent, *spent_mounts;
};
/* In err.why: the layers can't be shifted into the container's ids, and it is worth trying without (start_ids.c). */
#define ROOTFS_NO_IDMAP "refuses idmapped mounts"
/* Puts R together as one detached mount.  An errno and ROOTFS_NO_IDMAP in err.why when a layer can't be idmapped. */
int rootfs_assemble(const struct rootfs *r, const struct rootfs_env *env, int *ret_fd, struct err *e) MUST_USE;
/* The same for one of R's submounts (a guarded layer of its own, laid over the root at that path). */
int rootfs_assemble_submount(const struct rootfs *r, const char *path, const struct rootfs_env *env, int *ret_fd,
			     struct err *e) MUST_USE;

#endif
