/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'exec': one more program in a container; see core/launch_join.c for how the container is entered.
 *
 * Engines call it every second (health checks), so nothing is noted: the container's record does not change, and no
 * lock is taken.  Who runs detached is left to whoever called us.
 */
#include "oci/exec.h"

#include "core/launch.h"
#include "core/self.h"
#include "core/sys.h"
#include "oci/console.h"
#include "oci/container.h"
#include "oci/foreground.h"
#include "oci/pid_file.h"
#include "oci/spec_json.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One exec: the container, and the launch of one more program in it. */
struct exec {
	struct oci_runtime *rt;
	const char *id;
	const struct oci_exec_options *o;
	struct oci_container container;
	struct cgroup_manager manager;
	struct spec spec; /* the container's, with the process asked for */
	struct launch launch;
	struct plan plan;
	struct rootfs no_root;
	int console; /* the socket that gets the terminal */
	sigset_t signals;
};

/* The exec that a step of the launch belongs to. */
static struct exec *of(void *ctx)
{
	return ((struct launch *)ctx)->owner;
}

/* ---- the container ---- */

/* Refuses a container that doesn't run. */
static int check_status(const struct exec *x, struct err *e)
{
	switch (x->container.status) {
	case STATUS_STOPPED:
		return err_set(e, 0, "cannot exec in a stopped container: %s", x->id);
	case STATUS_CREATING:
		return err_set(e, 0, "cannot exec in a container that is being created: %s", x->id);
	default:
		return 0;
	}
}

/* Refuses a container in which nothing would be run until somebody lets it go on. */
static int check_paused(const struct exec *x, struct err *e)
{
	if (x->o->ignore_paused || !x->launch.cg.path || !cgroup_frozen(&x->launch.cg))
		return 0;
	err_set(e, 0, "cannot exec in a paused container: %s", x->id);
	return err_cure(e, "use --ignore-paused to override");
}

static int find_run(void *ctx, struct err *e)
{
	struct exec *x = of(ctx);
	struct launch *l = &x->launch;
	int r = container_reach(&x->container, x->rt, x->id, false, e);

	r = r < 0 ? r : container_read(&x->container, e);
	if (r < 0)
		return r;
	container_glance(&x->container);
	r = check_status(x, e);
	r = r < 0 ? r : container_cgroup(&x->container, &x->manager, &l->cg, e);
	r = r < 0 ? r : check_paused(x, e);
	if (r < 0)
		return r;
	l->target_fd = x->container.pidfd;
	l->target_pid = x->container.record.pid;
	l->cgroup_host = &x->manager.host;
	l->cgroup_path = l->cg.path;
	return 0;
}

static const struct step step_find = {"find", SIDE_HOST, NULL, find_run, NULL, NULL};

/* ---- the process ---- */

/* A terminal goes to who waits for it, or is passed on by us. */
static int check_terminal(const struct exec *x, struct err *e)
{
	const struct oci_process_options *p = &x->o->process;

	if (p->detach && x->spec.process.terminal && !p->console_socket)
		return err_set(e, 0, "cannot allocate a terminal for a detached process without --console-socket");
	if (p->console_socket && !x->spec.process.terminal)
		return err_set(e, 0, "cannot use --console-socket without a terminal");
	return 0;
}

static int compose_run(void *ctx, struct err *e)
{
	struct exec *x = of(ctx);
	struct spec_process process;
	int r = container_spec(&x->container, &x->spec, e);

	r = r < 0 ? r : exec_process(x->o, &x->spec, x->rt->arena, &process, e);
	if (r < 0)
		return r;
	x->spec.process = process;
	if (x->container.record.place.path) /* whatever the words were, see create_config.c */
		x->spec.lin.ns[NS_MNT].mode = NS_KEEP;
	r = check_terminal(x, e);
	return r < 0 ? r : launch_prepare(&x->launch, e);
}

static const struct step step_compose = {"compose", SIDE_HOST, NULL, compose_run, NULL, NULL};

static bool copy_wanted(const void *ctx)
{
	return launch_copy_wanted(ctx);
}

