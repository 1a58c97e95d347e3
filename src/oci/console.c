/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console socket: see console.h. */
#include "oci/console.h"

#include "base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int console_connect(const char *path, int *ret_fd, struct err *e)
{
	struct stat st;
	auto_fd file = open(path, O_PATH | O_CLOEXEC);
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (file < 0 || fd < 0 || fstat(file, &st) < 0)
		return err_set(e, errno, "open the console socket %s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ENOTSOCK, "open the console socket %s", path);
	const struct sockaddr_un address = unix_address(file, NULL);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_set(e, errno, "connect to the console socket %s", path);
	*ret_fd = fd_take(&fd);
	return 0;
}

int console_send(int sock, int master, struct err *e)
{
	static const char name[] = "/dev/ptmx"; /* runc sends the name of the file; receivers want at least one byte */
	ssize_t n = fds_send(sock, name, strlen(name), &master, 1);

	return n < 0 ? err_set(e, (int)-n, "send the terminal to the console socket") : 0;
}
