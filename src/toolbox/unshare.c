/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unshare(1): the plan, and the way through it; see unshare.h. */
#include "base/fd.h"
#include "toolbox/child.h"
#include "toolbox/unshare_priv.h"

#include <signal.h>

static const struct step *const steps[] = {
	&step_unshare_outsider,	 &step_unshare_owner,	    &step_unshare_namespaces,	&step_unshare_setgroups,
	&step_unshare_maps,	 &step_unshare_clocks,	    &step_unshare_files,	&step_unshare_fork,
	&step_unshare_pid_file,	 &step_unshare_propagation, &step_unshare_interp_early, &step_unshare_root,
	&step_unshare_directory, &step_unshare_proc,	    &step_unshare_binfmt,	&step_unshare_interp,
	&step_unshare_ids,	 &step_unshare_keep_caps,   &step_unshare_tie,		&step_unshare_program,
};

/* Runs the steps of this process; in the one that forked, those of a child are not its own. */
static int steps_run(struct unshare *u, struct err *e)
{
	struct plan *p = u->plan;
	size_t fork_step = plan_find(p, step_unshare_fork.name);
	int r = plan_run(p, SIDE_HOST, 0, fork_step, e);

	/* A child that the program would not know about must be gone by then; one that keeps files is none. */
	if (r == 0 && !u->any_file)
		outsider_leave(&u->outsider);
	if (r == 0)
		r = plan_run(p, SIDE_HOST, fork_step, p->n, e);
	if (r == 0 && u->child == 0)
		r = plan_run(p, SIDE_BOX, 0, p->n, e);
	return r;
}

int unshare_run(const struct unshare_options *o, const struct tool_mode *m, struct arena *a, int *ret_status,
		struct err *e)
{
	struct plan plan = {.steps = steps, .n = ARRAY_LEN(steps)};
	struct unshare u = {.arena = a, .plan = &plan, .mode = m, .outsider = {.sock = FD_NONE}, .parent_fd = FD_NONE};
	int r = unshare_request(o, &u, e);

	plan.ctx = &u;
	if (r < 0)
		return r;
	if (m->explain) {
		plan_tell(&plan, a, m->tell_steps, m->ctx);
		return 0;
	}
	/* Ignored, as a caller may hand it down, it would keep us and the program from waiting for children. */
	signal(SIGCHLD, SIG_DFL);
	if (m->timings)
		r = plan_time(&plan, e);
	if (r == 0)
		r = steps_run(&u, e);
	if (r < 0) {
		plan_undo(&plan);
		return r;
	}
	outsider_leave(&u.outsider);
	return child_wait(u.child, u.forward ? CHILD_FORWARD : 0, ret_status, e);
}
