/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle kill': a signal for a container's first process.  See lifecycle.h. */
#include "engine/lifecycle.h"
#include "engine/lifecycle_priv.h"
#include "engine/pool.h"

#include "core/sys.h"

#include <errno.h>
#include <signal.h>

int box_must_run(const struct box *b, struct err *e)
{
	if (b->state.status == BOX_RUNNING || b->state.status == BOX_PAUSED)
		return 0;
	if (pool_parked(b, e))
		return -EINVAL;
	err_set(e, 0, "reach container %s", box_called(b));
	err_why(e, b->state.status == BOX_CREATED ? "it has not been started" : "it has ended");
	return err_cure(e, "isle start %s", box_called(b));
}

int box_freeze(struct box *b, bool freeze, struct err *e)
{
	enum { FREEZE_WAIT_MS = 10 * 1000 };
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = box_cgroup_open(b, &cg, e);

	return r < 0 ? r : cgroup_freeze(&cg, freeze, FREEZE_WAIT_MS, e);
}

int box_thaw_for_signal(struct box *b, struct err *e)
{
	struct err why = {0};
	int r = b->state.status == BOX_PAUSED ? box_freeze(b, false, &why) : 0;

	if (r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	return r < 0 ? err_copy(e, &why) : 0;
}

int box_signal(struct box *b, int sig, struct err *e)
{
	auto_fd pidfd = FD_NONE;
	int r = box_pidfd(b, &pidfd, e);

	if (r == 0 && sys_pidfd_send_signal(pidfd, sig, NULL, 0) < 0)
		r = err_set(e, errno, "send signal %d to container %s", sig, box_called(b));
	/* On old kernels a frozen process takes even SIGKILL only when thawed. */
	if (r == 0 && sig == SIGKILL)
		r = box_thaw_for_signal(b, e);
	return r;
}

int box_kill(struct home *h, const char *ref, int sig, struct err *e)
{
	enum { SETTLE_MS = 10 * 1000 };

	if (sig < 0 || sig > SIGRTMAX)
		return err_set(e, EINVAL, "send signal %d", sig);
	CLEANUP(box_close) struct box b;
	int r = box_find(h, ref, false, &b, e);
	if (r == 0)
		r = box_must_run(&b, e);
	if (r == 0)
		r = box_signal(&b, sig, e);
	/* Nothing survives SIGKILL: when we return the container has ended, and can be removed or started at once. */
	if (r == 0 && sig == SIGKILL)
		r = box_wait_free(&b, SETTLE_MS, e);
	return r;
}
