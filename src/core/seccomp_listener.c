/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending the listener of a filter: see seccomp_listener.h. */
#include "core/seccomp_listener.h"

#include "base/fd.h"
#include "base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { PATIENCE_S = 10 };

/* Connects to PATH, also if it is too long for an address. */
static int connect_to(int sock, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	auto_fd file = FD_NONE;

	if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path) >= sizeof(to.sun_path)) {
		file = open(path, O_PATH | O_CLOEXEC);
		if (file < 0)
			return -errno;
		to = unix_address(file, NULL);
	}
	return connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

/* Sends TEXT, its first bytes together with FD. */
static int send_with(int sock, int fd, const char *text)
{
	size_t left = strlen(text);

	for (int with = 1; left > 0; with = 0) {
		ssize_t n = fds_send(sock, text, left, &fd, with);

		if (n < 0)
			return (int)n;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

int seccomp_listener_send(const char *path, int listener, const char *text, struct err *e)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	auto_fd sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return err_set(e, errno, "make a socket");
	/* For connect(2), too. */
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return err_set(e, errno, "set how long to wait for a socket");
	int r = connect_to(sock, path);
	if (r < 0) {
		err_set(e, -r, "linux.seccomp.listenerPath: connect to %s", path);
		return r == -ECONNREFUSED || r == -ENOENT ? err_why(e, "nobody listens there") : r;
	}
	r = send_with(sock, listener, text);
	if (r == 0)
		return 0;
	err_set(e, -r, "linux.seccomp.listenerPath: send the listener to %s", path);
	return r == -EAGAIN ? err_why(e, "nobody took it for %d seconds", PATIENCE_S) : r;
}
