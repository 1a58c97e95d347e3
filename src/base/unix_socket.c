/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets by descriptor, and descriptors by socket: see unix_socket.h. */
#include "base/unix_socket.h"

#include "base/fd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATIENCE_S = 5 };

/* ---- connections ---- */

struct sockaddr_un unix_address(int dirfd, const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	assert(!name || strlen(name) <= UNIX_NAME_MAX);
	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d%s%.*s", dirfd, name ? "/" : "", UNIX_NAME_MAX,
		 name ? name : "");
	return at;
}

int unix_listen(int dirfd, const char *name, int backlog, int *ret_fd)
{
	const struct sockaddr_un at = unix_address(dirfd, name);
	auto_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	unlinkat(dirfd, name, 0);
	/* The socket's own mode is what bind(2) gives the file: it is never open to others, not for a moment. */
	if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, backlog) < 0)
		return -errno;
	*ret_fd = fd_take(&fd);
	return 0;
}

int unix_connect(int dirfd, const char *name, int *ret_fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const struct sockaddr_un at = unix_address(dirfd, name);
	auto_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* Where the queue is full, and nobody takes from it, connect(2) would wait for ever. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	*ret_fd = fd_take(&fd);
	return 0;
}

bool unix_peer_ours(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

/* ---- descriptors ---- */

/* As the kernel wants it aligned. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int) * UNIX_FDS_MAX)];
};

ssize_t fds_send(int sock, const void *data, size_t size, const int *fds, int n)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control c;
	ssize_t sent;

	assert(n <= UNIX_FDS_MAX);
	if (n > 0) {
		msg.msg_control = &c;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n);
		memset(&c, 0, msg.msg_controllen);
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
		memcpy(CMSG_DATA(&c.head), fds, sizeof(int) * (size_t)n);
	}
	do
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/* Copies the descriptors that came with MSG to FDS: how many. */
static int fds_in(struct msghdr *msg, int *fds)
{
	int n = 0;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(h), sizeof(int) * (size_t)n);
	}
	return n;
}

ssize_t fds_recv(int sock, int flags, void *data, size_t room, int *fds, int max, int *ret_n)
{
	struct iovec iov = {.iov_base = data, .iov_len = room};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control c;
	int resets = 0, n;
	ssize_t size;

	assert(max <= UNIX_FDS_MAX);
	/* A peer that left without reading everything resets the connection: told once, before its last words. */
	do {
		msg.msg_control = &c;
		msg.msg_controllen = CMSG_LEN(sizeof(int) * (size_t)max); /* not SPACE, which may hold one more */
		size = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | flags);
	} while (size < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ == 0)));
	if (ret_n)
		*ret_n = 0;
	if (size < 0)
		return errno == ECONNRESET ? 0 : -errno;
	n = fds_in(&msg, fds);
	if (msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) {
		while (n > 0)
			fd_close(&fds[--n]);
		/* The kernel hands over as many as we may have open, and drops the rest without an error. */
		return msg.msg_flags & MSG_CTRUNC ? -EMFILE : -EMSGSIZE;
	}
	if (ret_n)
		*ret_n = n;
	return size;
}
