/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hidden verb _generate: the build calls it for what is installed beside the program. */
#include "cli/generate.h"

#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

enum offer offer_option(const struct opt *o)
{
	static const struct {
		const char *meta;
		enum offer offer;
	} known[] = {
		{"FILE", OFFER_FILES},		 {"PATH", OFFER_FILES},	    {"DIR", OFFER_DIRS},
		{"CONTAINER", OFFER_CONTAINERS}, {"SIGNAL", OFFER_SIGNALS},
	};

	if (o->words)
		return OFFER_WORDS;
	for (size_t i = 0; o->meta && i < ARRAY_LEN(known); i++)
		if (strcmp(o->meta, known[i].meta) == 0)
			return known[i].offer;
	return OFFER_NOTHING;
}

enum offer offer_operand(const struct verb *v)
{
	static const enum offer offers[] = {
		[OPERAND_NONE] = OFFER_NOTHING, [OPERAND_CONTAINER] = OFFER_CONTAINERS,
		[OPERAND_ROOT] = OFFER_FILES,	[OPERAND_VERB] = OFFER_VERBS,
		[OPERAND_FILE] = OFFER_FILES,	[OPERAND_COMMAND] = OFFER_COMMANDS,
	};

	return offers[v->operand_kind];
}

char *offer_words(struct arena *a, const struct opt *o)
{
	char *words = arena_strdup(a, o->words ? o->words : "HUP|INT|QUIT|KILL|USR1|USR2|TERM|CONT|STOP|WINCH");

	for (char *p = words; *p; p++)
		if (*p == '|')
			*p = ' ';
	return words;
}

char *with_backslashes(struct arena *a, const char *text, const char *special)
{
	char *out = arena_alloc(a, strlen(text) * 2 + 1, 1), *o = out;

	for (; *text; text++) {
		if (strchr(special, *text))
			*o++ = '\\';
		*o++ = *text;
	}
	return out;
}

char *generate_verb_names(struct arena *a, unsigned int flags)
{
	char *names = arena_strdup(a, "");

	verb_foreach_shown (v)
		if (((*v)->flags & flags) == flags)
			names = arena_printf(a, "%s%s%s", names, *names ? " " : "", (*v)->name);
	return names;
}

/* 'isle _generate man [VERB]' and 'isle _generate SHELL [tools]'. */
static int generate_run(struct cli *c, void *args, struct err *e)
{
	static const struct {
		const char *shell;
		void (*print)(struct arena *a);
		void (*print_tools)(struct arena *a);
	} shells[] = {
		{"bash", generate_bash, generate_bash_tools},
		{"zsh", generate_zsh, generate_zsh_tools},
		{"fish", generate_fish, generate_fish_tools},
	};
	const char *what = c->operands.v[0];
	const bool tools = c->operands.n == 2 && strcmp(c->operands.v[1], "tools") == 0;

	(void)args;
	if (strcmp(what, "man") == 0 && c->operands.n == 1) {
		generate_man_program(&c->arena);
		return 0;
	}
	if (strcmp(what, "man") == 0) {
		const struct verb *v = verb_find(c->operands.v[1]);

		if (!v || v->flags & VERB_HIDDEN)
			return cli_unknown_verb(c, NULL, c->operands.v[1], e);
		generate_man_verb(&c->arena, v);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (strcmp(what, shells[i].shell) == 0) {
			(tools ? shells[i].print_tools : shells[i].print)(&c->arena);
			return 0;
		}
	}
	return err_set(e, 0, "generate \"%s\": there are man, bash, zsh and fish", what);
}

const struct verb hidden_generate = {
	.name = "_generate",
	.summary = "print man pages and completions",
	.operands = "man [VERB] | bash [tools] | zsh [tools] | fish [tools]",
	.operands_min = 1,
	.operands_max = 2,
	.flags = VERB_HIDDEN,
	.run = generate_run,
};
