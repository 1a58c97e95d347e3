/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON writer: values go one after the other into a buffer that grows in the arena.
 *
 * The caller says what comes, the writer sets commas, colons and white space.  KEY is the member's name within an
 * object, and NULL within a list and at the top.  Output is ASCII-safe for terminals: control characters of every kind
 * and those that turn the direction of writing are escaped; other text stays as it is.  A byte that is no part of
 * valid UTF-8 (a program's argument may hold any) is written as a lone low surrogate, \udc80 to \udcff, which
 * json_parse turns back into that byte: nothing is lost on the way through a file.
 */
#ifndef ISLE_BASE_JSON_OUT_H
#define ISLE_BASE_JSON_OUT_H

#include "base/json.h"
#include "base/mem.h"

enum json_style {
	JSON_COMPACT,  /* no white space at all */
	JSON_INDENTED, /* two spaces for each level, as jq prints */
};

struct json_out {
	struct arena *arena;
	enum json_style style;
	char *text;
	size_t n, room;
	unsigned int depth;
	bool empty; /* nothing has been written yet in the innermost object or list */
};

void json_out_init(struct json_out *o, struct arena *a, enum json_style style);
/* The text so far, terminated; o->n is its length.  More can be written afterwards. */
char *json_out_text(struct json_out *o);

void json_open_object(struct json_out *o, const char *key);
void json_close_object(struct json_out *o);
void json_open_list(struct json_out *o, const char *key);
void json_close_list(struct json_out *o);
void json_string(struct json_out *o, const char *key, const char *text); /* NULL is written as null */
void json_i64(struct json_out *o, const char *key, int64_t v);
void json_u64(struct json_out *o, const char *key, uint64_t v);
void json_bool(struct json_out *o, const char *key, bool v);
void json_null(struct json_out *o, const char *key);
/* JSON that the caller vouches for, as it is. */
void json_raw(struct json_out *o, const char *key, const char *text, size_t size);
/* A tree that was read, with all that is below it; its own key does not matter. */
void json_tree(struct json_out *o, const char *key, const struct json *j);

/* A place in the text to go back to, as if nothing had been written since: for an object that turned out empty. */
struct json_mark {
	size_t n;
	unsigned int depth;
	bool empty;
};

static inline struct json_mark json_mark(const struct json_out *o)
{
	return (struct json_mark){.n = o->n, .depth = o->depth, .empty = o->empty};
}

static inline void json_rewind(struct json_out *o, struct json_mark m)
{
	o->n = m.n;
	o->depth = m.depth;
	o->empty = m.empty;
}

#endif
