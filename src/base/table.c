/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns and harmless text: see table.h. */
#include "base/table.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN_GAP = 2 };

/* The length of the harmless character at S, or 0. */
static size_t harmless_next(const char *s)
{
	uint32_t c;
	size_t len = utf8_decode(s, strnlen(s, UTF8_MAX), &c);

	return len && !utf8_is_tricky(c) ? len : 0;
}

const char *text_escape(struct arena *a, const char *s)
{
	const char *p = s;
	size_t len;

	while (*p && (len = harmless_next(p)) > 0)
		p += len;
	if (!*p)
		return s;
	char *out = arena_alloc(a, strlen(s) * 4 + 1, 1), *o = out;

	while (*s) {
		len = harmless_next(s);
		if (len) {
			o = mempcpy(o, s, len);
			s += len;
		} else {
			o += sprintf(o, "\\x%02x", (unsigned char)*s++);
		}
	}
	return out;
}

size_t text_width(const char *s)
{
	size_t width = 0;

	for (; *s; s++)
		width += ((unsigned char)*s & 0xc0) != 0x80; /* bytes that continue a character take no column */
	return width;
}

const char *text_cut(struct arena *a, const char *s, size_t width)
{
	const char *p = s;

	if (text_width(s) <= width)
		return s;
	for (size_t n = 0; *p; p++) {
		n += ((unsigned char)*p & 0xc0) != 0x80;
		if (n == width)
			break;
	}
	return arena_printf(a, "%.*s…", (int)(p - s), s);
}

/* Writes N blanks and returns their end. */
static char *put_blanks(char *o, size_t n)
{
	memset(o, ' ', n);
	return o + n;
}

char *text_wrap(struct arena *a, const char *s, size_t width, size_t indent)
{
	/* At worst every blank becomes a line break with its indentation. */
	size_t blanks = 0;

	for (const char *p = s; *p; p++)
		blanks += *p == ' ' || *p == '\n';
	char *out = arena_alloc(a, strlen(s) + blanks * (indent + 1) + 1, 1), *o = out;
	size_t column = indent;
	bool begin = true; /* of a line */

	while (*s) {
		size_t len = strcspn(s, " \n");
		char *word = arena_strndup(a, s, len);
		size_t word_width = text_width(word);

		if (!begin && column + 1 + word_width > width) {
			*o++ = '\n';
			o = put_blanks(o, indent);
			column = indent;
		} else if (!begin) {
			*o++ = ' ';
			column++;
		}
		o = mempcpy(o, s, len);
		column += word_width;
		begin = false;
		s += len;
		s += strspn(s, " \n");
	}
	return out;
}

void table_add(struct table *t, const char *cell)
{
	assert(t->columns > 0 && t->columns <= TABLE_COLUMNS_MAX);
	strs_add(&t->cells, t->arena, text_escape(t->arena, cell ? cell : ""));
}

void table_heads(struct table *t, const char *const *heads, size_t n)
{
	t->columns = n;
	for (size_t i = 0; i < n; i++)
		table_add(t, heads[i]);
}

void table_addf(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	char *text = arena_alloc(t->arena, (size_t)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	table_add(t, text);
}

char *table_format(const struct table *t)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0}, size = 1;

	assert(t->columns > 0);
	for (size_t i = 0; i < t->cells.n; i++) {
		size_t *w = &widths[i % t->columns];

		*w = MAX(*w, text_width(t->cells.v[i]));
		size += strlen(t->cells.v[i]);
	}
	size_t line = 1;
	for (size_t c = 0; c < t->columns; c++)
		line += widths[c] + COLUMN_GAP;
	size_t rows = (t->cells.n + t->columns - 1) / t->columns;
	char *out = arena_alloc(t->arena, size + rows * line, 1), *o = out;

	for (size_t i = 0; i < rows * t->columns; i++) {
		size_t c = i % t->columns;
		bool last = c + 1 == t->columns;
		const char *cell = i < t->cells.n ? t->cells.v[i] : "";
		size_t pad = widths[c] - text_width(cell);

		if (t->right & (1u << c))
			o = put_blanks(o, pad);
		o = stpcpy(o, cell);
		if (last) {
			while (o > out && o[-1] == ' ') /* an empty last cell leaves none of the gap */
				o--;
			*o++ = '\n';
		} else {
			o = put_blanks(o, COLUMN_GAP + (t->right & (1u << c) ? 0 : pad));
		}
	}
	*o = '\0';
	return out;
}
