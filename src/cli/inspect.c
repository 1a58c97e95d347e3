/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle inspect': everything that is known about containers, as JSON. */
#include "engine/inspect.h"

#include "cli/verbs.h"

#include <stdio.h>

/* Adds one container's object to the list ARGS. */
static int inspect_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	return inspect_box(&c->home, ref, args, e);
}

/* Does 'isle inspect'. */
static int inspect_run(struct cli *c, void *args, struct err *e)
{
	struct json_out out;

	(void)args;
	(void)e;
	json_out_init(&out, &c->arena, JSON_INDENTED);
	json_open_list(&out, NULL);
	cli_each(c, inspect_one, &out);
	json_close_list(&out);
	puts(json_out_text(&out));
	return 0;
}

const struct verb verb_inspect = {
	.name = "inspect",
	.heading = HEADING_LOOK,
	.summary = "tell everything about containers, as JSON",
	.operands = "CONTAINER...",
	.description =
		"Prints a JSON array with one object for each container that was found: *id*, *name*, *status*, *paths* on this "
		"machine, the *record* of how it was made, the *state* of its present or last run, and *config*, which is the "
		"container in the words of the OCI runtime specification.",
	.examples =
		(const struct verb_example[]){
			{"isle inspect web | jq .[0].state.pid", "the first process, as this machine counts"},
			{0},
		},
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.run = inspect_run,
};
