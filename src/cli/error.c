/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes to stderr: errors as a sentence or as JSON, and what a long command tells meanwhile. */
#include "base/json_out.h"
#include "base/table.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The exit status that E stands for. */
static int exit_status(const struct cli *c, const struct err *e)
{
	if (e->status)
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

/* "isle: VERB: TEXT"; "VERB: TEXT" for a tool called by its name. */
static char *with_prefix(struct cli *c, const char *text)
{
	if (c->by_name)
		return arena_printf(&c->arena, "%s: %s", c->verb->name, text);
	return c->verb ? arena_printf(&c->arena, "isle: %s: %s", c->verb->name, text)
		       : arena_printf(&c->arena, "isle: %s", text);
}

/* An empty part of an error is null in JSON. */
static void put_part(struct json_out *o, const char *key, const char *part)
{
	json_string(o, key, *part ? part : NULL);
}

/* The error as one JSON object in one line. */
static char *error_json(struct cli *c, const struct err *e)
{
	struct json_out o;

	json_out_init(&o, &c->arena, JSON_COMPACT);
	json_open_object(&o, NULL);
	json_string(&o, "verb", c->verb ? c->verb->name : NULL);
	put_part(&o, "step", e->step);
	json_string(&o, "what", e->what);
	json_i64(&o, "code", e->code);
	json_string(&o, "reason", e->code ? strerror(e->code) : NULL);
	put_part(&o, "why", e->why);
	put_part(&o, "cure", e->cure);
	json_i64(&o, "exit_status", exit_status(c, e));
	json_close_object(&o);
	return json_out_text(&o);
}

void cli_error(struct cli *c, const struct err *e)
{
	const char *format = c->options.error_format;
	char text[sizeof(*e) + 256];

	c->status = exit_status(c, e);
	fflush(stdout); /* what was found out so far stands before the error */
	if (format && strcmp(format, "json") == 0) {
		put_line(c, error_json(c, e));
		return;
	}
	err_format(e, text, sizeof(text));
	put_line(c, with_prefix(c, text_escape(&c->arena, text)));
}

void cli_tell(void *ctx, const char *line)
{
	struct cli *c = ctx;

	put_line(c, with_prefix(c, text_escape(&c->arena, line)));
}
