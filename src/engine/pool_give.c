/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving an island away: the steps from a request to a container that is somebody's.  See pool.h.
 *
 * The box waits for the order, and so does a user: nothing comes before it that can come behind.  No allocation, no
 * file but the claim of a name that is asked for.  While the box executes, this process sleeps, for it would be in its
 * way on a machine that is busy; then it writes down what the container is now.  That it does so late is nobody's
 * danger: the box is on record since before it was made, and a sweep goes by that.
 */
#include "engine/pool_keeper.h"

#include "base/fd.h"
#include "base/parse_time.h"
#include "core/handshake.h"
#include "engine/attach.h"
#include "engine/box_priv.h"
#include "engine/compose.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { EDIT_WAIT_MS = 5000 };

/* The keeper that a step belongs to. */
static struct keeper *of(void *ctx)
{
	return ctx;
}

/* ---- what the island becomes ---- */

/*
 * Takes on the name that is wanted, beside the made-up one.  Until the record tells it a sweep would take it for one
 * that was left: so the lock, which record_run releases.
 */
static int claim_run(void *ctx, struct err *e)
{
	struct keeper *p = of(ctx);
	struct box *b = &p->s.box;
	int r = box_edit_lock(b, EDIT_WAIT_MS, e);

	if (r < 0)
		return r;
	b->record.name = p->r.name;
	r = box_claim_name(b, e);
	if (r < 0) {
		b->record.name = NULL;
		box_edit_unlock(b);
	}
	return r;
}

static bool claim_wanted(const void *ctx)
{
	return ((const struct keeper *)ctx)->r.name != NULL;
}

/* The program's descriptors: what the command sent, for a container in the background pipes to us. */
static int stdio_run(void *ctx, struct err *e)
{
	struct keeper *p = of(ctx);
	struct start *s = &p->s;

	s->detached = p->r.detach;
	s->box.record.tty = p->r.tty;
	s->box.record.stdin_open = p->r.interactive;
	if (p->r.detach)
		return start_stdio_open(s, e);
	for (int i = 0; i < 3; i++) {
		s->launch.stdio[i] = p->stdio[i];
		start_stdio_own(s, p->stdio[i]);
	}
	return 0;
}

/* From here on the island is used. */
static int order_run(void *ctx, struct err *e)
{
	struct keeper *p = of(ctx);

	return pool_message_forward(p->order_fd, &p->message, p->s.launch.stdio, e);
}

/* Puts the label L over what is there. */
static void label_put(struct spec_pairs *labels, const struct spec_pair *l, struct arena *a)
{
	for (size_t i = 0; i < labels->n; i++)
		if (strcmp(labels->v[i].key, l->key) == 0) {
			labels->v[i].value = l->value;
			return;
		}
	*list_add(labels, a) = *l;
}

/* What the record says, with what was chosen. */
static void record_update(struct keeper *p)
{
	const struct pool_request *r = &p->r;
	struct box_record *rec = &p->s.box.record;
	struct arena *a = p->s.home->arena;
	struct strs words = {0};

	p->made_up = r->name ? rec->name : NULL;
	rec->name = r->name ? r->name : rec->name;
	rec->pool = NULL;
	rec->rm = p->rm || r->rm;
	rec->detach = r->detach;
	rec->tty = r->tty;
	rec->stdin_open = r->interactive;
	rec->timeout_s = r->timeout_s ? r->timeout_s : rec->timeout_s;
	rec->stop_signal = r->stop_signal ? r->stop_signal : rec->stop_signal;
	rec->stop_timeout_s = r->stop_timeout_s != POOL_NO_TIMEOUT ? r->stop_timeout_s : rec->stop_timeout_s;
	rec->log_max_size = r->log_max_size ? r->log_max_size : rec->log_max_size;
	rec->log_max_files = r->log_max_files ? r->log_max_files : rec->log_max_files;
	rec->cidfile = r->cidfile;
	rec->pidfile = r->pidfile;
	for (size_t i = 0; i < r->labels.n; i++)
		label_put(&rec->labels, &r->labels.v[i], a);
	if (r->command.n > 0 || r->entrypoint) {
		compose_command(r->entrypoint ? r->entrypoint : p->entrypoint, &r->command, a, &words);
		rec->command = compose_command_text(&words, a);
	}
}

