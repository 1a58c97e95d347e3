/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle roots': the roots that were unpacked or built, and are kept for the next container. */
#include "base/parse_time.h"
#include "base/table.h"
#include "cli/verbs.h"
#include "engine/kept_root.h"
#include "image/root.h"

#include <stdio.h>
#include <string.h>

struct roots_args {
	bool quiet, json;
};

static const struct opt roots_opts[] = {
	OPT_FLAG('q', "quiet", struct roots_args, quiet, "names only, one in a line", .group = "form"),
	OPT_FLAG(0, "json", struct roots_args, json, "a list of objects", .group = "form"),
	OPT_END,
};

/* When the root was made, for people and programs alike. */
static void made_text(const struct root_kept *k, char text[TIME_TEXT_SIZE])
{
	time_format(k->made * 1000000000, text);
	strcpy(text + strlen("2026-11-22T10:00:00"), "Z"); /* whole seconds are all that is known */
}

/* One root as an object. */
static void put_row(struct json_out *o, const void *row)
{
	const struct root_kept *k = row;
	char made[TIME_TEXT_SIZE];

	made_text(k, made);
	json_open_object(o, NULL);
	json_string(o, "name", k->name);
	json_string(o, "made", made);
	json_string(o, "path", k->path);
	json_close_object(o);
}

/* The table for people. */
static void print_table(struct cli *c, const struct roots_kept *roots)
{
	static const char *const heads[] = {"NAME", "MADE", "PATH"};
	struct table t = {.arena = &c->arena};
	char made[TIME_TEXT_SIZE];

	table_heads(&t, heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < roots->n; i++) {
		made_text(&roots->v[i], made);
		table_add(&t, roots->v[i].name);
		table_add(&t, made);
		table_add(&t, roots->v[i].path);
	}
	fputs(table_format(&t), stdout);
}

/* Lists what is kept. */
static int roots_list(struct cli *c, const struct roots_args *o, struct err *e)
{
	struct roots_kept roots = {0};
	int r = root_list(c->home.data, &c->arena, &roots, e);

	if (r < 0)
		return r;
	if (o->json)
		cli_print_list(c, &roots, put_row);
	else if (!o->quiet)
		print_table(c, &roots);
	for (size_t i = 0; o->quiet && i < roots.n; i++)
		puts(text_escape(&c->arena, roots.v[i].name));
	return 0;
}

/* Forgets one root. */
static int forget_one(struct cli *c, const char *name, void *args, struct err *e)
{
	(void)args;
	return kept_root_forget(&c->home, name, e);
}

/* Does 'isle roots'. */
static int roots_run(struct cli *c, void *args, struct err *e)
{
	const char *action = c->operands.n ? c->operands.v[0] : "ls";

	if (strcmp(action, "ls") == 0 && c->operands.n <= 1)
		return roots_list(c, args, e);
	if (strcmp(action, "rm") != 0 || c->operands.n < 2) {
		err_set(e, 0, strcmp(action, "rm") == 0 ? "no root was given" : "\"%s\" is nothing to do with roots",
			action);
		return err_cure(e, "usage: isle roots [ls], or isle roots rm NAME...");
	}
	/* The names alone are worked on. */
	c->operands.v++;
	c->operands.n--;
	cli_each(c, forget_one, NULL);
	return 0;
}

const struct verb verb_roots = {
	.name = "roots",
	.heading = HEADING_KEEP,
	.summary = "list or remove the roots that are kept",
	.operands = "[ls | rm NAME...]",
	.description =
		"A tarball that *isle run* was given is unpacked once, and a suite is built once; both are kept for the next "
		"container. This lists them, or removes some. Containers that use a root must be removed before it.",
	.examples =
		(const struct verb_example[]){
			{"isle roots", "what is kept, and since when"},
			{"isle roots rm debootstrap-bookworm", "make room; the next run builds it again"},
			{0},
		},
	.opts = roots_opts,
	.args_size = sizeof(struct roots_args),
	.operands_max = -1,
	.operand_kind = OPERAND_NONE,
	.flags = VERB_HOME,
	.run = roots_run,
};
