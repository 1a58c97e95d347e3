/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D-Bus messages: see dbus_wire.h.
 *
 * One table says how each type of fixed size is laid out; a value is aligned to its size, counted from the beginning of
 * the message.  We write in little endian and read both.
 */
#include "core/dbus_wire.h"

#include <errno.h>
#include <string.h>

/* How large a number of TYPE is, which is also its alignment; 0: it is no number. */
static size_t number_size(char type)
{
	static const struct {
		char type;
		unsigned char size;
	} sizes[] = {{'y', 1}, {'b', 4}, {'n', 2}, {'q', 2}, {'i', 4}, {'u', 4}, {'x', 8}, {'t', 8}, {'d', 8}};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (sizes[i].type == type)
			return sizes[i].size;
	return 0;
}

/* What a value of TYPE is aligned to; 0: there is no such type. */
static size_t alignment(char type)
{
	if (type == '(' || type == '{')
		return 8;
	if (type == 's' || type == 'o' || type == 'a')
		return 4;
	return type == 'g' || type == 'v' ? 1 : number_size(type);
}

/* ---- making values ---- */

struct dbus_value dbus_number(char type, uint64_t v)
{
	return (struct dbus_value){.type = type, .number = v};
}

struct dbus_value dbus_text(struct arena *a, char type, const char *text)
{
	return (struct dbus_value){.type = type, .text = arena_strdup(a, text)};
}

struct dbus_value dbus_array(struct arena *a, const char *element)
{
	return (struct dbus_value){.type = 'a', .element = arena_strdup(a, element)};
}

struct dbus_value dbus_container(char type)
{
	return (struct dbus_value){.type = type};
}

void dbus_add(struct dbus_value *to, struct arena *a, struct dbus_value member)
{
	struct dbus_value *slot = list_add(to, a);

	*slot = member;
}

char *dbus_signature(const struct dbus_value *v, struct arena *a)
{
	char *text;

	if (v->type == 'a')
		return arena_printf(a, "a%s", v->element);
	if (v->type != '(' && v->type != '{')
		return arena_printf(a, "%c", v->type);
	text = arena_printf(a, "%c", v->type);
	for (size_t i = 0; i < v->n; i++)
		text = arena_printf(a, "%s%s", text, dbus_signature(&v->v[i], a));
	return arena_printf(a, "%s%c", text, v->type == '(' ? ')' : '}');
}

/* ---- writing ---- */

struct out {
	unsigned char *v;
	size_t n, room;
	struct arena *arena;
};

/* Appends SIZE bytes of V, the least significant first. */
static void put_number(struct out *o, size_t size, uint64_t v)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char *byte = list_add(o, o->arena);

		*byte = (unsigned char)(v >> 8 * i);
	}
}

/* Fills up to a multiple of TO. */
static void put_padding(struct out *o, size_t to)
{
	while (to > 0 && o->n % to != 0)
		put_number(o, 1, 0);
}

/* A text with its length in SIZE bytes, and a zero. */
static void put_text(struct out *o, size_t size, const char *text)
{
	size_t n = strlen(text);

	put_padding(o, size);
	put_number(o, size, n);
	for (size_t i = 0; i <= n; i++)
		put_number(o, 1, (unsigned char)text[i]);
}

/* Puts the 32 bits of V at the place AT, which was left free. */
static void patch(struct out *o, size_t at, size_t v)
{
	for (size_t i = 0; i < 4; i++)
		o->v[at + i] = (unsigned char)(v >> 8 * i);
}

/* Appends V. */
static void put_value(struct out *o, const struct dbus_value *v)
{
	size_t size = number_size(v->type), at = 0, begin = 0;

	put_padding(o, alignment(v->type));
	if (size > 0)
		put_number(o, size, v->number);
	else if (v->type == 's' || v->type == 'o')
		put_text(o, 4, v->text);
	else if (v->type == 'g')
		put_text(o, 1, v->text);
	else if (v->type == 'v' && v->n == 1)
		put_text(o, 1, dbus_signature(&v->v[0], o->arena));
	if (v->type == 'a') { /* its length counts neither itself nor the padding behind */
		at = o->n;
		put_number(o, 4, 0);
		put_padding(o, alignment(*v->element));
		begin = o->n;
	}
	for (size_t i = 0; i < v->n; i++)
		put_value(o, &v->v[i]);
	if (v->type == 'a')
		patch(o, at, o->n - begin);
}

