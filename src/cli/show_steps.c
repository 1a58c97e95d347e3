/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --explain and --timings print: a plan's steps in order. */
#include "base/json_out.h"
#include "base/table.h"
#include "cli/cli.h"

#include <stdio.h>

static const char *const side_names[] = {[SIDE_HOST] = "host", [SIDE_BOX] = "box", [SIDE_ROOT] = "root"};

/* Whether the lines tell what would be done, not how long it took. */
static bool is_explanation(const struct step_lines *lines)
{
	return lines->n > 0 && lines->v[0].sentence;
}

/* The steps as a list of objects. */
static char *steps_json(struct cli *c, const struct step_lines *lines)
{
	struct json_out o;

	json_out_init(&o, &c->arena, JSON_INDENTED);
	json_open_list(&o, NULL);
	for (size_t i = 0; i < lines->n; i++) {
		const struct step_line *l = &lines->v[i];

		json_open_object(&o, NULL);
		json_string(&o, "step", l->name);
		json_string(&o, "side", side_names[l->side]);
		if (l->sentence) {
			json_string(&o, "does", l->sentence);
			json_open_list(&o, "shell");
			for (size_t s = 0; s < l->shell.n; s++)
				json_string(&o, NULL, l->shell.v[s]);
			json_close_list(&o);
		} else {
			json_i64(&o, "start_us", l->start_us);
			json_i64(&o, "took_us", l->took_us);
		}
		json_close_object(&o);
	}
	json_close_list(&o);
	return arena_printf(&c->arena, "%s\n", json_out_text(&o));
}

/* Each step's sentence, and below it the shell commands that do the same. */
static char *explanation_text(struct cli *c, const struct step_lines *lines)
{
	struct table t = {.arena = &c->arena, .columns = 3};

	for (size_t i = 0; i < lines->n; i++) {
		const struct step_line *l = &lines->v[i];

		table_add(&t, l->name);
		table_add(&t, side_names[l->side]);
		table_add(&t, l->sentence);
		for (size_t s = 0; s < l->shell.n; s++) {
			table_add(&t, NULL);
			table_add(&t, NULL);
			table_addf(&t, "    $ %s", l->shell.v[s]);
		}
	}
	return table_format(&t);
}

/* Each step's times, and the time from the first begin to the last end. */
static char *timings_text(struct cli *c, const struct step_lines *lines)
{
	struct table t = {.arena = &c->arena, .columns = 4, .right = 0x3};
	int64_t end = 0;

	table_add(&t, "START us");
	table_add(&t, "TOOK us");
	table_add(&t, "SIDE");
	table_add(&t, "STEP");
	for (size_t i = 0; i < lines->n; i++) {
		const struct step_line *l = &lines->v[i];

		table_addf(&t, "%lld", (long long)l->start_us);
		if (l->took_us < 0)
			table_add(&t, "-");
		else
			table_addf(&t, "%lld", (long long)l->took_us);
		table_add(&t, side_names[l->side]);
		table_add(&t, l->name);
		end = MAX(end, l->start_us + MAX(l->took_us, (int64_t)0));
	}
	table_add(&t, NULL);
	table_addf(&t, "%lld", (long long)end);
	table_add(&t, NULL);
	table_add(&t, "from the first step's begin to the last one's end");
	return table_format(&t);
}

void cli_tell_steps(void *ctx, const struct step_lines *lines)
{
	struct cli *c = ctx;
	bool explain = is_explanation(lines);
	const char *text = c->json   ? steps_json(c, lines)
			   : explain ? explanation_text(c, lines)
				     : timings_text(c, lines);

	fputs(text, explain ? stdout : stderr);
}
