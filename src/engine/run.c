/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle run' and 'isle start': see run.h. */
#include "engine/run.h"

#include "base/fd.h"
#include "core/sys.h"
#include "engine/attach.h"
#include "engine/start.h"
#include "engine/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a supervisor is told of a started container. */
static struct supervise supervise_of(struct start *s)
{
	struct supervise w = SUPERVISE_NONE;

	w.pid = s->launch.pid;
	w.pidfd = s->launch.pidfd;
	w.in_fd = fd_take(&s->ours[0]);
	w.out_fd = fd_take(&s->ours[1]);
	w.err_fd = fd_take(&s->ours[2]);
	w.pty_fd = fd_take(&s->launch.terminal_fd);
	w.timeout_s = s->box.record.timeout_s;
	return w;
}

/* A frozen container does not notice SIGKILL before it is thawed. */
static void thaw(void *ctx)
{
	struct start *s = ctx;

	if (s->launch.cg.path && cgroup_freeze(&s->launch.cg, false, 1000, NULL) < 0)
		return;
}

/* ---- foreground ---- */

static int run_foreground(struct start *s, int *ret_status, struct err *e)
{
	int r = start_run(s, e);

	if (r < 0)
		return r;
	struct supervise w = supervise_of(s);
	w.interactive = s->box.record.stdin_open;
	w.on_kill = thaw;
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

/* Gives the command its terminal back: the monitor's own descriptors lead nowhere. */
static int leave_stdio(struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return err_set(e, errno, "open /dev/null");
	return 0;
}

/*
 * While the container runs, its monitor needs nothing of what built it: all of that memory goes back.  What is needed
 * at the end is read again from the box's own files, and the cgroup is found again by its path.
 */
static void shrink(void *ctx)
{
	struct start *s = ctx;
	struct home *h = s->home;

	h->run = strdup(h->run);
	h->data = strdup(h->data);
	h->cgroups = NULL;
	s->box.record =
		(struct box_record){.rm = s->box.record.rm, .persistent = s->box.record.persistent, .id_slot = -1};
	s->box.state = (struct box_state){0};
	spec_init(&s->box.spec);
	s->launch.spec = NULL; /* launch_release has nothing to look at any more */
	cgroup_release(&s->launch.cg);
	s->launch.cg = (struct cgroup){.v2_fd = FD_NONE};
	arena_free(h->arena);
}

/* Reads again what 'shrink' gave away. */
static int regain(struct start *s, struct err *e)
{
	int r = box_load(&s->box, false, e);

	return r < 0 ? r : start_find_cgroup(s, e);
}

/* SIGKILL was sent to a container that may be frozen. */
static void thaw_shrunk(void *ctx)
{
	struct start *s = ctx;

	if (start_find_cgroup(s, NULL) == 0)
		thaw(s);
	s->home->cgroups = NULL;
	cgroup_release(&s->launch.cg);
	s->launch.cg = (struct cgroup){.v2_fd = FD_NONE};
	arena_free(s->home->arena);
}

/* Closes what the caller had open beyond the standard three: a monitor that kept a pipe of a script's would hang it. */
static void close_inherited(const struct home *h, int report_fd)
{
	int keep[] = {h->run_fd, h->data_fd, report_fd};
	unsigned int from = 3;

	for (;;) {
		unsigned int next = ~0u;

		for (size_t i = 0; i < ARRAY_LEN(keep); i++)
			if ((unsigned int)keep[i] >= from)
				next = MIN(next, (unsigned int)keep[i]);
		if (next != from && sys_close_range(from, next == ~0u ? next : next - 1, 0) < 0)
			return; /* before Linux 5.9: they stay open, as they would with anybody's daemon */
		if (next == ~0u)
			return;
		from = next + 1;
	}
}

/* The life of a monitor: start, report, watch, clean up. */
static int monitor(struct start *s, int report_fd)
{
	struct report rep = {0};
	int status = EXIT_ISLE;

	close_inherited(s->home, report_fd);
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
	/* The file system that the caller stood in must not be kept busy. */
	if (leave_stdio(NULL) < 0 || chdir("/") < 0)
		return EXIT_ISLE;
	struct supervise w = supervise_of(s);
	w.box = &s->box;
	w.listen_fd = listen_fd;
	w.await_client_ms = s->mode->attach ? 2000 : 0;
	w.on_kill = thaw_shrunk;
	w.before_loop = shrink;
	w.ctx = s;
	r = supervise_detached(&w, &status, NULL);
	if (regain(s, NULL) < 0)
		return EXIT_ISLE; /* our lock is dropped, and the next sweep finishes from the id alone */
	return start_finish(s, r < 0 ? 128 + SIGKILL : status, NULL) < 0 ? EXIT_ISLE : 0;
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
