/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering the container's root, and letting go of the machine's.
 *
 * The new root is laid over the machine's and entered by chroot(2): from there no path leads to what it covers, not
 * even "/..".  The machine's root stays below it until the network is made, for the kernel makes a new sysfs only for
 * who can still see one (mount_too_revealing).  Then it is taken from under the new one, by pivot_root(2), and
 * unmounted.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { MOUNTINFO_MAX = 64 << 20 };

/* ---- enter ---- */

int launch_old_root_open(struct launch *l, struct err *e)
{
	if (l->old_root_fd < 0)
		l->old_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return l->old_root_fd < 0 ? err_set(e, errno, "open the machine's root") : 0;
}

/*
 * Whether the new root covers all that is below it: then "..", from the old one, leads to the new one.  Where we live
 * in a chroot(2) it leads on to what is around that, and so it would for a container that may chroot(2) itself.
 */
static bool covers_all(const struct launch *l)
{
	struct stat up, root;

	return fstatat(l->old_root_fd, "..", &up, 0) == 0 && stat("/", &root) == 0 && up.st_dev == root.st_dev &&
	       up.st_ino == root.st_ino;
}

/*
 * The copy of a shared mount (under systemd all are) is shared too: what we mount would reach the machine.  So the root
 * itself never stays shared, whatever the mounts in it do.
 */
static int cut_off(const struct launch *l)
{
	uint64_t from = launch_root_from(l);
	unsigned long how = l->rootfs->whole && from ? (unsigned long)from | MS_REC : MS_PRIVATE;

	return l->rootfs->kind == ROOTFS_DIRECT ? mount(NULL, ".", NULL, how, NULL) : 0;
}

static int enter_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = launch_old_root_open(l, e);

	if (r < 0)
		return r;
	/* Stacked on "/", the new root needs no directory of the machine; our own root stays the old one for now. */
	if (sys_move_mount(l->root_fd, "", l->old_root_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach the container's root");
	if (fchdir(l->root_fd) < 0)
		return err_set(e, errno, "enter the container's root");
	if (cut_off(l) < 0)
		return err_set(e, errno, "cut the container's root off from the machine's mounts");
	if (chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "enter the container's root");
	if (covers_all(l))
		return 0;
	err_set(e, EPERM, "cover the machine's root");
	err_why(e, "isle was started in a chroot, out of which the container could find its way");
	return err_cure(e, "enter that directory with pivot_root(8) instead of chroot(8)");
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

/*
 * Without pivot_root(2) the machine's root stays covered by the container's.  Of what is mounted in it the kernel would
 * still judge whether a whole /proc or /sys may be made (mount_too_revealing): those go, or are covered as well.
 */
static int bury(struct launch *l, struct err *e)
{
	char *text = NULL, *line;
	int r = 0;

	if (fchdir(l->old_root_fd) < 0 || chroot(".") < 0)
		return -errno;
	if (file_read(AT_FDCWD, "/proc/thread-self/mountinfo", l->arena, MOUNTINFO_MAX, &text, NULL, NULL) < 0)
		r = -ENOENT;
	while (r == 0 && text && (line = strsep(&text, "\n"))) {
		const char *type = strstr(line, " - ");
		char where[4096];

		if (!type || sscanf(line, "%*s %*s %*s %*s %4095s", where) != 1 ||
		    (strncmp(type + 3, "proc ", 5) != 0 && strncmp(type + 3, "sysfs ", 6) != 0) ||
		    access(where, F_OK) < 0)
			continue;
		if (umount2(where, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 &&
		    mount("none", where, "tmpfs", MS_RDONLY, NULL) < 0)
			r = -errno;
	}
	if (fchdir(l->root_fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return -errno;
	return r < 0 ? err_set(e, -r, "cover the machine's /proc and /sys") : 0;
}

static int leave_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = l->no_pivot ? bury(l, e) : uncover(l);

	launch_files_restore(l); /* the descriptors of the mounts are closed */
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

/* ---- how the root spreads ---- */

static bool propagation_wanted(const void *ctx)
{
	return launch_root_end(ctx).how != 0;
}

/* Only now: a shared root can't be moved by pivot_root(2), and its mounts would have spread. */
static int propagation_run(void *ctx, struct err *e)
{
	struct mount_spread end = launch_root_end(ctx);

	if (mount(NULL, "/", NULL, (unsigned long)end.how | (end.rec ? MS_REC : 0), NULL) < 0)
		return err_set(e, errno, "set the propagation of the container's root");
	return 0;
}

static void propagation_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "set how the mounts of the container's root spread");
	explain_shell(x, "mount --make-%s /", ((const struct launch *)ctx)->spec->lin.rootfs_propagation);
}

const struct step step_propagation = {"propagation",   SIDE_ROOT, propagation_wanted,
				      propagation_run, NULL,	  propagation_explain};

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
