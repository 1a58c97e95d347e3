/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle run --pool': the command that takes an island.  See pool.h.
 *
 * In the foreground it is to the container what any 'isle run' is, with its output, its input and its signals; but the
 * keeper is the parent and the owner, and says how it ended when all is cleaned up.
 */
#include "engine/pool_priv.h"

#include "base/fd.h"
#include "base/parse_time.h"
#include "base/unix_socket.h"
#include "engine/compose.h"
#include "engine/signals.h"
#include "engine/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, SIGNAL_MS = 300, KILL_WAIT_MS = 10000 };

struct take {
	struct home *h;
	const char *pool;
	const struct run_options *o;
	struct start s; /* only what start_stdio_open looks at: the box's record, and the descriptors */
	struct pool_request r;
	int conn;
	int pidfd, terminal_fd;
	int signal_fd;	  /* in the foreground: what is to be passed on */
	sigset_t signals; /* the mask before that was blocked */
	struct pool_answer given;
};

/* The taking that a step belongs to. */
static struct take *of(void *ctx)
{
	return ctx;
}

/* ---- the steps ---- */

/* Adds the variables that are to be taken out, as "NAME": those asked for without a value, which the caller has not. */
static void env_without(struct take *t, struct strs *env)
{
	for (size_t i = 0; i < t->o->env.n; i++) {
		const char *name = t->o->env.v[i];
		bool set = strchr(name, '=') || getenv(name);

		for (size_t j = 0; j < env->n && !set; j++)
			set = strncmp(env->v[j], name, strlen(name)) == 0 && env->v[j][strlen(name)] == '=';
		if (!set)
			strs_add(env, t->h->arena, name);
	}
}

/* What was typed, checked and as it is sent. */
static int request_run(void *ctx, struct err *e)
{
	struct take *t = of(ctx);
	const struct run_options *o = t->o;
	struct box *b = &t->s.box;
	const struct box_record *rec = &b->record;
	struct spec_process *p = &b->spec.process;
	int r;

	b->home = t->h;
	spec_init(&b->spec);
	r = compose_take(o, t->h, b, e);
	env_without(t, &p->env);
	t->r = (struct pool_request){
		.tty = o->tty,
		.interactive = o->interactive,
		.detach = o->detach,
		.rm = o->rm,
		.rows = p->rows,
		.cols = p->cols,
		.stop_signal = o->stop_signal ? rec->stop_signal : 0,
		.stop_timeout_s = o->stop_timeout ? rec->stop_timeout_s : POOL_NO_TIMEOUT,
		.timeout_s = rec->timeout_s,
		.log_max_size = o->log_opt.n > 0 ? rec->log_max_size : 0,
		.log_max_files = o->log_opt.n > 0 ? rec->log_max_files : 0,
		.name = o->name,
		.workdir = o->workdir ? p->cwd : NULL,
		.cidfile = rec->cidfile,
		.pidfile = rec->pidfile,
		.entrypoint = o->entrypoint,
		.command = o->command,
		.env = p->env,
		.labels = rec->labels,
	};
	return r;
}

static int connect_run(void *ctx, struct err *e)
{
	struct take *t = of(ctx);

	return pool_connect(t->h, t->pool, &t->conn, e);
}

/*
 * The program's descriptors, and the request.  A container in the background has those of its keeper, one with a
 * terminal that, and /dev/null it has itself.  From the request on the program may run, and signals are for it.
 */
static int ask_run(void *ctx, struct err *e)
{
	struct take *t = of(ctx);
	int *stdio = t->s.launch.stdio, r = 0;

	if (!t->o->detach) {
		signals_block(&t->signals);
		r = signals_open(&t->signal_fd, e);
	}
	for (int i = t->o->interactive ? 0 : 1; i < 3 && r == 0 && !t->o->detach && !t->o->tty; i++)
		r = start_stdio_one(&t->s, i, e);
	if (r == 0)
		r = pool_request_send(t->conn, &t->r, stdio, t->h->arena, e);
	/* Our copies of the program's ends of pipes would hide that it has closed them. */
	stdio_close(stdio);
	/* A keeper that has closed the connection has said why. */
	return r == -EPIPE ? 0 : r;
}

/* Receives the keeper's next answer; its end without one is an error. */
static int hear(struct take *t, struct pool_answer *ret, int fds[2], struct err *e)
{
	int n;
	ssize_t size = fds_recv(t->conn, 0, ret, sizeof(*ret), fds, 2, &n);

	for (int i = MAX(n, 0); i < 2; i++)
		fds[i] = FD_NONE;
	if (size != (ssize_t)sizeof(*ret)) {
		err_set(e, size < 0 ? (int)-size : 0, "take an island of the pool %s", t->pool);
		return err_why(e, "%s",
			       t->given.pid ? "its keeper was killed"
					    : "the pool's service, or the island's keeper, ended");
	}
	return ret->word == POOL_REFUSED || ret->err.what[0] ? err_copy(e, &ret->err) : 0;
}

/*
 * Waits until the keeper says something, or it is LAST.  When a signal comes, the program may run already, which its
 * keeper is about to say: then the signal is passed on by the supervisor, to which it is left.  Where nothing is said
 * it was about us alone, and does to us what it does to any program.
 */
