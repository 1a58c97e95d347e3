/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON writer: see json_out.h. */
#include "base/json_out.h"

#include "base/utf8.h"

#include <string.h>

/* Gives room for N more bytes behind the text (and a NUL), and takes none of it. */
static char *reserve(struct json_out *o, size_t n)
{
	if (o->room - o->n <= n) {
		size_t more = MAX(o->room * 2, o->n + n + 1);
		char *grown = arena_alloc(o->arena, more, 1);

		if (o->n)
			memcpy(grown, o->text, o->n);
		o->text = grown;
		o->room = more;
	}
	return o->text + o->n;
}

/* Appends N bytes as they are. */
static void put(struct json_out *o, const char *text, size_t n)
{
	memcpy(reserve(o, n), text, n);
	o->n += n;
}

/* Appends one byte. */
static void put_char(struct json_out *o, char c)
{
	*reserve(o, 1) = c;
	o->n++;
}

/* Begins a new line at the present depth, in the style that has lines. */
static void put_line(struct json_out *o)
{
	if (o->style != JSON_INDENTED)
		return;
	size_t n = 1 + 2 * (size_t)o->depth;
	char *p = reserve(o, n);
	memset(p, ' ', n);
	p[0] = '\n';
	o->n += n;
}

/* Appends the escape of a UTF-16 unit, "\u00e9". */
static void put_escape(struct json_out *o, uint32_t unit)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};

	put(o, text, sizeof(text));
}

/* Appends the first character of S (N bytes are left) that can't simply be copied; gives the bytes it took of S. */
static size_t put_special(struct json_out *o, const char *s, size_t n)
{
	static const char plain[] = "\"\\bfnrt", meaning[] = "\"\\\b\f\n\r\t";
	const char *found = strchr(meaning, *s);
	uint32_t c;

	if (found) {
		char text[2] = {'\\', plain[found - meaning]};

		put(o, text, sizeof(text));
		return 1;
	}
	size_t used = utf8_decode(s, n, &c);
	if (used == 0) {
		put_escape(o, 0xdc00 | (unsigned char)*s);
		return 1;
	}
	if (utf8_is_tricky(c))
		put_escape(o, c);
	else
		put(o, s, used);
	return used;
}

/* Appends TEXT in quotes, byte by byte: the strings are short, a call of memcpy(3) would cost more than it copies. */
static void put_string(struct json_out *o, const char *text)
{
	const char *p = text, *end = text + strlen(text);

	put_char(o, '"');
	while (p < end) {
		char *to = reserve(o, (size_t)(end - p) + 1);
		const char *run = p;

		while (p < end && (unsigned char)(*p - 0x20) < 0x5f && *p != '"' && *p != '\\')
			*to++ = *p++;
		o->n += (size_t)(p - run);
		if (p < end)
			p += put_special(o, p, (size_t)(end - p));
	}
	put_char(o, '"');
}

/* Appends what stands in front of a value: the comma, the line, the key. */
static void put_front(struct json_out *o, const char *key)
{
	if (o->depth > 0) {
		if (!o->empty)
			put_char(o, ',');
		put_line(o);
	}
	o->empty = false;
	if (key) {
		put_string(o, key);
		put_char(o, ':');
		if (o->style == JSON_INDENTED)
			put_char(o, ' ');
	}
}

/* Appends the decimal digits of V. */
static void put_u64(struct json_out *o, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	put(o, digits + at, sizeof(digits) - at);
}

/* Begins an object or a list. */
static void open_nested(struct json_out *o, const char *key, char bracket)
{
	put_front(o, key);
	put_char(o, bracket);
	o->depth++;
	o->empty = true;
}

/* Ends an object or a list. */
static void close_nested(struct json_out *o, char bracket)
{
	o->depth--;
	if (!o->empty)
		put_line(o);
	put_char(o, bracket);
	o->empty = false;
}

void json_out_init(struct json_out *o, struct arena *a, enum json_style style)
{
	enum { FIRST_ROOM = 2048 };

	*o = (struct json_out){.arena = a, .style = style, .empty = true};
	o->text = arena_alloc(a, FIRST_ROOM, 1);
	o->room = FIRST_ROOM;
}

char *json_out_text(struct json_out *o)
{
	*reserve(o, 0) = '\0';
	return o->text;
}

void json_open_object(struct json_out *o, const char *key)
{
	open_nested(o, key, '{');
}

void json_close_object(struct json_out *o)
{
	close_nested(o, '}');
}

void json_open_list(struct json_out *o, const char *key)
{
	open_nested(o, key, '[');
}

void json_close_list(struct json_out *o)
{
	close_nested(o, ']');
}

void json_string(struct json_out *o, const char *key, const char *text)
{
	if (!text) {
		json_null(o, key);
		return;
	}
	put_front(o, key);
	put_string(o, text);
}

void json_i64(struct json_out *o, const char *key, int64_t v)
{
	if (v >= 0) {
		json_u64(o, key, (uint64_t)v);
		return;
	}
	put_front(o, key);
	put_char(o, '-');
	put_u64(o, 0 - (uint64_t)v);
}

void json_u64(struct json_out *o, const char *key, uint64_t v)
{
	put_front(o, key);
	put_u64(o, v);
}

void json_bool(struct json_out *o, const char *key, bool v)
{
	json_raw(o, key, v ? "true" : "false", v ? 4 : 5);
}

void json_null(struct json_out *o, const char *key)
{
	json_raw(o, key, "null", 4);
}

void json_raw(struct json_out *o, const char *key, const char *text, size_t size)
{
	put_front(o, key);
	put(o, text, size);
}

void json_tree(struct json_out *o, const char *key, const struct json *j)
{
	switch (j->kind) {
	case JSON_NULL:
		json_null(o, key);
		break;
	case JSON_BOOL:
		json_bool(o, key, j->boolean);
		break;
	case JSON_INT:
		json_i64(o, key, j->i);
		break;
	case JSON_UINT:
		json_u64(o, key, j->u);
		break;
	case JSON_REAL:
		json_raw(o, key, j->text, j->n);
		break;
	case JSON_STRING:
		json_string(o, key, j->text);
		break;
	case JSON_LIST:
	case JSON_OBJECT:
		open_nested(o, key, j->kind == JSON_LIST ? '[' : '{');
		json_foreach (child, j)
			json_tree(o, child->key, child);
		close_nested(o, j->kind == JSON_LIST ? ']' : '}');
	}
}
