/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Skeletons: a root of empty directories, for who may lay nothing over the machine's own (rootfs_skeleton in
 * rootfs.h).
 */
#include "core/rootfs_priv.h"

#include "core/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Directories that a container has of its own, or has no use for. */
static const char *const not_copied[] = {"proc", "sys", "dev", "run", "mnt", "media", "boot", "lost+found"};

/* Whether the skeleton has the entry NAME of the root. */
static bool is_copied(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(not_copied); i++)
		if (strcmp(name, not_copied[i]) == 0)
			return false;
	return name[0] != '.';
}

void rootfs_skeleton(struct rootfs *r, struct arena *a)
{
	DIR *d = opendir(r->lower.v[0]);

	r->kind = ROOTFS_SKELETON;
	r->submounts = (struct strs){0};
	for (struct dirent *x; d && (x = readdir(d));) {
		struct stat st;

		/* What the caller can't look into stays an empty directory. */
		if (is_copied(x->d_name) && fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode) && faccessat(dirfd(d), x->d_name, R_OK | X_OK, 0) == 0)
			strs_take(&r->submounts, a, arena_printf(a, "/%s", x->d_name));
	}
	if (d)
		closedir(d);
}

int rootfs_skeleton_make(struct assembly *as, int *ret_fd, struct err *e)
{
	struct mount_opts o = {.set = MOUNT_ATTR_NODEV};
	DIR *d = opendir(as->r->lower.v[0]);
	auto_fd fd = FD_NONE;

	if (!d)
		return err_set(e, errno, "open the root %s", as->r->lower.v[0]);
	strs_add(&o.data, as->env->arena, "mode=0755");
	int r = mount_new("tmpfs", NULL, &o, &fd, e);
	for (struct dirent *x; r == 0 && (x = readdir(d));) {
		char target[256];
		struct stat st;
		ssize_t n;

		if (x->d_name[0] == '.' || fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (mkdirat(fd, x->d_name, 0700) < 0 || fchmodat(fd, x->d_name, st.st_mode & 07777, 0) < 0)
				r = err_set(e, errno, "make the directory /%s", x->d_name);
		} else if (S_ISLNK(st.st_mode) &&
			   (n = readlinkat(dirfd(d), x->d_name, target, sizeof(target) - 1)) > 0) {
			target[n] = '\0';
			if (symlinkat(target, fd, x->d_name) < 0)
				r = err_set(e, errno, "make the link /%s", x->d_name);
		}
	}
	closedir(d);
	if (r == 0)
		*ret_fd = fd_take(&fd);
	return r;
}

int rootfs_shown_read_only(const char *path, int *ret_fd, struct err *e)
{
	const struct mount_opts o = {.bind = true, .recursive = true, .rec_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV};

	return mount_clone(AT_FDCWD, path, &o, ret_fd, e);
}
