/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One more program in a container that runs, last part: its process.  See launch_join.c for who makes it.
 *
 * It stands in the container's pid namespace before it has executed the program, and there shows the file that it runs
 * from.  Where ids are mapped, that may be isle's: this process's memory belongs to the machine's user namespace, so
 * nobody of the container's may look (who shares its pid namespace, has the machine's ids and SYS_PTRACE may: see
 * SECURITY.md).  Where the container's root is the machine's, the go-between first becomes isle-spawn, a small program
 * in memory that shows nothing of isle's (src/init/spawn.c).  Where a label comes with the execve, that might take the
 * socket away: there isle runs from a copy in memory (core/self.h).
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/preserved.h"
#include "core/program.h"
#include "core/rights.h"
#include "core/scheduler.h"
#include "core/spawn_order.h"
#include "core/sys.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#ifndef F_SEAL_FUTURE_WRITE /* 5.1 */
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

/* Whoever tells of it: what failed is the step that executes the program. */
static int exec_failed(struct err *e, int r)
{
	if (e)
		snprintf(e->step, sizeof(e->step), "exec");
	return r;
}

/* ---- by isle itself ---- */

/* What the program's process does: never returns. */
static _Noreturn void program(struct launch *l)
{
	struct err e = {0};
	int r = launch_stdio(l, &e);

	if (r == 0 && !l->leave_running)
		r = rights_tie(&e);
	if (r == 0 && scheduler_partial(&l->process.scheduler))
		r = scheduler_set(0, &l->process.scheduler, &e);
	if (r == 0 && launch_execute(l, &e) < 0)
		exec_failed(&e, 0);
	hs_send_err(l->sock, HS_FAILED, &e);
	_exit(e.status ? e.status : EXIT_ISLE);
}

static int spawn(struct launch *l, struct err *e)
{
	/* The program's process must not bring it in even before its exec. */
	launch_close_outside(l);
	/*
	 * CLONE_PARENT: the host side is its parent and reaps it.  Never with CLONE_VM, however much faster: who has
	 * SYS_PTRACE in the container could write into us by way of it, and we stand in the machine's pid namespace.
	 */
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		program(l);
	if (pid < 0) {
		int code = errno;

		err_set(e, code, "make a process in the container");
		return code == ENOMEM ? err_why(e, "its first process has ended") : -code;
	}
	int r = hs_send_value(l->sock, HS_READY, pid, NULL, 0, e);
	if (r < 0)
		return r;
	_exit(0);
}

/* ---- by isle-spawn ---- */

bool launch_copy_wanted(const struct launch *l)
{
	const struct spec_process *p = &l->spec->process;

	/* A user other than root has the capability for such a policy no more when it has executed anything. */
	return l->exposed && (p->selinux_label || p->apparmor_profile || scheduler_partial(&p->scheduler));
}

/* Which word of the environment tells the program's pid; -1: none. */
static int listen_pid(const struct launch *l)
{
	for (size_t i = 0; i < l->process.env.n && l->listen_fds > 0; i++)
		if (strncmp(l->process.env.v[i], "LISTEN_PID=", strlen("LISTEN_PID=")) == 0)
			return (int)i;
	return -1;
}

/* Fills in O, whose memory is zero: no page of it is touched that need not be. */
static void order_fill(const struct launch *l, struct spawn_order *o)
{
	o->sock = l->sock;
	o->terminal = l->slave_fd;
	o->listen_pid = listen_pid(l);
	o->tied = !l->leave_running;
	if (l->signals)
		o->signals = *l->signals;
	else
		sigprocmask(SIG_BLOCK, NULL, &o->signals);
	if (l->filtered || l->filter.n == 0)
		return;
	o->filter_flags = l->filter.flags;
	o->filter_n = (unsigned int)l->filter.n;
	memcpy(o->filter, l->filter.v, l->filter.n * sizeof(o->filter[0]));
}

/* Writes the order behind the program in its file: by memory, for a limit on the size of files may be in force. */
static int order_write(const struct launch *l, struct err *e)
{
	struct spawn_order *o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE, MAP_SHARED, l->init_fd, SPAWN_ORDER_AT);

	if (o == MAP_FAILED)
		return err_set(e, errno, "write the order for isle-spawn");
	order_fill(l, o);
	munmap(o, sizeof(*o));
	/* What was written may wait in another processor's list: F_SEAL_WRITE would wait for all of them. */
	if (fcntl(l->init_fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) < 0)
		return err_set(e, errno, "seal isle-spawn");
	return 0;
}

/* Becomes isle-spawn, for the program PATH. */
static int become(struct launch *l, char *path, struct err *e)
{
	const int kept[] = {l->sock, l->init_fd, l->slave_fd};
	struct strs args = {0};

	strs_add(&args, l->arena, "isle-spawn");
	strs_take(&args, l->arena, arena_printf(l->arena, "%d", l->init_fd));
	strs_take(&args, l->arena, path);
	for (size_t i = 0; i < l->process.args.n; i++)
		strs_take(&args, l->arena, l->process.args.v[i]);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (kept[i] >= 0 && fcntl(kept[i], F_SETFD, 0) < 0)
			return err_set(e, errno, "keep what isle-spawn needs");
	rights_umask(&l->process, l->by_spec ? l->umask : 022);
	signal(SIGPIPE, SIG_DFL); /* what isle ignores must not be inherited by the program */
	syscall(SYS_execveat, l->init_fd, "", args.v, l->process.env.v, AT_EMPTY_PATH);
	int code = errno;

	/* It takes the program's words. */
	if (code == E2BIG)
		return exec_failed(e, program_refused(path, code, "", e));
	return err_set(e, code, "execute isle-spawn");
}

