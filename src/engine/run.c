/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle run' and 'isle start': see run.h. */
#include "engine/run.h"

#include "base/fd.h"
#include "core/self.h"
#include "engine/attach.h"
#include "engine/background.h"
#include "engine/owner.h"
#include "engine/start.h"
#include "engine/supervise.h"

#include <string.h>
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

/* The life of a monitor: start, report, watch, clean up. */
static int monitor(void *ctx, int report_fd)
{
	struct start *s = ctx;
	struct background_report rep = {0};
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

/* Starts the container below a monitor. */
static int start_monitor(struct start *s, char ret_id[BOX_ID_LEN + 1], struct err *e)
{
	const struct background b = {.task = "start the container", .called = "monitor", .live = monitor, .ctx = s};
	struct background_report rep;
	int r = background_make(s->home, &b, &rep, e);

	if (r == 0 && ret_id)
		memcpy(ret_id, rep.id, sizeof(rep.id));
	return r;
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
	/* Here, for a monitor can't begin anew. */
	if (o->detach && start_seen(o))
		return self_protect(h->arena, e);
	return o->detach ? start_monitor(&s, ret_id, e) : run_foreground(&s, ret_status, e);
}

int engine_protect(struct home *h, const struct strs *refs, struct err *e)
{
	for (size_t i = 0; i < refs->n && !self_protected(); i++) {
		CLEANUP(box_close) struct box b;
		/* Whoever starts it tells why it can't be found. */
		int r = box_find(h, refs->v[i], true, &b, NULL);

		if (r == 0 && b.spec.lin.ns[NS_PID].mode == NS_JOIN && b.spec.lin.ns[NS_USER].mode != NS_NEW)
			return self_protect(h->arena, e);
	}
	return 0;
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
	CLEANUP(box_close) struct box b;
	r = box_find(h, id, false, &b, e);
	return r < 0 ? r : attach_client(&b, &o, ret_status, NULL, e);
}
