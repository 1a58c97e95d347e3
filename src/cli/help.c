/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of --help, made from the rows: 80 columns, on stdout; and the verb that asks for them. */
#include "base/table.h"
#include "cli/opt_text.h"
#include "cli/verbs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	HELP_COLUMNS = 79,
	HELP_TEXT = 28, /* where the right side begins */
};

/* A heading, with an empty line in front. */
static void print_heading(struct cli *c, const char *text)
{
	bool bold = cli_color(c);

	printf("\n%s%s:%s\n", bold ? "\033[1m" : "", text, bold ? "\033[0m" : "");
}

/* LABEL on the left and TEXT wrapped on the right, or below where LABEL is too long. */
static void print_entry(struct cli *c, const char *label, const char *text)
{
	const char *wrapped = text_wrap(&c->arena, text, HELP_COLUMNS, HELP_TEXT);

	if (text_width(label) + 2 > HELP_TEXT)
		printf("%s\n%*s%s\n", label, HELP_TEXT, "", wrapped);
	else
		printf("%-*s%s\n", HELP_TEXT, label, wrapped);
}

/* The rows of options below their headings, and those that are known without a row. */
static void print_options(struct cli *c, const struct opt *rows, bool version)
{
	if (!rows || rows->kind != OPT_KIND_HEADING)
		print_heading(c, "Options");
	opt_foreach_shown (o, rows) {
		if (o->kind == OPT_KIND_HEADING)
			print_heading(c, o->help);
		else
			print_entry(c, opt_label(&c->arena, o), o->help);
	}
	print_entry(c, opt_has_letter(rows, 'h') ? "      --help" : "  -h, --help", "show this help");
	if (version)
		print_entry(c, opt_has_letter(rows, 'V') ? "      --version" : "  -V, --version", "tell the version");
}

/* "List containers." out of "list containers". */
static char *sentence(struct arena *a, const char *summary)
{
	char *text = arena_printf(a, "%s.", summary);

	*text = (char)toupper((unsigned char)*text);
	return text;
}

/* The verbs of LIST below their headings. */
static void print_verbs(struct cli *c, const struct verb *const *list)
{
	const char *heading = "";

	for (const struct verb *const *v = list; *v; v++) {
		if ((*v)->flags & VERB_HIDDEN)
			continue;
		if (strcmp(heading, (*v)->heading) != 0)
			print_heading(c, (*v)->heading);
		heading = (*v)->heading;
		print_entry(c, arena_printf(&c->arena, "  %s", (*v)->name), (*v)->summary);
	}
}

void help_verb(struct cli *c, const struct verb *v)
{
	const char *usage =
		arena_printf(&c->arena, "%s [OPTION...]%s%s", cli_called(c, v), *v->operands ? " " : "", v->operands);

	printf("Usage: %s\n", text_wrap(&c->arena, usage, HELP_COLUMNS, strlen("Usage: ")));
	printf("%s\n", text_wrap(&c->arena, sentence(&c->arena, v->summary), HELP_COLUMNS, 0));
	if (v->verbs)
		print_verbs(c, v->verbs);
	print_options(c, v->opts, v->flags & VERB_TOOL);
	if (v->examples)
		print_heading(c, "Examples");
	for (const struct verb_example *x = v->examples; x && x->command; x++)
		printf("  %s\n      %s\n", x->command, text_wrap(&c->arena, x->what, HELP_COLUMNS, 6));
	if (v->verbs)
		printf("\n%s VERB --help tells more about a verb.\n", cli_called(c, v));
}

void help_program(struct cli *c)
{
	puts("Usage: isle [OPTION...] VERB [ARGUMENT...]");
	puts("Put programs on islands of their own: Linux containers without a daemon.");
	print_verbs(c, verbs);
	print_options(c, cli_opts, false);
	puts("\nisle VERB --help tells more about a verb.");
}

/* 'isle help [VERB]' is another way to say --help. */
static int help_run(struct cli *c, void *args, struct err *e)
{
	(void)args;
	if (c->operands.n == 0) {
		help_program(c);
		return 0;
	}
	const struct verb *v = verb_find(c->operands.v[0]);
	if (!v)
		return cli_unknown_verb(c, NULL, c->operands.v[0], e);
	help_verb(c, v);
	return 0;
}

const struct verb verb_help = {
	.name = "help",
	.heading = HEADING_KEEP,
	.summary = "show what a verb does and takes",
	.operands = "[VERB]",
	.description = "Shows the same text as *--help* of the verb, or of isle itself.",
	.operands_max = 1,
	.operand_kind = OPERAND_VERB,
	.run = help_run,
};
