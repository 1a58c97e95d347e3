/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding tables: see json_bind.h.  Here is the walk over objects and rows; json_bind_kinds.c knows the single values.
 *
 * A reader that fails leaves ": what is wrong" in the error; on the way up every object and list puts its key or index
 * in front, so a good document pays nothing for the path.
 */
#include "base/json_bind.h"

#include "base/json_bind_kinds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int bind_fail(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->what) - 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, 0, ": %s", text);
}

int bind_fail_at(struct err *e, const char *key, size_t index, int failed)
{
	char rest[sizeof(e->what)];

	if (!e)
		return failed;
	memcpy(rest, e->what, sizeof(rest));
	const char *dot = rest[0] == ':' || rest[0] == '[' ? "" : ".";
	int n = key ? snprintf(e->what, sizeof(e->what), "%.80s%s%s", key, dot, rest)
		    : snprintf(e->what, sizeof(e->what), "[%zu]%s%s", index, dot, rest);
	if (n >= (int)sizeof(e->what))
		memcpy(e->what + sizeof(e->what) - 4, "...", 4);
	return failed;
}

/* The row of KEY, or NULL.  The search begins at *NEXT: documents mostly have the order of the table. */
static const struct bind_row *find_row(const struct bind_table *t, const char *key, size_t *next)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t at = (*next + i) % t->n;

		if (strcmp(t->rows[at].key, key) == 0) {
			*next = at + 1;
			return &t->rows[at];
		}
	}
	return NULL;
}

int bind_read(const struct bind_table *t, const struct json *value, void *object, struct arena *a, struct err *e)
{
	uint64_t seen = 0;
	size_t next = 0;

	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object");
	json_foreach (member, value) {
		const struct bind_row *row = find_row(t, member->key, &next);

		if (!row && t->strict)
			return bind_fail_at(e, member->key, 0, bind_fail(e, "is not known here"));
		if (!row || member->kind == JSON_NULL)
			continue;
		seen |= UINT64_C(1) << (row - t->rows);
		int bad = bind_kinds[row->kind].read(row, member, (char *)object + row->offset, a, e);
		if (bad < 0)
			return bind_fail_at(e, row->key, 0, bad);
	}
	for (size_t i = 0; i < t->n; i++)
		if ((t->rows[i].flags & BIND_REQUIRED) && !(seen >> i & 1))
			return bind_fail_at(e, t->rows[i].key, 0, bind_fail(e, "is missing"));
	return 0;
}

int bind_parse(const struct bind_table *t, const char *text, size_t size, void *object, struct arena *a, struct err *e)
{
	struct json *top;
	int bad = json_parse(text, size, a, &top, e);

	if (bad < 0)
		return bad;
	bad = bind_read(t, top, object, a, e);
	/* Only the document itself can be wrong without a key. */
	return bad < 0 && e && e->what[0] == ':' ? bind_fail_at(e, "the document", 0, bad) : bad;
}

void bind_write_members(const struct bind_table *t, struct json_out *out, const void *object)
{
	for (size_t i = 0; i < t->n; i++)
		bind_kinds[t->rows[i].kind].write(&t->rows[i], out, t->rows[i].key,
						  (const char *)object + t->rows[i].offset);
}

void bind_write(const struct bind_table *t, struct json_out *out, const char *key, const void *object)
{
	json_open_object(out, key);
	bind_write_members(t, out, object);
	json_close_object(out);
}

char *bind_print(const struct bind_table *t, const void *object, enum json_style style, struct arena *a)
{
	struct json_out out;

	json_out_init(&out, a, style);
	bind_write(t, &out, NULL, object);
	return json_out_text(&out);
}