static int copy_run(void *ctx, struct err *e)
{
	const struct oci_runtime *rt = of(ctx)->rt;

	umask(rt->umask); /* what begins anew takes it for the caller's */
	return self_protect(rt->arena, e);
}

static const struct step step_copy = {"own-copy", SIDE_HOST, copy_wanted, copy_run, NULL, NULL};

static bool console_wanted(const void *ctx)
{
	return ((const struct exec *)((const struct launch *)ctx)->owner)->o->process.console_socket;
}

/* Once, and after the copy, which begins anew: who waits at the socket takes one connection (conmon). */
static int console_run(void *ctx, struct err *e)
{
	return console_connect(of(ctx)->o->process.console_socket, &of(ctx)->console, e);
}

static const struct step step_console = {"console", SIDE_HOST, console_wanted, console_run, NULL, NULL};

static int signals_run(void *ctx, struct err *e)
{
	(void)e;
	if (!of(ctx)->o->process.detach) {
		foreground_begin(&of(ctx)->signals);
		of(ctx)->launch.signals = &of(ctx)->signals;
	}
	return 0;
}

static const struct step step_signals = {"signals", SIDE_HOST, NULL, signals_run, NULL, NULL};

/* ---- control groups ---- */

static bool groups_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->cgroup_path && (l->cg.v1_used || l->move_by_hand);
}

/*
 * In a container whose init has groups of its own below, with controllers, the group itself takes no process
 * (cgroups(7), "no internal processes"): then the program goes where the first process is.
 */
static int follow_first(struct exec *x, struct err *e)
{
	struct launch *l = &x->launch;
	char *path = arena_printf(l->arena, "/proc/%d/cgroup", (int)l->target_pid), *text, *line, *end;
	int r = file_read(AT_FDCWD, path, l->arena, 1 << 20, &text, NULL, e);

	if (r < 0)
		return r;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return err_set(e, EBUSY, "find the control group of the container's first process");
	line += *line == '\n' ? 4 : 3;
	end = line + strcspn(line, "\n");
	path = arena_printf(l->arena, "%s%.*s/cgroup.procs", l->cgroup_host->v2, (int)(end - line), line);
	return file_write(AT_FDCWD, path, arena_printf(l->arena, "%d", (int)l->pid), e);
}

static int groups_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct exec *x = of(ctx);
	int r;

	if (!l->move_by_hand)
		return cgroup_join(&l->cg, l->pid, false, e);
	r = cgroup_manager_join(&x->manager, &l->cg, l->pid, e);
	if (r != -EBUSY)
		return r;
	r = follow_first(x, e);
	return r < 0 ? r : cgroup_join(&l->cg, l->pid, false, e);
}

static void groups_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "move the process into the control groups that it could not be born in");
	explain_shell(x, "echo $PID > /sys/fs/cgroup/CONTROLLER%s/cgroup.procs",
		      ((const struct launch *)ctx)->cgroup_path);
}

static const struct step step_groups = {"join-cgroups", SIDE_HOST, groups_wanted, groups_run, NULL, groups_explain};

static bool subgroups_wanted(const void *ctx)
{
	return ((const struct exec *)((const struct launch *)ctx)->owner)->o->cgroups.n > 0;
}

static int subgroups_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return exec_subgroups(&l->cg, &of(ctx)->o->cgroups, l->pid, l->arena, e);
}

static const struct step step_subgroups = {"subgroups", SIDE_HOST, subgroups_wanted, subgroups_run, NULL, NULL};

/* ---- the plan ---- */

static const struct step *const steps[] = {
	&step_find,	&step_compose,	  &step_copy,	     &step_console,	&step_signals,
	&step_affinity, &step_join_clone, &step_groups,	     &step_subgroups,	&step_affinity_final,
	&step_oom,	&step_rdt,	  &step_schedule,    &step_begin,	&step_join,
	&step_user,	&step_terminal,	  &step_cwd,	     &step_personality, &step_memory_policy,
	&step_rights,	&step_spawn,	  &step_await_spawn,
};
/* So many of them look, and make nothing: with --explain they are all that is done. */
enum { EXPLAIN_STEPS = 2 };

