/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walker of plans: see step.h for the theory. */
#include "core/step.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum fault { FAULT_NONE, FAULT_FAIL, FAULT_KILL, FAULT_KILL_AFTER };

/* What the tests ask to happen at step NAME, by the environment variable ISLE_FAULT. */
static enum fault fault_at(const char *name)
{
	static const struct {
		const char *word;
		enum fault fault;
	} words[] = {{"fail=", FAULT_FAIL}, {"kill=", FAULT_KILL}, {"kill-after=", FAULT_KILL_AFTER}};
	const char *ask = getenv("ISLE_FAULT");

	if (!ask)
		return FAULT_NONE;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(ask, words[i].word, len) == 0 && strcmp(ask + len, name) == 0)
			return words[i].fault;
	}
	return FAULT_NONE;
}

/* CLOCK_MONOTONIC, which both sides share. */
static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int plan_time(struct plan *p, struct err *e)
{
	void *m = mmap(NULL, sizeof(*p->times) * PLAN_STEPS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);

	if (m == MAP_FAILED)
		return err_set(e, errno, "reserve memory for the timings");
	p->times = m;
	return 0;
}

/* Dies at once.  Process 1 of a pid namespace is deaf to its own SIGKILL, so there the exit stands in for it. */
static _Noreturn void die(void)
{
	kill(getpid(), SIGKILL); /* not raise(3): its idea of who we are may be from before clone(2) */
	_exit(128 + SIGKILL);
}

/* Runs one step with the faults asked for around it. */
static int step_run(struct plan *p, size_t i, struct err *e)
{
	const struct step *s = p->steps[i];
	enum fault fault = fault_at(s->name);
	int r;

	if (fault == FAULT_KILL)
		die();
	if (p->times)
		p->times[i].begin_ns = now_ns();
	if (fault == FAULT_FAIL)
		r = err_set(e, ECANCELED, "run the step (ISLE_FAULT asked for this failure)");
	else
		r = s->run(p->ctx, e);
	if (p->times)
		p->times[i].end_ns = now_ns();
	if (fault == FAULT_KILL_AFTER)
		die();
	if (r < 0 && e && !e->step[0])
		snprintf(e->step, sizeof(e->step), "%s", s->name);
	return r;
}

int plan_run(struct plan *p, unsigned int sides, size_t from, size_t to, struct err *e)
{
	assert(p->n <= PLAN_STEPS_MAX);
	for (size_t i = from; i < to && i < p->n; i++) {
		const struct step *s = p->steps[i];

		assert(s->side != 0);
		if (!(s->side & sides) || (s->wanted && !s->wanted(p->ctx)))
			continue;
		/*
		 * Marked before it runs: a step that fails half-way is undone too, so 'undo' must bear a half-done
		 * 'run'.
		 */
		if (s->side == SIDE_HOST)
			p->done[i] = true;
		int r = step_run(p, i, e);
		if (r < 0)
			return r;
	}
	return 0;
}

void plan_undo(struct plan *p)
{
	plan_undo_from(p, 0);
}

void plan_undo_from(struct plan *p, size_t from)
{
	for (size_t i = p->n; i-- > from;) {
		if (p->done[i] && p->steps[i]->undo)
			p->steps[i]->undo(p->ctx);
		p->done[i] = false;
	}
}

size_t plan_find(const struct plan *p, const char *name)
{
	size_t i = 0;

	while (i < p->n && strcmp(p->steps[i]->name, name) != 0)
		i++;
	return i;
}

void plan_explain(const struct plan *p, struct arena *a, struct step_lines *ret)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = p->steps[i];
		struct explain x = {.arena = a};

		if ((s->wanted && !s->wanted(p->ctx)) || !s->explain)
			continue;
		s->explain(p->ctx, &x);
		if (!x.sentence)
			continue;
		*list_add(ret, a) = (struct step_line){.name = s->name,
						       .side = s->side,
						       .sentence = x.sentence,
						       .shell = x.shell,
						       .start_us = -1,
						       .took_us = -1};
	}
}

void plan_timings(const struct plan *p, struct arena *a, struct step_lines *ret)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; p->times && i < p->n; i++)
		if (p->times[i].begin_ns)
			first = MIN(first, p->times[i].begin_ns);
	for (size_t i = 0; p->times && i < p->n; i++) {
		const struct step_time *t = &p->times[i];

		if (!t->begin_ns)
			continue;
		*list_add(ret, a) = (struct step_line){
			.name = p->steps[i]->name,
			.side = p->steps[i]->side,
			.start_us = (int64_t)((t->begin_ns - first) / 1000),
			.took_us = t->end_ns ? (int64_t)((t->end_ns - t->begin_ns) / 1000) : -1,
		};
	}
}

int plan_walk(struct plan *p, size_t to, bool timed, const char *const *quiet, struct err *e)
{
	int r = timed ? plan_time(p, e) : 0;

	if (r == 0)
		r = plan_run(p, SIDE_HOST, 0, to, e);
	if (r < 0) {
		plan_undo(p);
		step_hush(e, quiet);
	}
	return r;
}

void plan_tell(const struct plan *p, struct arena *a, void (*tell)(void *ctx, const struct step_lines *lines),
	       void *ctx)
{
	struct step_lines lines = {0};

	if (!tell)
		return;
	if (p->times)
		plan_timings(p, a, &lines);
	else
		plan_explain(p, a, &lines);
	tell(ctx, &lines);
}

void step_hush(struct err *e, const char *const *quiet)
{
	for (; e && *quiet; quiet++)
		if (strcmp(e->step, *quiet) == 0)
			e->step[0] = '\0';
}

void explain_say(struct explain *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	x->sentence = arena_vprintf(x->arena, fmt, ap);
	va_end(ap);
}

void explain_shell(struct explain *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strs_take(&x->shell, x->arena, arena_vprintf(x->arena, fmt, ap));
	va_end(ap);
}
