/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle stop': asks a container to end, and sees to it that it does.  See lifecycle.h.
 *
 * The owner of the container notices by itself that the first process has ended and cleans up; "settle" only waits for
 * it.  Where the owner was killed meanwhile, there is nobody to wait for, and the box is taken over.
 */
#include "engine/lifecycle.h"
#include "engine/lifecycle_priv.h"
#include "engine/pool.h"

#include "core/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

enum { KILL_WAIT_MS = 10 * 1000, SETTLE_WAIT_MS = 30 * 1000 };

struct stop {
	struct box *box;
	int pidfd; /* of the first process; FD_NONE: it has ended already */
	int timeout_ms;
};

int box_walk(const struct step *const *steps, size_t n, void *ctx, struct err *e)
{
	struct plan p = {.steps = steps, .n = n, .ctx = ctx};

	return plan_run(&p, SIDE_HOST, 0, n, e);
}

/* Whether the first process may still be alive. */
static bool stop_alive(const void *ctx)
{
	const struct stop *s = ctx;

	return s->pidfd >= 0;
}

/* Sends the stop signal; a process that has just ended is what we want. */
static int signal_run(void *ctx, struct err *e)
{
	struct stop *s = ctx;
	int sig = s->box->record.stop_signal > 0 ? s->box->record.stop_signal : SIGTERM;
	int r = box_signal(s->box, sig, e);

	/* It must run to handle the signal. */
	if (r == 0)
		r = box_thaw_for_signal(s->box, e);
	return r == -ESRCH ? 0 : r;
}

/* Not having ended in time is no error: the next step kills. */
static int wait_run(void *ctx, struct err *e)
{
	struct stop *s = ctx;
	int r = process_wait(s->pidfd, s->timeout_ms);

	if (r == 0)
		fd_close(&s->pidfd);
	return r < 0 && r != -ETIMEDOUT ? err_set(e, -r, "wait for container %s to end", box_called(s->box)) : 0;
}

/* The cgroup stays: its owner wants to read there why the container ended. */
static int kill_run(void *ctx, struct err *e)
{
	struct stop *s = ctx;
	int r = box_kill_all(s->box, false, KILL_WAIT_MS, e);

	fd_close(&s->pidfd);
	return r;
}

/* Waits for the owner to clean up; does it where there is no owner any more. */
static int settle_run(void *ctx, struct err *e)
{
	struct stop *s = ctx;
	bool gone;
	int r = box_wait_free(s->box, SETTLE_WAIT_MS, e);

	if (r < 0 || box_own(s->box, NULL) < 0)
		return r; /* removed, or taken over by somebody else: it has ended in any case */
	r = box_state_load(s->box, e);
	/* With the lock in our hands: a state file that is still there was left by an owner that was killed. */
	if (r == 0 && s->box->state.status != BOX_EXITED)
		r = box_take_over(s->box, &gone, e);
	return r;
}

static const struct step step_signal = {.name = "signal", .side = SIDE_HOST, .wanted = stop_alive, .run = signal_run};
static const struct step step_wait = {.name = "wait", .side = SIDE_HOST, .wanted = stop_alive, .run = wait_run};
static const struct step step_kill = {.name = "kill", .side = SIDE_HOST, .wanted = stop_alive, .run = kill_run};
static const struct step step_settle = {.name = "settle", .side = SIDE_HOST, .run = settle_run};
static const struct step *const stop_steps[] = {&step_signal, &step_wait, &step_kill, &step_settle};

/* Stops a box that is open and loaded. */
static int stop_box(struct box *b, int timeout_s, struct err *e)
{
	struct stop s = {.box = b, .pidfd = FD_NONE};
	int64_t seconds = timeout_s >= 0 ? timeout_s : b->record.stop_timeout_s;

	if (pool_parked(b, e))
		return -EINVAL;
	if (b->state.status == BOX_CREATED && box_owned(b)) {
		err_set(e, EBUSY, "stop container %s", box_called(b));
		return err_why(e, "it is just being started");
	}
	if (b->state.status == BOX_CREATED)
		return 0;
	s.timeout_ms = (int)MIN(seconds * 1000, (int64_t)INT_MAX);
	/* Gone already: the steps that need it are not wanted, and the owner is about to notice. */
	int r = b->state.pid > 0 ? box_pidfd(b, &s.pidfd, NULL) : 0;
	if (r < 0 && r != -ESRCH)
		r = box_pidfd(b, &s.pidfd, e);
	else
		r = box_walk(stop_steps, ARRAY_LEN(stop_steps), &s, e);
	fd_close(&s.pidfd);
	return r;
}

int box_stop(struct home *h, const char *ref, int timeout_s, struct err *e)
{
	CLEANUP(box_close) struct box b;
	int r = box_find(h, ref, false, &b, e);

	return r < 0 ? r : stop_box(&b, timeout_s, e);
}
