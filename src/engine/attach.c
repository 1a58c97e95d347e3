/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket of attach.h. */
#include "engine/attach.h"

#include "base/unix_socket.h"

#include <errno.h>
#include <stdio.h>

/* The name of the socket, and the one that it has until somebody listens. */
#define NAME "attach"
#define NAME_BEFORE "attach.new"

int attach_listen(int run_fd, int *ret_fd, struct err *e)
{
	auto_fd fd = FD_NONE;
	int r = unix_listen(run_fd, NAME_BEFORE, ATTACH_CLIENTS_MAX, &fd);

	/* By its name it is found when it can be connected to. */
	if (r == 0 && renameat(run_fd, NAME_BEFORE, run_fd, NAME) < 0)
		r = -errno;
	if (r < 0)
		return err_set(e, -r, "listen on the attach socket");
	*ret_fd = fd_take(&fd);
	return 0;
}

int attach_connect(int run_fd, int *ret_fd, struct err *e)
{
	int r = unix_connect(run_fd, NAME, ret_fd);

	if (r == 0)
		return 0;
	err_set(e, -r, "connect to the container's attach socket");
	if (r == -ENOENT)
		err_why(e, "the container runs in the foreground of another command, or not at all");
	if (r == -ECONNREFUSED)
		err_why(e, "the container's monitor is gone");
	if (r == -EAGAIN)
		err_why(e, "the container's monitor does not answer");
	return r;
}
