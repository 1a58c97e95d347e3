/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle kill': a signal for the first process of containers. */
#include "base/parse.h"
#include "cli/verbs.h"
#include "engine/lifecycle.h"

struct kill_args {
	char *signal;
	int number; /* of 'signal' */
};

static const struct opt kill_opts[] = {
	OPT_STR('s', "signal", "SIGNAL", struct kill_args, signal, "the signal, by name or number [KILL]"),
	OPT_END,
};

/* Signals one container. */
static int kill_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	const struct kill_args *o = args;

	return box_kill(&c->home, ref, o->number, e);
}

/* Does 'isle kill'. */
static int kill_run(struct cli *c, void *args, struct err *e)
{
	struct kill_args *o = args;

	if (!parse_signal(o->signal, &o->number)) {
		err_set(e, 0, "\"%s\" is no signal", o->signal);
		return err_cure(e, "give a name such as TERM or SIGUSR1, or a number from 1 to 64");
	}
	cli_each(c, kill_one, o);
	return 0;
}

const struct verb verb_kill = {
	.name = "kill",
	.heading = HEADING_STEER,
	.summary = "send a signal to containers",
	.operands = "CONTAINER...",
	.description =
		"Sends a signal to the first process of each container. *KILL* ends the container with all its processes, also "
		"while it is paused; what other signals do is for the program to decide.",
	.examples =
		(const struct verb_example[]){
			{"isle kill web", "end the container web at once"},
			{"isle kill -s HUP web", "let its program read its configuration again"},
			{0},
		},
	.opts = kill_opts,
	.args_size = sizeof(struct kill_args),
	.defaults = &(const struct kill_args){.signal = (char[]){"KILL"}},
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.run = kill_run,
};
