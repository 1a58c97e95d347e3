/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that stays outside: see outsider.h. */
#include "toolbox/outsider.h"

#include "base/fd.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an outsider is until its end. */
static _Noreturn void serve(int sock, const struct outsider_work *w, void *ctx)
{
	for (;;) {
		struct err err = {0};
		int what;
		ssize_t n = recv(sock, &what, sizeof(what), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(what))
			break;
		(void)w->does(ctx, what, &err);
		if (send(sock, &err, sizeof(err), MSG_NOSIGNAL) < 0)
			break;
	}
	if (w->ends)
		w->ends(ctx);
	_exit(0);
}

/* Waits for our child PID; 0 if it went well. */
static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -ECHILD;
}

int outsider_make(struct outsider *o, bool stranger, const struct outsider_work *w, void *ctx, struct err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_set(e, errno, "make a socket pair");
	auto_fd ours = ends[0];
	auto_fd its = ends[1];
	pid_t pid = fork();
	if (pid == 0) {
		fd_close(&ours);
		if (stranger && (pid = fork()) != 0)
			_exit(pid < 0);
		/* A ^C ends the tool; what undoes its work must not end with it. */
		setsid();
		serve(its, w, ctx);
	}
	if (pid < 0 || (stranger && reap(pid) < 0))
		return err_set(e, pid < 0 ? errno : EAGAIN, "fork");
	o->pid = stranger ? 0 : pid;
	o->sock = fd_take(&ours);
	return 0;
}

int outsider_ask(const struct outsider *o, int what, struct err *e)
{
	struct err answer;
	ssize_t n = send(o->sock, &what, sizeof(what), MSG_NOSIGNAL);

	if (n >= 0)
		do
			n = recv(o->sock, &answer, sizeof(answer), 0);
		while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, errno, "ask the process that stays outside");
	if (n != sizeof(answer))
		return err_set(e, EPIPE, "ask the process that stays outside: it died");
	return answer.what[0] ? err_copy(e, &answer) : 0;
}

void outsider_leave(struct outsider *o)
{
	fd_close(&o->sock);
	if (o->pid > 0)
		(void)reap(o->pid);
	o->pid = 0;
}
