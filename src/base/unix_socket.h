/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AF_UNIX sockets (unix(7)): found by descriptor, who is at the other end, and descriptors that go with the bytes. */
#ifndef ISLE_BASE_UNIX_SOCKET_H
#define ISLE_BASE_UNIX_SOCKET_H

#include "base/macros.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

enum {
	UNIX_NAME_MAX = 80, /* bytes of a name that is found by its directory's descriptor */
	UNIX_FDS_MAX = 253, /* descriptors with one message (SCM_MAX_FD of the kernel) */
};

/*
 * The address of NAME below the directory DIRFD, or (NAME is NULL) of the file DIRFD itself: by way of /proc/self/fd,
 * as an address has room for 107 bytes, and a path may have more.
 */
struct sockaddr_un unix_address(int dirfd, const char *name);
/*
 * Makes the socket NAME below DIRFD, for packets (SOCK_SEQPACKET), in the place of what is there, and listens on it:
 * for our own user alone, without waiting.  0 or a negative errno.
 */
int unix_listen(int dirfd, const char *name, int backlog, int *ret_fd) MUST_USE;
/* Connects to one; 0 or a negative errno, -EAGAIN when for five seconds nobody has taken a connection. */
int unix_connect(int dirfd, const char *name, int *ret_fd) MUST_USE;
/* Whether who connected the socket FD is our own user, or root. */
bool unix_peer_ours(int fd);

/*
 * Sends SIZE bytes, and with them N descriptors, which stay open here: how many bytes went (all of them, unless it is a
 * stream), or a negative errno.  A peer that is gone is -EPIPE and no signal.
 */
ssize_t fds_send(int sock, const void *data, size_t size, const int *fds, int n) MUST_USE;
/*
 * Receives one message, with FLAGS of recvmsg(2), and MAX descriptors at the most, which close on exec: its size, 0 at
 * the end, or a negative errno.  -EMSGSIZE: it is larger than ROOM; -EMFILE: not all of its descriptors could be taken,
 * but its bytes are there.  None is kept then.  With a MAX of 0 both FDS and RET_N may be NULL.
 */
ssize_t fds_recv(int sock, int flags, void *data, size_t room, int *fds, int max, int *ret_n) MUST_USE;

#endif
