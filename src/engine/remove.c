/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle rm': removes a container, with force also one that runs or is broken.  See lifecycle.h.
 *
 * With force nothing that is recorded is needed: the id gives the cgroup, the cgroup gives the processes.  The owner,
 * if there is one, sees its container die and lets go; then the box is ours.  Killed half-way, the same command or any
 * sweep goes on, for RUN/boxes/ID is the last to go.
 */
#include "engine/lifecycle.h"
#include "engine/lifecycle_priv.h"
#include "engine/pool.h"

#include <errno.h>

enum { KILL_WAIT_MS = 10 * 1000, ROUND_MS = 200, ROUNDS = 100 };

struct removal {
	struct box *box;
	bool force;
	bool gone; /* its owner has removed it, as after --rm */
};

/* Somebody else may have removed the box while we waited for it. */
static bool not_gone(const void *ctx)
{
	return !((const struct removal *)ctx)->gone;
}

/* Whether there is somebody to be driven out first. */
static bool kill_wanted(const void *ctx)
{
	const struct removal *m = ctx;

	return m->force && box_owned(m->box);
}

/*
 * Kills the container until its owner lets go.  More than once, for an owner that is only about to start it will have
 * made the cgroup at the second look.
 */
static int kill_run(void *ctx, struct err *e)
{
	struct removal *m = ctx;
	int r = -ETIMEDOUT;

	for (int round = 0; r == -ETIMEDOUT && round < ROUNDS; round++) {
		r = box_kill_all(m->box, false, KILL_WAIT_MS, e);
		if (r < 0)
			break;
		r = box_wait_free(m->box, ROUND_MS, e);
	}
	return r;
}

/* A box that is gone by now is what was wanted. */
static int own_run(void *ctx, struct err *e)
{
	struct removal *m = ctx;
	int r = box_own(m->box, e);

	m->gone = r == -ENOENT;
	return m->gone ? 0 : r;
}

/* What an owner that was killed has left: a cgroup, perhaps with processes. */
static int cgroup_run(void *ctx, struct err *e)
{
	return box_kill_all(((struct removal *)ctx)->box, true, KILL_WAIT_MS, e);
}

/* The point of no return: from here on every sweep goes on with the removal. */
static int forget_run(void *ctx, struct err *e)
{
	return box_forget(((struct removal *)ctx)->box, e);
}

/* The name and the ids are free for others. */
static int unname_run(void *ctx, struct err *e)
{
	(void)e;
	box_release_claims(((struct removal *)ctx)->box);
	return 0;
}

/* What a killed remover is found by goes last. */
static int discard_run(void *ctx, struct err *e)
{
	return box_discard(((struct removal *)ctx)->box, e);
}

static const struct step step_kill = {.name = "kill", .side = SIDE_HOST, .wanted = kill_wanted, .run = kill_run};
static const struct step step_own = {.name = "own", .side = SIDE_HOST, .run = own_run};
static const struct step step_cgroup = {.name = "cgroup", .side = SIDE_HOST, .wanted = not_gone, .run = cgroup_run};
static const struct step step_forget = {.name = "forget", .side = SIDE_HOST, .wanted = not_gone, .run = forget_run};
static const struct step step_unname = {.name = "unname", .side = SIDE_HOST, .wanted = not_gone, .run = unname_run};
static const struct step step_discard = {.name = "discard", .side = SIDE_HOST, .wanted = not_gone, .run = discard_run};
static const struct step *const remove_steps[] = {
	&step_kill, &step_own, &step_cgroup, &step_forget, &step_unname, &step_discard,
};

/* Refuses what only force may remove. */
static int check_idle(struct box *b, struct err *e)
{
	if (!box_owned(b))
		return 0;
	if (pool_parked(b, e))
		return -EINVAL;
	err_set(e, EBUSY, "remove container %s", box_called(b));
	err_why(e, "it is %s", b->state.status == BOX_CREATED ? "just being made" : box_status_names[b->state.status]);
	return err_cure(e, "stop it first, or use isle rm -f %s", box_called(b));
}

int box_rm(struct home *h, const char *ref, bool force, struct err *e)
{
	CLEANUP(box_close) struct box b;
	int r = box_open(h, ref, &b, e);

	if (r == -ENOENT && force)
		return 0;
	if (r < 0)
		return r;
	r = box_load(&b, false, e);
	if (r == 0 && !force)
		r = check_idle(&b, e);
	if (r == 0 || force) {
		struct removal m = {.box = &b, .force = force};

		r = box_walk(remove_steps, ARRAY_LEN(remove_steps), &m, e);
	}
	return r;
}
