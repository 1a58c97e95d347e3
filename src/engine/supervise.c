/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two kinds of supervisor share: see supervise.h. */
#include "engine/supervise_priv.h"

#include "base/parse_time.h"
#include "core/process.h"
#include "core/sys.h"

#include <limits.h>

deadline deadline_in(int64_t ms)
{
	return time_monotonic() + ms * 1000000;
}

deadline deadline_first(deadline a, deadline b)
{
	return !a || (b && b < a) ? b : a;
}

bool deadline_passed(deadline d)
{
	return d && time_monotonic() >= d;
}

int deadline_poll(deadline d)
{
	if (!d)
		return -1;
	int64_t left = d - time_monotonic();
	/* Rounded up: a deadline is never found not to have passed yet. */
	return left <= 0 ? 0 : (int)MIN((left + 999999) / 1000000, (int64_t)INT_MAX);
}

bool insistence_grows(struct insistence *i)
{
	enum { COUNT = 3, GAP_MS = 3000 };

	if (deadline_passed(i->gap))
		i->count = 0;
	i->gap = deadline_in(GAP_MS);
	return ++i->count >= COUNT;
}

struct supervise supervise_of(pid_t pid, int pidfd, int ours[3], int *terminal_fd)
{
	struct supervise s = SUPERVISE_NONE;

	s.pid = pid;
	s.pidfd = pidfd;
	s.in_fd = fd_take(&ours[0]);
	s.out_fd = fd_take(&ours[1]);
	s.err_fd = fd_take(&ours[2]);
	s.pty_fd = fd_take(terminal_fd);
	return s;
}

void supervise_signal(const struct supervise *s, int sig)
{
	sys_pidfd_send_signal(s->pidfd, sig, NULL, 0);
}

void supervise_kill(const struct supervise *s)
{
	supervise_signal(s, SIGKILL);
	/* After the signal: a thawed process must find it at once. */
	if (s->on_kill)
		s->on_kill(s->ctx);
}

int supervise_reap(const struct supervise *s, int *ret_status, struct err *e)
{
	if (s->reap)
		return s->reap(s->ctx, ret_status, e);
	int r = process_reap(s->pidfd, ret_status, e);
	return r < 0 ? err_context(e, "the container's first process %d", (int)s->pid) : 0;
}

void supervise_close(struct supervise *s)
{
	fd_close(&s->in_fd);
	fd_close(&s->out_fd);
	fd_close(&s->err_fd);
	fd_close(&s->pty_fd);
}
