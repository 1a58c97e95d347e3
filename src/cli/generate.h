/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'isle _generate' prints from the verbs' rows when isle is built: man pages and completions. */
#ifndef ISLE_CLI_GENERATE_H
#define ISLE_CLI_GENERATE_H

#include "cli/cli.h"

/* The page isle(1), or that of a verb, in scdoc's language. */
void generate_man_program(struct arena *a);
void generate_man_verb(struct arena *a, const struct verb *v);

/* Completion scripts, whole: for isle, and for the tools called by their own names. */
void generate_bash(struct arena *a);
void generate_bash_tools(struct arena *a);
void generate_zsh(struct arena *a);
void generate_zsh_tools(struct arena *a);
void generate_fish(struct arena *a);
void generate_fish_tools(struct arena *a);

/* What a shell can offer for an option's argument or an operand. */
enum offer {
	OFFER_NOTHING,
	OFFER_WORDS,
	OFFER_FILES,
	OFFER_DIRS,
	OFFER_CONTAINERS,
	OFFER_SIGNALS,
	OFFER_VERBS,
	OFFER_COMMANDS,
};
enum offer offer_option(const struct opt *o);
enum offer offer_operand(const struct verb *v);
/* The words of OFFER_WORDS and OFFER_SIGNALS with blanks between. */
char *offer_words(struct arena *a, const struct opt *o);

/* The names of the verbs that have all of FLAGS, with blanks between. */
char *generate_verb_names(struct arena *a, unsigned int flags);
/* TEXT with a backslash before each character of SPECIAL. */
char *with_backslashes(struct arena *a, const char *text, const char *special);

/* Walks the verbs that are no secret. */
#define verb_foreach_shown(v)                              \
	for (const struct verb *const *v = verbs; *v; v++) \
		if (!((*v)->flags & VERB_HIDDEN))
#define verb_foreach_tool(v)   \
	verb_foreach_shown (v) \
		if ((*v)->flags & VERB_TOOL)

#endif
