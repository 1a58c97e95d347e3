/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box side of a launch, second half: furnishing the new root, from inside it.
 *
 * Should:  resolve every path as the container does: links that the image planted lead nowhere but into the container.
 * Mustn't: mount /proc or /sys through a link; mask with anything but a proven null device.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/dev.h"
#include "core/handshake.h"
#include "core/pty.h"
#include "core/sys.h"

#include <errno.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* ---- the mounts of the spec ---- */

/* Whether the detached mount FD is of a file, not a directory. */
static bool mounts_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Binds the machine's device nodes onto the empty files of a /dev that could not have nodes made in it. */
static int attach_devices(struct launch *l, struct err *e)
{
	const struct mount_opts o = {0};

	for (size_t i = 0; i < l->spec->lin.devices.n; i++) {
		const char *path = l->spec->lin.devices.v[i].path;
		auto_fd target = FD_NONE;

		if (l->device_fds[i] < 0)
			continue;
		int r = mount_target(path, true, true, &target, e);
		if (r == 0)
			r = mount_attach(l->device_fds[i], target, &o, path, e);
		if (r < 0)
			return r;
		fd_close(&l->device_fds[i]);
	}
	return 0;
}

/*
 * File systems of the kernel go on real directories only: a link would take them where the masks do not
 * (CVE-2019-19921).
 */
static bool wants_strict(const struct spec_mount *m)
{
	return m->type &&
	       (strcmp(m->type, "proc") == 0 || strcmp(m->type, "sysfs") == 0 || strcmp(m->destination, "/dev") == 0);
}

/* Binds the container's own files over those in /etc, where the image has an /etc at all. */
static int attach_etc(struct launch *l, struct err *e)
{
	const struct mount_opts o = {0};
	int r = launch_etc_unfold(l, e);
	char *missing = arena_strdup(l->arena, "");

	for (int i = 0; i < ETC_FILES && r == 0; i++) {
		const char *path = launch_etc_paths[i];
		auto_fd target = FD_NONE;

		if (l->etc_fds[i] < 0)
			continue;
		/*
		 * A link (resolv.conf often is one) may lead to where nothing can be made; then the file is not
		 * provided.
		 */
		int made = mount_target(path, true, false, &target, NULL);
		if (made == -EROFS)
			missing = arena_printf(l->arena, "%s%s%s", missing, *missing ? ", " : "", path);
		if (made < 0)
			continue;
		r = mount_attach(l->etc_fds[i], target, &o, path, e);
		fd_close(&l->etc_fds[i]);
	}
	if (*missing)
		launch_say(l, arena_printf(l->arena, "the root can only be read, and lacks %s, which can't be added",
					   missing));
	return r;
}

/* Whether PATH is where a sysfs that is still being made will be, or below. */
static bool is_late(const struct launch *l, const char *path)
{
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		const char *sys = l->spec->mounts.v[i].destination;
		size_t len = strlen(sys);

		if (launch_mount_shows_net(l, i) && strncmp(path, sys, len) == 0 &&
		    (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

/* Attaches the mounts that are there at once, or the late ones. */
static int attach_some(struct launch *l, bool late, struct err *e)
{
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		const struct spec_mount *m = &l->spec->mounts.v[i];
		auto_fd target = FD_NONE;

		if (is_late(l, m->destination) != late)
			continue;
		int r = mount_target(m->destination, mounts_file(l->mount_fds[i]), wants_strict(m), &target, e);

		if (r == 0)
			r = mount_attach(l->mount_fds[i], target, &l->mopts[i], m->destination, e);
		if (r == 0 && strcmp(m->destination, "/dev") == 0)
			r = attach_devices(l, e);
		if (r < 0)
			return r;
		if (m->type && strcmp(m->type, "proc") == 0 && l->proc_fd < 0)
			l->proc_fd = fd_take(&l->mount_fds[i]);
		else
			fd_close(&l->mount_fds[i]);
	}
	return 0;
}

static int attach_run(void *ctx, struct err *e)
{
	int r = attach_some(ctx, false, e);

	return r < 0 ? r : attach_etc(ctx, e);
}

/* What shows the network is attached when there is one. */
static int attach_late_run(void *ctx, struct err *e)
{
	launch_net_await();
	return attach_some(ctx, true, e);
}

static void attach_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "attach %zu file systems in the container", l->spec->mounts.n);
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		explain_shell(x, "mount --move /detached/%zu %s", i, l->spec->mounts.v[i].destination);
}

const struct step step_attach = {"attach", SIDE_ROOT, NULL, attach_run, NULL, attach_explain};
const struct step step_attach_late = {"attach-late", SIDE_ROOT, NULL, attach_late_run, NULL, NULL};

