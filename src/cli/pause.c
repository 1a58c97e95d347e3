/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle pause' and 'isle unpause': every process of a container stands still, or goes on. */
#include "cli/verbs.h"
#include "engine/lifecycle.h"

/* Freezes one container. */
static int pause_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	(void)args;
	return box_pause(&c->home, ref, e);
}

/* Lets one container go on. */
static int unpause_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	(void)args;
	return box_unpause(&c->home, ref, e);
}

const struct verb verb_pause = {
	.name = "pause",
	.heading = HEADING_STEER,
	.summary = "make every process of containers stand still",
	.operands = "CONTAINER...",
	.description =
		"Freezes the control group of each container: its processes get no processor time, and can't notice.",
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.each = pause_one,
};

const struct verb verb_unpause = {
	.name = "unpause",
	.heading = HEADING_STEER,
	.summary = "let paused containers go on",
	.operands = "CONTAINER...",
	.description = "Thaws the control group of each container that *isle pause* has frozen.",
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.each = unpause_one,
};
