/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Man pages in scdoc's language (scdoc(5)), made from the rows. */
#include "cli/generate.h"
#include "cli/opt_text.h"
#include "cli/verbs.h"
#include "isle-config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The line that scdoc wants first. */
static void print_title(const char *page)
{
	printf("%s(1) \"isle " ISLE_VERSION "\" \"isle\"\n", page);
}

/* Option rows; headings become subsections. */
static void print_options(struct arena *a, const struct opt *rows, bool version)
{
	opt_foreach_shown (o, rows) {
		if (o->kind == OPT_KIND_HEADING)
			printf("\n## %s\n", o->help);
		else
			printf("\n%s\n\t%s\n", opt_label_scdoc(a, o), scdoc_escape(a, o->help));
	}
	printf("\n%s*--help*\n\tshow a summary\n", opt_has_letter(rows, 'h') ? "" : "*-h*, ");
	if (version)
		printf("\n%s*--version*\n\ttell the version\n", opt_has_letter(rows, 'V') ? "" : "*-V*, ");
}

/* The words of a usage line: what the user replaces is underlined, the rest is as it is. */
static void print_operands(struct arena *a, const char *operands)
{
	while (*operands) {
		size_t n = strspn(operands, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (n) {
			printf("_%.*s_", (int)n, operands);
		} else {
			n = strcspn(operands, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
			fputs(scdoc_escape(a, arena_strndup(a, operands, n)), stdout);
		}
		operands += n;
	}
}

/* The status of isle itself: EXIT_ISLE, but for tools. */
static void print_failure(int status)
{
	printf("\n*%d*\n\tisle itself failed, or was used wrongly; standard error tells why\n", status);
}

/* The verbs behind a door, each with what it takes. */
static void print_door(struct arena *a, const struct verb *door)
{
	puts("\n# VERBS");
	for (const struct verb *const *v = door->verbs; *v; v++) {
		if ((*v)->flags & VERB_HIDDEN)
			continue;
		printf("\n## %s %s\n\n%c%s. %s\n", (*v)->name, scdoc_escape(a, (*v)->operands),
		       toupper((unsigned char)(*v)->summary[0]), (*v)->summary + 1, (*v)->description);
		opt_foreach_shown (o, (*v)->opts)
			if (o->kind != OPT_KIND_HEADING)
				printf("\n%s\n\t%s\n", opt_label_scdoc(a, o), scdoc_escape(a, o->help));
	}
}

void generate_man_verb(struct arena *a, const struct verb *v)
{
	print_title(arena_printf(a, "isle-%s", v->name));
	printf("\n# NAME\n\nisle-%s - %s\n", v->name, v->summary);
	printf("\n# SYNOPSIS\n\n*isle %s* [_OPTION_...] ", v->name);
	print_operands(a, v->operands);
	printf("\n\n# DESCRIPTION\n\n%s\n", v->description);
	if (v->flags & VERB_TOOL)
		printf("\nThe same program called by the name *%s*, as _" ISLE_LIBEXECDIR
		       "/toolbox/%s_ is, takes the same words.\n",
		       v->name, v->name);
	printf("\n# OPTIONS\n");
	print_options(a, v->opts, v->flags & VERB_TOOL);
	if (v->verbs)
		print_door(a, v);
	else
		puts("\nThe options before the verb are in *isle*(1).");
	printf("\n# EXIT STATUS\n\n%s\n", v->exit_status ? v->exit_status : "0 if everything was done.");
	print_failure(v->failure ? v->failure : EXIT_ISLE);
	if (v->examples)
		printf("\n# EXAMPLES\n");
	for (const struct verb_example *x = v->examples; x && x->command; x++)
		printf("\n*%s*\n\t%s\n", scdoc_escape(a, x->command), scdoc_escape(a, x->what));
	printf("\n# SEE ALSO\n\n*isle*(1)");
	if (v->flags & VERB_TOOL)
		printf(", *%s*(%d)", v->name, strcmp(v->name, "lsns") == 0 ? 8 : 1);
	puts("");
}

void generate_man_program(struct arena *a)
{
	const char *heading = "";

	print_title("isle");
	puts("\n# NAME\n\nisle - Linux containers without a daemon");
	puts("\n# SYNOPSIS\n\n*isle* [_OPTION_...] _VERB_ [_ARGUMENT_...]");
	puts("\n# DESCRIPTION\n\n"
	     "isle puts a program on an island of its own: its own files, processes, users, host name, network, IPC, control\n"
	     "groups and clock, all made from the kernel's namespaces. There is no daemon: a container belongs to the *isle run*\n"
	     "that started it, or to a small monitor if it runs in the background.\n\n"
	     "As root, and as a plain user, each container gets user ids of its own: root inside is nobody outside.");
	puts("\n# VERBS");
	verb_foreach_shown (v) {
		if (strcmp(heading, (*v)->heading) != 0)
			printf("\n## %s\n", (*v)->heading);
		heading = (*v)->heading;
		printf("\n*isle-%s*(1)\n\t%s\n", (*v)->name, scdoc_escape(a, (*v)->summary));
	}
	puts("\n# OPTIONS");
	print_options(a, cli_opts, false);
	puts("\n# EXIT STATUS\n\nThat of the program, where there is one: 128+N if signal N ended it.");
	print_failure(EXIT_ISLE);
	puts("\n*126*\n\tthe program was found but can't be executed\n\n*127*\n\tthe program was not found");
	puts("\n# ERRORS\n\n"
	     "An error is one sentence on standard error: what was attempted, on which object, what the kernel said, and where\n"
	     "it can be known why, and what to do. With *--error-format*=_json_ it is one object in one line, with _verb_,\n"
	     "_step_, _what_, _code_ (the errno), _reason_, _why_, _cure_ and _exit\\_status_.");
	puts("\n# ENVIRONMENT\n\n"
	     "*XDG\\_RUNTIME\\_DIR*, *XDG\\_DATA\\_HOME*\n\twhere a plain user's containers are kept\n\n"
	     "*NO\\_COLOR*\n\tno bold headings, unless *--color*=_always_");
	puts("\n# FILES\n\n"
	     "_/run/isle_, _$XDG\\_RUNTIME\\_DIR/isle_\n\tcontainers that are known now; gone after a boot\n\n"
	     "_/var/lib/isle_, _$XDG\\_DATA\\_HOME/isle_\n\tcontainers that stay, with their logs and layers, and kept roots");
	puts("\n# SEE ALSO\n");
	fputs("*namespaces*(7), *cgroups*(7)", stdout);
	verb_foreach_shown (v)
		printf(", *isle-%s*(1)", (*v)->name);
	puts("");
}
