/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service of a pool: keeps its islands as many as they should be.  See pool.h.
 *
 * One loop over the lifelines of the keepers, the signals, and the clock.  One island is made at a time: a burst of
 * requests is no reason to take the machine's processors from those who made them.  After a failure the next try waits,
 * and twice as long after each further one.
 */
#include "engine/pool_priv.h"

#include "base/fd.h"
#include "base/parse_time.h"
#include "base/unix_socket.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine/background.h"
#include "engine/compose.h"
#include "engine/owner.h"
#include "engine/signals.h"
#include "engine/supervise_priv.h"
#include "engine/sweep.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RETRY_MS = 100, RETRY_MAX_MS = 30000, END_MS = 30000 };

/* One keeper whose island has not been taken. */
struct lifeline {
	int fd;
	pid_t pid;
	bool parked;
};

struct service {
	struct home *h;
	const struct pool_options *o;
	const struct run_mode *m;
	struct pool_dir dir;
	struct pool_state state;
	struct arena scratch; /* for one state file */
	struct lifeline *all; /* o->size of them */
	int n, parked;
	int listen_fd, signal_fd;
	int report_fd; /* detached: to the command, until all are parked */
	sigset_t signals;
	int64_t wait_ms; /* after the last failure; 0: there was none */
	deadline retry;
	bool ready, over;
	struct err why; /* of the last failure */
	char why_text[sizeof(struct err)];
};

/* Writes down how it is; a reader that finds old numbers is no harm. */
static void note(struct service *s)
{
	(void)!pool_state_save(&s->dir, &s->state, &s->scratch, NULL);
	arena_free(&s->scratch);
}

/* ---- keepers ---- */

/* Begins to make one more island. */
static int begin(struct service *s, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "make the socket to an island's keeper");
	pid_t pid = fork();
	if (pid < 0) {
		int r = err_set(e, errno, "make an island's keeper");

		close(pair[0]);
		close(pair[1]);
		return r;
	}
	if (pid == 0) {
		struct pool_keeper k = {
			.home = s->h,
			.o = s->o,
			.listen_fd = s->listen_fd,
			.lifeline = pair[1],
			.signals = s->signals,
		};

		_exit(pool_keep(&k));
	}
	close(pair[1]);
	s->all[s->n++] = (struct lifeline){.fd = pair[0], .pid = pid};
	return 0;
}

/* Keeper I is of no concern any more: its island is taken, or gone. */
static void drop(struct service *s, int i)
{
	s->parked -= s->all[i].parked;
	fd_close(&s->all[i].fd);
	s->all[i] = s->all[--s->n];
}

/* An island could not be made, or died: WHY.  The next try waits. */
static void failed(struct service *s, const struct err *why)
{
	bool news = !s->state.error;

	err_format(why, s->why_text, sizeof(s->why_text));
	s->why = *why;
	s->state.failed++;
	s->state.error = s->why_text;
	note(s);
	if (news && s->ready && s->m->tell)
		s->m->tell(s->m->ctx, s->why_text);
	s->wait_ms = s->wait_ms ? MIN(s->wait_ms * 2, (int64_t)RETRY_MAX_MS) : RETRY_MS;
	s->retry = deadline_in(s->wait_ms);
}

/* Hears keeper I. */
static void hear(struct service *s, int i)
{
	struct lifeline *l = &s->all[i];
	struct pool_report rep;
	struct err why = {0};
	ssize_t n = fds_recv(l->fd, 0, &rep, sizeof(rep), NULL, 0, NULL);

	if (n != (ssize_t)sizeof(rep)) {
		const bool parked = l->parked;

		err_set(&why, 0, parked ? "keep an island parked" : "make an island");
		err_why(&why, "%s",
			parked ? "its first process ended, or its keeper was killed" : "its keeper was killed");
		drop(s, i);
		if (!s->over)
			failed(s, &why);
		return;
	}
	switch (rep.news) {
	case POOL_TOLD:
		if (!s->ready && s->m->tell)
			s->m->tell(s->m->ctx, rep.err.what);
		break;
	case POOL_PARKED:
		l->parked = true;
		s->parked++;
		s->wait_ms = 0;
		s->state.error = NULL;
		break;
	case POOL_TAKEN:
		drop(s, i);
		s->state.taken++;
		break;
	case POOL_FAILED:
		drop(s, i);
		failed(s, &rep.err);
		break;
	}
	if (rep.news == POOL_PARKED || rep.news == POOL_TAKEN)
		note(s);
}

/* ---- the loop ---- */

/* Keepers of taken islands are our children still: they are reaped when they end. */
static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

/* Reads the signals: an end that is asked for, the end of a child. */
static void take_signals(struct service *s)
{
	struct signalfd_siginfo info;

	while (signals_next(s->signal_fd, &info)) {
		if (info.ssi_signo == SIGCHLD)
			reap();
		else
			s->over = true;
	}
}

/* Whether one more is to be made now. */
static bool wants_one(const struct service *s)
{
	return !s->over && s->n < s->o->size && s->n == s->parked && (!s->retry || deadline_passed(s->retry));
}

