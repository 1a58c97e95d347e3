/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of field that a binding table knows: how each is read and how it is written.  Those with many values are in
 * json_bind_lists.c.
 */
#include "base/json_bind_kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- single values ---- */

int bind_text(const struct json *value, char **ret, struct err *e)
{
	if (value->kind != JSON_STRING)
		return bind_fail(e, "must be a string");
	*ret = value->text;
	return 0;
}

/* Whether VALUE is written as an integer, of any size. */
static bool is_integer(const struct json *value)
{
	return value->kind == JSON_INT || value->kind == JSON_UINT ||
	       (value->kind == JSON_REAL && !strpbrk(value->text, ".eE"));
}

int bind_i64(const struct json *value, int64_t min, int64_t max, int64_t *ret, struct err *e)
{
	if (!is_integer(value))
		return bind_fail(e, "must be an integer");
	bool fits = value->kind == JSON_INT || (value->kind == JSON_UINT && value->u <= INT64_MAX);
	if (!fits || value->i < min || value->i > max)
		return bind_fail(e, "must be between %" PRId64 " and %" PRId64, min, max);
	*ret = value->i;
	return 0;
}

int bind_u64(const struct json *value, uint64_t max, uint64_t *ret, struct err *e)
{
	if (!is_integer(value))
		return bind_fail(e, "must be an integer");
	if (value->kind != JSON_UINT || value->u > max)
		return bind_fail(e, "must be between 0 and %" PRIu64, max);
	*ret = value->u;
	return 0;
}

/* STRING: the text stays where the tree has it. */
static int read_string(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
		       struct err *e)
{
	(void)a;
	if ((row->flags & BIND_NO_EMPTY) && value->kind == JSON_STRING && value->n == 0)
		return 0;
	return bind_text(value, field, e);
}

/* STRING: NULL is never written. */
static void write_string(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	const char *text = *(char *const *)field;

	(void)row;
	if (text)
		json_string(out, key, text);
}

/* BOOL. */
static int read_bool(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	(void)row, (void)a;
	if (value->kind != JSON_BOOL)
		return bind_fail(e, "must be true or false");
	*(bool *)field = value->boolean;
	return 0;
}

/* BOOL. */
static void write_bool(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	if (bind_shown(row, !*(const bool *)field))
		json_bool(out, key, *(const bool *)field);
}

/* OPT_BOOL. */
static int read_opt_bool(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
			 struct err *e)
{
	struct opt_bool *o = field;

	o->has = true;
	return read_bool(row, value, &o->v, a, e);
}

/* OPT_BOOL: written where it is present. */
static void write_opt_bool(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	const struct opt_bool *o = field;

	(void)row;
	if (o->has)
		json_bool(out, key, o->v);
}

/* ---- numbers ---- */

/* How the number of each kind is stored. */
static const struct number {
	unsigned int bits;
	bool is_signed;
	bool optional; /* a 'bool has' comes first, and the value at 'at' */
	size_t at;
} numbers[BIND_KIND_COUNT] = {
	[BIND_KIND_INT] = {.bits = 32, .is_signed = true},
	[BIND_KIND_I64] = {.bits = 64, .is_signed = true},
	[BIND_KIND_OPT_I64] = {.bits = 64, .is_signed = true, .optional = true, .at = offsetof(struct opt_i64, v)},
	[BIND_KIND_U16] = {.bits = 16},
	[BIND_KIND_U32] = {.bits = 32},
	[BIND_KIND_U64] = {.bits = 64},
	[BIND_KIND_OPT_U64] = {.bits = 64, .optional = true, .at = offsetof(struct opt_u64, v)},
};
static_assert(offsetof(struct opt_i64, has) == 0 && offsetof(struct opt_u64, has) == 0, "'has' comes first");
static_assert(sizeof(int) == 4 && sizeof(bool) == 1, "'numbers' says how wide an int is");

/* Any kind of number that 'numbers' knows. */
static int read_number(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
		       struct err *e)
{
	const struct number *f = &numbers[row->kind];
	const struct bind_range *range = row->range;
	uint64_t max = UINT64_MAX >> (64 - f->bits), u = 0;
	void *at = (char *)field + f->at;
	int bad;

	(void)a;
	if (f->is_signed) {
		int64_t most = (int64_t)(max >> 1), v = 0;

		bad = bind_i64(value, range ? range->min : -most - 1, range ? (int64_t)range->max : most, &v, e);
		u = (uint64_t)v;
	} else {
		bad = bind_u64(value, range ? range->max : row->flags & BIND_ID ? max - 1 : max, &u, e);
	}
	if (bad < 0)
		return bad;
	if (f->optional)
		*(bool *)field = true;
	if (f->bits == 16)
		*(uint16_t *)at = (uint16_t)u;
	else if (f->bits == 32)
		*(uint32_t *)at = (uint32_t)u;
	else
		*(uint64_t *)at = u;
	return 0;
}

