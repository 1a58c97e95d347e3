/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle run' and 'isle start': see run.h. */
#include "engine/run.h"

#include "base/fd.h"
#include "engine/attach.h"
#include "engine/owner.h"
#include "engine/start.h"
#include "engine/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- foreground ---- */

static int run_foreground(struct start *s, int *ret_status, struct err *e)
{
	int r = start_run(s, e);

	if (r < 0)
		return r;
	struct supervise w = owner_supervise(s);
	w.interactive = s->box.record.stdin_open;
	w.on_kill = owner_thaw;
	w.ctx = s;
	r = supervise_foreground(&w, ret_status, e);
	int f = start_finish(s, *ret_status, r < 0 ? NULL : e);
	return r < 0 ? r : f;
}

/* ---- detached ---- */

/* What the monitor tells the command that started it: once, when the start has succeeded or failed. */
struct report {
	char id[BOX_ID_LEN + 1];
	bool ok;
	struct err err;
};

/* The life of a monitor: start, report, watch, clean up. */
static int monitor(struct start *s, int report_fd)
{
	struct report rep = {0};
	const int keep[] = {s->home->run_fd, s->home->data_fd, report_fd};

	owner_close_inherited(keep, ARRAY_LEN(keep));
	setsid();
	int listen_fd = FD_NONE;
	int r = start_run(s, &rep.err);
	if (r == 0 && (r = attach_listen(s->box.run_fd, &listen_fd, &rep.err)) < 0)
		plan_undo(&s->plan);
	rep.ok = r == 0;
	memcpy(rep.id, s->box.id, sizeof(rep.id));
	if (fd_write_all(report_fd, &rep, sizeof(rep)) < 0 || r < 0)
		return EXIT_ISLE;
	close(report_fd);
	return owner_watch(s, listen_fd);
}

/* Starts a monitor and waits for its report. */
static int start_monitor(struct start *s, char ret_id[BOX_ID_LEN + 1], struct err *e)
{
	struct report rep = {0};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe to the monitor");
	auto_fd in = ends[0];
	auto_fd out = ends[1];
	pid_t pid = fork();
	if (pid < 0)
		return err_set(e, errno, "make the monitor");
	if (pid == 0) {
		fd_close(&in);
		_exit(monitor(s, out));
	}
	fd_close(&out);
	size_t got = 0;
	while (got < sizeof(rep)) {
		ssize_t n = read(in, (char *)&rep + got, sizeof(rep) - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	if (got < sizeof(rep) || !rep.ok)
		/*
		 * Only when it is reaped has it let go of everything, so that the next command finds what it has left.
		 */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (got < sizeof(rep))
		return err_set(e, 0, "start the container: its monitor died");
	if (!rep.ok) {
		if (e)
			*e = rep.err;
		return rep.err.code ? -rep.err.code : -EINVAL;
	}
	if (ret_id)
		memcpy(ret_id, rep.id, sizeof(rep.id));
	return 0;
}

int engine_run(struct home *h, const struct run_options *o, const struct run_mode *m, int *ret_status,
	       char ret_id[BOX_ID_LEN + 1], struct err *e)
{
	CLEANUP(start_release) struct start s;

	start_init(&s, h, m);
	s.o = o;
	s.detached = o->detach;
	*ret_status = 0;
	if (m->explain)
		return start_explain(&s, e);
	return o->detach ? start_monitor(&s, ret_id, e) : run_foreground(&s, ret_status, e);
}

int engine_start(struct home *h, const char *ref, const struct run_mode *m, int *ret_status, struct err *e)
{
	CLEANUP(start_release) struct start s;
	char id[BOX_ID_LEN + 1] = "";

	start_init(&s, h, m);
	s.ref = ref;
	s.detached = true;
	*ret_status = 0;
	int r = start_monitor(&s, id, e);
	if (r < 0 || !m->attach)
		return r;
	struct attach_options o = {.no_stdin = !m->attach_stdin, .sig_proxy = true, .detach_keys = m->detach_keys};
	CLEANUP(box_close) struct box b = {.run_fd = FD_NONE, .data_fd = FD_NONE, .owner_fd = FD_NONE};
	r = box_find(h, id, false, &b, e);
	return r < 0 ? r : attach_client(&b, &o, ret_status, NULL, e);
}
