/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passing bytes on: see flow.h. */
#include "engine/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void outlet_open_user(struct outlet *o, int fd)
{
	char path[32];
	struct stat st;

	*o = (struct outlet){.fd = fd};
	if (fstat(fd, &st) < 0) {
		o->fd = FD_NONE;
		return;
	}
	o->socket = S_ISSOCK(st.st_mode);
	/* Regular files take everything at once; a second opening would have a position of its own. */
	if (!S_ISFIFO(st.st_mode) && !(S_ISCHR(st.st_mode) && isatty(fd)))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int again = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (again >= 0) {
		o->fd = again;
		o->opened = true;
	} else {
		o->careful = true; /* somebody else's terminal, after su(1) */
	}
}

void outlet_open_own(struct outlet *o, int fd)
{
	*o = (struct outlet){.fd = fd};
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

ssize_t outlet_write(struct outlet *o, const void *data, size_t size)
{
	ssize_t n;

	if (o->careful) {
		struct pollfd p = {.fd = o->fd, .events = POLLOUT};

		/* A pipe that is ready takes PIPE_BUF bytes. */
		if (poll(&p, 1, 0) == 0)
			return -EAGAIN;
		size = MIN(size, (size_t)PIPE_BUF);
	}
	do
		n = o->socket ? send(o->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) : write(o->fd, data, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

void outlet_close(struct outlet *o)
{
	if (o->opened)
		fd_close(&o->fd);
	o->fd = FD_NONE;
}

void flow_init(struct flow *f)
{
	f->from = FD_NONE;
	f->hung_up = false;
	f->to = (struct outlet){.fd = FD_NONE};
	f->left = -1;
	f->begin = f->end = 0;
}

void flow_finish(struct flow *f)
{
	enum { TERMINAL_HOLDS = 128 * 1024 };
	int waiting = 0;

	if (f->from < 0)
		return;
	f->left = isatty(f->from) ? TERMINAL_HOLDS : ioctl(f->from, FIONREAD, &waiting) < 0 ? 0 : waiting;
	if (f->left == 0)
		f->from = FD_NONE;
}

void flow_poll(const struct flow *f, struct pollfd *p)
{
	*p = (struct pollfd){.fd = -1};
	if (f->begin < f->end)
		*p = (struct pollfd){.fd = f->to.fd, .events = POLLOUT};
	else if (!f->hung_up)
		*p = (struct pollfd){.fd = f->from, .events = POLLIN};
}

/* Reads into the empty buffer. */
static bool fill(struct flow *f)
{
	size_t room = f->left < 0 ? sizeof(f->buf) : (size_t)MIN(f->left, (int64_t)sizeof(f->buf));
	ssize_t n = read(f->from, f->buf, room);

	if (n > 0) {
		f->begin = 0;
		f->end = (size_t)n;
		f->left -= f->left < 0 ? 0 : n;
		if (f->left == 0)
			f->from = FD_NONE;
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0 && errno == EIO)
		f->hung_up = true;
	else
		f->from = FD_NONE;
	return false;
}

bool flow_step(struct flow *f)
{
	bool moved = false;

	if (f->begin == f->end && f->from >= 0)
		moved = fill(f);
	while (f->begin < f->end) {
		ssize_t n = f->to.fd < 0 ? -EPIPE : outlet_write(&f->to, f->buf + f->begin, f->end - f->begin);

		if (n == -EAGAIN)
			return moved;
		if (n < 0) {
			/* EIO: the terminal is gone. */
			if (f->to.fd >= 0 && n != -EPIPE && n != -EIO && n != -ECONNRESET)
				f->to.error = (int)-n;
			outlet_close(&f->to);
			f->begin = f->end;
		} else {
			f->begin += (size_t)n;
		}
		moved = true;
	}
	return moved;
}
