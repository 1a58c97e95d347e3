/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending the listener of a filter: see seccomp_listener.h. */
#include "core/seccomp_listener.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

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
		snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", file);
	}
	return connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

/* Sends TEXT, its first bytes together with FD. */
static int send_with(int sock, int fd, const char *text)
{
	size_t left = strlen(text);
	struct iovec iov = {.iov_base = (void *)(uintptr_t)text, .iov_len = left};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	while (iov.iov_len > 0) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= (size_t)n;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
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
