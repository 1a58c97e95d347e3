/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle oci' steers containers: kill, delete, pause, resume. */
#include "base/parse.h"
#include "cli/oci.h"

#include <signal.h>

struct steer_args {
	bool all, force, regex;
};

#define OPT_REGEX                                        \
	OPT_FLAG('r', "regex", struct steer_args, regex, \
		 "CONTAINER is an extended regular expression: all of whose id it matches a part")

static const struct opt kill_opts[] = {
	OPT_FLAG('a', "all", struct steer_args, all, "every process, also when the first one is gone"),
	OPT_REGEX,
	OPT_END,
};

static const struct opt delete_opts[] = {
	OPT_FLAG('f', "force", struct steer_args, force, "kill what runs, and delete whatever is left of a broken one"),
	OPT_REGEX,
	OPT_END,
};

/* Does ONE to the container that the command line names, or to each that it means; the first error is returned. */
static int each(struct cli *c, const struct steer_args *o, int sig,
		int (*one)(struct oci_runtime *rt, const char *id, const struct steer_args *o, int sig, struct err *e),
		struct err *e)
{
	struct oci_door *d = c->door_args;
	struct oci_runtime *rt = &d->runtime;
	struct strs ids;
	int first = 0;

	if (!o->regex) {
		int r = oci_begin(c, false, &rt, e);

		return r < 0 ? r : one(rt, oci_id(c), o, sig, e);
	}
	int r = oci_open(rt, false, e);
	if (r == 0)
		r = oci_match(rt, oci_id(c), &ids, e);
	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		struct err failed = {0};
		int done = one(rt, ids.v[i], o, sig, &failed);

		if (done < 0 && first == 0) {
			first = done;
			*e = failed;
		}
	}
	return r < 0 ? r : first;
}

static int kill_one(struct oci_runtime *rt, const char *id, const struct steer_args *o, int sig, struct err *e)
{
	return oci_kill(rt, id, sig, o->all, e);
}

/* Does 'isle oci kill'. */
static int kill_run(struct cli *c, void *args, struct err *e)
{
	const struct steer_args *o = args;
	int sig = SIGTERM;

	if (c->operands.n > 1 && !parse_signal(c->operands.v[1], &sig)) {
		err_set(e, 0, "unknown signal \"%s\"", c->operands.v[1]);
		return err_cure(e, "give a name such as KILL or SIGKILL, or a number from 1 to 64");
	}
	return each(c, o, sig, kill_one, e);
}

static int delete_one(struct oci_runtime *rt, const char *id, const struct steer_args *o, int sig, struct err *e)
{
	(void)sig;
	return oci_delete(rt, id, o->force, e);
}

/* Does 'isle oci delete'. */
static int delete_run(struct cli *c, void *args, struct err *e)
{
	return each(c, args, 0, delete_one, e);
}

/* Does 'isle oci pause'. */
static int pause_run(struct cli *c, void *args, struct err *e)
{
	struct oci_runtime *rt;
	int r = oci_begin(c, false, &rt, e);

	(void)args;
	return r < 0 ? r : oci_pause(rt, oci_id(c), true, e);
}

/* Does 'isle oci resume'. */
static int resume_run(struct cli *c, void *args, struct err *e)
{
	struct oci_runtime *rt;
	int r = oci_begin(c, false, &rt, e);

	(void)args;
	return r < 0 ? r : oci_pause(rt, oci_id(c), false, e);
}

const struct verb oci_verb_kill = {
	.name = "kill",
	.heading = HEADING_OCI_STEER,
	.summary = "send a signal to a container's first process",
	.operands = "CONTAINER [SIGNAL]",
	.description = "SIGNAL is a name, with or without _SIG_, or a number; TERM without one.",
	.opts = kill_opts,
	.args_size = sizeof(struct steer_args),
	.operands_min = 1,
	.operands_max = 2,
	.failure = OCI_FAILURE,
	.run = kill_run,
};

const struct verb oci_verb_delete = {
	.name = "delete",
	.heading = HEADING_OCI_LIFE,
	.summary = "forget a container that has ended",
	.operands = "CONTAINER",
	.description =
		"Removes what was made for it: the control group, the records. With *--force* a container that runs is "
		"killed before, and one that does not exist is no error.",
	.opts = delete_opts,
	.args_size = sizeof(struct steer_args),
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = delete_run,
};

const struct verb oci_verb_pause = {
	.name = "pause",
	.heading = HEADING_OCI_STEER,
	.summary = "hold all processes of a container still",
	.operands = "CONTAINER",
	.description = "By the freezer of its control group.",
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = pause_run,
};

const struct verb oci_verb_resume = {
	.name = "resume",
	.heading = HEADING_OCI_STEER,
	.summary = "let a paused container go on",
	.operands = "CONTAINER",
	.description = "Undoes *pause*.",
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = resume_run,
};
