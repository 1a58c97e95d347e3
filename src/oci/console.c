/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console socket: see console.h. */
#include "oci/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int console_connect(const char *path, int *ret_fd, struct err *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	/* By descriptor: an address has room for 107 bytes of path, and a path may have more. */
	auto_fd file = open(path, O_PATH | O_CLOEXEC);
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (file < 0 || fd < 0 || fstat(file, &st) < 0)
		return err_set(e, errno, "open the console socket %s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ENOTSOCK, "open the console socket %s", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", file);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_set(e, errno, "connect to the console socket %s", path);
	*ret_fd = fd_take(&fd);
	return 0;
}

int console_send(int sock, int master, struct err *e)
{
	static char name[] = "/dev/ptmx"; /* runc sends the name of the file; receivers want at least one byte */
	struct iovec iov = {.iov_base = name, .iov_len = sizeof(name) - 1};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.room)};
	ssize_t n;

	memcpy(CMSG_DATA(&control.head), &master, sizeof(master));
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_set(e, errno, "send the terminal to the console socket") : 0;
}
