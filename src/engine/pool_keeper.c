/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper of one island: makes it, parks it, gives it away once, and owns it until its end.  See pool.h.
 *
 *     make ─► park ─┬─ the service is gone, or the box is ──────────────────────► end
 *                   └─ a request ─┬─ refused ─► parked still
 *                                 └─ given away (pool_give.c) ─► watch ─────────► end
 */
#include "engine/pool_keeper.h"

#include "base/fd.h"
#include "base/unix_socket.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine/owner.h"
#include "engine/trim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MS = 2000 };

/* ---- what is said ---- */

/* Tells the service. */
static void report(const struct pool_keeper *k, enum pool_news news, const struct err *err)
{
	struct pool_report rep = {.news = news};

	if (err)
		rep.err = *err;
	if (fds_send(k->lifeline, &rep, sizeof(rep), NULL, 0) < 0)
		return; /* it is gone, which we are about to notice */
}

/* A line of progress or a warning from the making of an island. */
static void tell(void *ctx, const char *line)
{
	struct err text = {0};

	err_set(&text, 0, "%s", line);
	report(ctx, POOL_TOLD, &text);
}

/* Answers the command. */
static void answer(const struct keeper *p, const struct pool_answer *a, const int *fds, int n)
{
	if (fds_send(p->conn, a, sizeof(*a), fds, n) < 0)
		return; /* it is gone, which its own descriptor tells */
}

/* ---- the end ---- */

/* Ends what runs, or is parked, in the box, for good: it is not kept, as nothing came of it. */
static int discard(struct keeper *p)
{
	struct start *s = &p->s;
	int status = EXIT_ISLE;

	fd_close(&p->order_fd);
	sys_pidfd_send_signal(s->launch.pidfd, SIGKILL, NULL, 0);
	owner_thaw_shrunk(s);
	if (process_reap(s->launch.pidfd, &status, NULL) < 0 || owner_regain(s, NULL) < 0)
		return EXIT_ISLE; /* our lock is dropped, and the next sweep finishes */
	s->box.record.rm = true;
	return start_finish(s, status, NULL) < 0 ? EXIT_ISLE : 0;
}

/* Ends the container as its command would: by SIGKILL, thawed, for nobody is there to be asked. */
static void kill_box(struct keeper *p)
{
	sys_pidfd_send_signal(p->s.launch.pidfd, SIGKILL, NULL, 0);
	owner_thaw_shrunk(&p->s);
}

/* Hears the command while its container runs: it may want it thawed, and when it is gone so is the container. */
static void hear_command(struct keeper *p)
{
	char word = 0;
	ssize_t n = recv(p->conn, &word, sizeof(word), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 1 && word == pool_thaw_word) {
		owner_thaw_shrunk(&p->s);
		return;
	}
	fd_close(&p->conn);
	kill_box(p);
}

/* Owns a container whose command is in the foreground: that one has its output and its signals, we have its end. */
static int watch_foreground(struct keeper *p)
{
	struct start *s = &p->s;
	struct pool_answer end = {.word = POOL_ENDED, .status = EXIT_ISLE};

	for (;;) {
		struct pollfd fds[] = {{.fd = s->launch.pidfd, .events = POLLIN}, {.fd = p->conn, .events = POLLIN}};

		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			return EXIT_ISLE;
		if (fds[0].revents)
			break;
		if (fds[1].revents)
			hear_command(p);
	}
	memcpy(end.id, s->box.id, sizeof(end.id));
	int r = process_reap(s->launch.pidfd, &end.status, &end.err);
	if (r == 0)
		r = owner_regain(s, &end.err);
	if (r == 0)
		r = start_finish(s, end.status, &end.err);
	if (p->conn >= 0)
		answer(p, &end, NULL, 0);
	return r < 0 ? EXIT_ISLE : 0;
}

/* The container runs, and its command knows it: the rest of the keeper's life. */
static int watch(struct keeper *p)
{
	struct start *s = &p->s;

	if (p->r.detach) {
		fd_close(&p->conn);
		return owner_watch(s, p->listen_attach);
	}
	fd_close(&s->launch.terminal_fd);
	owner_shrink(s);
	return watch_foreground(p);
}

/* ---- the taking ---- */

/* Refuses the command with E; what was claimed for it is given back. */
static void refuse(struct keeper *p, const struct err *e)
{
	struct pool_answer no = {.word = POOL_REFUSED, .err = *e};

	answer(p, &no, NULL, 0);
	fd_close(&p->conn);
}