/* Codes of the header's fields. */
enum {
	FIELD_PATH = 1,
	FIELD_INTERFACE,
	FIELD_MEMBER,
	FIELD_ERROR,
	FIELD_REPLY,
	FIELD_DESTINATION,
	FIELD_SENDER,
	FIELD_SIGNATURE,
	FIELD_COUNT
};

/* Adds one field to the header's array. */
static void add_field(struct dbus_value *fields, struct arena *a, int code, struct dbus_value value)
{
	struct dbus_value field = dbus_container('('), variant = dbus_container('v');

	dbus_add(&variant, a, value);
	dbus_add(&field, a, dbus_number('y', (uint64_t)code));
	dbus_add(&field, a, variant);
	dbus_add(fields, a, field);
}

/* The header's array of fields. */
static struct dbus_value header_fields(const struct dbus_message *m, const char *signature, struct arena *a)
{
	const struct {
		int code;
		char type;
		const char *text;
	} texts[] = {
		{FIELD_PATH, 'o', m->path},
		{FIELD_INTERFACE, 's', m->interface},
		{FIELD_MEMBER, 's', m->member},
		{FIELD_ERROR, 's', m->error},
		{FIELD_DESTINATION, 's', m->destination},
		{FIELD_SIGNATURE, 'g', *signature ? signature : NULL},
	};
	struct dbus_value fields = dbus_array(a, "(yv)");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].text)
			add_field(&fields, a, texts[i].code, dbus_text(a, texts[i].type, texts[i].text));
	if (m->reply_to)
		add_field(&fields, a, FIELD_REPLY, dbus_number('u', m->reply_to));
	return fields;
}

int dbus_write(const struct dbus_message *m, struct arena *a, unsigned char **ret, size_t *ret_size, struct err *e)
{
	enum { BODY_LENGTH_AT = 4, VERSION = 1 };
	struct out o = {.arena = a};
	const char *signature = "";

	for (size_t i = 0; i < m->body.n; i++)
		signature = arena_printf(a, "%s%s", signature, dbus_signature(&m->body.v[i], a));
	struct dbus_value fields = header_fields(m, signature, a);
	put_number(&o, 1, 'l');
	put_number(&o, 1, m->kind);
	put_number(&o, 1, 0);
	put_number(&o, 1, VERSION);
	put_number(&o, 4, 0);
	put_number(&o, 4, m->serial);
	put_value(&o, &fields);
	put_padding(&o, 8);
	size_t begin = o.n; /* a multiple of 8, so that the body is aligned as it is by itself */
	for (size_t i = 0; i < m->body.n; i++)
		put_value(&o, &m->body.v[i]);
	patch(&o, BODY_LENGTH_AT, o.n - begin);
	if (o.n > DBUS_MESSAGE_MAX || strlen(signature) > DBUS_SIGNATURE_MAX)
		return err_set(e, E2BIG, "send a D-Bus message of %zu bytes", o.n);
	*ret = o.v;
	*ret_size = o.n;
	return 0;
}

/* ---- reading ---- */

struct in {
	const unsigned char *v;
	size_t n, at;
	bool big_endian;
	struct arena *arena;
};

/* Takes SIZE bytes as a number. */
static bool take_number(struct in *in, size_t size, uint64_t *ret)
{
	uint64_t v = 0;

	if (size > in->n - in->at)
		return false;
	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)in->v[in->at + (in->big_endian ? size - 1 - i : i)] << 8 * i;
	in->at += size;
	*ret = v;
	return true;
}

