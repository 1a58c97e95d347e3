/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two kinds of supervisor share: see supervise.h. */
#include "engine/supervise_priv.h"

#include "base/parse_time.h"
#include "core/sys.h"

#include <errno.h>
#include <limits.h>
#include <sys/wait.h>

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
	siginfo_t info = {.si_pid = 0};
	int r;

	do
		r = waitid((idtype_t)P_PIDFD, (id_t)s->pidfd, &info, WEXITED | __WALL);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_set(e, errno, "wait for the container's first process %d", (int)s->pid);
	*ret_status = info.si_code == CLD_EXITED ? info.si_status & 0xff : 128 + info.si_status;
	return 0;
}

void supervise_close(struct supervise *s)
{
	fd_close(&s->in_fd);
	fd_close(&s->out_fd);
	fd_close(&s->err_fd);
	fd_close(&s->pty_fd);
}
