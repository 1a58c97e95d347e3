/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each mount of the spec is made, detached: by type, with what to do where the kernel refuses the plain way. */
#include "core/launch.h"

#include "base/fd.h"
#include "core/dev.h"
#include "core/handshake.h"
#include "core/idmap.h"
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

/* A file or directory of the machine; its owners are shifted where it is to be shared with shifted ids. */
static int make_bind(struct launch *l, size_t i, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	const struct mount_opts *o = &l->mopts[i];
	auto_fd fd = FD_NONE;
	int r = mount_clone(m->source_fd >= 0 ? m->source_fd : AT_FDCWD, m->source_fd >= 0 ? "" : m->source, o, &fd, e);

	if (r < 0)
		return err_context(e, "share %s", m->source);
	if (o->idmap && l->userns_fd >= 0) {
		r = mount_idmap(fd, l->userns_fd, o->idmap_rec, e);
		if (r < 0 && r != -EINVAL && r != -EPERM && r != -ENOSYS)
			return err_context(e, "share %s", m->source);
		if (r < 0)
			launch_say(
				l,
				arena_printf(
					l->arena,
					"%s: its file system refuses idmapped mounts; inside, its files belong to nobody",
					m->source));
	}
	l->mount_fds[i] = fd_take(&fd);
	return 0;
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

/* Any file system that fsopen(2) makes. */
static int make_new(struct launch *l, size_t i, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	struct mount_opts o = without_unmapped(l, i);

	return mount_new(m->type, m->source, &o, &l->mount_fds[i], e);
}

/*
 * Takes the machine's own device nodes, to be bound in once /dev is attached: who is root of a user namespace makes
 * none.
 */
static int take_nodes(struct launch *l, struct err *e)
{
	const struct mount_opts o = {.bind = true};

	for (size_t i = 0; i < l->spec->lin.devices.n; i++) {
		const struct spec_device *d = &l->spec->lin.devices.v[i];
		int r = d->type == 'p' ? 0 : mount_clone(AT_FDCWD, d->path, &o, &l->device_fds[i], e);

		if (r < 0)
			return err_context(e, "take the device %s", d->path);
	}
	return 0;
}

/* /dev: the one tmpfs that comes filled. */
static int make_dev(struct launch *l, size_t i, struct err *e)
{
	struct dev_env env = {
		.uid = l->rootless ? 0 : launch_root_uid(l),
		.gid = l->rootless ? 0 : launch_root_gid(l),
		.make_nodes = !l->rootless,
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

/* A read-only copy of the machine's own tree, for where a new one is refused because its namespace is not ours. */
static int make_copy(struct launch *l, size_t i, const char *path, struct err *e)
{
	struct mount_opts o = {
		.bind = true,
		.recursive = true,
		.rec_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};

	return mount_clone(AT_FDCWD, path, &o, &l->mount_fds[i], e);
}

/*
 * sysfs shows the net namespace it is made in, and can be made only by who owns that namespace
 * (sysfs_init_fs_context).
 */
static int make_sysfs(struct launch *l, size_t i, struct err *e)
{
	int r = make_new(l, i, e);

	return r == -EPERM || r == -EBUSY ? make_copy(l, i, "/sys", e) : r;
}

/*
 * A /proc of its own; where it is refused, the machine hides parts of its own /proc, and the kernel keeps them hidden.
 */
static int make_proc(struct launch *l, size_t i, struct err *e)
{
	int r = make_new(l, i, e);

	if (r != -EPERM || launch_new_ns(l, NS_PID)) {
		if (r == -EPERM) {
			err_why(e,
				"parts of this machine's own /proc are covered, as in a container, and the kernel keeps them so");
			return err_cure(e, "run isle where /proc is whole, or in a container made with unmasked paths");
		}
		return r;
	}
	return make_copy(l, i, "/proc", e);
}

/* The cgroup2 tree from the container's own cgroup namespace; where the machine has none, an empty directory. */
static int make_cgroup(struct launch *l, size_t i, struct err *e)
{
	struct mount_opts o = l->mopts[i];
	int r = -ENODEV;

	o.data = (struct strs){0};
	if (l->cgroup_host && l->cgroup_host->v2)
		r = mount_new("cgroup2", "cgroup2", &o, &l->mount_fds[i], e);
	if (r == -EPERM)
		r = make_copy(l, i, l->cgroup_host->v2, e);
	if (r < 0 && r != -ENODEV)
		return r;
	return r < 0 ? mount_new("tmpfs", "tmpfs", &o, &l->mount_fds[i], e) : 0;
}

static const struct {
	const char *type;
	int (*make)(struct launch *l, size_t i, struct err *e);
} makers[] = {
	{"proc", make_proc},
	{"sysfs", make_sysfs},
	{"cgroup", make_cgroup},
	{"cgroup2", make_cgroup},
};

int launch_mount_make(struct launch *l, size_t i, struct err *e)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	int (*make)(struct launch *, size_t, struct err *) = make_new;

	if (l->mopts[i].bind)
		make = make_bind;
	else if (!m->type)
		return err_set(e, 0, "mount %s: it has neither a type nor the option bind", m->destination);
	else if (strcmp(m->type, "tmpfs") == 0 && strcmp(m->destination, "/dev") == 0)
		make = make_dev;
	for (size_t k = 0; k < ARRAY_LEN(makers) && make == make_new; k++)
		if (strcmp(m->type, makers[k].type) == 0)
			make = makers[k].make;
	int r = make(l, i, e);
	return r < 0 ? err_context(e, "mount %s", m->destination) : 0;
}
