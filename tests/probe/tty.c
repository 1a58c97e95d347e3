/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries to put input into every terminal within reach, by TIOCSTI and TIOCLINUX: a line "WHERE REQUEST ERRNO" for each.
 * What a terminal took would be the next command of the shell that reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void try(const char *where, int fd)
{
	static const struct {
		const char *name;
		unsigned long request;
	} requests[] = {
		/* The kernel takes the low half: a filter must not look at the high one. */
		{"TIOCSTI", 0x5412},
		{"TIOCSTI+high", 0x100005412},
		{"TIOCLINUX", 0x541c},
		{"TIOCLINUX+high", 0xabcd0000541c},
	};
	char c = '#';

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		/* The library would cut the request to an int. */
		long r = syscall(SYS_ioctl, fd, requests[i].request, &c);

		printf("%s %s %s\n", where, requests[i].name, r < 0 ? strerror(errno) : "TAKEN");
	}
}

int main(void)
{
	static const char *const files[] = {"/dev/tty",	 "/dev/console", "/dev/tty0",
					    "/dev/tty1", "/dev/pts/0",	 "/dev/pts/1"};

	for (int fd = 0; fd < 64; fd++) {
		char where[16];

		snprintf(where, sizeof(where), "fd%d", fd);
		if (isatty(fd))
			try(where, fd);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0)
			try(files[i], fd);
		else
			printf("%s open %s\n", files[i], strerror(errno));
	}
	return 0;
}
