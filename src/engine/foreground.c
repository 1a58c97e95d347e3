/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The foreground supervisor: see supervise.h.
 *
 * One loop over the pidfd, the signals and up to three flows.  When the first process has ended, 'ended' is set and the
 * loop goes on until what had been written is passed on (in a shared pid namespace others may go on writing: that is
 * not waited for).  A slow reader of our output is waited for, as any program would; a signal that asks us to end then
 * ends the waiting.
 */
#include "core/pty.h"
#include "core/tty.h"
#include "engine/flow.h"
#include "engine/signals.h"
#include "engine/supervise_priv.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { HANG_UP_MS = 250 }; /* how often a terminal that nobody has open is looked at again */

enum { FLOW_IN, FLOW_OUT, FLOW_ERR, FLOW_COUNT };

struct foreground {
	struct supervise *s;
	struct flow *flows; /* FLOW_COUNT */
	struct signals signals;
	int tty;	 /* the user's terminal, whose size the container's terminal has; -1: none */
	bool raw;	 /* and it is raw */
	bool same_group; /* the container is in our process group: it gets the terminal's signals itself */
	bool ended, abandoned;
	struct insistence insistence;
	deadline timeout;
};

/* Gives the container's terminal the size of the user's. */
static void follow_size(const struct foreground *f)
{
	unsigned int rows, cols;

	if (f->s->pty_fd >= 0 && tty_size(f->tty, &rows, &cols))
		(void)!pty_resize(f->s->pty_fd, rows, cols);
}

/* Prepares what must be given back by leave(). */
static int enter(struct foreground *f, struct err *e)
{
	struct supervise *s = f->s;
	int r = signals_begin(&f->signals, e);

	f->tty = s->pty_fd >= 0 ? tty_find() : -1;
	f->same_group = getpgid(s->pid) == getpgrp();
	f->timeout = s->timeout_s > 0 ? deadline_in((int64_t)s->timeout_s * 1000) : 0;
	if (r < 0)
		return r;
	follow_size(f);
	if (s->pty_fd >= 0 && s->interactive && isatty(STDIN_FILENO)) {
		r = tty_raw(STDIN_FILENO, e);
		f->raw = r == 0;
	}
	return r;
}

/* Gives back the terminal, the signals and the descriptors, on every way out. */
static void leave(struct foreground *f)
{
	if (f->raw)
		tty_restore();
	for (size_t i = 0; i < FLOW_COUNT; i++)
		outlet_close(&f->flows[i].to);
	supervise_close(f->s);
	signals_end(&f->signals);
}

/* One flow of output from FROM to our descriptor TO. */
static void begin_output(struct flow *flow, int from, int to)
{
	struct outlet nonblocking;

	if (from < 0)
		return;
	outlet_open_own(&nonblocking, from);
	flow->from = from;
	outlet_open_user(&flow->to, to);
}

/* Connects the flows to the descriptors that there are. */
static void begin_flows(struct foreground *f)
{
	struct supervise *s = f->s;
	struct flow *in = &f->flows[FLOW_IN];
	int to = s->pty_fd >= 0 ? s->pty_fd : s->in_fd;

	for (size_t i = 0; i < FLOW_COUNT; i++)
		flow_init(&f->flows[i]);
	begin_output(&f->flows[FLOW_OUT], s->pty_fd >= 0 ? s->pty_fd : s->out_fd, STDOUT_FILENO);
	begin_output(&f->flows[FLOW_ERR], s->err_fd, STDERR_FILENO);
	if (s->interactive && to >= 0) {
		in->from = STDIN_FILENO;
		outlet_open_own(&in->to, to);
	} else {
		fd_close(&s->in_fd);
	}
}

/* The user's terminal is gone: the container's is hung up too, which its programs learn as from any terminal. */
static void hang_up(struct foreground *f)
{
	f->flows[FLOW_IN].from = f->flows[FLOW_OUT].from = FD_NONE;
	outlet_close(&f->flows[FLOW_IN].to);
	fd_close(&f->s->pty_fd);
}

/* Passes input on; its end closes the pipe. */
static void step_input(struct foreground *f)
{
	struct flow *in = &f->flows[FLOW_IN];

	flow_step(in);
	bool user_gone = in->from < 0 || in->hung_up;
	if (user_gone || in->to.fd < 0) /* or the container has closed its input */
		in->from = FD_NONE;
	if (!flow_busy(in))
		fd_close(&f->s->in_fd);
	if (user_gone && f->raw) /* the end of a raw terminal is not ^D */
		hang_up(f);
}

/*
 * Passes output on from *FD (the container's end), which is closed when nobody reads it, as its program would see it.
 */