/* Skips to a multiple of TO; what is skipped must be zero. */
static bool take_padding(struct in *in, size_t to)
{
	uint64_t byte;

	while (to > 1 && in->at % to != 0)
		if (!take_number(in, 1, &byte) || byte != 0)
			return false;
	return true;
}

/* Takes a text whose length has SIZE bytes; it ends with a zero and has none in it. */
static bool take_text(struct in *in, size_t size, char **ret)
{
	uint64_t n;

	if (!take_padding(in, size) || !take_number(in, size, &n) || n >= in->n - in->at)
		return false;
	const char *text = (const char *)in->v + in->at;
	if (text[n] != '\0' || memchr(text, '\0', n))
		return false;
	*ret = arena_strndup(in->arena, text, n);
	in->at += n + 1;
	return true;
}

/* Moves *P past one complete type; false where there is none. */
static bool take_type(const char **p, int depth)
{
	char open = **p;

	if (depth > DBUS_DEPTH_MAX || alignment(open) == 0)
		return false;
	++*p;
	if (open == 'a')
		return take_type(p, depth + 1);
	if (open != '(' && open != '{')
		return true;
	char close = open == '(' ? ')' : '}';
	size_t members = 0;
	for (; **p != close; members++)
		if (!take_type(p, depth + 1))
			return false;
	++*p;
	return open == '(' ? members > 0 : members == 2;
}

static bool take_value(struct in *in, const char **signature, int depth, struct dbus_value *ret);

/* Takes the members of an array, whose element type is at *SIGNATURE, and moves past that. */
static bool take_array(struct in *in, const char **signature, int depth, struct dbus_value *ret)
{
	const char *element = *signature, *end = element;
	uint64_t n;

	if (!take_type(&end, depth) || !take_number(in, 4, &n) || !take_padding(in, alignment(*element)) ||
	    n > in->n - in->at)
		return false;
	ret->element = arena_strndup(in->arena, element, (size_t)(end - element));
	struct in part = *in;
	part.n = in->at + n;
	while (part.at < part.n) {
		const char *again = element;
		struct dbus_value *member = list_add(ret, in->arena);

		if (!take_value(&part, &again, depth + 1, member))
			return false;
	}
	in->at = part.at;
	*signature = end;
	return true;
}

/* Takes what a variant holds: one value, behind its signature. */
static bool take_variant(struct in *in, int depth, struct dbus_value *ret)
{
	char *text;

	if (!take_text(in, 1, &text))
		return false;
	const char *inner = text;
	return take_value(in, &inner, depth + 1, list_add(ret, in->arena)) && *inner == '\0';
}

/* Takes one value of the type at *SIGNATURE, and moves past that. */
static bool take_value(struct in *in, const char **signature, int depth, struct dbus_value *ret)
{
	char type = **signature;
	size_t align = alignment(type), size = number_size(type);

	if (align == 0 || depth > DBUS_DEPTH_MAX || !take_padding(in, align))
		return false;
	++*signature;
	ret->type = type;
	if (size > 0)
		return take_number(in, size, &ret->number) && (type != 'b' || ret->number <= 1);
	if (type == 's' || type == 'o' || type == 'g')
		return take_text(in, type == 'g' ? 1 : 4, &ret->text);
	if (type == 'a')
		return take_array(in, signature, depth, ret);
	if (type == 'v')
		return take_variant(in, depth, ret);
	char close = type == '(' ? ')' : '}';
	while (**signature != close)
		if (!take_value(in, signature, depth + 1, list_add(ret, in->arena)))
			return false;
	++*signature;
	return true;
}

/* The sentence for bytes that are no message. */
static int bad_message(struct err *e, const char *what)
{
	return err_set(e, EBADMSG, "read a D-Bus message: %s", what);
}

/* Rounds up to a multiple of eight. */
static uint64_t padded(uint64_t n)
{
	return (n + 7) & ~(uint64_t)7;
}

