/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each mount of the spec is made, detached: by type, with what to do where the kernel refuses the plain way. */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/dev.h"
#include "core/handshake.h"
#include "core/idmap_userns.h"
#include "core/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void launch_say(struct launch *l, const char *sentence)
{
	struct err w = {0};

	snprintf(w.what, sizeof(w.what), "%s", sentence);
	if (l->pid > 0 && l->warn)
		l->warn(l->owner, sentence);
	else
		hs_send_err(l->sock, HS_WARNING, &w);
}

int launch_bind_check(struct launch *l, size_t i, struct err *e)
{
	struct mount_opts *o = &l->mopts[i];
	const char *what;

	if (!o->bind || !o->data.n)
		return 0;
	what = arena_printf(l->arena, "mount %s: a bind mount has no option \"%s\"", l->spec->mounts.v[i].destination,
			    o->data.v[0]);
	if (!l->by_spec)
		return err_set(e, 0, "%s", what);
	if (l->warn)
		l->warn(l->owner, what);
	o->data.n = 0;
	return 0;
}

/* The user namespace by whose ids the owners of mount I are shifted; FD_NONE: it has none. */
static int shift_find(struct launch *l, size_t i, int *ret, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i], *last = &l->spec->mounts.v[l->shift_of];

	*ret = l->userns_fd;
	if (m->uid_map.n == 0 && (l->userns_fd >= 0 || !l->by_spec))
		return 0;
	/* Neighbours with the same ids share what takes a process to make. */
	bool same =
		l->shift_fd >= 0 && idmap_same(&m->uid_map, &last->uid_map) && idmap_same(&m->gid_map, &last->gid_map);
	int r = 0;
	if (!same) {
		char *own = arena_printf(l->arena, "/proc/%d/ns/user", l->pid > 0 ? (int)l->pid : (int)getpid());

		fd_close(&l->shift_fd);
		l->shift_of = i;
		if (m->uid_map.n)
			r = idmap_userns(&m->uid_map, &m->gid_map, l->arena, &l->shift_fd, e);
		else if ((l->shift_fd = open(l->pid > 0 ? own : "/proc/self/ns/user", O_RDONLY | O_CLOEXEC)) < 0)
			r = err_set(e, errno, "open the container's user namespace");
	}
	*ret = l->shift_fd;
	return r;
}

/*
 * Shifts the owners of mount I where that is asked for.  A config.json gets what it asks for, or an error; elsewhere a
 * file system that can't be shifted is worth a warning.
 */
static int shift(struct launch *l, size_t i, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	const struct mount_opts *o = &l->mopts[i];
	int userns = FD_NONE;
	int r = o->idmap || m->uid_map.n ? shift_find(l, i, &userns, e) : 0;

	if (r < 0 || userns < 0)
		return r;
	r = mount_idmap(l->mount_fds[i], userns, o->idmap_rec, e);
	if (r == 0)
		return 0;
	if (l->by_spec || (r != -EINVAL && r != -EPERM && r != -ENOSYS))
		return err_context(e, "share %s", m->source ? m->source : m->type);
	launch_say(l, arena_printf(l->arena,
				   "%s: its file system refuses idmapped mounts; inside, its files belong to nobody",
				   m->source));
	return 0;
}

const char *launch_bind_source(const struct launch *l, size_t i)
{
	return l->mopts[i].tree ? l->mopts[i].tree : l->spec->mounts.v[i].source;
}

/* A file or directory of the machine. */
static int make_bind(struct launch *l, size_t i, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	const struct mount_opts *o = &l->mopts[i];
	const char *source = launch_bind_source(l, i);
	int r = mount_clone(m->source_fd >= 0 ? m->source_fd : AT_FDCWD, m->source_fd >= 0 ? "" : source, o,
			    &l->mount_fds[i], e);

	if (r < 0)
		return err_context(e, "share %s", source);
	if (o->super.n)
		launch_say(l,
			   arena_printf(
				   l->arena,
				   "mount %s: \"%s\" is for a whole file system, and a bind mount leaves that as it is",
				   m->destination, o->super.v[0]));
	return shift(l, i, e);
}

