/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle run' and 'isle start': from what the user typed to a container that has ended, or that a monitor watches.
 *
 * One plan (core/step.h) holds every step, the engine's and the core's; --explain prints it, --timings tells its times.
 * In the foreground the caller itself owns the container; detached, a forked monitor does, and the caller learns over a
 * pipe whether the start went well.
 */
#ifndef ISLE_ENGINE_RUN_H
#define ISLE_ENGINE_RUN_H

#include "core/step.h"
#include "engine/box.h"
#include "engine/options.h"

struct run_mode {
	bool explain; /* tell the plan, do nothing */
	bool timings; /* tell what each step took, after the end of the start */
	/* Called with the plan's lines for either; the cli room prints them. */
	void (*tell_steps)(void *ctx, const struct step_lines *lines);
	/* Called with one line of progress or a warning; may be NULL. */
	void (*tell)(void *ctx, const char *line);
	void *ctx;
	bool attach;	   /* start: stay attached to the container's output */
	bool attach_stdin; /* start -i */
	const char *detach_keys;
};

/* *RET_STATUS is the program's exit status (foreground), or 0; RET_ID gets the new container's id (detached). */
int engine_run(struct home *h, const struct run_options *o, const struct run_mode *m, int *ret_status,
	       char ret_id[BOX_ID_LEN + 1], struct err *e) MUST_USE;
/*
 * To be called before any of REFS is started: goes on from a copy of isle in memory where a first process will be seen
 * by others, whose root is the machine's (core/self.h).
 */
int engine_protect(struct home *h, const struct strs *refs, struct err *e) MUST_USE;
/* Starts a container that exists and does not run; a monitor watches over it. */
int engine_start(struct home *h, const char *ref, const struct run_mode *m, int *ret_status, struct err *e) MUST_USE;

#endif
