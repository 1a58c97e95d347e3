/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Demands on texts: see spec_check_rules.h. */
#include "oci/spec_check_rules.h"

#include "base/parse.h"

#include <string.h>

bool text_any(const char *text)
{
	(void)text;
	return true;
}

bool text_absolute(const char *text)
{
	return text[0] == '/';
}

bool text_ranges(const char *text)
{
	struct ranges unused;

	return parse_ranges(text, &unused);
}

bool text_one_line(const char *text)
{
	return !strchr(text, '\n');
}

bool text_file_name(const char *text)
{
	return *text && !strchr(text, '/') && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

bool text_stays(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "/");

		if (len == 2 && text[0] == '.' && text[1] == '.')
			return false;
		text += len + (text[len] == '/');
	}
	return true;
}

/* The rule R on each text of LIST. */
static int check_list(const struct text_rule *r, const struct strs *list, struct err *e)
{
	for (size_t i = 0; i < list->n; i++)
		if (!r->holds(list->v[i]))
			return bind_fail_at(e, NULL, i, bind_fail(e, "%s", r->says));
	return 0;
}

/* The rule R on one text. */
static int check_text(const struct text_rule *r, const char *text, struct err *e)
{
	if (!text || !*text)
		return r->required ? bind_fail(e, "is missing") : 0;
	return r->holds(text) ? 0 : bind_fail(e, "%s", r->says);
}

int check_texts(const struct text_rule *rules, size_t n, const void *object, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const void *field = (const char *)object + rules[i].at;
		int bad = rules[i].list ? check_list(&rules[i], field, e)
					: check_text(&rules[i], *(char *const *)field, e);

		if (bad < 0)
			return bind_fail_at(e, rules[i].path, 0, bad);
	}
	return 0;
}

int check_parts(const struct part_rule *rules, size_t n, const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int bad = rules[i].check(s, e);

		if (bad < 0)
			return *rules[i].path ? bind_fail_at(e, rules[i].path, 0, bad) : bad;
	}
	return 0;
}
