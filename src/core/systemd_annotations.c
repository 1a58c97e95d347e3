/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties of the unit from the container's annotations: "org.systemd.property.TimeoutStopUSec": "uint64 5000000".
 *
 * The value is written as GVariant prints it (GLib, "GVariant Text Format"): true, 5, uint64 5, 1.5, 'text',
 * ['a', 'b'], @as [].  A number without a word is an int32, or a double if it has a point.  Structures, dictionaries
 * and variants are refused: no property that makes sense for a container needs them.
 *
 * A name that ends with "Sec" is one of systemd's files; over D-Bus it ends with "USec" and counts microseconds.
 */
#include "core/systemd.h"

#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "org.systemd.property."
enum { ARRAY_MAX = 1024 };

/* A text that is being read. */
struct cursor {
	const char *p;
	struct arena *arena;
};

/* What stands before a value, and what it must be then. */
struct type_word {
	const char *word;
	char type;
	int64_t min;
	uint64_t max;
};
static const struct type_word words[] = {
	{"boolean", 'b', 0, 1},
	{"byte", 'y', 0, UINT8_MAX},
	{"int16", 'n', INT16_MIN, INT16_MAX},
	{"uint16", 'q', 0, UINT16_MAX},
	{"int32", 'i', INT32_MIN, INT32_MAX},
	{"uint32", 'u', 0, UINT32_MAX},
	{"int64", 'x', INT64_MIN, INT64_MAX},
	{"uint64", 't', 0, UINT64_MAX},
	{"double", 'd', 0, 0},
	{"string", 's', 0, 0},
	{"objectpath", 'o', 0, 0},
	{"signature", 'g', 0, 0},
};

/* The row of the type T. */
static const struct type_word *word_of(char t)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].type == t)
			return &words[i];
	return NULL;
}

/* Skips blanks. */
static void skip_blanks(struct cursor *c)
{
	c->p += strspn(c->p, " \t\n");
}

/* Takes the word WORD, if it stands there by itself. */
static bool take_word(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(c->p, word, len) != 0 || isalnum((unsigned char)c->p[len]))
		return false;
	c->p += len;
	return true;
}

/* Takes a number, as TYPE or, if that is 0, as int32 or double. */
static bool take_plain_number(struct cursor *c, char type, struct dbus_value *ret)
{
	size_t len = strspn(c->p, "0123456789+-.eExXabcdfABCDF");
	char *text = arena_strndup(c->arena, c->p, len), *end;
	bool point = strpbrk(text, ".eE") && strncmp(text, "0x", 2) != 0;
	char as = type ? type : point ? 'd' : 'i';
	const struct type_word *w = word_of(as);

	if (len == 0 || !w || strchr("bsog", as))
		return false;
	errno = 0;
	*ret = dbus_number(as, 0);
	if (as == 'd') {
		double d = strtod(text, &end);

		memcpy(&ret->number, &d, sizeof(d));
		c->p += len;
		return *end == '\0' && errno == 0 && isfinite(d);
	}
	if (*text == '-') {
		long long n = strtoll(text, &end, 0);

		ret->number = (uint64_t)n;
		if (n < w->min)
			return false;
	} else {
		ret->number = strtoull(text, &end, 0);
		if (ret->number > w->max)
			return false;
	}
	c->p += len;
	return *end == '\0' && errno == 0;
}

/* Takes a text between quotes, in which a backslash protects the next character. */
static bool take_quoted(struct cursor *c, char type, struct dbus_value *ret)
{
	static const char escapes[] = "abfnrtv", means[] = "\a\b\f\n\r\t\v";
	char quote = *c->p++;
	char *text = arena_new(c->arena, char, strlen(c->p) + 1), *to = text;

	for (; *c->p && *c->p != quote; c->p++) {
		const char *at = NULL;

		if (*c->p == '\\') {
			if (*++c->p == '\0')
				return false;
			at = strchr(escapes, *c->p);
		}
		*to++ = at ? means[at - escapes] : *c->p;
	}
	if (*c->p != quote || (type && !strchr("sog", type)))
		return false;
	c->p++;
	*ret = (struct dbus_value){.type = type ? type : 's', .text = text};
	return true;
}

static bool take_value(struct cursor *c, char type, struct dbus_value *ret);

