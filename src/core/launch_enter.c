/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering the container's root, and letting go of the machine's.
 *
 * The new root is laid over the machine's and entered by chroot(2): from there no path leads to what it covers, not even
 * "/..".  The machine's root stays below it until the network is made, for the kernel makes a new sysfs only for who can
 * still see one (mount_too_revealing).  Then it is taken from under the new one, by pivot_root(2), and unmounted.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

/* ---- enter ---- */

static int enter_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	l->old_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->old_root_fd < 0)
		return err_set(e, errno, "open the machine's root");
	/* Stacked on "/", the new root needs no directory of the machine; our own root stays the old one for now. */
	if (sys_move_mount(l->root_fd, "", l->old_root_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach the container's root");
	if (fchdir(l->root_fd) < 0)
		return err_set(e, errno, "enter the container's root");
	/* The copy of a shared mount (under systemd all are) is shared too: what we mount would reach the machine. */
	if (l->rootfs->kind == ROOTFS_DIRECT && mount(NULL, ".", NULL, MS_PRIVATE, NULL) < 0)
		return err_set(e, errno, "cut the container's root off from the machine's mounts");
	if (chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "enter the container's root");
	return 0;
}

static void enter_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "lay the new root over the machine's, and enter it");
	explain_shell(x, "mount --move /mnt / && cd /mnt && chroot .");
}

const struct step step_enter = {"enter", SIDE_ROOT, NULL, enter_run, NULL, enter_explain};

/* ---- leave ---- */

/* Takes the machine's root from under the container's, and unmounts it. */
static int uncover(const struct launch *l)
{
	/* pivot_root(2) changes the root of who stands in the old one. */
	if (fchdir(l->old_root_fd) < 0 || chroot(".") < 0 || fchdir(l->root_fd) < 0)
		return -errno;
	if (sys_pivot_root(".", ".") < 0)
		/* Kernels refuse to pivot away from the initial ramfs: there it stays covered. */
		return errno != EINVAL || chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
	/* It lies on top of the new one now. */
	return fchdir(l->old_root_fd) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ? -errno : 0;
}

static int leave_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = uncover(l);

	fd_close(&l->old_root_fd);
	return r < 0 ? err_set(e, -r, "let go of the machine's root") : 0;
}

static void leave_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "let go of the machine's root");
	explain_shell(x, "pivot_root . . && umount -l .");
}

const struct step step_leave = {"leave", SIDE_ROOT, NULL, leave_run, NULL, leave_explain};

/* ---- system directories that are file systems of their own ---- */

static bool submounts_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->rootfs->submounts.n > 0;
}

static int submounts_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct mount_opts o = {0};

	for (size_t i = 0; i < l->rootfs->submounts.n; i++) {
		const char *path = l->rootfs->submounts.v[i];
		auto_fd target = FD_NONE;
		int r = mount_target(path, false, true, &target, e);

		if (r == 0)
			r = mount_attach(l->submount_fds[i], target, &o, path, e);
		if (r < 0)
			return r;
		/* Of a read-only root each part must become so, too, once the mount points in it are made. */
		if (!l->spec->root.readonly)
			fd_close(&l->submount_fds[i]);
	}
	return 0;
}

static void submounts_explain(const void *ctx, struct explain *x)
{
	const struct rootfs *r = ((const struct launch *)ctx)->rootfs;

	explain_say(x, "lay layers over the system directories that are file systems of their own");
	for (size_t i = 0; i < r->submounts.n; i++)
		explain_shell(x, "mount -t overlay overlay -o lowerdir=%s,… %s", r->submounts.v[i], r->submounts.v[i]);
}

const struct step step_submounts = {"submounts", SIDE_ROOT, submounts_wanted, submounts_run, NULL, submounts_explain};
