/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parked box: between create and start.
 *
 * All that can be done beforehand is done: the root is entered, rights are given up, the program was found.  What is
 * left waits for GO on a socket that lives in the directory of the container, where only its owner gets at it.  It
 * comes with a descriptor: the host side's end of a new handshake, for the process that said GO hears whether the
 * program was executed.
 *
 * Must hold: nothing is open but that socket, init as a file that can only be read, and what the program inherits;
 * nobody in a joined pid namespace can look into the box (PR_SET_DUMPABLE, launch_box.c); the end of the creating
 * process changes nothing.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/preserved.h"
#include "core/program.h"
#include "core/sys.h"

#include <errno.h>
#include <limits.h>
#include <sys/prctl.h>

/* Whether FD is one of the N in LIST. */
static bool is_one_of(int fd, const int *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == fd)
			return true;
	return false;
}

/* Keeps the handshake, what the program inherits, and what is needed to execute it. */
void launch_close_outside(struct launch *l)
{
	int keep[] = {l->sock, l->start_fd, l->slave_fd, l->init_fd, l->stdio[0], l->stdio[1], l->stdio[2]};
	int next = 3 + l->preserved;

	for (int fd = 3; fd < next; fd++)
		if (!preserved_inherited(fd) && !is_one_of(fd, keep, ARRAY_LEN(keep)))
			close(fd);
	for (;;) {
		int first = INT_MAX; /* the next one to keep */

		for (size_t i = 0; i < ARRAY_LEN(keep); i++)
			if (keep[i] >= next)
				first = MIN(first, keep[i]);
		if (first > next)
			sys_close_range((unsigned int)next, (unsigned int)first - 1, 0);
		if (first == INT_MAX)
			break;
		next = first + 1;
	}
	l->proc_fd = l->target_fd = l->root_fd = l->net_fd = l->userns_fd = FD_NONE;
}

/* What ends a program by default ends a parked one, too, although the kernel shields process 1 of a namespace. */
static const int fatal_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM};

/* Ends with the status that the shell has for a signal. */
static void end(int sig)
{
	_exit(128 + sig);
}

/* Lets the signals that end a program do ACTION. */
static void signals_take(void (*action)(int))
{
	for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++) {
		struct sigaction old;

		/* What nohup(1) or a shell made us ignore the program ignores, too. */
		if (sigaction(fatal_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			signal(fatal_signals[i], action);
	}
}

static bool park_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->start_fd > 0;
}

/* What an order need not wait for; the program's descriptors come with it. */
static int order_prepare(struct launch *l, struct err *e)
{
	int r = launch_init_file(l, e);

	for (int i = 0; i < 3; i++)
		l->stdio[i] = FD_NONE;
	return r < 0 ? r : launch_filter_early(l, e);
}

static int park_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	char *path;
	struct hs_msg m = {.n_fds = 0};
	int r = 0;

	/* What can't be executed is told to who creates the container, not to who starts it. */
	if (l->process.args.n > 0)
		r = program_find(l->process.args.v[0], spec_env(&l->process, "PATH"), l->arena, &path, e);
	/* Only with all of its limits, and noted down, can it be started: who makes it may be killed before. */
	if (r == 0)
		r = hs_expect(l->sock, HS_RULED, &m, e);
	if (r < 0)
		return r;
	launch_init_take(l, &m);
	if (l->await_order)
		r = order_prepare(l, e);
	if (r < 0)
		return r;
	launch_close_outside(l);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a change of ids may have set it again (prctl(2)) */
	signals_take(end);
	r = hs_send(l->sock, HS_PARKED, NULL, 0, e);
	if (r < 0)
		return r;
	fd_close(&l->sock);
	if (l->await_order) {
		r = l->await_order(l, e);
		signals_take(SIG_DFL);
		return r;
	}
	do {
		r = hs_recv(l->start_fd, &m, e);
		if (r < 0)
			return r;
	} while (m.word != HS_GO || m.n_fds != 1);
	l->sock = m.fds[0];
	signals_take(SIG_DFL);
	return 0;
}

const struct step step_park = {"park", SIDE_BOX, park_wanted, park_run, NULL, NULL};
