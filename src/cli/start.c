/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle start': containers that exist run again. */
#include "cli/verbs.h"
#include "engine/run.h"

struct start_args {
	bool attach, interactive;
	char *detach_keys;
};

static const struct opt start_opts[] = {
	OPT_FLAG('a', "attach", struct start_args, attach, "show the output and wait for the end"),
	OPT_FLAG('i', "interactive", struct start_args, interactive, "the same, and pass standard input on"),
	OPT_STR(0, "detach-keys", "KEYS", struct start_args, detach_keys,
		"what to type to leave it running [ctrl-p,ctrl-q]"),
	OPT_END,
};

/* Starts one container; its exit status becomes ours if we stayed attached. */
static int start_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	const struct start_args *o = args;
	const struct run_mode mode = {
		.tell = cli_tell,
		.ctx = c,
		.attach = o->attach || o->interactive,
		.attach_stdin = o->interactive,
		.detach_keys = o->detach_keys,
	};
	int status = 0, r = engine_start(&c->home, ref, &mode, &status, e);

	if (r == 0 && mode.attach)
		c->status = status;
	return r;
}

/* Does 'isle start'. */
static int start_run(struct cli *c, void *args, struct err *e)
{
	const struct start_args *o = args;

	if ((o->attach || o->interactive) && c->operands.n > 1)
		return err_set(e, 0, "%s works with one container, but %zu were given",
			       o->attach ? "--attach" : "--interactive", c->operands.n);
	int r = engine_protect(&c->home, &c->operands, e);

	if (r == 0)
		cli_each(c, start_one, args);
	return r;
}

const struct verb verb_start = {
	.name = "start",
	.heading = HEADING_STEER,
	.summary = "start containers that exist and do not run",
	.operands = "CONTAINER...",
	.description =
		"Starts each container as *isle run* made it: the same root, command, options and layer. It runs in the "
		"background, as with *isle run --detach*, also where it was in the foreground before.",
	.exit_status = "With *--attach* or *--interactive*: that of the container's program.",
	.examples =
		(const struct verb_example[]){
			{"isle start web", "run it again in the background"},
			{"isle start -ai shell", "run it again and talk to it"},
			{0},
		},
	.opts = start_opts,
	.args_size = sizeof(struct start_args),
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.run = start_run,
};