/* Writes down what it is now; a container that is to be kept is so from here on. */
static int record_run(void *ctx, struct err *e)
{
	struct keeper *p = of(ctx);
	struct box *b = &p->s.box;
	int unused[3];
	int r = pool_message_parse(&p->message, p->s.home->arena, &p->r, unused, e);

	if (r == 0 && !p->r.name)
		r = box_edit_lock(b, EDIT_WAIT_MS, e);
	if (r == 0)
		r = box_load(b, false, e);
	if (r < 0)
		return r;
	record_update(p);
	r = box_save_record(b, e);
	if (r == 0 && !b->record.rm && unlinkat(b->run_fd, "rm", 0) < 0 && errno != ENOENT)
		r = err_set(e, errno, "keep container %s", box_called(b));
	if (r == 0 && p->made_up)
		box_release_name(b, p->made_up);
	box_edit_unlock(b);
	return r;
}

static int state_run(void *ctx, struct err *e)
{
	struct box *b = &of(ctx)->s.box;

	b->state.status = BOX_RUNNING;
	b->state.started_ns = time_now();
	return box_state_save(b, e);
}

/* The program runs, or the box says why it does not. */
static int hear_run(void *ctx, struct err *e)
{
	struct keeper *p = of(ctx);

	p->s.launch.sock = fd_take(&p->order_fd);
	/* No event but the end: what the box says before need not wake us while it is at work. */
	struct pollfd end = {.fd = p->s.launch.sock};
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	int r = launch_hear(&p->s.launch, HS_END, e);
	fd_close(&p->s.launch.sock);
	return r;
}

static bool attach_wanted(const void *ctx)
{
	return ((const struct keeper *)ctx)->r.detach;
}

static int attach_run(void *ctx, struct err *e)
{
	struct keeper *p = of(ctx);

	return attach_listen(p->s.box.run_fd, &p->listen_attach, e);
}

static const struct step step_take_claim = {
	.name = "take-claim", .side = SIDE_HOST, .wanted = claim_wanted, .run = claim_run};
static const struct step step_take_stdio = {.name = "take-stdio", .side = SIDE_HOST, .run = stdio_run};
static const struct step step_take_order = {.name = "take-order", .side = SIDE_HOST, .run = order_run};
static const struct step step_take_record = {.name = "take-record", .side = SIDE_HOST, .run = record_run};
static const struct step step_take_state = {.name = "take-state", .side = SIDE_HOST, .run = state_run};
static const struct step step_take_hear = {.name = "take-hear", .side = SIDE_HOST, .run = hear_run};
static const struct step step_take_attach = {
	.name = "take-attach", .side = SIDE_HOST, .wanted = attach_wanted, .run = attach_run};
static const struct step *const take_steps[] = {
	&step_take_claim,  &step_take_stdio, &step_take_order,	&step_take_hear,
	&step_take_record, &step_take_state, &step_take_attach,
};
enum { STEP_ORDER = 2 };

/* ---- the whole ---- */

/* Closes what the request brought, and our copies of what the program has. */
static void request_done(struct keeper *p)
{
	struct launch *l = &p->s.launch;

	for (int i = 0; i < 3; i++) {
		if (p->r.detach && l->stdio[i] > 2)
			fd_close(&l->stdio[i]);
		l->stdio[i] = FD_NONE;
	}
	pool_message_release(&p->message);
}

/* A request that came to nothing before the box heard of it. */
static void request_forget(struct keeper *p)
{
	struct box *b = &p->s.box;

	if (b->record.name) {
		box_release_name(b, b->record.name);
		box_edit_unlock(b);
	}
	b->record.name = NULL;
	for (int i = 0; i < 3; i++)
		fd_close(&p->s.ours[i]);
	request_done(p);
	p->r = (struct pool_request){0};
	arena_free(p->s.home->arena);
}

int pool_give(struct keeper *p, bool *ret_used, struct err *e)
{
	int r = pool_message_peek(&p->message, p->s.home->arena, &p->r, p->stdio, e);

	p->give = (struct plan){.steps = take_steps, .n = ARRAY_LEN(take_steps), .ctx = p};
	if (r == 0)
		r = plan_run(&p->give, SIDE_HOST, 0, STEP_ORDER, e);
	*ret_used = r == 0;
	if (r < 0) {
		request_forget(p);
		return r;
	}
	r = plan_run(&p->give, SIDE_HOST, STEP_ORDER, p->give.n, e);
	request_done(p);
	return r;
}
