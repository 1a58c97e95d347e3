/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box side of a launch, in its new root: what is hidden, and what can only be read.
 *
 * Mustn't: mask with anything but a proven null device.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/defaults.h"
#include "core/dev.h"
#include "core/sys.h"

#include <errno.h>
#include <glob.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* ---- masked and read-only paths ---- */

/*
 * What covers masked paths: one read-only tmpfs for all directories, the null device for files; found when first
 * needed.
 */
struct covers {
	int dir; /* the tmpfs, attached on the first masked directory */
	int null;
	bool literal;	 /* '*' in a path stands for itself: the runtime spec has no patterns */
	bool proved;	 /* /proc is the kernel's */
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

/* The same as below by descriptors alone: without a procfs of its own, what stands at /proc may be anything. */
static int mask_file_by_fd(const struct covers *c, const char *path, struct err *e)
{
	const struct mount_opts bind = {.bind = true};
	auto_fd target = open(path, O_PATH | O_CLOEXEC);
	auto_fd copy = FD_NONE;
	int r = target < 0 ? err_set(e, errno, "open %s", path) : mount_clone(c->null, "", &bind, &copy, e);

	return r < 0 ? r : mount_attach(copy, target, &bind, path, e);
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
	if (!c->proved)
		return mask_file_by_fd(c, path, e);
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

	if (c->literal || !strpbrk(pattern, "*?["))
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
	struct statfs fs;
	int r = 0;

	covers.literal = l->by_spec;
	covers.proved = !l->by_spec || (statfs("/proc", &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC);
	for (size_t i = 0; i < paths->n && r == 0; i++)
		if (launch_path_late(l, mount_where(paths->v[i], l->arena)) == late)
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
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : err_set(e, errno, "make %s read-only", path);
	int r = mount_clone(target, "", &o, &copy, e);
	if (r == 0)
		r = mount_attach(copy, target, &o, path, e);
	return r < 0 ? err_context(e, "make %s read-only", path) : 0;
}

/* Whether the container's new /dev is read-only: when it has all that is mounted in it. */
static bool dev_read_only(const struct launch *l)
{
	for (size_t i = 0; i < l->spec->mounts.n && l->dev == DEV_NEW; i++)
		if (l->mopts[i].set & MOUNT_ATTR_RDONLY && strcmp(l->mopts[i].where, "/dev") == 0)
			return true;
	return false;
}

/*
 * Whether PATH can be made read-only while the host side makes the network: one of the usual in the kernel's own /proc.
 * Any other may lead, by a link or "..", to what is yet to be attached.
 */
static bool is_early(const char *path)
{
	for (size_t i = 0; default_readonly_paths[i]; i++)
		if (strcmp(path, default_readonly_paths[i]) == 0)
			return true;
	return false;
}

/* Nothing is to be written or attached there any more, and no hook looks at it. */
static bool early_wanted(const void *ctx)
{
	const struct launch *l = ctx;
	struct statfs fs;

	return launch_net_beside(l) && !l->hook_root && l->spec->lin.sysctl.n == 0 && !launch_path_late(l, "/proc") &&
	       !launch_path_holds_late(l, "/proc") && statfs("/proc", &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Makes the path I of the spec read-only, unless it is so. */
static int read_only_path(struct launch *l, size_t i, struct err *e)
{
	if (l->read_only[i])
		return 0;
	l->read_only[i] = true;
	return read_only_one(l->spec->lin.readonly_paths.v[i], e);
}

static int read_only_early_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct strs *paths = &l->spec->lin.readonly_paths;
	int r = 0;

	for (size_t i = 0; i < paths->n && r == 0; i++)
		r = is_early(paths->v[i]) ? read_only_path(l, i, e) : 0;
	return r;
}

static bool read_only_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->spec->lin.readonly_paths.n > 0 || l->spec->root.readonly || dev_read_only(l);
}

static int read_only_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = 0;

	for (size_t i = 0; i < l->spec->lin.readonly_paths.n && r == 0; i++)
		r = read_only_path(l, i, e);
	if (r == 0 && dev_read_only(l)) {
		auto_fd dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);

		r = mount_read_only(dev, MS_NOSUID | MS_NOEXEC, "/dev", e);
	}
	if (r < 0 || !l->spec->root.readonly)
		return r;
	launch_cwd_make(l);
	/* Who looks at a file notes the time, if only there is none newer; the kernel refuses while somebody writes. */
	launch_paths_await();
	/* The parts by descriptor: something of the user's may lie over their paths by now. */
	for (size_t i = 0; i < l->rootfs->submounts.n && r == 0; i++) {
		r = mount_read_only(l->submount_fds[i], MS_NODEV, l->rootfs->submounts.v[i], e);
		fd_close(&l->submount_fds[i]);
	}
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r < 0 ? r : mount_read_only(root, l->rootfs->whole ? 0 : MS_NODEV, "the root", e);
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

const struct step step_read_only_early = {"read-only", SIDE_ROOT, early_wanted, read_only_early_run, NULL, NULL};
const struct step step_read_only = {"read-only", SIDE_ROOT, read_only_wanted, read_only_run, NULL, read_only_explain};
