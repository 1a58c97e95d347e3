/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The completion for bash: two tables as 'case' lists, and a small reader of them that needs no other package. */
#include "cli/generate.h"
#include "cli/opt_text.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

/* The reader.  In COMP_WORDS "--name=value" comes as three words, as '=' breaks words. */
static const char reader[] =
	"# shellcheck disable=SC2046 # the tables' answers are meant to be split into words\n"
	"_isle()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} option='' verb='' word i before\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tcase $word in\n"
	"\t\t=) ;;\n"
	"\t\t-*) [[ $(_isle_value \"$verb\" \"$word\") ]] && ((i++)) && [[ ${COMP_WORDS[i]} == = ]] && ((i++)) ;;\n"
	"\t\t*) verb+=${verb:+ }$word; [[ $(_isle_behind \"$verb\") ]] || break ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tbefore=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\toption=$before cur=''\n"
	"\telif [[ $before == = ]]; then\n"
	"\t\toption=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\telse\n"
	"\t\toption=$before\n"
	"\tfi\n"
	"\t# What may also be left out is offered behind the '=' alone.\n"
	"\tif [[ $option == --* && $option != \"$before\" || $cur == '' && ${COMP_WORDS[COMP_CWORD]} == = ]]; then\n"
	"\t\t[[ $(_isle_value \"$verb\" \"$option=\") ]] && option+='='\n"
	"\tfi\n"
	"\tif [[ $option == -* && $(_isle_value \"$verb\" \"$option\") ]]; then\n"
	"\t\t_isle_offer $(_isle_value \"$verb\" \"$option\")\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\t_isle_offer words $(_isle_options \"$verb\")\n"
	"\t\t[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	"\telif [[ ! $verb ]]; then\n"
	"\t\t_isle_offer verbs\n"
	"\telif [[ $(_isle_behind \"$verb\") ]]; then\n"
	"\t\t_isle_offer words $(_isle_behind \"$verb\")\n"
	"\telse\n"
	"\t\t_isle_offer $(_isle_operand \"$verb\")\n"
	"\tfi\n"
	"\treturn 0\n"
	"}\n"
	"\n"
	"# Puts into COMPREPLY what is offered: a kind, and the words of the kind \"words\".\n"
	"_isle_offer()\n"
	"{\n"
	"\tlocal kind=$1 line\n"
	"\tshift\n"
	"\tcase $kind in\n"
	"\twords) set -- -W \"$*\" ;;\n"
	"\tverbs) set -- -W \"$_isle_verbs\" ;;\n"
	"\tcontainers) set -- -W \"$(\"${COMP_WORDS[0]}\" _names 2>/dev/null)\" ;;\n"
	"\tfiles) compopt -o filenames; set -- -f ;;\n"
	"\tdirs) compopt -o filenames; set -- -d ;;\n"
	"\tcommands) set -- -c ;;\n"
	"\t*) return ;;\n"
	"\tesac\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tCOMPREPLY+=(\"$line\")\n"
	"\tdone < <(compgen \"$@\" -- \"$cur\")\n"
	"}\n";

/* A tool's words are completed as those behind "isle TOOL" are. */
static const char tools_reader[] =
	"_isle_tool()\n"
	"{\n"
	"\tlocal COMP_WORDS=(isle \"${1##*/}\" \"${COMP_WORDS[@]:1}\") COMP_CWORD=$((COMP_CWORD + 1))\n"
	"\t_isle\n"
	"}\n\n";

/* What _isle_offer calls the kind, with its words. */
static const char *offer_text(struct arena *a, enum offer offer, const struct opt *o)
{
	static const char *const kinds[] = {
		[OFFER_NOTHING] = "nothing",	   [OFFER_FILES] = "files", [OFFER_DIRS] = "dirs",
		[OFFER_CONTAINERS] = "containers", [OFFER_VERBS] = "verbs", [OFFER_COMMANDS] = "commands",
	};

	if (offer == OFFER_WORDS || offer == OFFER_SIGNALS)
		return arena_printf(a, "words %s", offer_words(a, o));
	return kinds[offer];
}

