/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --explain and --timings print: a plan's steps in order. */
#include "cli/show_steps.h"

#include "base/json_out.h"
#include "base/table.h"

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
	static const char *const heads[] = {"START us", "TOOK us", "SIDE", "STEP"};
	struct table t = {.arena = &c->arena, .right = 0x3};
	int64_t end = 0;

	table_heads(&t, heads, ARRAY_LEN(heads));
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

void show_steps_tell(void *ctx, const struct step_lines *lines)
{
	struct cli *c = ctx;
	bool explain = is_explanation(lines);
	const char *text = c->json   ? steps_json(c, lines)
			   : explain ? explanation_text(c, lines)
				     : timings_text(c, lines);

	fputs(text, explain ? stdout : stderr);
}

int show_steps_check(struct cli *c, const struct show_steps *s, struct err *e)
{
	if (s->json && !s->explain && !s->timings)
		return err_set(e, 0, "--json says how --explain or --timings are told, and none of them is given");
	if (s->explain && s->timings)
		return err_set(e, 0, "--explain does nothing, so there are no --timings");
	c->json = s->json;
	return 0;
}

struct run_mode show_steps_mode(struct cli *c, const struct show_steps *s)
{
	return (struct run_mode){
		.explain = s->explain,
		.timings = s->timings,
		.tell_steps = show_steps_tell,
		.tell = cli_tell,
		.ctx = c,
	};
}
