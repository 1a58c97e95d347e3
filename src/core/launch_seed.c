/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a box begins from the seed (seed.h) instead of a copy of the machine's mounts.
 *
 * It then sees nothing of the machine's files from its second step on.  So it must need nothing of them: what it is
 * handed over as descriptors was taken by the host side, and file systems without a source are made anywhere.
 */
#include "core/launch.h"

#include "core/fast.h"
#include "core/seed.h"

#include <string.h>

/* Whether the box can make mount I without a look at the machine's files. */
static bool mount_needs_nothing(const struct launch *l, size_t i)
{
	static const char *const types[] = {"proc", "sysfs", "tmpfs", "devpts", "mqueue"};
	const struct mount_opts *o = &l->mopts[i];
	const char *type = l->spec->mounts.v[i].type;

	if (o->bind || o->remount)
		return true; /* the host side takes it; it concerns the container's own */
	if (o->idmap || o->idmap_rec || l->spec->mounts.v[i].uid_map.n > 0 || !type)
		return false;
	if (strcmp(type, "cgroup") == 0 || strcmp(type, "cgroup2") == 0)
		return l->cgroup_host && l->cgroup_host->layout == CGROUP_V2 && launch_new_ns(l, NS_CGROUP);
	for (size_t k = 0; k < ARRAY_LEN(types); k++)
		if (strcmp(type, types[k]) == 0)
			return true;
	return false;
}

/*
 * In a user namespace the kernel makes a new /proc or /sys only where one can be seen already; and hooks are programs
 * of the machine.
 */
static bool is_eligible(const struct launch *l)
{
	if (!launch_new_ns(l, NS_MNT) || l->spec->lin.ns[NS_USER].mode != NS_KEEP || l->rootless || l->hook_root ||
	    l->rootfs->kind != ROOTFS_DIRECT || l->spec->lin.ns[NS_CGROUP].mode == NS_JOIN || l->etc_files)
		return false;
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (!mount_needs_nothing(l, i))
			return false;
	return fast_way("seed");
}

static bool seed_wanted(const void *ctx)
{
	return is_eligible(ctx);
}

/* Without a seed the box begins from the machine's mounts. */
static int seed_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	(void)e;
	l->seed_fd = seed_open();
	l->seeded = l->seed_fd >= 0;
	return 0;
}

static void seed_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "have the mounts begin from an empty namespace, if there is one, not from the machine's");
	explain_shell(x, "nsenter --mount=/run/isle/seed/mnt unshare --mount …");
}

const struct step step_seed = {"seed", SIDE_HOST, seed_wanted, seed_run, NULL, seed_explain};