/* A warning of the launch, from either side. */
static void warn(void *owner, const char *sentence)
{
	const struct oci_runtime *rt = ((struct exec *)owner)->rt;

	if (rt->warn)
		rt->warn(rt->ctx, sentence);
}

/* What is sent to the listener of the container's filter. */
static char *listener_text(void *owner, pid_t pid)
{
	struct exec *x = owner;
	static char version[] = SPEC_OCI_VERSION;
	struct oci_process_state s = {
		.oci_version = version,
		.pid = pid,
		.metadata = x->spec.lin.seccomp.listener_metadata,
	};

	strs_add(&s.fds, x->rt->arena, "seccompFd");
	container_hook_state(&x->container, &x->spec, STATUS_RUNNING, x->container.record.pid, &s.state);
	return oci_process_state_print(&s, x->rt->arena);
}

/* Everything that must be closed at the end is FD_NONE. */
static void exec_init(struct exec *x, struct oci_runtime *rt, const char *id, const struct oci_exec_options *o)
{
	struct launch *l = &x->launch;

	*x = (struct exec){.rt = rt, .id = id, .o = o, .console = FD_NONE};
	container_init(&x->container, rt, id);
	*l = (struct launch){
		.arena = rt->arena,
		.plan = &x->plan,
		.owner = x,
		.id = id,
		.stdio = {FD_NONE, FD_NONE, FD_NONE},
		.spec = &x->spec,
		.rootfs = &x->no_root,
		.rootless = rt->rootless,
		.joining = true,
		.by_spec = true,
		.leave_running = o->process.detach,
		.umask = rt->umask,
		.preserved = o->process.preserve_fds,
		.listen_fds = o->process.listen_fds,
		.warn = warn,
		.listener_text = listener_text,
		.target_fd = FD_NONE,
	};
	l->pidfd = l->terminal_fd = l->sock = l->root_fd = l->userns_fd = l->proc_fd = l->slave_fd = l->cg.v2_fd =
		FD_NONE;
	x->plan = (struct plan){.steps = steps, .n = ARRAY_LEN(steps), .ctx = l};
	spec_init(&x->spec);
}

/* Closes what is still open on every way out. */
static void exec_release(struct exec *x)
{
	fd_close(&x->console);
	launch_release(&x->launch);
	container_close(&x->container);
}

/* The program runs: its pid is told, its terminal handed over, its end awaited. */
static int exec_follow(struct exec *x, int *ret_status, struct err *e)
{
	const struct oci_process_options *p = &x->o->process;
	const struct launch *l = &x->launch;
	struct foreground f = {.pid = l->pid, .pidfd = l->pidfd, .master = x->console < 0 ? l->terminal_fd : FD_NONE};
	int r = pid_file_write(p->pid_file, l->pid, e);

	if (r == 0 && x->console >= 0)
		r = console_send(x->console, l->terminal_fd, e);
	if (r < 0) { /* who should watch over it will never know of it */
		(void)!sys_pidfd_send_signal(l->pidfd, SIGKILL, NULL, 0);
		return r;
	}
	return p->detach ? 0 : foreground_wait(&f, &x->signals, ret_status, e);
}

int oci_exec(struct oci_runtime *rt, const char *id, const struct oci_exec_options *o, int *ret_status, struct err *e)
{
	static const char *const quiet[] = {"find", "compose", NULL};
	CLEANUP(exec_release) struct exec x = {.console = FD_NONE};
	int r;

	exec_init(&x, rt, id, o);
	*ret_status = 0;
	r = plan_walk(&x.plan, rt->explain ? EXPLAIN_STEPS : x.plan.n, rt->timings && !rt->explain, quiet, e);
	if (r < 0)
		return r;
	if (rt->explain || rt->timings)
		plan_tell(&x.plan, rt->arena, rt->tell_steps, rt->ctx);
	return rt->explain ? 0 : exec_follow(&x, ret_status, e);
}
