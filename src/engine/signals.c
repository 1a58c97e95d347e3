/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals as data: see signals.h. */
#include "engine/signals.h"

#include <errno.h>
#include <unistd.h>

/*
 * Left out on purpose: SIGKILL and SIGSTOP, which can't be taken; SIGCHLD and SIGPIPE, which are about us; SIGTSTP,
 * SIGTTIN and SIGTTOU, which stop us as the user's shell expects; and the signals of a fault in our own program.
 */
static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGALRM, SIGWINCH};

/*
 * The signals that are passed on, with the real-time ones, but without those that nohup(1) or a shell made us ignore.
 */
static void fill_set(sigset_t *set)
{
	struct sigaction action;

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_LEN(passed_on); i++)
		if (sigaction(passed_on[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(set, passed_on[i]);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		sigaddset(set, sig);
}

void signals_block(sigset_t *ret_old)
{
	sigset_t set;

	fill_set(&set);
	sigprocmask(SIG_BLOCK, &set, ret_old);
}

int signals_open(int *ret_fd, struct err *e)
{
	sigset_t set;

	fill_set(&set);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_set(e, errno, "open a descriptor for signals");
	*ret_fd = fd;
	return 0;
}

bool signals_next(int fd, struct signalfd_siginfo *ret)
{
	return read(fd, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
}

void signals_ignore_pipe(struct sigaction *ret_old)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGPIPE, &ignore, ret_old);
}

int signals_begin(struct signals *s, struct err *e)
{
	signals_block(&s->old_mask);
	signals_ignore_pipe(&s->old_pipe);
	return signals_open(&s->fd, e);
}

void signals_end(struct signals *s)
{
	fd_close(&s->fd);
	sigaction(SIGPIPE, &s->old_pipe, NULL);
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}
