/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle rm': containers are forgotten, with all they wrote. */
#include "cli/verbs.h"
#include "engine/lifecycle.h"

struct rm_args {
	bool force, all;
};

static const struct opt rm_opts[] = {
	OPT_FLAG('f', "force", struct rm_args, force, "kill what runs; a container that does not exist is no error"),
	OPT_FLAG('a', "all", struct rm_args, all, "every container that does not run; with --force every container"),
	OPT_END,
};

/* Removes one container. */
static int rm_one(struct cli *c, const char *ref, void *args, struct err *e)
{
	const struct rm_args *o = args;

	return box_rm(&c->home, ref, o->force, e);
}

/* Puts the ids of all containers that --all means among the operands. */
static int add_all(struct cli *c, bool running_too, struct err *e)
{
	struct boxes boxes = {0};
	int r = box_list(&c->home, &boxes, e);

	for (size_t i = 0; r == 0 && i < boxes.n; i++) {
		enum box_status status = boxes.v[i]->state.status;

		if (running_too || (status != BOX_RUNNING && status != BOX_PAUSED))
			strs_add(&c->operands, &c->arena, boxes.v[i]->id);
	}
	return r;
}

/* Does 'isle rm'. */
static int rm_run(struct cli *c, void *args, struct err *e)
{
	const struct rm_args *o = args;

	if (o->all && c->operands.n > 0)
		return err_set(e, 0, "--all means every container, and \"%s\" was given too", c->operands.v[0]);
	if (!o->all && c->operands.n == 0) {
		err_set(e, 0, "no container was given");
		return err_cure(e, "name some, or give --all");
	}
	int r = o->all ? add_all(c, o->force, e) : 0;
	if (r == 0)
		cli_each(c, rm_one, args);
	return r;
}

const struct verb verb_rm = {
	.name = "rm",
	.heading = HEADING_STEER,
	.summary = "remove containers",
	.operands = "[CONTAINER...]",
	.description =
		"Forgets each container: its name, its records, its log, and what it wrote to its layer. What it was given with "
		"*--volume*, and its root, stay. A container that runs is removed only with *--force*.",
	.examples =
		(const struct verb_example[]){
			{"isle rm -f web", "end and remove it"},
			{"isle rm -a", "remove all that have ended"},
			{0},
		},
	.opts = rm_opts,
	.args_size = sizeof(struct rm_args),
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_SWEEP,
	.run = rm_run,
};
