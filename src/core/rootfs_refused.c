/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a root could not be put together: the kernel tells its log, not its callers, so the file systems are looked at.
 */
#include "core/rootfs_priv.h"
#include "core/sys.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

/* What sentences call the file systems that people have, and whether overlayfs can write to them (overlayfs.rst). */
static const struct known_fs {
	long magic;
	const char *name;
	bool no_upper;
} known_fs[] = {
	{EXT4_SUPER_MAGIC, "ext4", false}, {TMPFS_MAGIC, "tmpfs", false},   {BTRFS_SUPER_MAGIC, "btrfs", false},
	{XFS_SUPER_MAGIC, "xfs", false},   {NFS_SUPER_MAGIC, "nfs", true},  {FUSE_SUPER_MAGIC, "fuse", true},
	{V9FS_MAGIC, "9p", true},	   {SMB2_SUPER_MAGIC, "smb", true}, {OVERLAYFS_SUPER_MAGIC, "overlay", true},
};
static const struct known_fs unknown_fs = {.name = "unknown"};

/* What is known of the file system, or that nothing is. */
static const struct known_fs *fs_kind(const struct statfs *st)
{
	for (size_t i = 0; i < ARRAY_LEN(known_fs); i++)
		if ((long)st->f_type == known_fs[i].magic)
			return &known_fs[i];
	return &unknown_fs;
}

int rootfs_idmap_refused(int r, const char *path, int fd, struct err *e)
{
	struct statfs st;

	err_context(e, "%s", path);
	if (r == -ENOSYS)
		return err_why(e, "this kernel " ROOTFS_NO_IDMAP " (they came with Linux 5.12)");
	return err_why(e, "the file system of %s (%s) " ROOTFS_NO_IDMAP, path,
		       (fstatfs(fd, &st) == 0 ? fs_kind(&st) : &unknown_fs)->name);
}

int rootfs_overlay_refused(const struct assembly *as, int r, char **paths, size_t n, struct err *e)
{
	bool shifted = as->r->idmapped && as->env->userns_fd >= 0;
	struct statfs st;

	if (r == -EPERM && as->env->in_userns && sys_kernel_before(5, 11)) {
		err_why(e, "this kernel lets only root lay layers; since Linux 5.11 plain users may");
		return err_cure(
			e, "use --rw with a root directory of your own, or the root host, which is then read-only");
	}
	if (r != -EINVAL || !as->staged)
		return r;
	if (shifted && sys_kernel_before(5, 19))
		return err_why(e, "overlayfs of this kernel " ROOTFS_NO_IDMAP
				  " as layers (since Linux 5.19 it takes them)");
	if (as->r->writable && statfs(as->r->writable, &st) == 0 && fs_kind(&st)->no_upper) {
		err_why(e, "what changes can't be kept in %s: overlayfs does not write to a file system like that (%s)",
			as->r->writable, fs_kind(&st)->name);
		return err_cure(e, "use --layer memory, or --data with a directory on ext4, xfs or btrfs");
	}
	for (size_t i = 0; i < n; i++) {
		if (statfs(paths[i], &st) < 0 || (long)st.f_type != OVERLAYFS_SUPER_MAGIC)
			continue;
		err_why(e, "%s is on an overlay itself, and the kernel stacks two at most", paths[i]);
		return rootfs_needs_guard(as)
			       ? err_cure(e, "use a user namespace of its own, --host-private, or another root")
			       : err_cure(e, "use a root on another file system");
	}
	return r;
}
