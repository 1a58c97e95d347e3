/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root of a container without a mount namespace of its own: attached by the host side, among the machine's mounts
 * (place.h), and entered by the box with chroot(2).
 *
 * Between the two steps the caller notes down what will be there.  It is the caller's, too, to take it away: only when
 * the box has ended can nothing more be mounted in it.
 */
#include "core/launch.h"

#include "base/fd.h"

#include <errno.h>

bool launch_among_machines(const struct launch *l)
{
	return l->spec->lin.ns[NS_MNT].mode == NS_KEEP;
}

/* What such a container can't have. */
int launch_place_check(const struct launch *l, struct err *e)
{
	if (l->rootless) {
		err_set(e, EPERM, "linux.namespaces: make the container's mounts without a mount namespace of its own");
		return err_why(e, "among the machine's only the machine's root may mount");
	}
	if (l->spec->lin.ns[NS_USER].mode != NS_KEEP) {
		err_set(e, EPERM, "linux.namespaces: make the container's mounts without a mount namespace of its own");
		return err_why(e, "in a user namespace of its own it may mount nothing among the machine's");
	}
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (l->mopts[i].where[1] == '\0' && !l->mopts[i].remount) {
			err_set(e, 0, "mounts[%zu].destination: mount on /", i);
			return err_why(e, "without a mount namespace of its own the container would not end with it");
		}
	return 0;
}

static bool place_wanted(const void *ctx)
{
	return launch_among_machines(ctx);
}

static int root_mount_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return place_make(l->hook_root, l->root_fd, l->arena, &l->place, &l->holder_fd, e);
}

static void root_mount_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "make the mount that is to hold the root, and ask for the numbers of both");
	explain_shell(x, "mount --bind %s /holder", ((const struct launch *)ctx)->hook_root);
}

const struct step step_root_mount = {"root-mount", SIDE_HOST, place_wanted, root_mount_run, NULL, root_mount_explain};

static int attach_root_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = place_attach(&l->place, l->holder_fd, l->root_fd, e);

	fd_close(&l->holder_fd);
	return r;
}

static void attach_root_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "attach the root among the machine's mounts: the container has no mount namespace of its own");
	explain_shell(x, "mount --move /holder %s && mount --make-private %s", l->hook_root, l->hook_root);
	explain_shell(x, "mount --move /mnt %s && mount --make-private %s", l->hook_root, l->hook_root);
}

const struct step step_attach_root = {"attach-root",   SIDE_HOST, place_wanted,
				      attach_root_run, NULL,	  attach_root_explain};
