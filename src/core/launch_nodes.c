/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device nodes that are not made in a new /dev beforehand (dev.h): those elsewhere in the root, and all of them where
 * the container has no /dev of its own.
 *
 * They are made in place; where the container's root is only root of a user namespace, and may make none, the machine's
 * node of the same path is bound there.  A /dev that is bound from elsewhere is whole, and gets nothing.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Whether mount I is at /dev, and there whether it is shared. */
static bool is_dev(const struct launch *l, size_t i, bool bind)
{
	return l->mopts[i].bind == bind && !l->mopts[i].remount && strcmp(l->mopts[i].where, "/dev") == 0;
}

void launch_nodes_prepare(struct launch *l)
{
	l->dev = DEV_PLAIN;
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		const char *type = l->spec->mounts.v[i].type;

		/* There is one devtmpfs for the whole machine. */
		if (is_dev(l, i, true) || (is_dev(l, i, false) && type && strcmp(type, "devtmpfs") == 0))
			l->dev = DEV_SHARED;
		else if (is_dev(l, i, false))
			l->dev = type && strcmp(type, "tmpfs") == 0 ? DEV_NEW : DEV_PLAIN;
	}
}

bool launch_node_elsewhere(const struct launch *l, size_t i)
{
	return l->dev != DEV_NEW || !dev_is_below(l->spec->lin.devices.v[i].path);
}

bool launch_node_carried(const struct launch *l, size_t i)
{
	return l->by_spec && l->dev != DEV_SHARED && launch_own_ids(l) && !l->rootless &&
	       l->spec->lin.devices.v[i].type != 'p' && launch_node_elsewhere(l, i);
}

int launch_node_take(struct launch *l, size_t i, struct err *e)
{
	const struct spec_device *d = &l->spec->lin.devices.v[i];
	const struct mount_opts o = {.bind = true};
	struct stat st;
	int r = mount_clone(AT_FDCWD, d->path, &o, &l->device_fds[i], e);

	if (r < 0)
		return err_context(e, "take the device %s", d->path);
	if (fstat(l->device_fds[i], &st) < 0 || !dev_matches(d, &st)) {
		err_set(e, EINVAL, "take the device %s", d->path);
		return err_why(e, "the machine's own of that path is another one, and the container may make none");
	}
	return 0;
}

int launch_node_bind(struct launch *l, size_t i, struct err *e)
{
	const char *path = l->spec->lin.devices.v[i].path;
	const struct mount_opts o = {0};
	auto_fd target = FD_NONE;
	int r = mount_target(mount_where(path, l->arena), true, true, &target, e);

	if (r == 0)
		r = mount_attach(l->device_fds[i], target, &o, path, e);
	fd_close(&l->device_fds[i]);
	return r;
}

/* Makes node I in the root, by the directory that it is to be in. */
static int node_make(const struct launch *l, size_t i, const struct dev_env *env, struct err *e)
{
	const struct spec_device *d = &l->spec->lin.devices.v[i];
	const char *path = mount_where(d->path, l->arena);
	const char *slash = strrchr(path, '/');
	auto_fd dir = FD_NONE;
	int r = mount_target(slash == path ? "/" : arena_strndup(l->arena, path, (size_t)(slash - path)), false, false,
			     &dir, e);

	return r < 0 ? r : dev_node_make(dir, slash + 1, d, env, e);
}

static bool nodes_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	if (!l->by_spec || l->dev == DEV_SHARED)
		return false;
	if (l->dev == DEV_PLAIN)
		return true;
	for (size_t i = 0; i < l->spec->lin.devices.n; i++)
		if (launch_node_elsewhere(l, i))
			return true;
	return false;
}

/* Puts the umask back. */
static void umask_restore(const mode_t *saved)
{
	umask(*saved);
}

static int nodes_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct dev_env env = {.make_nodes = true, .arena = l->arena};
	CLEANUP(umask_restore) mode_t saved = umask(0); /* the modes are meant as they stand */
	int r = 0;

	for (size_t i = 0; i < l->spec->lin.devices.n && r == 0; i++)
		if (l->device_fds[i] >= 0)
			r = launch_node_bind(l, i, e);
		else if (launch_node_elsewhere(l, i))
			r = node_make(l, i, &env, e);
	if (r < 0 || l->dev == DEV_NEW)
		return r;
	auto_fd dev = FD_NONE;
	r = mount_target("/dev", false, true, &dev, e);
	return r < 0 ? r : dev_links_make(dev, &env, e);
}

static void nodes_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "make the devices that are not in a new /dev");
	for (size_t i = 0; i < l->spec->lin.devices.n; i++)
		if (launch_node_elsewhere(l, i))
			explain_shell(x, "mknod %s %c %lld %lld", l->spec->lin.devices.v[i].path,
				      l->spec->lin.devices.v[i].type, (long long)l->spec->lin.devices.v[i].major,
				      (long long)l->spec->lin.devices.v[i].minor);
}

const struct step step_nodes = {"nodes", SIDE_ROOT, nodes_wanted, nodes_run, NULL, nodes_explain};