/* Tells the command that it has the island. */
static void give(struct keeper *p)
{
	struct launch *l = &p->s.launch;
	struct pool_answer yes = {.word = POOL_GIVEN, .pid = l->pid};
	const int fds[] = {l->pidfd, l->terminal_fd};

	memcpy(yes.id, p->s.box.id, sizeof(yes.id));
	answer(p, &yes, fds, !p->r.detach && l->terminal_fd >= 0 ? 2 : 1);
}

/* Gives the island to the command that has sent a request.  False: it was refused, and the island is as it was. */
static bool serve(struct keeper *p, int *ret_status)
{
	struct err e = {0};
	bool used;
	int r = pool_give(p, &used, &e);

	if (!used) {
		refuse(p, &e);
		return false;
	}
	fd_close(&p->epoll);
	fd_close(&p->k->listen_fd);
	report(p->k, POOL_TAKEN, NULL);
	fd_close(&p->k->lifeline);
	if (r < 0) {
		*ret_status = discard(p);
		refuse(p, &e);
		return true;
	}
	give(p);
	*ret_status = watch(p);
	return true;
}

/* Takes a connection, if another keeper has not, and its request.  True: 'ret_status' is how it all ended. */
static bool welcome(struct keeper *p, int *ret_status)
{
	struct err e = {0};

	p->conn = accept4(p->k->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (p->conn < 0)
		return false;
	/* One that says nothing must not keep the island from others. */
	int r = unix_peer_ours(p->conn) ? pool_message_receive(p->conn, REQUEST_MS, &p->message, &e)
					: err_set(&e, EPERM, "take an island of another user's pool");
	if (r == 0)
		return serve(p, ret_status);
	if (r != -ENODATA)
		refuse(p, &e);
	fd_close(&p->conn);
	return false;
}

/* ---- parked ---- */

/* Waits for a request, or for what ends the island untaken. */
static int park(struct keeper *p)
{
	enum { LISTEN, LIFELINE, BOX };
	const int fds[] = {[LISTEN] = p->k->listen_fd, [LIFELINE] = p->k->lifeline, [BOX] = p->s.launch.pidfd};
	int status = 0;

	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned int i = 0; i < ARRAY_LEN(fds); i++) {
		struct epoll_event what = {.events = EPOLLIN | (i == LISTEN ? EPOLLEXCLUSIVE : 0U), .data.u32 = i};

		if (p->epoll < 0 || epoll_ctl(p->epoll, EPOLL_CTL_ADD, fds[i], &what) < 0)
			return discard(p);
	}
	report(p->k, POOL_PARKED, NULL);
	for (;;) {
		struct epoll_event event;
		int n = epoll_wait(p->epoll, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return discard(p);
		if (n > 0 && event.data.u32 != LISTEN)
			return discard(p);
		if (n > 0 && welcome(p, &status))
			return status;
	}
}

/* Makes the island, up to where it is parked. */
static int make(struct keeper *p, struct err *e)
{
	auto_fd box_end = FD_NONE;
	int r = hs_pair(&p->order_fd, &box_end, e);

	if (r < 0)
		return r;
	p->s.launch.start_fd = box_end;
	p->s.launch.await_order = pool_box_await;
	return start_run(&p->s, e);
}

int pool_keep(struct pool_keeper *k)
{
	static struct keeper p;
	const struct run_mode mode = {.tell = tell, .ctx = k};
	const int keep[] = {k->home->run_fd, k->home->data_fd, k->listen_fd, k->lifeline};
	struct err e = {0};

	p = (struct keeper){.k = k, .order_fd = FD_NONE, .epoll = FD_NONE, .conn = FD_NONE, .listen_attach = FD_NONE};
	start_init(&p.s, k->home, &mode);
	p.s.o = k->o->islands;
	p.s.pool = k->o->name;
	p.rm = k->o->islands->rm;
	p.entrypoint = k->o->islands->entrypoint;
	owner_close_inherited(keep, ARRAY_LEN(keep));
	setsid();
	sigprocmask(SIG_SETMASK, &k->signals, NULL);
	int r = owner_leave_stdio(&e);
	if (r == 0)
		r = make(&p, &e);
	if (r < 0) {
		report(k, POOL_FAILED, &e);
		return EXIT_ISLE;
	}
	/* The file system that the service stands in must not be kept busy by a container. */
	if (chdir("/") < 0)
		return discard(&p);
	prctl(PR_SET_NAME, "isle-keeper");
	owner_shrink(&p.s);
	warm_memory();
	return park(&p);
}