/* ---- sysctl ---- */

static bool sysctl_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->lin.sysctl.n > 0;
}

static int sysctl_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (l->net_fd >= 0 && setns(l->net_fd, CLONE_NEWNET) < 0)
		return err_set(e, errno, "enter the container's network namespace");
	for (size_t i = 0; i < l->spec->lin.sysctl.n; i++) {
		const struct spec_pair *p = &l->spec->lin.sysctl.v[i];
		char *path = arena_printf(l->arena, "sys/%s", p->key);

		for (char *c = path; *c; c++)
			*c = *c == '.' ? '/' : *c;
		int r = l->proc_fd < 0 ? err_set(e, ENOENT, "use /proc") : file_write(l->proc_fd, path, p->value, e);
		if (r < 0)
			return err_context(e, "set the sysctl %s to \"%s\"", p->key, p->value);
	}
	return 0;
}

static void sysctl_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "set the kernel parameters of the container's namespaces");
	for (size_t i = 0; i < l->spec->lin.sysctl.n; i++)
		explain_shell(x, "sysctl %s=%s", l->spec->lin.sysctl.v[i].key, l->spec->lin.sysctl.v[i].value);
}

const struct step step_sysctl = {"sysctl", SIDE_ROOT, sysctl_wanted, sysctl_run, NULL, sysctl_explain};

/* ---- terminal ---- */

static bool terminal_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->process.terminal;
}

static int terminal_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct spec_process *p = &l->spec->process;
	const struct mount_opts o = {.bind = true};
	auto_fd master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	auto_fd copy = FD_NONE;
	auto_fd target = FD_NONE;

	if (master < 0)
		return err_set(e, errno, "open the container's /dev/pts/ptmx for a terminal");
	int r = pty_master_prepare(master, p->rows, p->cols, e);
	if (r == 0)
		r = pty_slave(master, &l->slave_fd, e);
	if (r == 0 && fchown(l->slave_fd, l->process.user.uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL)
		r = err_set(e, errno, "give the terminal to the user");
	if (r == 0 && !l->joining)
		r = mount_clone(l->slave_fd, "", &o, &copy, e);
	if (r == 0 && !l->joining)
		r = mount_target("/dev/console", true, true, &target, e);
	if (r == 0 && !l->joining)
		r = mount_attach(copy, target, &o, "/dev/console", e);
	return r < 0 ? r : hs_send(l->sock, HS_TERMINAL, &master, 1, e);
}

static void terminal_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "open a terminal in the container's own /dev/pts and make it /dev/console");
	explain_shell(x, "mount --bind /dev/pts/0 /dev/console");
}

const struct step step_terminal = {"terminal", SIDE_ROOT, terminal_wanted, terminal_run, NULL, terminal_explain};

/* ---- masked and read-only paths ---- */

/*
 * What covers masked paths: one read-only tmpfs for all directories, the null device for files; found when first
 * needed.
 */
struct covers {
	int dir; /* the tmpfs, attached on the first masked directory */
	int null;
	char source[32]; /* the null device by our own descriptor: no name in the container's /dev is trusted twice */
};

/* Closes the covers. */
static void covers_release(struct covers *c)
{
	fd_close(&c->dir);
	fd_close(&c->null);
}

/*
 * Covers the directory at PATH with a copy of the tmpfs; the first one gets the tmpfs itself, which saves throwing it
 * away.
 */
static int mask_directory(struct covers *c, const char *path, struct err *e)
{
	const struct mount_opts ro = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					     MOUNT_ATTR_NOEXEC};
	const struct mount_opts bind = {.bind = true};
	auto_fd target = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd copy = FD_NONE;

	if (target < 0)
		return err_set(e, errno, "open %s", path);
	bool first = c->dir < 0;
	int r = first ? mount_new("tmpfs", "tmpfs", &ro, &c->dir, e) : mount_clone(c->dir, "", &bind, &copy, e);
	return r < 0 ? r : mount_attach(first ? c->dir : copy, target, &bind, path, e);
}

/* Covers the file at PATH with the null device: one mount(2), half the price of doing it by descriptor. */
static int mask_file(struct covers *c, const char *path, struct err *e)
{
	if (c->null < 0) {
		int r = dev_null_open(&c->null, e);

		if (r < 0)
			return r;
		snprintf(c->source, sizeof(c->source), "/proc/self/fd/%d", c->null);
	}
	return mount(c->source, path, NULL, MS_BIND, NULL) < 0 ? err_set(e, errno, "bind the null device") : 0;
}

