/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An overlay from open descriptors, on every kernel that has overlayfs by descriptor at all: see rootfs.c. */
#include "core/rootfs_priv.h"

#include "core/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

/* Gives a layer to the overlay: by descriptor (6.13), by /proc path one at a time (6.5), or not at all (-errno). */
static int layer_add(int fs, const char *key, int fd)
{
	char path[32];

	if (sys_fsconfig(fs, FSCONFIG_SET_FD, key, NULL, fd) == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, path, 0) == 0 ? 0 : -errno;
}

/*
 * The lower layers for kernels that take them only as one string, "/proc/self/fd/5:/proc/self/fd/6"; those allow a
 * page for all options, so the stage, whose working directory is /proc/self/fd, names them "5:6".
 */
static int lower_add_string(int fs, const struct assembly *as, const struct layers *l)
{
	char *all = arena_alloc(as->env->arena, (size_t)l->n + 1, 24);
	const char *dir = as->staged ? "" : "/proc/self/fd/";
	size_t used = 0;

	for (int i = 0; i < l->n; i++)
		used += (size_t)sprintf(all + used, "%s%s%d", i ? ":" : "", dir, l->lower[i]);
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", all, 0) == 0 ? 0 : -errno;
}

/* Each lower layer by an option of its own (Linux 6.5), or all in one. */
static int lower_add_all(int fs, const struct assembly *as, const struct layers *l, bool each)
{
	int r = 0;

	if (!each)
		return lower_add_string(fs, as, l);
	for (int i = 0; i < l->n && r == 0; i++)
		r = layer_add(fs, "lowerdir+", l->lower[i]);
	return r;
}

/* Makes the file system in the context FS. */
static int overlay_create(int fs, const struct assembly *as, const struct layers *l, bool each)
{
	int r = lower_add_all(fs, as, l, each);

	if (r == 0 && l->upper >= 0)
		r = layer_add(fs, "upperdir", l->upper);
	if (r == 0 && l->work >= 0)
		r = layer_add(fs, "workdir", l->work);
	if (r == 0 && as->env->in_userns)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) == 0 ? 0 : -errno;
	/*
	 * The writable layer belongs to one container: losing the last seconds in a power cut is fine.  One in memory
	 * is never written out, so it needs no word, and no mark in the layer.
	 */
	if (r == 0 && l->upper >= 0 && as->r->writable && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		r = errno == EINVAL ? 0 : -errno;
	return r == 0 && sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : r;
}

int rootfs_overlay_new(const struct assembly *as, const struct layers *l, bool readonly, int *ret_fd, struct err *e)
{
	auto_fd fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	char why[256] = "";

	if (fs < 0)
		return err_set(e, errno, "make an overlay file system");
	int r = overlay_create(fs, as, l, true);
	if (r == -EINVAL && as->staged) {
		/* Before 6.5 an unknown option is told at the end only, and then the context is of no use any more. */
		fd_close(&fs);
		fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
		r = fs < 0 ? -errno : overlay_create(fs, as, l, false);
	}
	if (r < 0) {
		ssize_t n = read(fs, why, sizeof(why) - 1);

		err_set(e, -r, "lay the container's root together with overlayfs");
		why[n > 0 ? n : 0] = '\0';
		why[strcspn(why, "\n")] = '\0';
		return why[0] ? err_why(e, "%s", why + 2) : r;
	}
	int fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | (readonly ? MOUNT_ATTR_RDONLY : 0));
	if (fd < 0)
		return err_set(e, errno, "mount the container's overlay");
	*ret_fd = fd;
	return 0;
}
