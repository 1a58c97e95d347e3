/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle ps': the containers there are, for people, for pipes and for programs. */
#include "engine/ps.h"

#include "base/parse_time.h"
#include "base/table.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

enum { SHORT_ID = 12, COMMAND_WIDTH = 24, ROOT_WIDTH = 24 };

struct ps_args {
	bool all, quiet, no_trunc, json;
	struct strs filter;
};

static const struct opt ps_opts[] = {
	OPT_HEADING("Which containers"),
	OPT_FLAG('a', "all", struct ps_args, all, "also those that do not run"),
	OPT_LIST(
		'f', "filter", "KEY=VALUE", struct ps_args, filter,
		"only those that match: status=STATUS, name=PART, id=BEGINNING, label=KEY[=VALUE], root=TEXT, exited=STATUS"),
	OPT_HEADING("What is told"),
	OPT_FLAG('q', "quiet", struct ps_args, quiet, "ids only, one in a line", .group = "form"),
	OPT_FLAG(0, "json", struct ps_args, json, "a list of objects with everything that is known", .group = "form"),
	OPT_FLAG(0, "no-trunc", struct ps_args, no_trunc, "whole ids and commands"),
	OPT_END,
};

/* The ids alone. */
static void print_ids(const struct ps_rows *rows, bool whole)
{
	for (size_t i = 0; i < rows->n; i++)
		printf("%.*s\n", whole ? BOX_ID_LEN : SHORT_ID, rows->v[i].id);
}

/* The table for people. */
static void print_table(struct cli *c, const struct ps_rows *rows, bool whole)
{
	static const char *const heads[] = {"CONTAINER ID", "NAME", "ROOT", "COMMAND", "CREATED", "STATUS"};
	struct table t = {.arena = &c->arena};
	int64_t now = time_now();

	table_heads(&t, heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < rows->n; i++) {
		const struct ps_row *r = &rows->v[i];

		table_addf(&t, "%.*s", whole ? BOX_ID_LEN : SHORT_ID, r->id);
		table_add(&t, r->name);
		table_add(&t, whole ? r->root : text_cut(&c->arena, r->root, ROOT_WIDTH));
		table_add(&t, whole ? r->command : text_cut(&c->arena, r->command, COMMAND_WIDTH));
		table_addf(&t, "%s ago", ps_age(&c->arena, now - r->created_ns));
		table_add(&t, r->status_text);
	}
	fputs(table_format(&t), stdout);
}

/* One container as an object. */
static void put_row(struct json_out *o, const void *row)
{
	const struct ps_row *r = row;
	char created[TIME_TEXT_SIZE];

	time_format(r->created_ns, created);
	json_open_object(o, NULL);
	json_string(o, "id", r->id);
	json_string(o, "name", r->name);
	json_string(o, "root", r->root);
	json_string(o, "command", r->command);
	json_string(o, "created", created);
	json_string(o, "status", box_status_names[r->status]);
	if (r->pid)
		json_i64(o, "pid", r->pid);
	else
		json_null(o, "pid");
	if (r->status == BOX_EXITED)
		json_i64(o, "exit_status", r->exit_status);
	else
		json_null(o, "exit_status");
	json_open_object(o, "labels");
	for (size_t i = 0; r->labels && i < r->labels->n; i++)
		json_string(o, r->labels->v[i].key, r->labels->v[i].value);
	json_close_object(o);
	json_close_object(o);
}

/* Does 'isle ps'. */
static int ps_run(struct cli *c, void *args, struct err *e)
{
	const struct ps_args *o = args;
	struct ps_rows rows = {0};
	int r = ps_rows(&c->home, o->all, &o->filter, &rows, e);

	if (r < 0)
		return r;
	if (o->json)
		cli_print_list(c, &rows, put_row);
	else if (o->quiet)
		print_ids(&rows, o->no_trunc);
	else
		print_table(c, &rows, o->no_trunc);
	return 0;
}

const struct verb verb_ps = {
	.name = "ps",
	.heading = HEADING_LOOK,
	.summary = "list containers",
	.operands = "",
	.description =
		"Lists the containers that run or are paused, youngest first.\n\n"
		"Filters on the same key are alternatives, filters on different keys must all match; of labels every one must be "
		"there. The status is *created*, *running*, *paused* or *exited*; a filter on it, or on *exited*, implies *--all*.",
	.examples =
		(const struct verb_example[]){
			{"isle ps -a", "every container, also those that have ended"},
			{"isle rm $(isle ps -q -f status=exited)", "remove what has ended"},
			{"isle ps --json | jq -r '.[].name'", "the names, for a program"},
			{0},
		},
	.opts = ps_opts,
	.args_size = sizeof(struct ps_args),
	.flags = VERB_HOME | VERB_SWEEP,
	.run = ps_run,
};

/* Prints the names of all containers, for the completions: fast and silent, whatever happens. */
static int names_run(struct cli *c, void *args, struct err *e)
{
	struct ps_rows rows = {0};
	const struct strs no_filter = {0};

	(void)args;
	if (ps_rows(&c->home, true, &no_filter, &rows, e) < 0)
		return 0;
	for (size_t i = 0; i < rows.n; i++)
		printf("%s\n", rows.v[i].name);
	return 0;
}

const struct verb hidden_names = {
	.name = "_names",
	.summary = "list the names of all containers",
	.operands = "",
	.flags = VERB_HOME | VERB_HIDDEN,
	.run = names_run,
};