/* Covers PATH, whatever it is; what is not there needs no cover. */
static int mask_one(struct covers *c, const char *path, struct err *e)
{
	struct stat st;
	int r;

	/* Looking first is cheap; a mount that fails is not. */
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : err_set(e, errno, "mask %s", path);
	r = S_ISDIR(st.st_mode) ? mask_directory(c, path, e) : mask_file(c, path, e);
	return r < 0 ? err_context(e, "mask %s", path) : 0;
}

/* A path with '*' stands for each that it matches. */
static int mask_pattern(struct covers *c, const char *pattern, struct err *e)
{
	glob_t found;
	int r = 0;

	if (!strpbrk(pattern, "*?["))
		return mask_one(c, pattern, e);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && r == 0; i++)
		r = mask_one(c, found.gl_pathv[i], e);
	globfree(&found);
	return r;
}

static bool mask_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->spec->lin.masked_paths.n > 0;
}

/* Masks what is there at once, or what lies below a late mount; both by the same covers. */
static int mask_some(const struct launch *l, bool late, struct err *e)
{
	static struct covers covers = {.dir = FD_NONE, .null = FD_NONE};
	const struct strs *paths = &l->spec->lin.masked_paths;
	int r = 0;

	for (size_t i = 0; i < paths->n && r == 0; i++)
		if (is_late(l, paths->v[i]) == late)
			r = mask_pattern(&covers, paths->v[i], e);
	if (late)
		covers_release(&covers);
	return r;
}

static int mask_run(void *ctx, struct err *e)
{
	return mask_some(ctx, false, e);
}

/* The same below what is attached late. */
static int mask_late_run(void *ctx, struct err *e)
{
	return mask_some(ctx, true, e);
}

static void mask_explain(const void *ctx, struct explain *x)
{
	const struct strs *paths = &((const struct launch *)ctx)->spec->lin.masked_paths;

	explain_say(x, "cover what tells about the machine or acts on it");
	for (size_t i = 0; i < paths->n; i++)
		explain_shell(x, "mount --bind /dev/null %s", paths->v[i]);
}

const struct step step_mask = {"mask", SIDE_ROOT, mask_wanted, mask_run, NULL, mask_explain};
const struct step step_mask_late = {"mask-late", SIDE_ROOT, mask_wanted, mask_late_run, NULL, NULL};

/* Covers PATH with a read-only copy of itself and of what is below. */
static int read_only_one(const char *path, struct err *e)
{
	const struct mount_opts o = {.bind = true, .recursive = true, .rec_set = MOUNT_ATTR_RDONLY};
	auto_fd target = open(path, O_PATH | O_CLOEXEC);
	auto_fd copy = FD_NONE;

	if (target < 0)
		return errno == ENOENT || errno == EACCES ? 0 : err_set(e, errno, "make %s read-only", path);
	int r = mount_clone(target, "", &o, &copy, e);
	if (r == 0)
		r = mount_attach(copy, target, &o, path, e);
	return r < 0 ? err_context(e, "make %s read-only", path) : 0;
}

/* Makes the mount FD read-only; WHERE is for the sentence. */
static int read_only_mount(int fd, const char *where, struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) < 0 &&
	    (errno != ENOSYS || mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV, NULL) < 0))
		return err_set(e, errno, "make %s read-only", where);
	return 0;
}

static bool read_only_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->spec->lin.readonly_paths.n > 0 || l->spec->root.readonly;
}

static int read_only_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = 0;

	for (size_t i = 0; i < l->spec->lin.readonly_paths.n && r == 0; i++)
		r = read_only_one(l->spec->lin.readonly_paths.v[i], e);
	if (r < 0 || !l->spec->root.readonly)
		return r;
	/* The parts by descriptor: something of the user's may lie over their paths by now. */
	for (size_t i = 0; i < l->rootfs->submounts.n && r == 0; i++) {
		r = read_only_mount(l->submount_fds[i], l->rootfs->submounts.v[i], e);
		fd_close(&l->submount_fds[i]);
	}
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r < 0 ? r : read_only_mount(root, "the root", e);
}

static void read_only_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "make parts of /proc%s read-only", l->spec->root.readonly ? " and the root" : "");
	for (size_t i = 0; i < l->spec->lin.readonly_paths.n; i++)
		explain_shell(x, "mount --bind -o ro %s %s", l->spec->lin.readonly_paths.v[i],
			      l->spec->lin.readonly_paths.v[i]);
	for (size_t i = 0; i < l->rootfs->submounts.n && l->spec->root.readonly; i++)
		explain_shell(x, "mount -o remount,bind,ro %s", l->rootfs->submounts.v[i]);
	if (l->spec->root.readonly)
		explain_shell(x, "mount -o remount,bind,ro /");
}

const struct step step_read_only = {"read-only", SIDE_ROOT, read_only_wanted, read_only_run, NULL, read_only_explain};