/* The options of mount I without those that name ids which the container does not have ("gid=5" with one id only). */
static struct mount_opts without_unmapped(const struct launch *l, size_t i)
{
	struct mount_opts o = l->mopts[i];
	struct strs kept = {0};

	for (size_t j = 0; j < o.data.n; j++) {
		unsigned int id;
		bool unmapped = (sscanf(o.data.v[j], "gid=%u", &id) == 1 && !idmap_has(&l->spec->lin.gid_map, id)) ||
				(sscanf(o.data.v[j], "uid=%u", &id) == 1 && !idmap_has(&l->spec->lin.uid_map, id));

		if (!unmapped || !launch_own_ids(l))
			strs_add(&kept, l->arena, o.data.v[j]);
	}
	o.data = kept;
	return o;
}

bool launch_mount_filled(const struct launch *l, size_t i)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	const struct mount_opts *o = &l->mopts[i];
	bool filled = l->by_spec && !o->bind && !o->remount && m->type && strcmp(m->type, "tmpfs") == 0;

	for (size_t j = 0; j < o->data.n && filled && !o->copy_up; j++)
		filled = strncmp(o->data.v[j], "mode=", 5) != 0;
	return filled && strcmp(o->where, "/dev") != 0;
}

/* Adds the label of the container's mounts to O, for the file systems that keep none of their own. */
static void label(const struct launch *l, const char *type, struct mount_opts *o)
{
	static const char *const labelled[] = {"tmpfs", "devpts", "ramfs", "overlay"};

	for (size_t k = 0; k < ARRAY_LEN(labelled) && l->mount_label; k++)
		if (strcmp(type, labelled[k]) == 0)
			strs_take(&o->data, l->arena, arena_printf(l->arena, "context=%s", l->mount_label));
}

