/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box side of a launch, in its new root: attaching the mounts of the spec, in their order.
 *
 * What shows the network is late: it is attached when the network is there, and with it what is mounted on it or, later
 * in the list, over it.
 *
 * Should:  resolve every path as the container does: links that the image planted lead nowhere but into the container.
 * Mustn't: mount /proc or /sys through a link; let anything be mounted in /proc that isle writes to or relies on.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/copy_up.h"
#include "core/defaults.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- the order ---- */

/* Whether PATH is TOP, or below it. */
static bool is_within(const char *path, const char *top)
{
	size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top);

	return strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

bool launch_path_late(const struct launch *l, const char *path)
{
	for (size_t i = 0; i < l->late_tops.n; i++)
		if (is_within(path, l->late_tops.v[i]))
			return true;
	return false;
}

bool launch_path_holds_late(const struct launch *l, const char *path)
{
	for (size_t i = 0; i < l->late_tops.n; i++)
		if (is_within(l->late_tops.v[i], path))
			return true;
	return false;
}

/*
 * Whether what is late may be so where the order counts: nothing else follows it, and all of it can be made when the
 * root has been entered.
 */
static bool late_in_order(const struct launch *l)
{
	bool late = false;

	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		const struct mount_opts *o = &l->mopts[i];

		late = late || o->late;
		if (late && (!o->late || o->bind || !launch_mount_needs_nothing(l, i)))
			return false;
	}
	return true;
}

void launch_mounts_order(struct launch *l)
{
	enum { RENEWED_MAX = 256 }; /* the kernel climbs over all that are put away already (launch_put_away) */
	bool host_made = false;

	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		struct mount_opts *o = &l->mopts[i];

		/* What the host side makes for a config.json is of any age, what follows it older (launch_hand.c). */
		host_made = host_made || (l->by_spec && launch_host_dev(l, i));
		o->renewed = host_made && !o->bind && !o->remount && l->spec->mounts.n <= RENEWED_MAX;
		o->late = launch_path_late(l, o->where) || launch_mount_shows_net(l, i);
		for (size_t k = 0; k < l->late_tops.n && !o->late; k++)
			o->late = is_within(l->late_tops.v[k], o->where);
		/* What comes later in this place is mounted in it, as all is in a new "/". */
		if (o->late && !o->remount && !launch_path_late(l, o->where))
			strs_add(&l->late_tops, l->arena, o->where);
	}
	if (!launch_in_order(l) || late_in_order(l))
		return;
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		l->mopts[i].late = false;
	l->late_tops = (struct strs){0};
}

/* ---- one mount ---- */

/*
 * Puts a copy in the place of mount I, which is as young as its place in the order wants it to be.  Before 6.15 the
 * kernel copies nothing that is attached nowhere.
 */
static void renew(struct launch *l, size_t i)
{
	auto_fd copy = sys_open_tree(l->mount_fds[i], "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (copy < 0 || !launch_put_away(l, l->mount_fds[i]))
		return;
	fd_close(&l->mount_fds[i]);
	l->mount_fds[i] = fd_take(&copy);
}

/* Whether the detached mount FD is of a file, not a directory. */
static bool mounts_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Whether mount I is only to be copied: it is a link, and that is what its words say of links. */
static bool copies_link(const struct launch *l, size_t i)
{
	struct stat st;

	return l->mopts[i].copy_link && fstat(l->mount_fds[i], &st) == 0 && S_ISLNK(st.st_mode);
}

/* Whether mount I is a file system of TYPE, no bind of whatever. */
static bool is_type(const struct launch *l, size_t i, const char *type)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];

	return !l->mopts[i].bind && m->type && strcmp(m->type, type) == 0;
}

/*
 * File systems of the kernel go on real directories only: a link would take them where the masks do not
 * (CVE-2019-19921).
 */
static bool wants_strict(const struct launch *l, size_t i)
{
	return is_type(l, i, "proc") || is_type(l, i, "sysfs") || strcmp(l->mopts[i].where, "/dev") == 0;
}

/*
 * In /proc only what merely tells something may be covered, or what we write there would go elsewhere (CVE-2019-16884);
 * and /proc itself is nothing but a procfs.
 */
