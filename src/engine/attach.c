/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket of attach.h. */
#include "engine/attach.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* The name of the socket, and the one that it has until somebody listens. */
#define NAME "attach"
#define NAME_BEFORE "attach.new"

/* The address of NAME by way of the directory's descriptor: a path of any length fits into the 108 bytes there are. */
static void socket_address(int run_fd, const char *name, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", run_fd, name);
}

int attach_listen(int run_fd, int *ret_fd, struct err *e)
{
	auto_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;

	if (fd < 0)
		return err_set(e, errno, "make the attach socket");
	socket_address(run_fd, NAME_BEFORE, &address);
	unlinkat(run_fd, NAME_BEFORE, 0);
	/*
	 * The socket's own mode is what bind(2) gives the file: it is never open to others, not for a moment.  By its
	 * name it is found when it can be connected to.
	 */
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, ATTACH_CLIENTS_MAX) < 0 || renameat(run_fd, NAME_BEFORE, run_fd, NAME) < 0)
		return err_set(e, errno, "listen on the attach socket");
	*ret_fd = fd_take(&fd);
	return 0;
}

int attach_connect(int run_fd, int *ret_fd, struct err *e)
{
	auto_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const struct timeval patience = {.tv_sec = 5};
	struct sockaddr_un address;

	if (fd < 0)
		return err_set(e, errno, "make a socket");
	socket_address(run_fd, NAME, &address);
	/* A monitor that was stopped takes no connection: connect(2) would wait for ever. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int code = errno;

		err_set(e, code, "connect to the container's attach socket");
		if (code == ENOENT)
			err_why(e, "the container runs in the foreground of another command, or not at all");
		if (code == ECONNREFUSED)
			err_why(e, "the container's monitor is gone");
		if (code == EAGAIN)
			err_why(e, "the container's monitor does not answer");
		return -code;
	}
	*ret_fd = fd_take(&fd);
	return 0;
}
