/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle logs': what a detached container wrote, each stream to its own. */
#include "engine/logs.h"

#include "base/parse.h"
#include "base/parse_time.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct logs_args {
	bool follow, timestamps;
	char *since, *until, *tail;
};

static const struct opt logs_opts[] = {
	OPT_FLAG('f', "follow", struct logs_args, follow, "go on until the container has ended"),
	OPT_STR(0, "since", "TIME", struct logs_args, since,
		"only what was written then or later: 2026-11-22T10:00:00Z, seconds since 1970, or 10m for ten minutes ago"),
	OPT_STR(0, "until", "TIME", struct logs_args, until, "only what was written before"),
	OPT_STR('n', "tail", "LINES", struct logs_args, tail, "only the last lines; \"all\" for every line"),
	OPT_FLAG('t', "timestamps", struct logs_args, timestamps, "the time in front of each line"),
	OPT_END,
};

/* Where the sink notes why it could not write. */
struct logs_out {
	int code; /* negative errno */
};

/* Writes a piece of the log to the stream on which the program wrote it, unchanged. */
static int write_piece(void *ctx, enum log_stream stream, const char *data, size_t size)
{
	struct logs_out *out = ctx;

	out->code = fd_write_all(stream == LOG_STDERR ? STDERR_FILENO : STDOUT_FILENO, data, size);
	return out->code;
}

/* Reads a bound in time; no text, no bound. */
static int read_time(const char *option, const char *text, int64_t *ret_ns, struct err *e)
{
	if (!text)
		return 0;
	return time_parse_point(text, time_now(), ret_ns, e) < 0 ? err_context(e, "%s", option) : 0;
}

/* Turns the options into a query. */
static int make_query(const struct logs_args *o, struct logs_query *q, struct err *e)
{
	*q = (struct logs_query){.follow = o->follow, .timestamps = o->timestamps, .tail = -1};
	if (o->tail && strcmp(o->tail, "all") != 0 && !parse_i64(o->tail, 0, INT64_MAX, &q->tail))
		return err_set(e, 0, "--tail must be a number of lines or \"all\", not \"%s\"", o->tail);
	int r = read_time("--since", o->since, &q->since_ns, e);
	return r < 0 ? r : read_time("--until", o->until, &q->until_ns, e);
}

/* Does 'isle logs'. */
static int logs_run(struct cli *c, void *args, struct err *e)
{
	struct logs_out out = {0};
	struct logs_query q;
	int r = make_query(args, &q, e);

	if (r < 0)
		return r;
	CLEANUP(box_close) struct box b;
	r = box_find(&c->home, c->operands.v[0], false, &b, e);
	if (r < 0)
		return r;
	r = logs_read(&b, &q, write_piece, &out, e);
	return out.code < 0 ? err_set(e, -out.code, "write the log") : r;
}

const struct verb verb_logs = {
	.name = "logs",
	.heading = HEADING_LOOK,
	.summary = "show what a container in the background wrote",
	.operands = "CONTAINER",
	.description =
		"Writes what the container's program wrote: its standard output to ours, its standard error to ours. The bytes "
		"are the program's own; a hostile program can send what a terminal obeys, so pipe such a log into *cat -v*.\n\n"
		"Logs are bounded: three files of 10 MiB, unless *isle run --log-opt* said otherwise. The oldest lines go first.",
	.examples =
		(const struct verb_example[]){
			{"isle logs -f -n 10 web", "the last ten lines, and what comes"},
			{"isle logs --since 10m -t web", "the last ten minutes, with times"},
			{0},
		},
	.opts = logs_opts,
	.args_size = sizeof(struct logs_args),
	.operands_min = 1,
	.operands_max = 1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME,
	.run = logs_run,
};
