/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a box begins from the seed (seed.h) instead of a copy of the machine's mounts.
 *
 * It then sees nothing of the machine's files from 'own-mounts' on.  So it must need nothing of them: what is shared
 * with it was taken as descriptors, by the host side or by itself before, and file systems without a source are made
 * anywhere.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/seed.h"

#include <linux/mount.h>
#include <string.h>

/* File systems that are made anywhere, and the namespace that each shows. */
static const struct {
	const char *type;
	int shows; /* enum ns_kind; -1: none */
} made_anywhere[] = {
	{"proc", NS_PID},	{"sysfs", NS_NET}, {"mqueue", NS_IPC}, {"cgroup", NS_CGROUP},
	{"cgroup2", NS_CGROUP}, {"tmpfs", -1},	   {"devpts", -1},
};

/*
 * Whether the box can make a file system that shows SHOWS without a look at the machine's: what it shows has to be the
 * container's, if that has a user namespace of its own; and there is only one of control groups.
 */
static bool shows_own(const struct launch *l, int shows)
{
	if (shows == NS_CGROUP &&
	    !(l->cgroup_host && l->cgroup_host->v2 && (!l->by_spec || l->cgroup_host->layout == CGROUP_V2)))
		return false;
	return shows < 0 || launch_new_ns(l, (enum ns_kind)shows) ||
	       (shows != NS_CGROUP && l->spec->lin.ns[NS_USER].mode == NS_KEEP);
}

/* Whether mount I, a whole /proc or /sys, is refused because the one that can be seen keeps other access times. */
static bool times_differ(const struct launch *l, size_t i, int shows)
{
	return l->spec->lin.ns[NS_USER].mode != NS_KEEP && (shows == NS_PID || shows == NS_NET) &&
	       l->mopts[i].set & (MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME);
}

bool launch_mount_needs_nothing(const struct launch *l, size_t i)
{
	const struct mount_opts *o = &l->mopts[i];
	const char *type = l->spec->mounts.v[i].type;

	if (o->bind || o->remount)
		return true; /* it is taken before; it concerns the container's own */
	if (o->idmap || o->idmap_rec || l->spec->mounts.v[i].uid_map.n > 0 || !type)
		return false;
	for (size_t k = 0; k < ARRAY_LEN(made_anywhere); k++)
		if (strcmp(type, made_anywhere[k].type) == 0)
			return shows_own(l, made_anywhere[k].shows) && !times_differ(l, i, made_anywhere[k].shows);
	return false;
}

/*
 * Hooks are programs of the machine.  A box with its own user namespace can't enter the seed but only be born in it,
 * where there is no /proc to set clocks by; and if that has husks, it can't stay below the container's root.
 */
bool launch_seed_fits(const struct launch *l)
{
	bool born_inside = l->user_ahead && !launch_shifts_clocks(l) && !l->no_pivot;

	if (!launch_new_ns(l, NS_MNT) || !(l->spec->lin.ns[NS_USER].mode == NS_KEEP || born_inside) || l->rootless ||
	    l->hook_root || l->spec->lin.ns[NS_CGROUP].mode == NS_JOIN)
		return false;
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (!launch_mount_needs_nothing(l, i))
			return false;
	return fast_way("seed");
}

static bool seed_wanted(const void *ctx)
{
	return launch_seed_fits(ctx);
}

/* Without a seed the box begins from the machine's mounts. */
static int seed_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	(void)e;
	l->seed_fd = seed_open(l->user_ahead && !l->shown ? SEED_USER : SEED_EMPTY);
	l->seeded = l->seed_fd >= 0;
	return 0;
}

static void seed_undo(void *ctx)
{
	fd_close(&((struct launch *)ctx)->seed_fd);
}

static void seed_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "have the mounts begin from an empty namespace, if there is one, not from the machine's");
	explain_shell(x, "nsenter --mount=/run/isle/seeds/mnt unshare --mount …");
}

const struct step step_seed = {"seed", SIDE_HOST, seed_wanted, seed_run, seed_undo, seed_explain};
