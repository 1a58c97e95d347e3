/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What json_bind.c, json_bind_kinds.c and json_bind_lists.c share; nobody else includes it. */
#ifndef ISLE_BASE_JSON_BIND_KINDS_H
#define ISLE_BASE_JSON_BIND_KINDS_H

#include "base/json_bind.h"

/* How one kind is read and written; FIELD is the address of the field, KEY the row's key. */
typedef int bind_reader(const struct bind_row *row, const struct json *value, void *field, struct arena *a,
			struct err *e);
typedef void bind_writer(const struct bind_row *row, struct json_out *out, const char *key, const void *field);
struct bind_kind_pair {
	bind_reader *read;
	bind_writer *write;
};

extern const struct bind_kind_pair bind_kinds[]; /* by enum bind_kind */

bind_reader bind_read_strings, bind_read_u32s, bind_read_pairs, bind_read_list, bind_read_map, bind_read_flags;
bind_writer bind_write_strings, bind_write_u32s, bind_write_pairs, bind_write_list, bind_write_map, bind_write_flags;

/* Whether a value that is EMPTY is to be written. */
static inline bool bind_shown(const struct bind_row *row, bool empty)
{
	return !empty || (row->flags & BIND_ALWAYS);
}

/* Writes the members of OBJECT without the braces around them. */
void bind_write_members(const struct bind_table *t, struct json_out *out, const void *object);

#endif