static void step_output(struct foreground *f, struct flow *out, int *fd)
{
	if (!flow_busy(out))
		return;
	bool moved = flow_step(out);
	bool is_pty = fd == &f->s->pty_fd;
	bool dry = f->ended && !moved && out->begin == out->end;
	if (dry || (out->to.fd < 0 && !is_pty))
		out->from = FD_NONE;
	if (out->from < 0 && !is_pty)
		fd_close(fd);
}

/* Passes one signal on, or does what it means for us. */
static void take_signal(struct foreground *f, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;
	bool asks_to_end = sig == SIGINT || sig == SIGTERM;

	if (sig == SIGWINCH) {
		follow_size(f);
		return;
	}
	/* Back in the foreground: the shell has set its own modes meanwhile. */
	if (sig == SIGCONT && f->raw && tcgetpgrp(STDIN_FILENO) == getpgrp()) {
		(void)!tty_raw(STDIN_FILENO, NULL);
		follow_size(f);
	}
	if (f->ended && (asks_to_end || sig == SIGHUP || sig == SIGQUIT))
		f->abandoned = true;
	if (asks_to_end && insistence_grows(&f->insistence))
		supervise_kill(f->s);
	else if (!(f->same_group && info->ssi_code == SI_KERNEL))
		supervise_signal(f->s, sig);
}

/* The first process has ended: no more input, and no more output than there is now. */
static void end(struct foreground *f)
{
	f->ended = true;
	f->flows[FLOW_IN].from = FD_NONE;
	f->flows[FLOW_IN].begin = f->flows[FLOW_IN].end;
	flow_finish(&f->flows[FLOW_OUT]);
	flow_finish(&f->flows[FLOW_ERR]);
}

/* Waits for the next thing to happen and deals with it. */
static int turn(struct foreground *f, struct err *e)
{
	enum { POLL_PROCESS = FLOW_COUNT, POLL_SIGNALS, POLL_COUNT };
	struct pollfd p[POLL_COUNT];
	struct signalfd_siginfo info;
	deadline next = f->ended ? 0 : f->timeout;
	bool rest = false;

	for (size_t i = 0; i < FLOW_COUNT; i++) {
		flow_poll(&f->flows[i], &p[i]);
		if (f->flows[i].hung_up)
			next = deadline_first(next, deadline_in(HANG_UP_MS));
		f->flows[i].hung_up = false;
		rest = rest || (f->ended && p[i].fd >= 0 && p[i].events == POLLIN);
	}
	p[POLL_PROCESS] = (struct pollfd){.fd = f->ended ? -1 : f->s->pidfd, .events = POLLIN};
	p[POLL_SIGNALS] = (struct pollfd){.fd = f->signals.fd, .events = POLLIN};
	int n = poll(p, POLL_COUNT, rest ? 0 : deadline_poll(next));
	if (n < 0 && errno != EINTR)
		return err_set(e, errno, "wait for the container");
	if (n < 0)
		return 0;

	if (p[POLL_SIGNALS].revents)
		while (signals_next(f->signals.fd, &info))
			take_signal(f, &info);
	if (p[POLL_PROCESS].revents)
		end(f);
	if (!f->ended && deadline_passed(f->timeout)) {
		f->timeout = 0;
		supervise_kill(f->s);
	}
	if (!f->ended && p[FLOW_IN].revents)
		step_input(f);
	if (f->ended || p[FLOW_OUT].revents)
		step_output(f, &f->flows[FLOW_OUT], f->s->pty_fd >= 0 ? &f->s->pty_fd : &f->s->out_fd);
	if (f->ended || p[FLOW_ERR].revents)
		step_output(f, &f->flows[FLOW_ERR], &f->s->err_fd);
	return 0;
}

/* What the user must know although the program has ended: its output did not arrive. */
static int check_outlets(const struct foreground *f, struct err *e)
{
	for (int i = FLOW_OUT; i <= FLOW_ERR; i++)
		if (f->flows[i].to.error)
			return err_set(e, f->flows[i].to.error, "write the container's output to standard %s",
				       i == FLOW_OUT ? "output" : "error");
	return 0;
}

int supervise_foreground(struct supervise *s, int *ret_status, struct err *e)
{
	/* Static, so that a page of it costs nothing until bytes pass. */
	static struct flow flows[FLOW_COUNT];
	struct foreground f = {.s = s, .signals = {.fd = FD_NONE}, .flows = flows};

	begin_flows(&f);
	int r = enter(&f, e);
	while (r == 0 && !f.abandoned && (!f.ended || flow_busy(&f.flows[FLOW_OUT]) || flow_busy(&f.flows[FLOW_ERR])))
		r = turn(&f, e);
	if (r == 0)
		r = supervise_reap(s, ret_status, e);
	if (r == 0)
		r = check_outlets(&f, e);
	leave(&f);
	return r;
}
