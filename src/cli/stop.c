/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle stop' and 'isle restart': an end that the program is asked for before it is forced. */
#include "cli/verbs.h"
#include "engine/lifecycle.h"
#include "engine/run.h"

#include <limits.h>
#include <stdio.h>

struct stop_args {
	int timeout_s; /* -1: as recorded */
};

static const struct opt stop_opts[] = {
	OPT_INT('t', "timeout", "SECONDS", 0, INT_MAX / 1000, struct stop_args, timeout_s,
		"how long to wait before killing [as given to run, or 10]"),
	OPT_INT(0, "time", "SECONDS", 0, INT_MAX / 1000, struct stop_args, timeout_s, "as --timeout", .hidden = true),
	OPT_END,
};
static const struct stop_args stop_defaults = {.timeout_s = -1};

/* Stops one container. */
static int stop_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	const struct stop_args *o = args;

	return box_stop(&c->home, ref, o->timeout_s, e);
}

/* Stops one container and starts it again. */
static int restart_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	const struct run_mode mode = {.tell = cli_tell, .ctx = c};
	int status, r = engine_protect(&c->home, &c->operands, e);

	r = r < 0 ? r : stop_one(c, ref, args, e);
	return r < 0 ? r : engine_start(&c->home, ref, &mode, &status, e);
}

const struct verb verb_stop = {
	.name = "stop",
	.heading = HEADING_STEER,
	.summary = "end containers, first gently",
	.operands = "CONTAINER...",
	.description =
		"Sends the stop signal (*TERM*, unless *isle run --stop-signal* said otherwise) to the first process of each "
		"container, waits, and kills what is left then. It returns when everything is cleaned up. A container that does "
		"not run is left as it is.",
	.examples =
		(const struct verb_example[]){
			{"isle stop web db", "end both, one after the other"},
			{"isle stop -t 60 db", "give it a minute to finish"},
			{0},
		},
	.opts = stop_opts,
	.args_size = sizeof(struct stop_args),
	.defaults = &stop_defaults,
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.each = stop_one,
};

const struct verb verb_restart = {
	.name = "restart",
	.heading = HEADING_STEER,
	.summary = "stop containers and start them again",
	.operands = "CONTAINER...",
	.description =
		"Does *isle stop* and then *isle start* with each container. One that does not run is just started. What was "
		"written to its layer is kept.",
	.examples =
		(const struct verb_example[]){
			{"isle restart -t 5 web", "kill what has not ended after 5 seconds"},
			{0},
		},
	.opts = stop_opts,
	.args_size = sizeof(struct stop_args),
	.defaults = &stop_defaults,
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.each = restart_one,
};
