/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle wait': the exit statuses of containers, once they have ended. */
#include "cli/verbs.h"
#include "engine/lifecycle.h"

#include <stdio.h>

/* Waits for one container and prints its status at once, for whoever reads us through a pipe. */
static int wait_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	int status, r = box_wait(&c->home, ref, &status, e);

	(void)args;
	if (r < 0)
		return r;
	printf("%d\n", status);
	return cli_flush(e);
}

const struct verb verb_wait = {
	.name = "wait",
	.heading = HEADING_STEER,
	.summary = "wait until containers have ended, and tell their exit statuses",
	.operands = "CONTAINER...",
	.description =
		"Prints the exit status of each container in a line of its own, in the order given. A container that "
		"has ended already is told at once.",
	.exit_status = "0 if every container could be waited for, whatever their own statuses are.",
	.examples =
		(const struct verb_example[]){
			{"test \"$(isle wait job)\" = 0 && echo well", "go on when a job in the background ended well"},
			{0},
		},
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.each = wait_one,
};
