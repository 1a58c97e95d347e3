/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle rename': another name for a container. */
#include "cli/verbs.h"
#include "engine/lifecycle.h"

/* Does 'isle rename'. */
static int rename_run(struct cli *c, void *args, struct err *e)
{
	(void)args;
	return box_rename(&c->home, c->operands.v[0], c->operands.v[1], e);
}

const struct verb verb_rename = {
	.name = "rename",
	.heading = HEADING_STEER,
	.summary = "give a container another name",
	.operands = "CONTAINER NAME",
	.description =
		"The container may run meanwhile. Its host name stays as it is. A name that another container has is "
		"refused.",
	.examples =
		(const struct verb_example[]){
			{"isle rename web web-old", "make room for a new web"},
			{0},
		},
	.operands_min = 2,
	.operands_max = 2,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.run = rename_run,
};