/* Takes "[a, b]", members of the type ELEMENT or, if that is 0, of the first one's. */
static bool take_list(struct cursor *c, char element, struct dbus_value *ret)
{
	struct dbus_value member;

	*ret = dbus_container('a');
	c->p++;
	skip_blanks(c);
	while (*c->p != ']') {
		if (ret->n == ARRAY_MAX || !take_value(c, element, &member) || member.type == 'a' ||
		    (element && member.type != element))
			return false;
		element = member.type;
		dbus_add(ret, c->arena, member);
		skip_blanks(c);
		if (*c->p != ',' && *c->p != ']')
			return false;
		c->p += *c->p == ',';
		skip_blanks(c);
	}
	c->p++;
	ret->element = arena_strndup(c->arena, &element, 1);
	return element != '\0'; /* an empty list does not tell of what */
}

/* Takes one value; TYPE is what was said about it, or 0. */
static bool take_value(struct cursor *c, char type, struct dbus_value *ret)
{
	skip_blanks(c);
	for (size_t i = 0; !type && i < ARRAY_LEN(words); i++)
		if (take_word(c, words[i].word))
			type = words[i].type;
	skip_blanks(c);
	if (*c->p == '\'' || *c->p == '"')
		return take_quoted(c, type, ret);
	if ((!type || type == 'b') && (*c->p == 't' || *c->p == 'f')) {
		*ret = dbus_number('b', *c->p == 't');
		return take_word(c, *c->p == 't' ? "true" : "false");
	}
	if (*c->p == '[' && !type)
		return take_list(c, '\0', ret);
	return take_plain_number(c, type, ret);
}

/* Takes "@s 'text'" or "@as ['a']" and all that has no such word. */
static bool take_typed(struct cursor *c, struct dbus_value *ret)
{
	char type;

	skip_blanks(c);
	if (*c->p != '@')
		return take_value(c, '\0', ret);
	bool list = *++c->p == 'a';
	c->p += list;
	type = *c->p;
	if (!type || !word_of(type) || c->p[1] != ' ')
		return false;
	c->p++;
	skip_blanks(c);
	if (list)
		return *c->p == '[' && take_list(c, type, ret);
	return take_value(c, type, ret);
}

/* Makes seconds of any type into microseconds. */
static bool to_microseconds(struct dbus_value *v)
{
	enum { SECOND = 1000000 };
	const struct type_word *w = word_of(v->type);
	uint64_t us;

	if (v->type == 'd') {
		double d;

		memcpy(&d, &v->number, sizeof(d));
		if (d < 0 || d > 1e12)
			return false;
		us = (uint64_t)(d * SECOND);
	} else if (!w || strchr("bsog", v->type) || (w->min < 0 && (int64_t)v->number < 0) ||
		   __builtin_mul_overflow(v->number, (uint64_t)SECOND, &us)) {
		return false;
	}
	*v = dbus_number('t', us);
	return true;
}

/* Whether NAME is one: three letters at least, and nothing else. */
static bool is_property_name(const char *name)
{
	size_t n = 0;

	while (isalpha((unsigned char)name[n]))
		n++;
	return n >= 3 && name[n] == '\0';
}

int systemd_annotations(struct systemd_properties *l, const struct spec_pairs *annotations, struct arena *a,
			struct err *e)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const struct spec_pair *p = &annotations->v[i];
		struct cursor c = {p->value, a};
		struct dbus_value v = {0};

		if (strncmp(p->key, PREFIX, sizeof(PREFIX) - 1) != 0)
			continue;
		char *name = arena_strdup(a, p->key + sizeof(PREFIX) - 1);
		size_t len = strlen(name);
		if (!is_property_name(name))
			return err_set(e, 0, "annotations.%s: \"%s\" is not the name of a property", p->key, name);
		bool good = take_typed(&c, &v);
		skip_blanks(&c);
		if (good && len > 3 && strcmp(name + len - 3, "Sec") == 0 && islower((unsigned char)name[len - 4])) {
			good = to_microseconds(&v);
			name = arena_printf(a, "%.*sUSec", (int)(len - 3), name);
		}
		if (!good || *c.p) {
			err_set(e, 0, "annotations.%s: \"%s\" is not a value that systemd can be given", p->key,
				p->value);
			return err_why(e, "values are written like true, uint64 5, 'text' or ['a', 'b']");
		}
		systemd_add(l, a, name, v);
	}
	return 0;
}
