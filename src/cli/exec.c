/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle exec': one more program in a running container. */
#include "engine/exec.h"

#include "cli/show_steps.h"
#include "cli/verbs.h"

struct exec_args {
	struct exec_options o;
	struct show_steps show;
};

static const struct opt exec_opts[] = {
	OPT_HEADING("How it runs"),
	OPT_FLAG('i', "interactive", struct exec_args, o.interactive, "pass standard input on"),
	OPT_FLAG('t', "tty", struct exec_args, o.tty, "give it a terminal of its own"),
	OPT_FLAG('d', "detach", struct exec_args, o.detach, "do not wait for its end"),
	OPT_STR('u', "user", "USER[:GROUP]", struct exec_args, o.user, "whom it runs as [as the container's program]"),
	OPT_STR('w', "workdir", "DIR", struct exec_args, o.workdir, "where it starts [as the container's program]"),
	OPT_LIST('e', "env", "NAME[=VALUE]", struct exec_args, o.env,
		 "set a variable; without VALUE to what it is here"),
	OPT_LIST(0, "env-file", "FILE", struct exec_args, o.env_file, "variables from a file, one in a line"),
	OPT_FLAG(0, "privileged", struct exec_args, o.privileged,
		 "all capabilities of the container's users, no filter"),
	SHOW_STEPS_ROWS(struct exec_args),
	OPT_END,
};

/* Does 'isle exec'. */
static int exec_run(struct cli *c, void *args, struct err *e)
{
	struct exec_args *a = args;
	const struct run_mode mode = show_steps_mode(c, &a->show);
	int r = show_steps_check(c, &a->show, e);

	if (r < 0)
		return r;
	if (a->o.detach && (a->o.interactive || a->o.tty))
		return err_set(e, 0, "--detach does not go with --%s: nobody would be at the other end",
			       a->o.tty ? "tty" : "interactive");
	for (size_t i = 1; i < c->operands.n; i++)
		strs_take(&a->o.command, &c->arena, c->operands.v[i]);
	return engine_exec(&c->home, c->operands.v[0], &a->o, &mode, &c->status, e);
}

const struct verb verb_exec = {
	.name = "exec",
	.heading = HEADING_RUN,
	.summary = "run one more program in a running container",
	.operands = "CONTAINER COMMAND [ARGUMENT...]",
	.description =
		"Starts COMMAND among the processes of the container, with the rights, limits and variables that the "
		"container's own program was started with.",
	.exit_status = "That of the program; 128+N if signal N killed it; 0 with *--detach*.",
	.examples =
		(const struct verb_example[]){
			{"isle exec -it web sh", "a shell in it"},
			{"isle exec -u postgres -w /tmp db psql -l", "as one of its users"},
			{0},
		},
	.opts = exec_opts,
	.args_size = sizeof(struct exec_args),
	.operands_min = 2,
	.operands_max = -1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME | VERB_FOREIGN_WORDS,
	.run = exec_run,
};
