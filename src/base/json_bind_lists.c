/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of field that hold many values: see json_bind.h.
 *
 * The lists behind LIST, MAP, U32S and PAIRS have many types with one layout; 'struct head' is a copy of it.
 */
#include "base/json_bind_kinds.h"

#include <string.h>

/* The layout of every growing list (mem.h). */
struct head {
	void *v;
	size_t n, room;
};

/* Whether the list behind FIELD has no element. */
static bool is_empty(const void *field)
{
	struct head h;

	memcpy(&h, field, sizeof(h));
	return h.n == 0;
}

/* STRINGS: terminated by NULL like every struct strs. */
int bind_read_strings(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	struct strs *s = field;

	(void)row;
	if (value->kind != JSON_LIST)
		return bind_fail(e, "must be a list of strings");
	*s = (struct strs){.v = arena_new(a, char *, (size_t)value->n + 1), .room = (size_t)value->n + 1};
	json_foreach (item, value) {
		int bad = bind_text(item, &s->v[s->n], e);

		if (bad < 0)
			return bind_fail_at(e, NULL, s->n, bad);
		s->n++;
	}
	return 0;
}

/* STRINGS. */
void bind_write_strings(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	const struct strs *s = field;

	if (!bind_shown(row, s->n == 0))
		return;
	json_open_list(out, key);
	for (size_t i = 0; i < s->n; i++)
		json_string(out, NULL, s->v[i]);
	json_close_list(out);
}

/* U32S. */
int bind_read_u32s(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	if (value->kind != JSON_LIST)
		return bind_fail(e, "must be a list of integers");

	uint32_t *v = arena_new(a, uint32_t, value->n);
	struct head h = {.v = v, .room = value->n};
	json_foreach (item, value) {
		uint64_t number = 0;
		int bad = bind_u64(item, row->flags & BIND_ID ? UINT32_MAX - 1 : UINT32_MAX, &number, e);

		if (bad < 0)
			return bind_fail_at(e, NULL, h.n, bad);
		v[h.n++] = (uint32_t)number;
	}
	memcpy(field, &h, sizeof(h));
	return 0;
}

/* U32S. */
void bind_write_u32s(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	struct head h;

	memcpy(&h, field, sizeof(h));
	if (!bind_shown(row, h.n == 0))
		return;
	json_open_list(out, key);
	for (size_t i = 0; i < h.n; i++)
		json_u64(out, NULL, ((const uint32_t *)h.v)[i]);
	json_close_list(out);
}

/* PAIRS: the elements are pairs of pointers, walked as an array of twice as many. */
int bind_read_pairs(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	(void)row;
	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object of strings");

	char **v = arena_new(a, char *, 2 * (size_t)value->n); /* key, value, key, value… */
	struct head h = {.v = v, .room = value->n};
	json_foreach (member, value) {
		int bad = bind_text(member, &v[2 * h.n + 1], e);

		if (bad < 0)
			return bind_fail_at(e, member->key, 0, bad);
		v[2 * h.n] = member->key;
		h.n++;
	}
	memcpy(field, &h, sizeof(h));
	return 0;
}

/* PAIRS. */
void bind_write_pairs(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	struct head h;

	memcpy(&h, field, sizeof(h));
	if (!bind_shown(row, h.n == 0))
		return;
	json_open_object(out, key);
	for (size_t i = 0; i < h.n; i++)
		json_string(out, ((char *const *)h.v)[2 * i], ((char *const *)h.v)[2 * i + 1]);
	json_close_object(out);
}

/*
 * Reads what is in VALUE, a list or an object, into one piece of memory.  The first field of a NAMED element is its
 * member's name.
 */
static int read_elements(const struct bind_table *t, const struct json *value, bool named, void *field, struct arena *a,
			 struct err *e)
{
	char *v = arena_alloc(a, value->n, t->size);
	struct head h = {.v = v, .room = value->n};

	json_foreach (item, value) {
		char *element = v + h.n * t->size;

		if (t->init)
			t->init(element);
		if (named)
			memcpy(element, &item->key, sizeof(item->key));
		int bad = bind_read(t, item, element, a, e);
		if (bad < 0)
			return bind_fail_at(e, named ? item->key : NULL, named ? 0 : h.n, bad);
		h.n++;
	}
	memcpy(field, &h, sizeof(h));
	return 0;
}

/* Writes the elements of FIELD, each by its table; NAMED: the first field is its member's name. */
static void write_elements(const struct bind_table *t, bool named, struct json_out *out, const void *field)
{
	struct head h;

	memcpy(&h, field, sizeof(h));
	for (size_t i = 0; i < h.n; i++) {
		const char *element = (const char *)h.v + i * t->size, *name = NULL;

		if (named)
			memcpy(&name, element, sizeof(name));
		bind_write(t, out, name, element);
	}
}

/* LIST. */
int bind_read_list(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	if (value->kind != JSON_LIST)
		return bind_fail(e, "must be a list of objects");
	return read_elements(row->table, value, false, field, a, e);
}

/* LIST. */
void bind_write_list(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	if (!bind_shown(row, is_empty(field)))
		return;
	json_open_list(out, key);
	write_elements(row->table, false, out, field);
	json_close_list(out);
}

/* MAP: the members of an object, each bound by the table. */
int bind_read_map(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object of objects");
	return read_elements(row->table, value, true, field, a, e);
}

/* MAP. */
void bind_write_map(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	if (!bind_shown(row, is_empty(field)))
		return;
	json_open_object(out, key);
	write_elements(row->table, true, out, field);
	json_close_object(out);
}

/* FLAGS: bit N stands for the name with index N. */
int bind_read_flags(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	unsigned int bits = 0;
	size_t index = 0;

	(void)a;
	if (value->kind != JSON_LIST)
		return bind_fail(e, "must be a list of strings");
	json_foreach (item, value) {
		int bit = 0, bad = bind_name(item, row->names, &bit, e);

		if (bad < 0)
			return bind_fail_at(e, NULL, index, bad);
		bits |= 1U << bit;
		index++;
	}
	*(unsigned int *)field = bits;
	return 0;
}

/* FLAGS: bits without a name are left out, which their owner must rule out. */
void bind_write_flags(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	unsigned int bits = *(const unsigned int *)field;

	if (!bind_shown(row, bits == 0))
		return;
	json_open_list(out, key);
	for (size_t i = 0; i < row->names->n; i++)
		if (bits >> i & 1 && row->names->v[i])
			json_string(out, NULL, row->names->v[i]);
	json_close_list(out);
}
