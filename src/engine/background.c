/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going to the background: see background.h. */
#include "engine/background.h"

#include "base/fd.h"
#include "engine/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int background_make(const struct home *h, const struct background *b, struct background_report *ret, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, errno, "%s: make a pipe to the %s", b->task, b->called);
	auto_fd in = ends[0];
	auto_fd out = ends[1];
	pid_t pid = fork();
	if (pid < 0)
		return err_set(e, errno, "%s: make the %s", b->task, b->called);
	if (pid == 0) {
		const int keep[] = {h->run_fd, h->data_fd, out};

		owner_close_inherited(keep, ARRAY_LEN(keep));
		setsid();
		_exit(b->live(b->ctx, fd_take(&out)));
	}
	fd_close(&out);
	const bool heard = fd_read_full(in, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
	if (heard && ret->ok)
		return 0;
	/* Only when it is reaped has it let go of everything, so that the next command finds what it has left. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return heard ? err_copy(e, &ret->err) : err_set(e, 0, "%s: the %s died", b->task, b->called);
}
