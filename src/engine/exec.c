/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle exec': see exec.h, and launch_join.c for how the container is entered. */
#include "engine/exec.h"

#include "base/fd.h"
#include "core/defaults.h"
#include "core/launch.h"
#include "core/self.h"
#include "engine/compose.h"
#include "engine/pool.h"
#include "engine/signals.h"
#include "engine/start.h"
#include "engine/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One exec: the container, and the launch of one more program in it. */
struct exec {
	struct home *home;
	const char *ref;
	const struct exec_options *o;
	struct box box;
	struct spec spec; /* the container's, with the process asked for */
	struct launch launch;
	struct plan plan;
	struct rootfs no_root;
	int pidfd; /* of the container's first process */
	int ours[3];
	sigset_t signals;
};

/* The exec that a step of the launch belongs to. */
static struct exec *of(void *ctx)
{
	return ((struct launch *)ctx)->owner;
}

/* ---- the container ---- */

static int find_run(void *ctx, struct err *e)
{
	struct exec *x = of(ctx);
	const struct cgroup_host *cgroups;
	char *path;
	int r = box_find(x->home, x->ref, true, &x->box, e);

	if (r < 0)
		return r;
	if (x->box.state.status == BOX_PAUSED) {
		err_set(e, EBUSY, "run a program in %s", box_called(&x->box));
		err_why(e, "it is paused");
		return err_cure(e, "isle unpause %s", box_called(&x->box));
	}
	if (pool_parked(&x->box, e))
		return -EINVAL;
	if (x->box.state.status != BOX_RUNNING) {
		err_set(e, ESRCH, "run a program in %s", box_called(&x->box));
		err_why(e, "it does not run");
		return err_cure(e, "isle start %s", box_called(&x->box));
	}
	if ((r = box_pidfd(&x->box, &x->pidfd, e)) < 0 || (r = home_cgroups(x->home, &cgroups, e)) < 0)
		return r;
	x->launch.target_fd = x->pidfd;
	x->launch.target_pid = x->box.state.pid;
	x->launch.cgroup_host = cgroups;
	if (!x->box.state.cgroup_path)
		return 0;
	if ((r = box_cgroup_path(&x->box, &path, e)) < 0)
		return r;
	x->launch.cgroup_path = path;
	return cgroup_open(&x->launch.cg, cgroups, path, x->home->arena, e);
}

static const struct step step_find = {"find", SIDE_HOST, NULL, find_run, NULL, NULL};

/* ---- the process ---- */

/* Every capability there is: what the user namespace of the container gives is what comes of it. */
static void all_rights(struct spec *s)
{
	const uint64_t all = (1ULL << 41) - 1;

	s->process.caps = (struct spec_caps){.has = true, .bounding = all, .effective = all, .permitted = all};
	s->process.no_new_privileges = false;
	s->lin.seccomp = (struct spec_seccomp){.mode = SECCOMP_NONE};
}

static int compose_run(void *ctx, struct err *e)
{
	struct exec *x = of(ctx);
	const struct exec_options *o = x->o;
	struct spec_process *p = &x->spec.process;
	struct arena *a = x->home->arena;

	x->spec = x->box.spec;
	p->args = (struct strs){0};
	for (size_t i = 0; i < o->command.n; i++)
		strs_add(&p->args, a, o->command.v[i]);
	/* The list is the box's own; what is added must not grow into it. */
	struct strs inherited = p->env;
	p->env = (struct strs){0};
	for (size_t i = 0; i < inherited.n; i++)
		if (!o->user || strncmp(inherited.v[i], "HOME=", 5) != 0)
			strs_add(&p->env, a, inherited.v[i]);
	int r = compose_env(&o->env, &o->env_file, a, p, e);
	if (r < 0)
		return r;
	if (o->workdir) {
		if (o->workdir[0] != '/')
			return err_set(e, 0, "--workdir %s: it must be an absolute path", o->workdir);
		p->cwd = o->workdir;
	}
	if (o->user)
		p->user = (struct spec_user){.username = o->user, .umask = p->user.umask};
	compose_terminal(o->tty, p);
	if (o->tty && !spec_env(p, "TERM"))
		spec_env_set(p, a, "TERM", "xterm");
	if (o->privileged)
		all_rights(&x->spec);
	return launch_prepare(&x->launch, e);
}