/* Any kind of number; an optional one is written where it is present. */
static void write_number(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	const struct number *f = &numbers[row->kind];
	const void *at = (const char *)field + f->at;
	uint64_t u = f->bits == 16   ? *(const uint16_t *)at
		     : f->bits == 32 ? *(const uint32_t *)at
				     : *(const uint64_t *)at;

	if (f->optional ? !*(const bool *)field : !bind_shown(row, u == 0))
		return;
	if (f->is_signed)
		json_i64(out, key, f->bits == 32 ? (int32_t)u : (int64_t)u);
	else
		json_u64(out, key, u);
}

/* ---- names ---- */

int bind_name(const struct json *value, const struct bind_names *names, int *ret, struct err *e)
{
	char all[400] = "";
	const char *text = json_text(value);

	for (size_t i = 0; i < names->n && text; i++)
		if (names->v[i] && strcmp(names->v[i], text) == 0) {
			*ret = (int)i;
			return 0;
		}
	for (size_t i = 0; i < names->n; i++) {
		size_t used = strlen(all);

		if (names->v[i])
			snprintf(all + used, sizeof(all) - used, "%s\"%s\"", used ? ", " : "", names->v[i]);
	}
	return bind_fail(e, "must be one of %s", all);
}

/* ENUM: the index of the name. */
static int read_enum(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e)
{
	(void)a;
	return bind_name(value, row->names, field, e);
}

/* ENUM: a value without a name is left out, which the enum's owner must rule out. */
static void write_enum(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	int v = *(const int *)field;

	if (bind_shown(row, v == 0) && v >= 0 && (size_t)v < row->names->n && row->names->v[v])
		json_string(out, key, row->names->v[v]);
}

/* ---- objects and what is special ---- */

/* OBJECT. */
static int read_object(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
		       struct err *e)
{
	return bind_read(row->table, value, field, a, e);
}

/* Writes the object, and takes it back if no member came. */
static void write_object(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	struct json_mark before = json_mark(out);

	json_open_object(out, key);
	bind_write_members(row->table, out, field);
	bool empty = out->empty;
	json_close_object(out);
	if (!bind_shown(row, empty))
		json_rewind(out, before);
}

/* OPTIONAL: 'has' is the first member of the struct. */
static int read_optional(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
			 struct err *e)
{
	*(bool *)field = true;
	return bind_read(row->table, value, field, a, e);
}

/* OPTIONAL: an object that is there is written, also when it is empty. */
static void write_optional(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	if (*(const bool *)field)
		bind_write(row->table, out, key, field);
}

/* CUSTOM. */
static int read_custom(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
		       struct err *e)
{
	return row->custom->read(value, field, a, e);
}

/* CUSTOM. */
static void write_custom(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	row->custom->write(out, key, field);
}

/* REFUSED: the row says why.  A value that asks for nothing (false, [], {}) may stand there. */
static int read_refused(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
			struct err *e)
{
	bool nothing = (value->kind == JSON_BOOL && !value->boolean) ||
		       ((value->kind == JSON_LIST || value->kind == JSON_OBJECT) && value->n == 0);

	(void)field, (void)a;
	return nothing ? 0 : bind_fail(e, "%s", row->reason);
}

/* REFUSED: there is no field. */
static void write_refused(const struct bind_row *row, struct json_out *out, const char *key, const void *field)
{
	(void)row, (void)out, (void)key, (void)field;
}

const struct bind_kind_pair bind_kinds[] = {
	[BIND_KIND_STRING] = {read_string, write_string},
	[BIND_KIND_BOOL] = {read_bool, write_bool},
	[BIND_KIND_OPT_BOOL] = {read_opt_bool, write_opt_bool},
	[BIND_KIND_INT] = {read_number, write_number},
	[BIND_KIND_I64] = {read_number, write_number},
	[BIND_KIND_OPT_I64] = {read_number, write_number},
	[BIND_KIND_U16] = {read_number, write_number},
	[BIND_KIND_U32] = {read_number, write_number},
	[BIND_KIND_U64] = {read_number, write_number},
	[BIND_KIND_OPT_U64] = {read_number, write_number},
	[BIND_KIND_ENUM] = {read_enum, write_enum},
	[BIND_KIND_STRINGS] = {bind_read_strings, bind_write_strings},
	[BIND_KIND_U32S] = {bind_read_u32s, bind_write_u32s},
	[BIND_KIND_PAIRS] = {bind_read_pairs, bind_write_pairs},
	[BIND_KIND_OBJECT] = {read_object, write_object},
	[BIND_KIND_LIST] = {bind_read_list, bind_write_list},
	[BIND_KIND_MAP] = {bind_read_map, bind_write_map},
	[BIND_KIND_FLAGS] = {bind_read_flags, bind_write_flags},
	[BIND_KIND_OPTIONAL] = {read_optional, write_optional},
	[BIND_KIND_CUSTOM] = {read_custom, write_custom},
	[BIND_KIND_REFUSED] = {read_refused, write_refused},
};
static_assert(ARRAY_LEN(bind_kinds) == BIND_KIND_COUNT, "bind_kinds[] does not match enum bind_kind");
