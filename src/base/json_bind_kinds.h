/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What json_bind.c and json_bind_kinds.c share; nobody else includes it. */
#ifndef ISLE_BASE_JSON_BIND_KINDS_H
#define ISLE_BASE_JSON_BIND_KINDS_H

#include "base/json_bind.h"

/* How one kind is read and written; FIELD is the address of the field, KEY the row's key. */
struct bind_kind_pair {
	int (*read)(const struct bind_row *row, const struct json *value, void *field, struct arena *a, struct err *e);
	void (*write)(const struct bind_row *row, struct json_out *out, const char *key, const void *field);
};

extern const struct bind_kind_pair bind_kinds[]; /* by enum bind_kind */

/* Writes the members of OBJECT without the braces around them. */
void bind_write_members(const struct bind_table *t, struct json_out *out, const void *object);

#endif
