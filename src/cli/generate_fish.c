/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The completion for fish: one 'complete' command for each thing that can be offered. */
#include "cli/generate.h"
#include "cli/opt_text.h"
#include "cli/verbs.h"

#include <stdio.h>

/* fish's flags for an offer. */
static const char *fish_offer(struct arena *a, enum offer offer, const struct opt *o)
{
	switch (offer) {
	case OFFER_WORDS:
	case OFFER_SIGNALS:
		return arena_printf(a, " -x -a '%s'", offer_words(a, o));
	case OFFER_FILES:
		return " -r -F";
	case OFFER_DIRS:
		return " -x -a '(__fish_complete_directories)'";
	case OFFER_CONTAINERS:
		return " -x -a '(isle _names 2>/dev/null)'";
	default:
		return " -x";
	}
}

/* A text in fish's single quotes, where \ and ' are escaped by \. */
static char *fish_quote(struct arena *a, const char *text)
{
	return arena_printf(a, "'%s'", with_backslashes(a, text, "\\'"));
}

/* One 'complete' command for PROGRAM's option, offered under CONDITION ("" always). */
static void fish_option(struct arena *a, const char *program, const char *condition, const struct opt *o,
			const char *no)
{
	printf("complete -c %s%s", program, condition);
	if (o->letter && !*no)
		printf(" -s %c", o->letter);
	if (o->name)
		printf(" -l %s%s", no, o->name);
	printf(" -d %s%s\n", fish_quote(a, o->help), opt_takes_value(o->kind) ? fish_offer(a, offer_option(o), o) : "");
}

/* The rows of PROGRAM, offered under CONDITION. */
static void fish_options(struct arena *a, const char *program, const char *condition, const struct opt *rows)
{
	opt_foreach_shown (o, rows) {
		if (o->kind == OPT_KIND_HEADING)
			continue;
		fish_option(a, program, condition, o, "");
		if (o->name && o->kind == OPT_KIND_SWITCH)
			fish_option(a, program, condition, o, "no-");
	}
	printf("complete -c %s%s -l help -d 'show a summary'\n", program, condition);
}

/* What V of PROGRAM works on. */
static void fish_operand(struct arena *a, const char *program, const char *condition, const struct verb *v)
{
	static const char *const flags[] = {
		[OFFER_FILES] = "-F",
		[OFFER_CONTAINERS] = "-a '(isle _names 2>/dev/null)'",
		[OFFER_COMMANDS] = "-x -a '(__fish_complete_subcommand)'",
	};
	const enum offer offer = offer_operand(v);

	if (offer == OFFER_VERBS)
		printf("complete -c %s%s -a '%s'\n", program, condition, generate_verb_names(a, 0));
	else if (offer < ARRAY_LEN(flags) && flags[offer])
		printf("complete -c %s%s %s\n", program, condition, flags[offer]);
}

/* The verbs behind a door, and what each takes. */
static void fish_door(struct arena *a, const struct verb *door)
{
	char *names = arena_strdup(a, "");

	for (const struct verb *const *v = door->verbs; *v; v++)
		names = arena_printf(a, "%s %s", names, (*v)->name);
	for (const struct verb *const *v = door->verbs; *v; v++) {
		const char *condition =
			arena_printf(a, " -n '__fish_seen_subcommand_from %s; and __fish_seen_subcommand_from %s'",
				     door->name, (*v)->name);

		printf("complete -c isle -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from%s' -a %s -d %s\n",
		       door->name, names, (*v)->name, fish_quote(a, (*v)->summary));
		fish_options(a, "isle", condition, (*v)->opts);
		fish_operand(a, "isle", condition, *v);
	}
}

void generate_fish(struct arena *a)
{
	puts("# fish completion for isle, written by 'isle _generate fish'\n\ncomplete -c isle -f");
	fish_options(a, "isle", " -n '__fish_use_subcommand'", cli_opts);
	verb_foreach_shown (v)
		printf("complete -c isle -n __fish_use_subcommand -a %s -d %s\n", (*v)->name,
		       fish_quote(a, (*v)->summary));
	verb_foreach_shown (v) {
		const char *condition = arena_printf(a, " -n '__fish_seen_subcommand_from %s'", (*v)->name);

		fish_options(a, "isle", condition, (*v)->opts);
		if ((*v)->verbs)
			fish_door(a, *v);
		else
			fish_operand(a, "isle", condition, *v);
	}
}

void generate_fish_tools(struct arena *a)
{
	puts("# fish completion for isle's tools by their own names, written by 'isle _generate fish tools'");
	verb_foreach_tool(v)
	{
		printf("\ncomplete -c %s -f\n", (*v)->name);
		fish_options(a, (*v)->name, "", (*v)->opts);
		printf("complete -c %s -l version -s V -d 'tell the version'\n", (*v)->name);
		fish_operand(a, (*v)->name, "", *v);
	}
}
