/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle inspect': everything that is known about containers, as JSON. */
#include "engine/inspect.h"

#include "cli/verbs.h"

#include <stdio.h>

/* Prints one container's object. */
static int inspect_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	char *json;
	int r = inspect_box(&c->home, ref, &json, e);

	(void)args;
	if (r == 0)
		puts(json);
	return r;
}

/* Does 'isle inspect'. */
static int inspect_run(struct cli *c, void *args, struct err *e)
{
	(void)e;
	cli_each(c, inspect_one, args);
	return 0;
}

const struct verb verb_inspect = {
	.name = "inspect",
	.heading = HEADING_LOOK,
	.summary = "tell everything about containers, as JSON",
	.operands = "CONTAINER...",
	.description =
		"Prints one JSON object for each container, one after the other: *id*, *status*, *paths* on this machine, the "
		"*record* of how it was made, the *state* of its present or last run, and *config*, which is the container in "
		"the words of the OCI runtime specification.",
	.examples =
		(const struct verb_example[]){
			{"isle inspect web | jq .state.pid", "the first process, as this machine counts"},
			{0},
		},
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.run = inspect_run,
};