/* Waits for the next thing to happen and deals with it. */
static int turn(struct service *s, struct err *e)
{
	struct pollfd p[POOL_SIZE_MAX + 1];
	struct err why = {0};

	if (wants_one(s)) {
		s->retry = 0;
		if (begin(s, &why) < 0)
			failed(s, &why);
	}
	p[0] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
	for (int i = 0; i < s->n; i++)
		p[i + 1] = (struct pollfd){.fd = s->all[i].fd, .events = POLLIN};
	int n = s->n;
	if (poll(p, (nfds_t)n + 1, s->over ? END_MS : deadline_poll(s->retry)) < 0 && errno != EINTR)
		return err_set(e, errno, "wait for the pool's islands");
	/* From the last to the first: one that is dropped is replaced by the last. */
	for (int i = n; i-- > 0;)
		if (p[i + 1].revents)
			hear(s, i);
	if (p[0].revents)
		take_signals(s);
	return 0;
}

/* Makes the first islands; one that fails is the caller's error. */
static int fill(struct service *s, struct err *e)
{
	int r = 0;

	while (r == 0 && !s->over && s->parked < s->o->size && !s->state.failed)
		r = turn(s, e);
	if (r == 0 && s->state.failed)
		r = err_copy(e, &s->why);
	s->ready = true;
	return r;
}

/* Lets the parked islands end, and waits until they have. */
static void end(struct service *s)
{
	const deadline last = deadline_in(END_MS);

	s->over = true;
	fd_close(&s->listen_fd);
	for (int i = 0; i < s->n; i++)
		if (s->all[i].fd >= 0)
			shutdown(s->all[i].fd, SHUT_WR);
	while (s->n > 0 && !deadline_passed(last))
		if (turn(s, NULL) < 0)
			break;
	while (s->n > 0)
		drop(s, s->n - 1);
	reap();
	sweep(s->h);
}

/* ---- the whole ---- */

/* Blocks what the loop reads from a descriptor. */
static int open_signals(struct service *s, struct err *e)
{
	static const int wanted[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, &s->signals);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? err_set(e, errno, "open a descriptor for signals") : 0;
}

/* What pool.json says from the start. */
static int state_begin(struct service *s, struct err *e)
{
	const struct run_options *o = s->o->islands;
	struct strs words = {0};
	auto_fd pidfd = sys_pidfd_open(getpid(), 0);

	compose_command(o->entrypoint, &o->command, s->h->arena, &words);
	s->state = (struct pool_state){
		.root = o->root,
		.command = compose_command_text(&words, s->h->arena),
		.size = s->o->size,
		.pid = getpid(),
		.since_ns = time_now(),
	};
	int r = pidfd < 0 ? -errno : process_identity(pidfd, getpid(), &s->state.identity);
	if (r < 0)
		return err_set(e, -r, "identify this process");
	return pool_state_save(&s->dir, &s->state, &s->scratch, e);
}

/* Tells the command that started a detached service how it went: WHY not, or (NULL) well. */
static void tell_command(struct service *s, const struct err *why)
{
	struct background_report rep = {.ok = !why};

	if (why)
		rep.err = *why;
	if (s->report_fd >= 0 && fd_write_all(s->report_fd, &rep, sizeof(rep)) < 0)
		return; /* it was killed; the pool is served all the same */
	fd_close(&s->report_fd);
}

/* Serves until it is asked to end. */
static int serve(struct service *s, struct err *e)
{
	int r = pool_dir_make(s->h, s->o->name, &s->dir, e);

	if (r < 0)
		return r;
	r = state_begin(s, e);
	if (r == 0)
		r = pool_listen(&s->dir, &s->listen_fd, e);
	if (r == 0)
		r = open_signals(s, e);
	if (r == 0)
		r = fill(s, e);
	if (r == 0 && s->report_fd >= 0) {
		tell_command(s, NULL);
		r = owner_leave_stdio(e);
	}
	while (r == 0 && !s->over)
		r = turn(s, e);
	end(s);
	pool_dir_remove(s->h, s->o->name, &s->dir);
	fd_close(&s->signal_fd);
	return r;
}

/* The same in the background. */
static int serve_detached(void *ctx, int report_fd)
{
	struct service *s = ctx;
	struct err e = {0};

	s->report_fd = report_fd;
	if (serve(s, &e) == 0)
		return 0;
	tell_command(s, &e);
	return EXIT_ISLE;
}

int pool_serve(struct home *h, const struct pool_options *o, const struct run_mode *m, struct err *e)
{
	struct service s = {
		.h = h,
		.o = o,
		.m = m,
		.dir = {FD_NONE, FD_NONE},
		.all = arena_new(h->arena, struct lifeline, (size_t)o->size),
		.listen_fd = FD_NONE,
		.signal_fd = FD_NONE,
		.report_fd = FD_NONE,
	};
	int r = pool_name_check(o->name, e);

	if (r == 0 && (o->size < 1 || o->size > POOL_SIZE_MAX))
		r = err_set(e, 0, "bad value of --size: %d: it must be from 1 to %d", o->size, POOL_SIZE_MAX);
	if (r < 0)
		return r;
	sweep(h); /* what a service of this name left that was killed */
	if (!o->detach)
		return serve(&s, e);
	const struct background b = {
		.task = arena_printf(h->arena, "serve the pool %s", o->name),
		.called = "service",
		.live = serve_detached,
		.ctx = &s,
	};
	struct background_report rep;
	return background_make(h, &b, &rep, e);
}