int dbus_size(const unsigned char *head, size_t *ret, struct err *e)
{
	struct in in = {.v = head, .n = DBUS_HEADER, .at = 4, .big_endian = head[0] == 'B'};
	uint64_t body = 0, serial = 0, fields = 0;

	if ((head[0] != 'l' && head[0] != 'B') || head[3] != 1)
		return bad_message(e, "it does not begin like one");
	if (!take_number(&in, 4, &body) || !take_number(&in, 4, &serial) || !take_number(&in, 4, &fields) ||
	    DBUS_HEADER + padded(fields) + body > DBUS_MESSAGE_MAX)
		return bad_message(e, "it is too long");
	*ret = (size_t)(DBUS_HEADER + padded(fields) + body);
	return 0;
}

/* Where the header's field CODE goes in M, and of which type it is; NULL for what does not matter here. */
static char **field_slot(struct dbus_message *m, uint64_t code, char *ret_type)
{
	struct {
		char type;
		char **slot;
	} slots[FIELD_COUNT] = {
		[FIELD_PATH] = {'o', &m->path},
		[FIELD_INTERFACE] = {'s', &m->interface},
		[FIELD_MEMBER] = {'s', &m->member},
		[FIELD_ERROR] = {'s', &m->error},
		[FIELD_DESTINATION] = {'s', &m->destination},
		[FIELD_SIGNATURE] = {'g', &m->signature},
	};

	if (code >= FIELD_COUNT)
		return NULL;
	*ret_type = slots[code].type;
	return slots[code].slot;
}

/* Puts the header's fields into M. */
static int fields_take(const struct dbus_value *fields, struct dbus_message *m, struct err *e)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct dbus_value *code = &fields->v[i].v[0], *value = &fields->v[i].v[1].v[0];
		char type = '\0';
		char **slot = field_slot(m, code->number, &type);

		if (slot && value->type != type)
			return bad_message(e, "a field of its header has the wrong type");
		if (slot)
			*slot = value->text;
		if (code->number != FIELD_REPLY)
			continue;
		if (value->type != 'u')
			return bad_message(e, "a field of its header has the wrong type");
		m->reply_to = (uint32_t)value->number;
	}
	return 0;
}

int dbus_read(const unsigned char *bytes, size_t size, struct arena *a, struct dbus_message *ret, struct err *e)
{
	struct dbus_value fields = {0};
	const char *signature = "a(yv)";
	uint64_t body = 0, serial = 0;
	size_t whole;

	*ret = (struct dbus_message){.signature = arena_strdup(a, "")};
	if (size < DBUS_HEADER)
		return bad_message(e, "it is too short");
	int r = dbus_size(bytes, &whole, e);
	if (r < 0)
		return r;
	struct in in = {.v = bytes, .n = size, .at = 4, .big_endian = bytes[0] == 'B', .arena = a};
	if (whole != size || !take_number(&in, 4, &body) || !take_number(&in, 4, &serial))
		return bad_message(e, "its length is wrong");
	if (!take_value(&in, &signature, 0, &fields) || !take_padding(&in, 8) || in.n - in.at != body)
		return bad_message(e, "its header is broken");
	ret->kind = bytes[1];
	ret->serial = (uint32_t)serial;
	ret->big_endian = in.big_endian;
	ret->body_bytes = bytes + in.at;
	ret->body_size = (size_t)body;
	return fields_take(&fields, ret, e);
}

int dbus_body_read(struct dbus_message *m, const char *signature, struct arena *a, struct err *e)
{
	struct in in = {.v = m->body_bytes, .n = m->body_size, .big_endian = m->big_endian, .arena = a};

	if (strcmp(m->signature, signature) != 0)
		return bad_message(e, "its body is not of the type that was expected");
	m->body = (struct dbus_values){0};
	while (*signature) {
		struct dbus_value *v = list_add(&m->body, a);

		if (!take_value(&in, &signature, 0, v))
			return bad_message(e, "its body is broken");
	}
	return in.at == in.n ? 0 : bad_message(e, "there is more than its body should have");
}
