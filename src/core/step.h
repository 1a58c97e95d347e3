/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps: everything isle does to the machine, one named thing at a time.
 *
 * A plan is an array of steps in order, and a context that they share.  From this one mechanism come:
 *   --explain    prints each step's sentence and the shell command that does the same, and does nothing;
 *   --timings    tells what each step took;
 *   errors       name the step that failed;
 *   ISLE_FAULT   "fail=STEP", "kill=STEP" (before it runs) or "kill-after=STEP": the tests stop at every step with it.
 *
 * A launch has two sides that walk the same plan: the host side (the process that keeps the machine's namespaces), and
 * the box side (the container's first process).  Each runs the steps of its own side; where one must wait for the
 * other, a step sends or awaits a named word (handshake.h).
 *
 * When a step of the host side fails, the 'undo' of those that ran is called in reverse order, so nothing is left
 * behind; if isle is killed instead, the next command finds the record and undoes from it (engine/sweep.h).
 */
#ifndef ISLE_CORE_STEP_H
#define ISLE_CORE_STEP_H

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

/* Who runs a step, as bits: the host side; the box's main thread; the thread that furnishes it (launch_threads.c). */
enum side { SIDE_HOST = 1, SIDE_BOX = 2, SIDE_ROOT = 4 };

/* What a step would do, for --explain: a sentence and shell lines ("" where no command does the same). */
struct explain {
	struct arena *arena;
	char *sentence;
	struct strs shell;
};

struct step {
	const char *name; /* lower case, one or two words joined by '-'; unique within a plan */
	enum side side;
	bool (*wanted)(const void *ctx); /* NULL: always */
	int (*run)(void *ctx, struct err *e);
	void (*undo)(void *ctx); /* host side only: removes what 'run' left on the host; NULL: it left nothing */
	void (*explain)(const void *ctx, struct explain *x);
};

/* Times are written here by both sides: the array is in shared memory when two processes walk the plan. */
struct step_time {
	uint64_t begin_ns, end_ns; /* CLOCK_MONOTONIC; 0: it did not run */
};

enum { PLAN_STEPS_MAX = 80 };

struct plan {
	const struct step *const *steps;
	size_t n;
	void *ctx;
	struct step_time *times;   /* NULL: not asked for */
	bool done[PLAN_STEPS_MAX]; /* ran on the host side, for undo */
};

/* Turns timing on: the times live in memory shared with children of this process. */
int plan_time(struct plan *p, struct err *e) MUST_USE;
/* Runs the wanted steps of SIDES from index FROM up to (not including) index TO, stopping at the first that fails. */
int plan_run(struct plan *p, unsigned int sides, size_t from, size_t to, struct err *e) MUST_USE;
/*
 * The same for the host, from the first step up to (not including) index TO, as a command wants it: TIMED where times
 * are to be told, and a failure undone.  Its sentence does not name the steps of QUIET (step_hush).
 */
int plan_walk(struct plan *p, size_t to, bool timed, const char *const *quiet, struct err *e) MUST_USE;
/* Calls 'undo' of the host steps that ran, last first; of those from index FROM on. */
void plan_undo(struct plan *p);
void plan_undo_from(struct plan *p, size_t from);
/* The index of the step called NAME; p->n if there is none. */
size_t plan_find(const struct plan *p, const char *name);

/* One line of --explain or --timings, given to the cli room, which prints. */
struct step_line {
	const char *name;
	enum side side;
	char *sentence;
	struct strs shell;
	int64_t start_us, took_us; /* relative to the plan's first step; -1: did not run */
};
struct step_lines {
	struct step_line *v;
	size_t n, room;
};
void plan_explain(const struct plan *p, struct arena *a, struct step_lines *ret);
void plan_timings(const struct plan *p, struct arena *a, struct step_lines *ret);
/* Has TELL, which may be NULL, hear what the steps would do; or, where they have been timed, what they took. */
void plan_tell(const struct plan *p, struct arena *a, void (*tell)(void *ctx, const struct step_lines *lines),
	       void *ctx);
/*
 * Takes the step out of E's sentence if it is one of QUIET (ends with NULL): wrong words are the user's affair, and
 * what step of ours noticed them is no part of it.
 */
void step_hush(struct err *e, const char *const *quiet);

/* Fills X with a sentence; a shell line can be added by explain_shell. */
void explain_say(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
void explain_shell(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
