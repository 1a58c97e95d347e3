/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle attach': our terminal or pipes become those of a container that runs in the background. */
#include "engine/attach.h"

#include "cli/verbs.h"

struct attach_args {
	bool no_stdin, sig_proxy;
	char *detach_keys;
};

static const struct opt attach_opts[] = {
	OPT_FLAG(0, "no-stdin", struct attach_args, no_stdin, "only show the output"),
	OPT_SWITCH(0, "sig-proxy", struct attach_args, sig_proxy,
		   "pass our signals on to the program [yes]; otherwise they end isle attach alone"),
	OPT_STR(0, "detach-keys", "KEYS", struct attach_args, detach_keys,
		"what to type to leave: characters or ctrl-X, with commas between; \"\" for none [ctrl-p,ctrl-q]"),
	OPT_END,
};

/* Does 'isle attach'. */
static int attach_run(struct cli *c, void *args, struct err *e)
{
	const struct attach_args *o = args;
	const struct attach_options options = {
		.no_stdin = o->no_stdin, .sig_proxy = o->sig_proxy, .detach_keys = o->detach_keys};
	CLEANUP(box_close) struct box b;
	int r = box_find(&c->home, c->operands.v[0], false, &b, e);

	return r < 0 ? r : attach_client(&b, &options, &c->status, NULL, e);
}

const struct verb verb_attach = {
	.name = "attach",
	.heading = HEADING_RUN,
	.summary = "connect to a container in the background",
	.operands = "CONTAINER",
	.description =
		"Shows what the container writes from now on (*isle logs* shows what it wrote before), and gives it what is typed. "
		"The detach keys leave it running.",
	.exit_status = "That of the container's program; 0 after the detach keys.",
	.examples =
		(const struct verb_example[]){
			{"isle attach shell", "back to a shell that runs with -dit"},
			{"isle attach --no-stdin --no-sig-proxy web", "look on without any effect"},
			{0},
		},
	.opts = attach_opts,
	.args_size = sizeof(struct attach_args),
	.defaults = &(const struct attach_args){.sig_proxy = true},
	.operands_min = 1,
	.operands_max = 1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME,
	.run = attach_run,
};
