/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the limits of a group that lives.
 *
 * On v2 a controller is enabled on the way down and the files appear.  In a v1 hierarchy the group may not exist yet,
 * since a container enters only those that its limits ask for (cgroup.h); then it is made, the limits are written while
 * nobody is in it, and the container's processes are moved in.  They fork meanwhile, and a child is where its parent
 * was when it forked; so the list is read again until all are there, and the container is frozen if it runs too fast.
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	JOIN_ROUNDS = 64,
	FREEZE_ROUND = 8, /* after so many rounds the container is held still */
	FREEZE_MS = 1000,
	UNDO_MS = 100,
};

/* The group in the v1 hierarchy of C alone. */
static struct cgroup part_of(const struct cgroup *cg, int c)
{
	return (struct cgroup){.host = cg->host, .path = cg->path, .v2_fd = FD_NONE, .v1_used = 1u << c};
}

/* Orders process ids. */
static int pid_order(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* Moves those of the container who are not in PART yet; *RET_MOVED says how many. */
static int move_rest(const struct cgroup *cg, const struct cgroup *part, int dir, size_t *ret_moved, struct err *e)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct pids all = {0}, there = {0};
	int r = cgroup_pids(cg, &a, &all, e);

	*ret_moved = 0;
	if (r == 0)
		r = cgroup_pids(part, &a, &there, e);
	if (r == 0 && there.n > 0)
		qsort(there.v, there.n, sizeof(*there.v), pid_order);
	for (size_t i = 0; r == 0 && i < all.n; i++) {
		if (there.n > 0 && bsearch(&all.v[i], there.v, there.n, sizeof(*there.v), pid_order))
			continue;
		++*ret_moved;
		r = cgroup_put(dir, "cgroup.procs", e, "%d", (int)all.v[i]);
		r = r == -ESRCH ? 0 : r;
	}
	return r;
}

/* Moves all of the container into its new group in the v1 hierarchy of C. */
static int move_all(const struct cgroup *cg, int c, struct err *e)
{
	struct cgroup part = part_of(cg, c), before = *cg;
	auto_fd dir = cgroup_dir(cg->host->v1[c], cg->path);
	bool frozen = false;
	size_t moved = 1;
	int r = dir < 0 ? err_set(e, -dir, "open the control group %s%s", cg->host->v1[c], cg->path) : 0;

	before.v1_used &= ~(1u << c); /* who is in the container is told by the others */
	for (int round = 0; r == 0 && moved > 0; round++) {
		if (round == JOIN_ROUNDS)
			r = err_set(e, EAGAIN, "find all processes of the container, which makes new ones");
		if (round == FREEZE_ROUND && !cgroup_frozen(&before))
			frozen = cgroup_freeze(&before, true, FREEZE_MS, NULL) == 0;
		if (r == 0)
			r = move_rest(&before, &part, dir, &moved, e);
	}
	if (frozen)
		(void)!cgroup_freeze(&before, false, FREEZE_MS, NULL);
	if (r < 0)
		return err_context(e, "put the container into its control group in the hierarchy %s", cg->host->v1[c]);
	return 0;
}

/* Makes the group in the v1 hierarchies of WANTED where it is not; *RET_NEW are those. */
static int make_missing(struct cgroup *cg, uint32_t wanted, uint32_t *ret_new, struct err *e)
{
	int r = 0;

	*ret_new = 0;
	for (int c = 0; r == 0 && c < CGC_COUNT; c++) {
		bool made;

		if (!(wanted & ~cg->v1_used & 1u << c))
			continue;
		r = cgroup_v1_make(cg->host, (enum cgroup_controller)c, cg->path, &made, e);
		if (r == 0) {
			cg->v1_used |= 1u << c;
			*ret_new |= 1u << c;
		}
	}
	return r;
}

/* Takes back the groups of NEW, in which nobody is. */
static void take_back(struct cgroup *cg, uint32_t new)
{
	for (int c = 0; c < CGC_COUNT; c++) {
		struct cgroup part = part_of(cg, c);

		if (new & 1u << c && cgroup_remove(&part, UNDO_MS, NULL) == 0)
			cg->v1_used &= ~(1u << c);
	}
}

int cgroup_update(struct cgroup *cg, const struct spec_resources *res, struct err *e)
{
	struct cgroup_needs needs;
	uint32_t new = 0;
	int r = cgroup_check(cg->host, res, e);

	if (r < 0)
		return r;
	if (!cgroup_tracker(cg))
		return err_set(e, ENOENT, "change the limits of the control group %s", cg->path ? cg->path : "");
	cgroup_needs_find(cg->host, res, &needs);
	if (res->devices.n > 0 && cgroup_devices_on_v1(cg->host))
		needs.v1 |= 1u << CGC_DEVICES;
	if (cg->v2_fd >= 0 && *needs.v2_words) {
		auto_fd fd = FD_NONE;
		bool made;

		r = cgroup_v2_make(cg->host, cg->path, needs.v2_words, &fd, &made, e);
	}
	if (r == 0)
		r = make_missing(cg, needs.v1, &new, e);
	if (r == 0)
		r = cgroup_limits_write(cg, res, false, e);
	if (r == 0 && res->devices.n > 0)
		r = cgroup_devices_write(cg, &res->devices, e);
	if (r < 0) {
		take_back(cg, new);
		return r;
	}
	for (int c = 0; r == 0 && c < CGC_COUNT; c++)
		if (new & 1u << c)
			r = move_all(cg, c, e);
	return r;
}
