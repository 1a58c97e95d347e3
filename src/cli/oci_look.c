/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle oci' looks at containers: state, list, ps, events. */
#include "base/parse_time.h"
#include "cli/oci.h"

#include <stdio.h>
#include <string.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

struct look_args {
	char *format, *interval;
	bool quiet, stats;
};

static const struct opt list_opts[] = {
	OPT_WORD('f', "format", NULL, "table|json", struct look_args, format, "how the list is written [table]"),
	OPT_FLAG('q', "quiet", struct look_args, quiet, "ids only, one in a line"),
	OPT_END,
};

static const struct opt ps_opts[] = {
	OPT_WORD('f', "format", NULL, "table|json", struct look_args, format, "how the list is written [table]"),
	OPT_END,
};

static const struct opt events_opts[] = {
	OPT_STR(0, "interval", "DURATION", struct look_args, interval, "how often, as in 500ms, 5s, 1m30s [5s]"),
	OPT_FLAG(0, "stats", struct look_args, stats, "tell what it uses once, and end"),
	OPT_END,
};

/* Does 'isle oci state'. */
static int state_run(struct cli *c, void *args, struct err *e)
{
	struct oci_runtime *rt;
	char *text;
	int r = oci_begin(c, false, &rt, e);

	(void)args;
	r = r < 0 ? r : oci_state(rt, oci_id(c), &text, e);
	return r < 0 ? r : oci_print(text, e);
}

/* Does 'isle oci list'. */
static int list_run(struct cli *c, void *args, struct err *e)
{
	const struct look_args *o = args;
	struct oci_runtime *rt;
	char *text;
	int r = oci_begin(c, false, &rt, e);

	r = r < 0 ? r : oci_list(rt, o->format ? o->format : "table", o->quiet, &text, e);
	return r < 0 ? r : oci_print(text, e);
}

/* Does 'isle oci ps'. */
static int ps_run(struct cli *c, void *args, struct err *e)
{
	const struct look_args *o = args;
	struct strs words = {0};
	struct oci_runtime *rt;
	char *text;
	int r = oci_begin(c, false, &rt, e);

	for (size_t i = 1; i < c->operands.n; i++)
		strs_add(&words, &c->arena, c->operands.v[i]);
	r = r < 0 ? r : oci_ps(rt, oci_id(c), o->format ? o->format : "table", &words, &text, e);
	return r < 0 ? r : oci_print(text, e);
}

/* One event, at once: somebody waits for the line. */
static int say_event(void *ctx, const char *line, struct err *e)
{
	(void)ctx;
	return oci_print(line, e);
}

/* Does 'isle oci events'. */
static int events_run(struct cli *c, void *args, struct err *e)
{
	const struct look_args *o = args;
	struct oci_runtime *rt;
	int64_t ns = 5LL * MS_PER_S * NS_PER_MS;

	if (o->interval && (!time_parse_duration(o->interval, &ns) || ns < NS_PER_MS ||
			    ns / NS_PER_MS > (int64_t)24 * 3600 * MS_PER_S))
		return err_set(e, 0, "--interval must be a duration such as 5s, from 1ms to 24h, not \"%s\"",
			       o->interval);
	int r = oci_begin(c, false, &rt, e);
	return r < 0 ? r : oci_events(rt, oci_id(c), (int)(ns / NS_PER_MS), o->stats, say_event, c, e);
}

const struct verb oci_verb_state = {
	.name = "state",
	.heading = HEADING_OCI_LOOK,
	.summary = "tell the state of a container, as JSON",
	.operands = "CONTAINER",
	.description = "The object of the runtime spec, with _rootfs_, _created_ and _owner_ besides.",
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = state_run,
};

const struct verb oci_verb_list = {
	.name = "list",
	.heading = HEADING_OCI_LOOK,
	.summary = "list containers",
	.operands = "",
	.description = "Those in the directory of *--root*.",
	.opts = list_opts,
	.args_size = sizeof(struct look_args),
	.failure = OCI_FAILURE,
	.run = list_run,
};

const struct verb oci_verb_ps = {
	.name = "ps",
	.heading = HEADING_OCI_LOOK,
	.summary = "list the processes of a container",
	.operands = "CONTAINER [ARGUMENT...]",
	.description =
		"Runs *ps*(1) with each ARGUMENT (*-ef* without any), and keeps the lines of the container's processes; "
		"its column _PID_ must be among them. With *--format*=_json_ it is a list of process ids.",
	.opts = ps_opts,
	.args_size = sizeof(struct look_args),
	.operands_min = 1,
	.operands_max = -1,
	.flags = VERB_FOREIGN_WORDS,
	.failure = OCI_FAILURE,
	.run = ps_run,
};

const struct verb oci_verb_events = {
	.name = "events",
	.heading = HEADING_OCI_LOOK,
	.summary = "tell what a container uses, and when it runs out of memory",
	.operands = "CONTAINER",
	.description =
		"One JSON object in a line: of the type _stats_ again and again, of the type _oom_ when it happens. Ends "
		"with the container.",
	.opts = events_opts,
	.args_size = sizeof(struct look_args),
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = events_run,
};