/* Any file system that fsopen(2) makes. */
static int make_new(struct launch *l, size_t i, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	struct mount_opts o = without_unmapped(l, i);

	label(l, m->type, &o);
	if (launch_shown_proc(l, i))
		strs_take(&o.data, l->arena, arena_printf(l->arena, "pidns=/proc/%d/ns/pid", (int)l->pid));
	if (launch_mount_filled(l, i)) { /* read-only when it is filled */
		o.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		o.rec_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	int r = mount_new(m->type, m->source, &o, &l->mount_fds[i], e);
	return r < 0 ? r : shift(l, i, e);
}

/*
 * Takes the machine's own device nodes, to be bound in once /dev is attached: who is root of a user namespace makes
 * none.
 */
static int take_nodes(struct launch *l, struct err *e)
{
	for (size_t i = 0; i < l->spec->lin.devices.n; i++) {
		int r = l->spec->lin.devices.v[i].type == 'p' ? 0 : launch_node_take(l, i, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* /dev: the one tmpfs that comes filled. */
static int make_dev(struct launch *l, size_t i, struct err *e)
{
	struct dev_env env = {
		.uid = l->rootless ? 0 : launch_root_uid(l),
		.gid = l->rootless ? 0 : launch_root_gid(l),
		.uid_map = l->by_spec && !l->rootless && launch_own_ids(l) ? &l->spec->lin.uid_map : NULL,
		.gid_map = l->by_spec && !l->rootless && launch_own_ids(l) ? &l->spec->lin.gid_map : NULL,
		.make_nodes = !l->rootless,
		.below_only = l->by_spec,
		.arena = l->arena,
	};
	struct mount_opts o = l->mopts[i];
	auto_fd fd = FD_NONE;

	struct strs data = {0};

	for (size_t j = 0; j < o.data.n; j++)
		strs_add(&data, l->arena, o.data.v[j]);
	strs_take(&data, l->arena, arena_printf(l->arena, "uid=%u", env.uid));
	strs_take(&data, l->arena, arena_printf(l->arena, "gid=%u", env.gid));
	o.data = data;
	label(l, "tmpfs", &o);
	if (o.set & MOUNT_ATTR_RDONLY)
		o.set &= ~(uint64_t)MOUNT_ATTR_RDONLY; /* until it is filled */
	int r = mount_new("tmpfs", "tmpfs", &o, &fd, e);
	if (r == 0)
		r = dev_fill(fd, &l->spec->lin.devices, &env, e);
	if (r == 0 && !env.make_nodes)
		r = take_nodes(l, e);
	if (r < 0)
		return r;
	l->mount_fds[i] = fd_take(&fd);
	return 0;
}

/*
 * A read-only copy of the machine's own tree PATH, for where a new one is refused because its namespace is not ours.
 * From the root that we came from: another thread may have entered the container's by now.
 */
int launch_mount_copy(struct launch *l, size_t i, const char *path, struct err *e)
{
	struct mount_opts o = {
		.bind = true,
		.recursive = true,
		.rec_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};

	/* What a seed has is not the machine's. */
	if (l->seeded)
		return err_set(e, EPERM, "show the machine's %s", path);
	return l->old_root_fd < 0 ? mount_clone(AT_FDCWD, path, &o, &l->mount_fds[i], e)
				  : mount_clone(l->old_root_fd, path + 1, &o, &l->mount_fds[i], e);
}

/*
 * sysfs shows the net namespace it is made in, and can be made only by who owns that namespace
 * (sysfs_init_fs_context).
 */
static int make_sysfs(struct launch *l, size_t i, struct err *e)
{
	if (l->shown && l->seeded)
		return launch_shown_ask(l, i, e);
	int r = make_new(l, i, e);

	return r == -EPERM || r == -EBUSY ? launch_mount_copy(l, i, "/sys", e) : r;
}

/*
 * A /proc of its own; where it is refused, the machine hides parts of its own /proc, and the kernel keeps them hidden.
 */
static int make_proc(struct launch *l, size_t i, struct err *e)
{
	int r = make_new(l, i, e);

	/* In a joined pid namespace the machine's own would show other processes than the container has. */
	if (r != -EPERM || launch_new_ns(l, NS_PID) || (l->by_spec && l->spec->lin.ns[NS_PID].mode == NS_JOIN)) {
		if (r == -EPERM) {
			err_why(e,
				"parts of this machine's own /proc are covered, as in a container, and the kernel keeps them so");
			return err_cure(e, "run isle where /proc is whole, or in a container made with unmasked paths");
		}
		return r;
	}
	return launch_mount_copy(l, i, "/proc", e);
}

static const struct {
	const char *type;
	int (*make)(struct launch *l, size_t i, struct err *e);
} makers[] = {
	{"proc", make_proc},
	{"sysfs", make_sysfs},
	{"cgroup", launch_cgroup_make},
	{"cgroup2", launch_cgroup_make},
};

int launch_mount_make(struct launch *l, size_t i, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	int (*make)(struct launch *, size_t, struct err *) = make_new;

	if (l->mopts[i].remount)
		return 0; /* there is nothing to make: launch_attach.c */
	if (l->mopts[i].bind)
		make = make_bind;
	else if (!m->type)
		return err_set(e, 0, "mount %s: it has neither a type nor the option bind", m->destination);
	else if (strcmp(m->type, "tmpfs") == 0 && strcmp(l->mopts[i].where, "/dev") == 0)
		make = make_dev;
	for (size_t k = 0; k < ARRAY_LEN(makers) && make == make_new; k++)
		if (strcmp(m->type, makers[k].type) == 0)
			make = makers[k].make;
	int r = make(l, i, e);
	return r < 0 ? err_context(e, "mount %s", m->destination) : 0;
}
