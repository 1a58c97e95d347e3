/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle top': the processes of a container. */
#include "engine/top.h"

#include "base/parse_time.h"
#include "base/table.h"
#include "cli/verbs.h"
#include "engine/ps.h"

#include <stdio.h>

enum { COMMAND_WIDTH = 48 };

struct top_args {
	bool json, no_trunc;
};

static const struct opt top_opts[] = {
	OPT_FLAG(0, "json", struct top_args, json, "a list of objects"),
	OPT_FLAG(0, "no-trunc", struct top_args, no_trunc, "whole commands"),
	OPT_END,
};

/* The table for people. */
static void print_table(struct cli *c, const struct top_rows *rows, bool whole)
{
	static const char *const heads[] = {"PID", "PPID", "INSIDE", "UID", "STATE", "CPU", "AGE", "COMMAND"};
	struct table t = {.arena = &c->arena, .right = 0x2f};
	int64_t now = time_now();

	table_heads(&t, heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < rows->n; i++) {
		const struct top_row *r = &rows->v[i];

		table_addf(&t, "%d", (int)r->pid);
		table_addf(&t, "%d", (int)r->ppid);
		table_addf(&t, "%d", (int)r->inside_pid);
		table_addf(&t, "%u", (unsigned int)r->uid);
		table_addf(&t, "%c", r->state);
		table_addf(&t, "%lld.%03d s", (long long)(r->cpu_ms / 1000), (int)(r->cpu_ms % 1000));
		table_add(&t, ps_age(&c->arena, now - r->started_ns));
		table_add(&t, whole ? r->command : text_cut(&c->arena, r->command, COMMAND_WIDTH));
	}
	fputs(table_format(&t), stdout);
}

/* One process as an object. */
static void put_row(struct json_out *o, const void *row)
{
	const struct top_row *r = row;
	char started[TIME_TEXT_SIZE];

	time_format(r->started_ns, started);
	json_open_object(o, NULL);
	json_i64(o, "pid", r->pid);
	json_i64(o, "ppid", r->ppid);
	json_i64(o, "inside_pid", r->inside_pid);
	json_u64(o, "uid", r->uid);
	json_string(o, "state", (const char[]){r->state, '\0'});
	json_i64(o, "cpu_ms", r->cpu_ms);
	json_string(o, "started", started);
	json_string(o, "command", r->command);
	json_close_object(o);
}

/* Does 'isle top'. */
static int top_run(struct cli *c, void *args, struct err *e)
{
	const struct top_args *o = args;
	struct top_rows rows = {0};
	int r = top_rows(&c->home, c->operands.v[0], &rows, e);

	if (r < 0)
		return r;
	if (o->json)
		cli_print_list(c, &rows, put_row);
	else
		print_table(c, &rows, o->no_trunc);
	return 0;
}

const struct verb verb_top = {
	.name = "top",
	.heading = HEADING_LOOK,
	.summary = "list the processes of a container",
	.operands = "CONTAINER",
	.description =
		"Lists every process of a running container once. _PID_, _PPID_ and _UID_ are this machine's, _INSIDE_ is the "
		"number that the container itself sees. Nothing is executed in the container and none of its files is read.",
	.examples =
		(const struct verb_example[]){
			{"isle top web", "what runs in there"},
			{0},
		},
	.opts = top_opts,
	.args_size = sizeof(struct top_args),
	.operands_min = 1,
	.operands_max = 1,
	.operand_kind = OPERAND_CONTAINER,
	.flags = VERB_HOME,
	.run = top_run,
};
