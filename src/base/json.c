/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON reader: see json.h.
 *
 * One pass, recursive, bounded by JSON_DEPTH_MAX.  All strings of a document go into one pool: a string is never longer
 * than its source (two quotes outweigh the final NUL), and a number that keeps its text is followed by a separator or
 * ends the document, so a pool one byte larger than the text always suffices.
 */
#include "base/json.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *text, *p, *end;
	char *pool; /* where the next string goes */
	struct arena *arena;
	struct err *e;
	unsigned int depth;
};

static int read_value(struct reader *r, struct json *ret);

/* Fails with SENTENCE about the place AT; lines and columns (in bytes) count from 1. */
static int fail(struct reader *r, const char *at, const char *sentence)
{
	size_t line = 1, column = 1;

	for (const char *p = r->text; p < at; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	return err_set(r->e, 0, "%zu:%zu: %s", line, column, sentence);
}

/* Skips white space, then tells the next byte without taking it; -1 at the end. */
static int peek(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
		r->p++;
	return r->p < r->end ? (unsigned char)*r->p : -1;
}

/* Takes the byte C if it is next. */
static bool take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* Reads the four digits after "\u"; -1 if they are not there. */
static int32_t read_hex4(struct reader *r)
{
	int32_t v = 0;

	for (int i = 0; i < 4; i++, r->p++) {
		unsigned char c = r->p < r->end ? (unsigned char)*r->p : 0;
		unsigned char low = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if (low >= 'a' && low <= 'f')
			v = v * 16 + (low - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* Reads what follows "\u" into the pool: one character, given as one or as two surrogate halves, or one odd byte. */
static int read_unicode(struct reader *r)
{
	const char *at = r->p - 2;
	int32_t c = read_hex4(r);

	if (c < 0)
		return fail(r, at, "\\u needs four hexadecimal digits");
	if (c == 0)
		return fail(r, at, "a string must not hold the character NUL");
	if (c >= 0xdc80 && c <= 0xdcff) { /* json_out.h's form of a byte that is no UTF-8 */
		*r->pool++ = (char)(c & 0xff);
		return 0;
	}
	if (c >= 0xd800 && c <= 0xdfff) {
		int32_t low = c <= 0xdbff && take(r, '\\') && take(r, 'u') ? read_hex4(r) : -1;

		if (low < 0xdc00 || low > 0xdfff)
			return fail(r, at, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	r->pool += utf8_encode((uint32_t)c, r->pool);
	return 0;
}

/* Reads one escape, whose backslash is next, into the pool. */
static int read_escape(struct reader *r)
{
	static const char plain[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
	const char *at = r->p++;

	if (take(r, 'u'))
		return read_unicode(r);
	const char *found = r->p < r->end && *r->p ? strchr(plain, *r->p) : NULL;
	if (!found)
		return fail(r, at, "an escape that JSON does not have");
	r->p++;
	*r->pool++ = meaning[found - plain];
	return 0;
}

/* Reads a string, whose opening quote is next, into the pool; its length without the NUL goes to *RET_N. */
static int read_string(struct reader *r, char **ret, uint32_t *ret_n)
{
	const char *at = r->p++;
	char *begin = r->pool;

	for (;;) {
		const char *p = r->p;
		char *to = r->pool;
		uint32_t ignored;

		while (p < r->end && (unsigned char)(*p - 0x20) < 0x60 && *p != '"' && *p != '\\')
			*to++ = *p++;
		r->p = p;
		r->pool = to;
		if (r->p == r->end)
			return fail(r, at, "a string without an end");
		if (*r->p == '"')
			break;
		if (*r->p == '\\') {
			int bad = read_escape(r);

			if (bad < 0)
				return bad;
			continue;
		}
		if ((unsigned char)*r->p < 0x20)
			return fail(r, r->p, "a control character in a string");
		size_t n = utf8_decode(r->p, (size_t)(r->end - r->p), &ignored);
		if (n == 0)
			return fail(r, r->p, "invalid UTF-8");
		memcpy(r->pool, r->p, n);
		r->pool += n;
		r->p += n;
	}
	r->p++;
	*ret = begin;
	*ret_n = (uint32_t)(r->pool - begin);
	*r->pool++ = '\0';
	return 0;
}

/* Takes a run of digits; whether there was any. */
static bool take_digits(struct reader *r)
{
	const char *begin = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > begin;
}

/* Gives the integer in [P, END), digits only; false if it needs more than 64 bits. */
static bool digits_value(const char *p, const char *end, uint64_t *ret)
{
	uint64_t v = 0;

	for (; p < end; p++)
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	*ret = v;
	return true;
}

/* Reads a number: its grammar first, then an exact integer where it is one. */
static int read_number(struct reader *r, struct json *ret)
{
	const char *at = r->p;
	bool negative = take(r, '-');
	const char *digits = r->p;
	uint64_t v;

	if (!take_digits(r))
		return fail(r, at, negative ? "'-' without a number" : "a value was expected");
	if (*digits == '0' && r->p - digits > 1)
		return fail(r, at, "a number must not begin with 0");
	bool whole = true;
	if (take(r, '.')) {
		whole = false;
		if (!take_digits(r))
			return fail(r, at, "a number with no digit behind the point");
	}
	if (take(r, 'e') || take(r, 'E')) {
		whole = false;
		if (!take(r, '+'))
			take(r, '-');
		if (!take_digits(r))
			return fail(r, at, "a number with no digit in the exponent");
	}
	if (whole && digits_value(digits, r->p, &v) && (!negative || v <= (uint64_t)INT64_MAX + 1)) {
		ret->kind = negative && v ? JSON_INT : JSON_UINT;
		ret->u = negative ? 0 - v : v; /* two's complement: the same bits as the int64 beside it */
		return 0;
	}
	ret->kind = JSON_REAL;
	ret->text = r->pool;
	ret->n = (uint32_t)(r->p - at);
	memcpy(r->pool, at, ret->n);
	r->pool += ret->n;
	*r->pool++ = '\0';
	return 0;
}

/* Reads "true", "false" or "null". */
static int read_word(struct reader *r, struct json *ret)
{
	static const struct {
		const char *text;
		enum json_kind kind;
		bool value;
	} words[] = {{"true", JSON_BOOL, true}, {"false", JSON_BOOL, false}, {"null", JSON_NULL, false}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].text);

		if ((size_t)(r->end - r->p) < n || memcmp(r->p, words[i].text, n) != 0)
			continue;
		ret->kind = words[i].kind;
		ret->boolean = words[i].value;
		r->p += n;
		return 0;
	}
	return fail(r, r->p, "a value was expected");
}

/* Orders members by key, for qsort(3). */
static int compare_keys(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* Refuses a second member of the same name; large objects are sorted, so that no document takes quadratic time. */
static int check_keys(struct reader *r, const struct json *object)
{
	enum { FEW = 24 };
	const struct json *few[FEW];
	const struct json **all = object->n <= FEW ? few : arena_new(r->arena, const struct json *, object->n);
	const struct json *twice = NULL;
	size_t n = 0;

	json_foreach (m, object) {
		for (size_t i = 0; object->n <= FEW && i < n; i++)
			if (all[i]->key[0] == m->key[0] && strcmp(all[i]->key, m->key) == 0)
				twice = m;
		all[n++] = m;
	}
	if (object->n > FEW) {
		qsort(all, n, sizeof(*all), compare_keys);
		for (size_t i = 1; i < n && !twice; i++)
			if (strcmp(all[i - 1]->key, all[i]->key) == 0)
				twice = all[i]->begin > all[i - 1]->begin ? all[i] : all[i - 1];
	}
	if (!twice)
		return 0;
	char sentence[160];
	snprintf(sentence, sizeof(sentence), "the key \"%.100s\" appears twice", twice->key);
	return fail(r, r->text + twice->begin, sentence);
}

/* Reads a list or an object, whose bracket is next. */
static int read_nested(struct reader *r, struct json *ret)
{
	bool object = *r->p == '{';
	char close = object ? '}' : ']';
	struct json **tail = &ret->first;
	int bad;

	if (++r->depth > JSON_DEPTH_MAX)
		return fail(r, r->p, "nested too deeply");
	ret->kind = object ? JSON_OBJECT : JSON_LIST;
	ret->first = NULL;
	r->p++;
	if (peek(r) == close)
		r->p++;
	else
		do {
			struct json *child = arena_new(r->arena, struct json, 1);
			uint32_t ignored;

			if (object) {
				if (peek(r) != '"')
					return fail(r, r->p, "a key in quotes was expected");
				bad = read_string(r, &child->key, &ignored);
				if (bad < 0)
					return bad;
				if (peek(r) != ':')
					return fail(r, r->p, "':' was expected after a key");
				r->p++;
			}
			bad = read_value(r, child);
			if (bad < 0)
				return bad;
			*tail = child;
			tail = &child->next;
			ret->n++;
			peek(r);
			if (take(r, close))
				break;
			if (!take(r, ','))
				return fail(r, r->p, object ? "',' or '}' was expected" : "',' or ']' was expected");
		} while (true);
	r->depth--;
	return object ? check_keys(r, ret) : 0;
}

/* Reads the next value into *RET, whose key is left alone. */
static int read_value(struct reader *r, struct json *ret)
{
	int c = peek(r), bad;

	ret->begin = (uint32_t)(r->p - r->text);
	switch (c) {
	case -1:
		return fail(r, r->p, "a value was expected, but the text ends");
	case '{':
	case '[':
		bad = read_nested(r, ret);
		break;
	case '"':
		ret->kind = JSON_STRING;
		bad = read_string(r, &ret->text, &ret->n);
		break;
	case 't':
	case 'f':
	case 'n':
		bad = read_word(r, ret);
		break;
	default:
		bad = read_number(r, ret);
	}
	ret->end = (uint32_t)(r->p - r->text);
	return bad;
}

int json_parse(const char *text, size_t size, struct arena *a, struct json **ret, struct err *e)
{
	if (size >= UINT32_MAX)
		return err_set(e, EFBIG, "read JSON of %zu bytes", size);

	struct reader r = {
		.text = text,
		.p = text,
		.end = text + size,
		.pool = arena_new(a, char, size + 1),
		.arena = a,
		.e = e,
	};
	struct json *top = arena_new(a, struct json, 1);
	int bad = read_value(&r, top);

	if (bad < 0)
		return bad;
	if (peek(&r) != -1)
		return fail(&r, r.p, "something follows the end of the document");
	*ret = top;
	return 0;
}

const struct json *json_get(const struct json *object, const char *key)
{
	if (!object || object->kind != JSON_OBJECT)
		return NULL;
	json_foreach (m, object)
		if (strcmp(m->key, key) == 0)
			return m;
	return NULL;
}

const char *json_text(const struct json *j)
{
	return j && j->kind == JSON_STRING ? j->text : NULL;
}