/* One case of _isle_options: all forms of the rows. */
static void print_options(const char *verb, const struct opt *rows, bool tool)
{
	printf("\t'%s') echo '", verb);
	opt_foreach_shown (o, rows) {
		if (o->kind == OPT_KIND_HEADING)
			continue;
		if (o->letter)
			printf("-%c ", o->letter);
		if (o->name)
			printf("--%s%s ", o->name, opt_takes_value(o->kind) ? "=" : "");
		if (o->name && o->kind == OPT_KIND_MAYBE)
			printf("--%s= ", o->name);
		if (o->name && o->kind == OPT_KIND_SWITCH)
			printf("--no-%s ", o->name);
	}
	printf("--help%s' ;;\n", tool ? " --version" : "");
}

/* The cases of _isle_value for one verb: what follows each option that takes something. */
static void print_values(struct arena *a, const char *verb, const struct opt *rows)
{
	opt_foreach_shown (o, rows) {
		const bool maybe = o->kind == OPT_KIND_MAYBE;

		if (o->kind == OPT_KIND_HEADING || !(opt_takes_value(o->kind) || (maybe && o->name)))
			continue;
		printf("\t");
		if (o->letter && !maybe)
			printf("'%s -%c'%s", verb, o->letter, o->name ? " | " : "");
		if (o->name)
			printf("'%s --%s%s'", verb, o->name, maybe ? "=" : "");
		printf(") echo '%s' ;;\n", offer_text(a, offer_option(o), o));
	}
}

/* How the tables know a verb: by its name, behind a door with the door's in front. */
static const char *key_of(struct arena *a, const struct verb *door, const struct verb *v)
{
	return door ? arena_printf(a, "%s %s", door->name, v->name) : v->name;
}

/* The cases of one table for the verbs of LIST, and of those behind doors. */
static void print_cases(struct arena *a, const struct verb *door, const struct verb *const *list,
			void (*print)(struct arena *a, const char *key, const struct verb *v))
{
	for (const struct verb *const *v = list; *v; v++) {
		if ((*v)->flags & VERB_HIDDEN)
			continue;
		print(a, key_of(a, door, *v), *v);
		if ((*v)->verbs)
			print_cases(a, *v, (*v)->verbs, print);
	}
}

static void options_case(struct arena *a, const char *key, const struct verb *v)
{
	(void)a;
	print_options(key, v->opts, v->flags & VERB_TOOL);
}

static void values_case(struct arena *a, const char *key, const struct verb *v)
{
	print_values(a, key, v->opts);
}

static void operand_case(struct arena *a, const char *key, const struct verb *v)
{
	printf("\t'%s') echo '%s' ;;\n", key, offer_text(a, offer_operand(v), NULL));
}

static void behind_case(struct arena *a, const char *key, const struct verb *v)
{
	(void)a;
	if (!v->verbs)
		return;
	printf("\t'%s') echo '", key);
	for (const struct verb *const *w = v->verbs; *w; w++)
		printf("%s%s", w == v->verbs ? "" : " ", (*w)->name);
	puts("' ;;");
}

/* The tables of all verbs, and the reader. */
static void print_script(struct arena *a)
{
	printf("\n_isle_verbs='%s'\n", generate_verb_names(a, 0));
	puts("\n# The options of verb $1.\n_isle_options()\n{\n\tcase $1 in");
	print_options("", cli_opts, false);
	print_cases(a, NULL, verbs, options_case);
	puts("\tesac\n}\n\n# What can follow option $2 of verb $1; nothing if it takes no value.\n_isle_value()\n{\n\tcase \"$1 $2\" in");
	print_values(a, "", cli_opts);
	print_cases(a, NULL, verbs, values_case);
	puts("\tesac\n}\n\n# What verb $1 works on.\n_isle_operand()\n{\n\tcase $1 in");
	print_cases(a, NULL, verbs, operand_case);
	puts("\tesac\n}\n\n# The verbs behind verb $1; nothing if it is no door.\n_isle_behind()\n{\n\tcase $1 in");
	print_cases(a, NULL, verbs, behind_case);
	puts("\tesac\n}\n");
	fputs(reader, stdout);
}

void generate_bash(struct arena *a)
{
	puts("# bash completion for isle, written by 'isle _generate bash'");
	print_script(a);
	puts("\ncomplete -F _isle isle");
}

void generate_bash_tools(struct arena *a)
{
	puts("# bash completion for isle's tools by their own names, written by 'isle _generate bash tools'");
	print_script(a);
	printf("\n%scomplete -F _isle_tool %s\n", tools_reader, generate_verb_names(a, VERB_TOOL));
}
