/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --explain, --timings and --json: a part of the tables of options that several verbs have, and what it says. */
#ifndef ISLE_CLI_SHOW_STEPS_H
#define ISLE_CLI_SHOW_STEPS_H

#include "cli/cli.h"
#include "engine/run.h"

/* Stands in the verb's arguments under the name 'show'. */
struct show_steps {
	bool explain, timings, json;
};

/* The rows, over the verb's struct TYPE; what follows is for each of them. */
#define SHOW_STEPS_ROWS(type, ...)                                                                        \
	OPT_HEADING("What isle tells"),                                                                   \
		OPT_FLAG(0, "explain", type, show.explain,                                                \
			 "tell each step and the shell command that does it; do nothing", __VA_ARGS__),   \
		OPT_FLAG(0, "timings", type, show.timings, "tell what each step took, on standard error", \
			 __VA_ARGS__),                                                                    \
		OPT_FLAG(0, "json", type, show.json, "either of them as JSON", __VA_ARGS__)

/* Refuses what contradicts itself; what is told from here on is JSON where that was asked for. */
int show_steps_check(struct cli *c, const struct show_steps *s, struct err *e) MUST_USE;
/* The engine's mode for it. */
struct run_mode show_steps_mode(struct cli *c, const struct show_steps *s);
/*
 * Prints the plan (--explain: lines with sentences, on stdout) or the times (--timings: on stderr, as stdout is the
 * program's); as JSON if c->json.  'ctx' is the struct cli.  Fits run_mode.tell_steps.
 */
void show_steps_tell(void *ctx, const struct step_lines *lines);

#endif
