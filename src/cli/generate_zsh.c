/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The completion for zsh: a list of specs for _arguments (zshcompsys(1)) for each verb. */
#include "cli/generate.h"
#include "cli/opt_text.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

/* TEXT within single quotes of sh; a quote in it becomes '\''. */
static char *quote(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) * 4 + 3, 1), *o = out;

	*o++ = '\'';
	for (; *text; text++)
		o = *text == '\'' ? stpcpy(o, "'\\''") : (*o = *text, o + 1);
	*o = '\'';
	return out;
}

/* The action of _arguments for an offer. */
static const char *zsh_action(struct arena *a, enum offer offer, const struct opt *o)
{
	static const char *const actions[] = {
		[OFFER_NOTHING] = " ",	       [OFFER_FILES] = "_files",
		[OFFER_DIRS] = "_files -/",    [OFFER_CONTAINERS] = "_isle_containers",
		[OFFER_VERBS] = "_isle_verbs", [OFFER_COMMANDS] = "_command_names -e",
	};

	if (offer == OFFER_WORDS || offer == OFFER_SIGNALS)
		return arena_printf(a, "(%s)", with_backslashes(a, offer_words(a, o), ":"));
	return actions[offer];
}

/* One spec of _arguments. */
static void zsh_spec(struct arena *a, const char *form, const char *before, const struct opt *o)
{
	const char *value = "";

	if (*before)
		value = arena_printf(a, "%s%s:%s", o->kind == OPT_KIND_MAYBE ? "::" : ":",
				     with_backslashes(a, opt_meta(o), ":[]"), zsh_action(a, offer_option(o), o));
	printf(" \\\n\t\t%s",
	       quote(a, arena_printf(a, "*%s%s[%s]%s", form, before, with_backslashes(a, o->help, ":[]\\"), value)));
}

/* The specs of the rows, and of what is known without one. */
static void zsh_specs(struct arena *a, const struct opt *rows, bool version)
{
	opt_foreach_shown (o, rows) {
		bool value = opt_takes_value(o->kind), maybe = o->kind == OPT_KIND_MAYBE;

		if (o->kind == OPT_KIND_HEADING)
			continue;
		if (o->letter)
			zsh_spec(a, (const char[]){'-', o->letter, '\0'}, value ? "+" : maybe ? "-" : "", o);
		if (o->name)
			zsh_spec(a, arena_printf(a, "--%s", o->name), value ? "=" : maybe ? "=-" : "", o);
		if (o->name && o->kind == OPT_KIND_SWITCH)
			zsh_spec(a, arena_printf(a, "--no-%s", o->name), "", o);
	}
	printf(" \\\n\t\t'--help[show a summary]'");
	if (version)
		printf(" \\\n\t\t'--version[tell the version]'");
}

/* The functions behind a door: a list of its verbs, one for each, and one that finds the verb. */
static void zsh_door(struct arena *a, const struct verb *door);

/* The function that completes the words of V; PREFIX is the door's name and a '_', or "". */
static void zsh_verb(struct arena *a, const char *prefix, const struct verb *v)
{
	const bool foreign = v->flags & VERB_FOREIGN_WORDS;
	const enum offer offer = offer_operand(v);

	if (v->verbs) {
		zsh_door(a, v);
		return;
	}
	printf("_isle_%s%s()\n{\n\t_arguments -s -S", prefix, v->name);
	zsh_specs(a, v->opts, v->flags & VERB_TOOL);
	if (offer != OFFER_COMMANDS)
		printf(" \\\n\t\t'%s:operand:%s'", foreign ? "1" : "*", zsh_action(a, offer, NULL));
	printf("%s\n}\n\n", foreign ? " '*::command:_normal'" : "");
}

static void zsh_door(struct arena *a, const struct verb *door)
{
	const char *prefix = arena_printf(a, "%s_", door->name);

	printf("_isle_%sverbs()\n{\n\tlocal -a verbs\n\tverbs=(\n", prefix);
	for (const struct verb *const *v = door->verbs; *v; v++)
		printf("\t\t%s\n",
		       quote(a, arena_printf(a, "%s:%s", (*v)->name, with_backslashes(a, (*v)->summary, ":"))));
	puts("\t)\n\t_describe verb verbs\n}\n");
	for (const struct verb *const *v = door->verbs; *v; v++)
		zsh_verb(a, prefix, *v);
	printf("_isle_%s()\n{\n\tlocal curcontext=$curcontext state line\n\t_arguments -C -S", door->name);
	zsh_specs(a, door->opts, false);
	printf(" \\\n\t\t'1:verb:_isle_%sverbs' '*::argument:->verb'\n"
	       "\t[[ $state == verb ]] && (( $+functions[_isle_%s$line[1]] )) && _isle_%s$line[1]\n}\n\n",
	       prefix, prefix, prefix);
}

void generate_zsh(struct arena *a)
{
	puts("#compdef isle\n# zsh completion for isle, written by 'isle _generate zsh'\n");
	puts("_isle_containers()\n{\n\tlocal -a names\n\tnames=(${(f)\"$(isle _names 2>/dev/null)\"})\n"
	     "\tcompadd -a names\n}\n");
	puts("_isle_verbs()\n{\n\tlocal -a verbs\n\tverbs=(");
	verb_foreach_shown (v)
		printf("\t\t%s\n",
		       quote(a, arena_printf(a, "%s:%s", (*v)->name, with_backslashes(a, (*v)->summary, ":"))));
	puts("\t)\n\t_describe verb verbs\n}\n");
	verb_foreach_shown (v)
		zsh_verb(a, "", *v);
	printf("_isle()\n{\n\tlocal curcontext=$curcontext state line\n\t_arguments -C -S");
	zsh_specs(a, cli_opts, false);
	puts(" \\\n\t\t'1:verb:_isle_verbs' '*::argument:->verb'\n"
	     "\t[[ $state == verb ]] && (( $+functions[_isle_$line[1]] )) && _isle_$line[1]\n}\n\n_isle \"$@\"");
}

void generate_zsh_tools(struct arena *a)
{
	printf("#compdef %s\n# zsh completion for isle's tools by their own names, written by 'isle _generate zsh tools'\n\n",
	       generate_verb_names(a, VERB_TOOL));
	verb_foreach_tool(v) zsh_verb(a, "", *v);
	puts("_isle_$service \"$@\"");
}