static int check_proc(const struct launch *l, size_t i, struct err *e)
{
	static const char *const besides[] = {"/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled"};
	const char *where = l->mopts[i].where;
	struct statfs fs;
	bool good;

	if (!is_within(where, "/proc"))
		return 0;
	good = !where[5] && fstatfs(l->mount_fds[i], &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	for (size_t k = 0; proc_mount_points[k] && !good; k++)
		good = strcmp(where, proc_mount_points[k]) == 0;
	for (size_t k = 0; k < ARRAY_LEN(besides) && !good; k++)
		good = strcmp(where, besides[k]) == 0;
	if (good)
		return 0;
	err_set(e, EPERM, "mount on %s", where);
	return err_why(e, where[5] ? "this part of /proc must stay the kernel's own" : "it is not a procfs");
}

/* The MS_… flags that a remount must repeat for the mount options O. */
static unsigned long repeated(const struct mount_opts *o)
{
	return (o->set & MOUNT_ATTR_NOSUID ? MS_NOSUID : 0) | (o->set & MOUNT_ATTR_NODEV ? MS_NODEV : 0) |
	       (o->set & MOUNT_ATTR_NOEXEC ? MS_NOEXEC : 0);
}

/* Begins the tmpfs I with a copy of what it covers, TARGET; its own mode stays where it was asked for. */
static int begin_with_copy(struct launch *l, size_t i, int target, struct err *e)
{
	const struct strs *data = &l->mopts[i].data;
	bool own_mode = false;
	struct stat st;

	for (size_t j = 0; j < data->n && !own_mode; j++)
		own_mode = strncmp(data->v[j], "mode=", 5) == 0;
	if (fstat(l->mount_fds[i], &st) < 0)
		return err_set(e, errno, "examine the tmpfs on %s", l->mopts[i].where);
	int r = copy_up(target, l->mount_fds[i], e);
	if (r == 0 && own_mode && fchmodat(l->mount_fds[i], ".", st.st_mode & 07777, 0) < 0)
		return err_set(e, errno, "set the mode of the tmpfs on %s", l->mopts[i].where);
	return r;
}

/* A tmpfs begins with what it covers where that is asked for, else with the mode of the directory that was THERE. */
static int begin_tmpfs(struct launch *l, size_t i, int target, bool there, struct err *e)
{
	struct stat st;

	if (l->mopts[i].copy_up)
		return begin_with_copy(l, i, target, e);
	if (there && (fstat(target, &st) < 0 || fchmodat(l->mount_fds[i], ".", st.st_mode & 07777, 0) < 0))
		return err_set(e, errno, "set the mode of the tmpfs on %s", l->mopts[i].where);
	return 0;
}

/* The mount I is the new "/": what comes later is mounted in it. */
static int become_root(struct launch *l, size_t i, struct err *e)
{
	if (fchdir(l->mount_fds[i]) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "enter what is mounted on /");
	fd_close(&l->root_fd);
	l->root_fd = fd_take(&l->mount_fds[i]);
	return 0;
}

/* Binds the machine's device nodes onto the empty files of a /dev that could not have nodes made in it. */
static int attach_devices(struct launch *l, struct err *e)
{
	for (size_t i = 0; i < l->spec->lin.devices.n; i++) {
		int r = l->device_fds[i] < 0 || launch_node_elsewhere(l, i) ? 0 : launch_node_bind(l, i, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* What is done once mount I is attached. */
static int attached(struct launch *l, size_t i, struct err *e)
{
	const struct mount_opts *o = &l->mopts[i];
	int r = launch_cgroup_parts_attach(l, i, e);

	if (r == 0 && strcmp(o->where, "/dev") == 0)
		r = attach_devices(l, e);
	if (r == 0 && launch_mount_filled(l, i) && (o->set | o->rec_set) & MOUNT_ATTR_RDONLY)
		r = mount_read_only(l->mount_fds[i], repeated(o), o->where, e);
	if (r == 0 && strcmp(o->where, "/") == 0)
		return become_root(l, i, e);
	if (is_type(l, i, "proc") && l->proc_fd < 0)
		l->proc_fd = fd_take(&l->mount_fds[i]);
	else
		fd_close(&l->mount_fds[i]);
	return r;
}

/* "remount": changes what is mounted there already. */
static int attach_again(const struct launch *l, size_t i, struct err *e)
{
	auto_fd fd = open(l->mopts[i].where, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "remount %s", l->mopts[i].where);
	return mount_again(fd, &l->mopts[i], l->mopts[i].where, e);
}

static int attach_one(struct launch *l, size_t i, struct err *e)
{
	const struct mount_opts *o = &l->mopts[i];
	auto_fd target = FD_NONE;

	if (o->remount)
		return attach_again(l, i, e);
	if (o->renewed)
		renew(l, i);
	bool there = launch_mount_filled(l, i) && access(o->where, F_OK) == 0;
	int r = l->by_spec ? check_proc(l, i, e) : 0;
	if (r == 0 && copies_link(l, i)) {
		r = mount_link_make(l->mount_fds[i], o->where, e);
		fd_close(&l->mount_fds[i]);
		return r;
	}
	const bool file = r == 0 && mounts_file(l->mount_fds[i]), strict = wants_strict(l, i);
	if (r == 0)
		r = o->place_itself && !strict ? mount_target_itself(o->where, file, &target, e)
					       : mount_target(o->where, file, strict, &target, e);
	if (r == 0 && launch_mount_filled(l, i))
		r = begin_tmpfs(l, i, target, there, e);
	if (r == 0)
		r = mount_attach(l->mount_fds[i], target, o, o->where, e);
	return r < 0 ? r : attached(l, i, e);
}

/* ---- the steps ---- */

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

/* Attaches the mounts that are there at once, or the late ones. */
static int attach_some(struct launch *l, bool late, struct err *e)
{
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		int r = l->mopts[i].late == late ? attach_one(l, i, e) : 0;

		if (r < 0)
			return r;
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
	int r = launch_net_await(ctx, e);

	return r < 0 ? r : attach_some(ctx, true, e);
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
