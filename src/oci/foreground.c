/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for a program that runs for the caller: see foreground.h.
 *
 * One loop over the signals, the program's pidfd and, with a terminal, two relays.  A relay reads only when it has
 * nothing left to write, and writes only what poll(2) says can be written: a slow reader never keeps a signal waiting.
 */
#include "oci/foreground.h"

#include "core/process.h"
#include "core/pty.h"
#include "core/sys.h"
#include "core/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bytes on their way from one descriptor to another. */
struct relay {
	int from, to; /* FD_NONE: the end was seen */
	size_t begin, end;
	char buf[PIPE_BUF]; /* as much as a pipe takes at once when poll(2) says that it can be written */
};

enum { RELAY_IN, RELAY_OUT, RELAY_COUNT };

struct wait {
	const struct foreground *f;
	struct relay relays[RELAY_COUNT];
	int signal_fd;
	int tty; /* the caller's, whose size the program's has; -1: none */
	bool raw, ended;
};

/* Faults of our own, stopping, and what belongs to whoever writes: all of these keep their meaning for us. */
static const int kept[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGTRAP, SIGSYS,
			   SIGABRT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};

/* What is taken by the signal descriptor. */
static void signals_taken(sigset_t *set)
{
	sigfillset(set);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		sigdelset(set, kept[i]);
}

void foreground_begin(sigset_t *ret_old)
{
	sigset_t set;

	signals_taken(&set);
	sigprocmask(SIG_BLOCK, &set, ret_old);
}

/* Gives the program's terminal the size of the caller's. */
static void follow_size(const struct wait *w)
{
	unsigned int rows, cols;

	if (w->f->master >= 0 && tty_size(w->tty, &rows, &cols))
		(void)!pty_resize(w->f->master, rows, cols);
}

/* Gives the terminal back on every way out. */
static void wait_leave(struct wait *w)
{
	if (w->raw)
		tty_restore();
	fd_close(&w->signal_fd);
}

/* Connects the caller's descriptors and the program's terminal. */
static int begin_relays(struct wait *w, struct err *e)
{
	int master = w->f->master, flags;

	w->relays[RELAY_IN] = (struct relay){.from = master < 0 ? FD_NONE : STDIN_FILENO, .to = master};
	w->relays[RELAY_OUT] = (struct relay){.from = master, .to = STDOUT_FILENO};
	if (master < 0)
		return 0;
	flags = fcntl(master, F_GETFL);
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_set(e, errno, "prepare the program's terminal");
	w->tty = tty_find();
	follow_size(w);
	if (!isatty(STDIN_FILENO))
		return 0;
	int r = tty_raw(STDIN_FILENO, e);
	w->raw = r == 0;
	return r;
}

/* Reads or writes what can be without waiting; gives whether anything moved. */
static bool relay_step(struct relay *r, bool readable, bool writable)
{
	ssize_t n;

	if (r->begin == r->end && readable && r->from >= 0) {
		n = read(r->from, r->buf, sizeof(r->buf));
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			r->from = FD_NONE; /* EIO: nobody has the terminal open any more */
		r->begin = 0;
		r->end = n > 0 ? (size_t)n : 0;
		return n > 0;
	}
	if (r->begin == r->end || !writable)
		return false;
	n = write(r->to, r->buf + r->begin, r->end - r->begin);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		r->from = FD_NONE; /* nobody reads it */
		r->begin = r->end = 0;
	}
	r->begin += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* Passes one signal on, or does what it means for us. */
static void take_signal(const struct wait *w, int sig)
{
	if (sig == SIGWINCH && w->f->master >= 0)
		follow_size(w);
	else if (sig != SIGCHLD)
		(void)!sys_pidfd_send_signal(w->f->pidfd, sig, NULL, 0);
	/* Back in the foreground: the shell has set its own modes meanwhile. */
	if (sig == SIGCONT && w->raw && tcgetpgrp(STDIN_FILENO) == getpgrp())
		(void)!tty_raw(STDIN_FILENO, NULL);
}

/* Takes all signals that have come. */
static void take_signals(const struct wait *w)
{
	struct signalfd_siginfo info;

	while (read(w->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		take_signal(w, (int)info.ssi_signo);
}

/* Reaps those that have come to us as their subreaper; the program itself is left alone. */
static void reap_orphans(const struct wait *w)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
	       info.si_pid != w->f->pid) {
		(void)!waitpid(info.si_pid, NULL, WNOHANG);
		info.si_pid = 0;
	}
}

/* Passes on what the program had written when it ended. */
static void drain(struct wait *w)
{
	struct relay *out = &w->relays[RELAY_OUT];

	while (relay_step(out, true, true))
		;
}

/* One turn of the loop. */
static void turn(struct wait *w)
{
	const struct relay *in = &w->relays[RELAY_IN], *out = &w->relays[RELAY_OUT];
	struct pollfd p[] = {
		{.fd = w->signal_fd, .events = POLLIN},
		{.fd = w->f->pidfd, .events = POLLIN},
		{.fd = in->begin == in->end ? in->from : FD_NONE, .events = POLLIN},
		{.fd = in->begin < in->end ? in->to : FD_NONE, .events = POLLOUT},
		{.fd = out->begin == out->end ? out->from : FD_NONE, .events = POLLIN},
		{.fd = out->begin < out->end ? out->to : FD_NONE, .events = POLLOUT},
		{.fd = w->f->notify ? w->f->notify->fd : FD_NONE, .events = POLLIN},
	};

	if (poll(p, ARRAY_LEN(p), -1) < 0)
		return;
	if (p[0].revents)
		take_signals(w);
	if (w->f->subreaper)
		reap_orphans(w);
	relay_step(&w->relays[RELAY_IN], p[2].revents, p[3].revents);
	relay_step(&w->relays[RELAY_OUT], p[4].revents, p[5].revents);
	if (p[6].revents)
		notify_take(w->f->notify, w->f->pid);
	w->ended = p[1].revents && !(p[6].revents & POLLIN);
}

int foreground_wait(const struct foreground *f, const sigset_t *old, int *ret_status, struct err *e)
{
	CLEANUP(wait_leave) struct wait w = {.f = f, .signal_fd = FD_NONE, .tty = -1};
	struct sigaction pipe_before, ignore = {.sa_handler = SIG_IGN};
	sigset_t set;
	int r;

	signals_taken(&set);
	if (f->subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	w.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w.signal_fd < 0)
		return err_set(e, errno, "read signals from a descriptor");
	r = begin_relays(&w, e);
	if (r < 0)
		return r;
	sigaction(SIGPIPE, &ignore, &pipe_before);
	while (!w.ended)
		turn(&w);
	drain(&w);
	r = process_reap(f->pidfd, ret_status, e);
	sigaction(SIGPIPE, &pipe_before, NULL);
	sigprocmask(SIG_SETMASK, old, NULL);
	return r;
}
