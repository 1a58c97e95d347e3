/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for terminals: columns that stand below each other, and strings of strangers made harmless.
 *
 * A cell may hold what a container chose (a process title, a label): control characters, bidirectional overrides and
 * bytes that are no UTF-8 are shown as \xNN, so that nothing moves the cursor or hides text (threats R12).
 */
#ifndef ISLE_BASE_TABLE_H
#define ISLE_BASE_TABLE_H

#include "base/mem.h"

enum { TABLE_COLUMNS_MAX = 16 };

struct table {
	struct arena *arena;
	size_t columns;	   /* at most TABLE_COLUMNS_MAX */
	uint32_t right;	   /* 1 << COLUMN: stands at the right edge of its column: numbers */
	struct strs cells; /* row by row; the first row is the heading */
};

/* Adds the next cell of the row; NULL is an empty cell. */
void table_add(struct table *t, const char *cell);
/* Adds the heading of a new table, which has N columns. */
void table_heads(struct table *t, const char *const *heads, size_t n);
/* Adds a cell that is printed from FMT. */
void table_addf(struct table *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The whole table; columns are two blanks apart, the last one is not padded.  An unfinished row is filled up. */
char *table_format(const struct table *t);

/* A copy of S in which everything that is no harmless text is \xNN; S itself if there is nothing of the kind. */
const char *text_escape(struct arena *a, const char *s);
/* S, or its beginning and an ellipsis if it takes more than WIDTH columns. */
const char *text_cut(struct arena *a, const char *s, size_t width);
/* How many columns S takes: its code points. */
size_t text_width(const char *s);
/*
 * S broken at blanks to lines that stand from column INDENT to WIDTH; no newline at the end.  The INDENT columns of the
 * first line are the caller's, the other lines get blanks.
 */
char *text_wrap(struct arena *a, const char *s, size_t width, size_t indent);

#endif