static const struct step step_compose = {"compose", SIDE_HOST, NULL, compose_run, NULL, NULL};

/* ---- our own file ---- */

static bool copy_wanted(const void *ctx)
{
	return launch_copy_wanted(ctx);
}

static int copy_run(void *ctx, struct err *e)
{
	return self_protect(of(ctx)->home->arena, e);
}

static const struct step step_copy = {"own-copy", SIDE_HOST, copy_wanted, copy_run, NULL, NULL};

/* ---- descriptors ---- */

/* Ours where they may be handed in, else pipes (start_stdio.c); a detached program gets /dev/null. */
static int stdio_run(void *ctx, struct err *e)
{
	struct exec *x = of(ctx);
	int *stdio = x->launch.stdio, r = 0;

	signals_block(&x->signals);
	for (int i = 0; i < 3 && r == 0 && !x->o->tty; i++) {
		if (!x->o->detach && (i > 0 || x->o->interactive))
			r = stdio_open(i, true, &stdio[i], &x->ours[i], e);
		else if ((stdio[i] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
			r = err_set(e, errno, "open /dev/null");
	}
	return r;
}

static const struct step step_stdio = {"stdio", SIDE_HOST, NULL, stdio_run, NULL, NULL};

static const struct step *const steps[] = {
	&step_find,	   &step_compose,      &step_copy,	     &step_stdio,  &step_affinity,
	&step_join_clone,  &step_join_cgroups, &step_affinity_final, &step_oom,	   &step_rdt,
	&step_schedule,	   &step_begin,	       &step_join,	     &step_user,   &step_terminal,
	&step_cwd,	   &step_personality,  &step_memory_policy,  &step_rights, &step_spawn,
	&step_await_spawn,
};
/* So many of them look, and make nothing: with --explain they are all that is done. */
enum { EXPLAIN_STEPS = 2 };

/* Everything that must be closed at the end is FD_NONE. */
static void exec_init(struct exec *x, struct home *h, const char *ref, const struct exec_options *o)
{
	struct launch *l = &x->launch;

	*x = (struct exec){.home = h, .ref = ref, .o = o, .pidfd = FD_NONE, .ours = {FD_NONE, FD_NONE, FD_NONE}};
	x->box.run_fd = x->box.data_fd = x->box.owner_fd = FD_NONE;
	*l = (struct launch){.arena = h->arena,
			     .plan = &x->plan,
			     .owner = x,
			     .stdio = {FD_NONE, FD_NONE, FD_NONE},
			     .spec = &x->spec,
			     .rootfs = &x->no_root,
			     .joining = true,
			     .leave_running = o->detach,
			     .signals = &x->signals,
			     .target_fd = FD_NONE};
	l->pidfd = l->terminal_fd = l->sock = l->root_fd = l->userns_fd = l->proc_fd = l->slave_fd = l->cg.v2_fd =
		FD_NONE;
	x->plan = (struct plan){.steps = steps, .n = ARRAY_LEN(steps), .ctx = l};
}

/* Closes what is still open on every way out. */
static void exec_release(struct exec *x)
{
	for (int i = 0; i < 3; i++)
		fd_close(&x->ours[i]);
	stdio_close(x->launch.stdio);
	fd_close(&x->pidfd);
	launch_release(&x->launch);
	box_close(&x->box);
}

/* Watches over the program until it ends. */
static int exec_watch(struct exec *x, int *ret_status, struct err *e)
{
	struct supervise w = supervise_of(x->launch.pid, x->launch.pidfd, x->ours, &x->launch.terminal_fd);

	stdio_close(x->launch.stdio);
	w.interactive = x->o->interactive;
	return supervise_foreground(&w, ret_status, e);
}

int engine_exec(struct home *h, const char *ref, const struct exec_options *o, const struct run_mode *m,
		int *ret_status, struct err *e)
{
	static const char *const quiet[] = {"find", "compose", NULL};
	CLEANUP(exec_release) struct exec x;
	int r;

	exec_init(&x, h, ref, o);
	*ret_status = 0;
	r = plan_walk(&x.plan, m->explain ? EXPLAIN_STEPS : x.plan.n, m->timings, quiet, e);
	if (r < 0)
		return r;
	if (m->explain || m->timings)
		plan_tell(&x.plan, h->arena, m->tell_steps, m->ctx);
	return m->explain || o->detach ? 0 : exec_watch(&x, ret_status, e);
}