static int spawn_apart(struct launch *l, struct err *e)
{
	char *path;
	/* The pid is yet to come; so there is room for any. */
	int r = launch_program(l, INT_MAX, &path, e);

	if (r < 0)
		return exec_failed(e, r);
	if (!l->filtered)
		r = launch_filter_make(l, &l->process, e);
	if (r == 0 && l->slave_fd < 0)
		r = launch_stdio(l, e);
	if (r < 0)
		return r;
	launch_close_outside(l);
	/* A filter that is loaded may forbid it, and was loaded after it. */
	if (!l->filtered)
		r = preserved_pass(l->preserved, e);
	r = r < 0 ? r : order_write(l, e);
	return r < 0 ? r : become(l, path, e);
}

/* ---- the steps ---- */

static int spawn_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = launch_init_file(l, e);

	if (r < 0)
		return r;
	return l->init_fd >= 0 ? spawn_apart(l, e) : spawn(l, e);
}

static void spawn_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "make the program's process, the only one of ours that stands inside the pid namespace");
}

const struct step step_spawn = {"spawn", SIDE_BOX, NULL, spawn_run, NULL, spawn_explain};

/* What isle-spawn says in M was refused. */
static int refused(const struct hs_msg *m, struct err *e)
{
	static const char *const what[SPAWN_STAGES] = {
		[SPAWN_CLONE] = "make a process in the container",
		[SPAWN_SESSION] = "begin a session",
		[SPAWN_TERMINAL] = "make the container's terminal the controlling one",
		[SPAWN_TIE] = "tie the container's life to its owner's",
	};
	const uint64_t stage = (uint64_t)m->value >> 32;
	const int code = (int)(m->value & INT_MAX);
	const struct seccomp_filter f = {.n = (size_t)m->err.code, .flags = (unsigned int)m->err.status};

	if (stage >= SPAWN_STAGES || code == 0)
		return err_set(e, EPROTO, "understand isle-spawn");
	if (stage == SPAWN_FILTER)
		return seccomp_refused(&f, code, e);
	if (stage == SPAWN_FIND || stage == SPAWN_EXECUTE) {
		if (stage == SPAWN_FIND)
			program_missing(m->err.what, code, e);
		else
			program_refused(m->err.what, code, m->err.why, e);
		return exec_failed(e, -code);
	}
	err_set(e, code, "%s", what[stage]);
	return stage == SPAWN_CLONE && code == ENOMEM ? err_why(e, "its first process has ended") : -code;
}

/* ---- await-spawn ---- */

/*
 * Whether the go-between is silent: then it may be one of its own calls that the listener of its filter must answer,
 * which so can't be kept until the program's pid is known.
 */
static bool is_silent(const struct launch *l)
{
	enum { MOMENT_MS = 100 };
	struct pollfd p = {.fd = l->sock, .events = POLLIN};

	return poll(&p, 1, MOMENT_MS) == 0;
}

/*
 * Takes over the program's process, PID, from the go-between.  Who has SYS_PTRACE in the container may have got at the
 * socket: it counts only if it is a child of ours, which so keeps its number.
 */
static int take_over(struct launch *l, pid_t pid, struct err *e)
{
	siginfo_t info;

	if (pid <= 0 || pid == l->pid || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return err_set(e, EPROTO, "find the program's process");
	auto_fd fd = sys_pidfd_open(pid, 0);
	if (fd < 0)
		return err_set(e, errno, "open the program's process");
	fd_close(&l->pidfd);
	l->pidfd = fd_take(&fd);
	return 0;
}

/* Waits until the program has been executed; takes over its pid and pidfd. */
static int await_spawn_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	pid_t between = l->pid;
	pid_t pid = 0;
	struct hs_msg m, listener = {.n_fds = 0};
	int r = 0;

	do {
		if (listener.n_fds > 0 && (pid || is_silent(l)))
			r = launch_listener(l, &listener, pid ? pid : between, e);
		if (r == 0)
			r = hs_recv(l->sock, &m, e);
		if (r < 0)
			return r;
		if (m.word == HS_LISTENER && listener.n_fds == 0)
			listener = m;
		if (m.word == HS_WARNING && l->warn)
			l->warn(l->owner, m.err.what);
		if (m.word == HS_TERMINAL && m.n_fds == 1 && l->terminal_fd < 0 && pid == 0)
			l->terminal_fd = m.fds[0];
		if (m.word == HS_READY && pid == 0) {
			r = take_over(l, (pid_t)m.value, e);
			pid = r == 0 ? (pid_t)m.value : 0;
		}
		if (m.word == HS_FAILED)
			r = err_copy(e, &m.err);
		if (m.word == HS_REFUSED)
			r = refused(&m, e);
	} while (r == 0 && m.word != HS_END);
	if (r == 0 && pid == 0)
		return err_set(e, 0, "enter the container: the process that was to do it was killed");
	while (waitpid(between, NULL, __WALL) < 0 && errno == EINTR)
		;
	l->pid = pid; /* 0: nothing left for the undo */
	fd_close(&l->sock);
	return r;
}

const struct step step_await_spawn = {"await-spawn", SIDE_HOST, NULL, await_spawn_run, NULL, NULL};
