/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes to stderr: errors as a sentence or as JSON, and what a long command tells meanwhile. */
#include "base/err_json.h"
#include "base/table.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The exit status that E stands for. */
static int exit_status(const struct cli *c, const struct err *e)
{
	if (e->status && !c->door)
		return e->status;
	return c->verb && c->verb->failure ? c->verb->failure : EXIT_ISLE;
}

/* One line on stderr, by one write(2): lines of several processes do not mix. */
static void put_line(struct cli *c, const char *line)
{
	const char *text = arena_printf(&c->arena, "%s\n", line);

	/* Where even this fails nobody is left to be told. */
	(void)!fd_write_all(STDERR_FILENO, text, strlen(text));
}

/* "isle: VERB: TEXT", "isle: oci: VERB: TEXT"; "VERB: TEXT" for a tool called by its name, "isle-oci: VERB: TEXT". */
static char *with_prefix(struct cli *c, const char *text)
{
	const char *door = c->by_name ? "isle-" : "isle: ";

	if (c->door)
		return arena_printf(&c->arena, "%s%s: %s: %s", door, c->door->name, c->verb->name, text);
	if (c->by_name)
		return arena_printf(&c->arena, "%s%s: %s", c->verb->verbs ? door : "", c->verb->name, text);
	return c->verb ? arena_printf(&c->arena, "isle: %s: %s", c->verb->name, text)
		       : arena_printf(&c->arena, "isle: %s", text);
}

void cli_error(struct cli *c, const struct err *e)
{
	const char *format = c->options.error_format;
	char text[sizeof(*e) + 256];

	c->status = exit_status(c, e);
	fflush(stdout); /* what was found out so far stands before the error */
	err_format(e, text, sizeof(text));
	if (c->door_error && !c->door_error(c, e, text))
		return;
	if (format && strcmp(format, "json") == 0) {
		put_line(c, err_json(e, c->verb ? c->verb->name : NULL, c->status, &c->arena));
		return;
	}
	put_line(c, with_prefix(c, text_escape(&c->arena, text)));
}

void cli_tell(void *ctx, const char *line)
{
	struct cli *c = ctx;

	put_line(c, with_prefix(c, text_escape(&c->arena, line)));
}
