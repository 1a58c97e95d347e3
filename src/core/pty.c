/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's terminal: see pty.h. */
#include "core/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif
#ifndef TIOCSPTLCK
#define TIOCSPTLCK _IOW('T', 0x31, int)
#endif
#ifndef TIOCGPTN
#define TIOCGPTN _IOR('T', 0x30, unsigned int)
#endif

int pty_master_prepare(int ptmx, unsigned int rows, unsigned int cols, struct err *e)
{
	unsigned int number;
	int unlocked = 0;

	/* Only the master of a pair knows its number, so this also tells a false ptmx. */
	if (ioctl(ptmx, TIOCGPTN, &number) < 0) {
		err_set(e, errno, "examine the container's terminal");
		return err_why(e, "its ptmx is not the master of a terminal");
	}
	if (ioctl(ptmx, TIOCSPTLCK, &unlocked) < 0)
		return err_set(e, errno, "unlock the container's terminal %u", number);
	int r = rows && cols ? pty_resize(ptmx, rows, cols) : 0;
	return r < 0 ? err_set(e, -r, "set the size of the container's terminal %u", number) : 0;
}

int pty_slave(int master, int *ret_fd, struct err *e)
{
	int fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open the container's terminal");
	*ret_fd = fd;
	return 0;
}

int pty_make_controlling(int slave, struct err *e)
{
	/* EPERM: the caller leads a process group; if it leads a session already, that session will do. */
	if (setsid() < 0 && (errno != EPERM || getsid(0) != getpid()))
		return err_set(e, errno, "begin a session");
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return err_set(e, errno, "make the container's terminal the controlling one");
	for (int fd = 0; fd <= 2; fd++) {
		/* dup2 of a descriptor onto itself would leave close-on-exec set. */
		int r = fd == slave ? fcntl(fd, F_SETFD, 0) : dup2(slave, fd);

		if (r < 0)
			return err_set(e, errno, "make the container's terminal descriptor %d", fd);
	}
	return 0;
}

int pty_resize(int master, unsigned int rows, unsigned int cols)
{
	struct winsize size = {
		.ws_row = (unsigned short)MIN(rows, 0xffffu),
		.ws_col = (unsigned short)MIN(cols, 0xffffu),
	};

	return ioctl(master, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}
