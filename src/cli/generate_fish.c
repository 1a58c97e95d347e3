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

/* The rows, offered under CONDITION. */
static void fish_options(struct arena *a, const char *condition, const struct opt *rows)
{
	opt_foreach_shown (o, rows) {
		if (o->kind == OPT_KIND_HEADING)
			continue;
		printf("complete -c isle -n '%s'", condition);
		if (o->letter)
			printf(" -s %c", o->letter);
		if (o->name)
			printf(" -l %s", o->name);
		printf(" -d %s%s\n", fish_quote(a, o->help),
		       opt_takes_value(o->kind) ? fish_offer(a, offer_option(o), o) : "");
		if (o->name && o->kind == OPT_KIND_SWITCH)
			printf("complete -c isle -n '%s' -l no-%s -d %s\n", condition, o->name, fish_quote(a, o->help));
	}
	printf("complete -c isle -n '%s' -l help -d 'show a summary'\n", condition);
}

void generate_fish(struct arena *a)
{
	puts("# fish completion for isle, written by 'isle _generate fish'\n\ncomplete -c isle -f");
	fish_options(a, "__fish_use_subcommand", cli_opts);
	verb_foreach_shown (v)
		printf("complete -c isle -n __fish_use_subcommand -a %s -d %s\n", (*v)->name,
		       fish_quote(a, (*v)->summary));
	verb_foreach_shown (v) {
		const char *condition = arena_printf(a, "__fish_seen_subcommand_from %s", (*v)->name);
		enum offer offer = offer_operand(*v);

		fish_options(a, condition, (*v)->opts);
		if (offer == OFFER_FILES)
			printf("complete -c isle -n '%s' -F\n", condition);
		else if (offer == OFFER_CONTAINERS)
			printf("complete -c isle -n '%s' -a '(isle _names 2>/dev/null)'\n", condition);
		else if (offer == OFFER_VERBS)
			printf("complete -c isle -n '%s' -a '%s'\n", condition, generate_verb_names(a));
	}
}
