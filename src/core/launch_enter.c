/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering the container's root, and letting go of the machine's.
 *
 * The new root is laid over the machine's and entered by chroot(2): from there no path leads to what it covers, not
 * even "/..".  The machine's root stays below it until the network is made, for the kernel makes a new sysfs only for
 * who can still see one (mount_too_revealing).  Then it is taken from under the new one, by pivot_root(2), and
 * unmounted.
 *
 * Hooks are programs of the machine that expect the container's files at the path of its root directory.  For them the
 * new root is attached there at first, and entered by chroot(2) all the same; 'leave' begins by moving it over the
 * machine's.  Until then nothing of the image has run.
 *
 * Without a mount namespace of its own the container is never alone with its root.  The host side has attached that
 * (launch_place.c); it is entered by chroot(2), and the machine's mounts stay as they are.
 */
#include "core/launch_threads.h"

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

/*
 * The seed may stay: it has nothing.  But that of who has a user namespace of its own, and no /proc made outside, has
 * what tells the kernel that a whole one can be made, and so it has to go.
 */
bool launch_stays_covered(const struct launch *l)
{
	return l->seeded && (l->shown || !launch_own_ids(l));
}

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

/* Lays the new root over the machine's: stacked on "/", it needs no directory of the machine. */
static int cover(const struct launch *l, struct err *e)
{
	if (sys_move_mount(l->root_fd, "", l->old_root_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach the container's root");
	return 0;
}

/* Attaches it where hooks look for it, on top of what is mounted there. */
static int attach_for_hooks(const struct launch *l, struct err *e)
{
	auto_fd there = open(l->hook_root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (there < 0 && errno == EACCES) {
		err_set(e, errno, "attach the container's root at %s, where its hooks look for it", l->hook_root);
		return err_cure(e, "let the container's root user search the directories above it");
	}
	if (there < 0 ||
	    sys_move_mount(l->root_fd, "", there, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach the container's root at %s, where its hooks look for it",
			       l->hook_root);
	return 0;
}

/* Refuses to go on where the new root leaves a way out to what is around the machine's. */
static int check_covered(const struct launch *l, struct err *e)
{
	if (covers_all(l))
		return 0;
	err_set(e, EPERM, "cover the machine's root");
	err_why(e, "isle was started in a chroot, out of which the container could find its way");
	return err_cure(e, "enter that directory with pivot_root(8) instead of chroot(8)");
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

bool launch_put_away(const struct launch *l, int fd)
{
	return !l->hook_root && !l->no_pivot && !launch_stays_covered(l) &&
	       sys_move_mount(fd, "", l->old_root_fd, "tmp", MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

static int enter_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = launch_old_root_open(l, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < l->spent_mounts.n && launch_put_away(l, l->spent_mounts.v[i]); i++)
		;
	/* Our own root stays the old one for now. */
	if (!launch_among_machines(l))
		r = l->hook_root ? attach_for_hooks(l, e) : cover(l, e);
	if (r < 0)
		return r;
	if (fchdir(l->root_fd) < 0)
		return err_set(e, errno, "enter the container's root");
	if (cut_off(l) < 0)
		return err_set(e, errno, "cut the container's root off from the machine's mounts");
	if (chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "enter the container's root");
	return l->hook_root ? 0 : check_covered(l, e);
}

static void enter_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	if (launch_among_machines(l)) {
		explain_say(x, "enter the new root");
		explain_shell(x, "cd %s && chroot .", l->hook_root);
		return;
	}
	if (l->hook_root) {
		explain_say(x, "attach the new root at its own path, where the hooks look for it, and enter it");
		explain_shell(x, "mount --move /mnt %s && cd %s && chroot .", l->hook_root, l->hook_root);
		return;
	}
	explain_say(x, "lay the new root over the machine's, and enter it");
	explain_shell(x, "mount --move /mnt / && cd /mnt && chroot .");
}

const struct step step_enter = {"enter", SIDE_ROOT, NULL, enter_run, NULL, enter_explain};

/* ---- for the hooks ---- */

int launch_step_out(struct launch *l, struct err *e)
{
	if (fchdir(l->old_root_fd) < 0 || chroot(".") < 0)
		return err_set(e, errno, "go back to the machine's root");
	return 0;
}

int launch_step_in(struct launch *l, struct err *e)
{
	if (fchdir(l->root_fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "enter the container's root again");
	return 0;
}

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
	if (fchdir(l->old_root_fd) < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	/*
	 * What lay on it in turn is taken first: a root over which the spec mounts another.  So until nothing is left.
	 */
	while (umount2(".", MNT_DETACH) == 0)
		;
	return chdir("/") < 0 ? -errno : 0;
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
	const bool among = launch_among_machines(l);
	int r = l->hook_root && !among ? cover(l, e) : 0;

	launch_paths_await();
	if (r == 0 && l->hook_root && !among)
		r = check_covered(l, e);
	if (r < 0)
		return r;
	if (!among && !launch_stays_covered(l))
		r = l->no_pivot ? bury(l, e) : uncover(l);
	launch_files_restore(l); /* the descriptors of the mounts are closed */
	fd_close(&l->old_root_fd);
	return r < 0 ? err_set(e, -r, "let go of the machine's root") : 0;
}

static void leave_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "let go of the machine's root");
	if (launch_among_machines(l))
		return;
	if (l->hook_root)
		explain_shell(x, "mount --move %s /", l->hook_root);
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