static bool await_answer(struct take *t, int64_t last)
{
	struct pollfd p[] = {{.fd = t->conn, .events = POLLIN}, {.fd = t->signal_fd, .events = POLLIN}};

	while (p[0].revents == 0) {
		const int64_t left = (last - time_monotonic()) / 1000000;

		if (left <= 0)
			return false;
		if (poll(p, ARRAY_LEN(p), (int)left) <= 0 || p[0].revents || poll(p, 1, SIGNAL_MS) > 0)
			continue;
		sigprocmask(SIG_SETMASK, &t->signals, NULL);
		signals_block(&t->signals);
	}
	return true;
}

/* Waits for an island: there may be none parked at the moment. */
static int given_run(void *ctx, struct err *e)
{
	struct take *t = of(ctx);
	int fds[2];

	if (!await_answer(t, time_monotonic() + (int64_t)PATIENCE_MS * 1000000)) {
		err_set(e, ETIMEDOUT, "take an island of the pool %s", t->pool);
		err_why(e, "in %d s none became ready", PATIENCE_MS / 1000);
		return err_cure(e, "isle pool ls %s", "tells how it is with the pool");
	}
	int r = hear(t, &t->given, fds, e);
	if (r == 0) {
		t->pidfd = fds[0];
		t->terminal_fd = fds[1];
	}
	return r;
}

/* The files that tell scripts what was started; without them it is ended again. */
static int files_run(void *ctx, struct err *e)
{
	struct take *t = of(ctx);
	char pid[16];
	bool cid_ours = false, pid_ours = false;
	int r = 0;

	snprintf(pid, sizeof(pid), "%d", (int)t->given.pid);
	if (t->r.cidfile)
		r = start_note_file(t->r.cidfile, t->given.id, O_EXCL, &cid_ours, e);
	if (r == 0 && t->r.pidfile)
		r = start_note_file(t->r.pidfile, pid, O_TRUNC, &pid_ours, e);
	if (r == 0)
		return 0;
	if (cid_ours)
		unlink(t->r.cidfile);
	if (pid_ours)
		unlink(t->r.pidfile);
	CLEANUP(box_close) struct box b;
	if (box_find(t->h, t->given.id, false, &b, NULL) == 0)
		(void)!box_kill_all(&b, false, KILL_WAIT_MS, NULL);
	return r;
}

static bool files_wanted(const void *ctx)
{
	const struct take *t = ctx;

	return t->r.cidfile || t->r.pidfile;
}

static const struct step step_request = {.name = "request", .side = SIDE_HOST, .run = request_run};
static const struct step step_connect = {.name = "connect", .side = SIDE_HOST, .run = connect_run};
static const struct step step_ask = {.name = "ask", .side = SIDE_HOST, .run = ask_run};
static const struct step step_given = {.name = "given", .side = SIDE_HOST, .run = given_run};
static const struct step step_files = {.name = "files", .side = SIDE_HOST, .wanted = files_wanted, .run = files_run};
static const struct step *const steps[] = {&step_request, &step_connect, &step_ask, &step_given, &step_files};

/* ---- the foreground ---- */

/* SIGKILL was sent to a container that may be frozen; only its keeper knows its cgroup. */
static void ask_for_thaw(void *ctx)
{
	const struct take *t = ctx;

	if (send(t->conn, &pool_thaw_word, sizeof(pool_thaw_word), MSG_NOSIGNAL) < 0)
		return; /* the keeper is gone, and the container with it */
}

/* The container has ended: what its keeper says of it, when all of it is gone. */
static int hear_end(void *ctx, int *ret_status, struct err *e)
{
	struct pool_answer end;
	int fds[2], r = hear(ctx, &end, fds, e);

	for (int i = 0; i < 2; i++)
		fd_close(&fds[i]);
	*ret_status = r < 0 ? 128 + SIGKILL : end.status;
	return r;
}

static int watch(struct take *t, int *ret_status, struct err *e)
{
	struct supervise w = supervise_of(t->given.pid, t->pidfd, t->s.ours, &t->terminal_fd);

	w.timeout_s = t->r.timeout_s;
	w.interactive = t->o->interactive;
	w.on_kill = ask_for_thaw;
	w.reap = hear_end;
	w.ctx = t;
	return supervise_foreground(&w, ret_status, e);
}

int pool_take(struct home *h, const char *name, const struct run_options *o, const struct run_mode *m, int *ret_status,
	      char ret_id[BOX_ID_LEN + 1], struct err *e)
{
	struct take t = {.h = h,
			 .pool = name,
			 .o = o,
			 .conn = FD_NONE,
			 .pidfd = FD_NONE,
			 .terminal_fd = FD_NONE,
			 .signal_fd = FD_NONE};
	struct plan plan = {.steps = steps, .n = ARRAY_LEN(steps), .ctx = &t};
	static const char *const quiet[] = {"request", "connect", NULL};
	struct run_options options = *o;
	int r;

	start_init(&t.s, h, m);
	options.root = (char *)(uintptr_t)name; /* a record has a root; the keeper knows the right one */
	t.o = &options;
	*ret_status = 0;
	r = plan_walk(&plan, plan.n, m->timings, quiet, e);
	if (r == 0 && m->timings)
		plan_tell(&plan, h->arena, m->tell_steps, m->ctx);
	if (r == 0) {
		memcpy(ret_id, t.given.id, sizeof(t.given.id));
		r = o->detach ? 0 : watch(&t, ret_status, e);
	}
	for (int i = 0; i < 3; i++)
		fd_close(&t.s.ours[i]);
	fd_close(&t.conn);
	fd_close(&t.pidfd);
	fd_close(&t.terminal_fd);
	fd_close(&t.signal_fd);
	return r;
}
