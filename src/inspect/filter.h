/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filter expressions over the columns of a row, as libsmartcols has them from 2.42 on (scols-filter(5)).
 *
 *     USER != "root" and NPROCS > 1            NETNSID =~ '^[0-9]+$' || !NSFS
 *
 *     expression   operand, or two expressions with an operator between them
 *     operand      value, "(" expression ")", or one of "!", not, NOT before an operand
 *     value        column, "text", 'text', 12, 4K, 4KiB (1024 each), 1.5, true, false
 *     operators    and, or: && || and AND OR       bind weakest, and both alike: from left to right
 *                  == != < <= > >=, and eq ne lt le gt ge in small or capital letters; =~ !~ (extended regular
 *                  expression, a quoted text)       bind stronger, from left to right
 *
 * Types.  A comparison is made in the type of the side that is no column, with two columns in that of the left; whole
 * numbers become fractions where one side is a fraction.  A value that is missing, or is no number where one is needed,
 * compares as false whatever the operator; as a text it comes before every other.  Alone, a value is true if it is
 * neither missing nor empty nor zero.
 */
#ifndef ISLE_INSPECT_FILTER_H
#define ISLE_INSPECT_FILTER_H

#include "base/err.h"
#include "base/mem.h"

enum {
	FILTER_TEXT_MAX = 1024, /* bytes of an expression */
	FILTER_NODES_MAX = 256, /* values and operators in it */
	FILTER_REGEX_MAX = 256, /* bytes of a regular expression */
};

enum filter_type { FILTER_TEXT, FILTER_NUMBER, FILTER_FRACTION, FILTER_TRUTH };

struct filter;

/* Finds the column called by the N bytes at NAME and tells its type; -1: there is none. */
typedef int filter_find_fn(const char *name, size_t n, enum filter_type *ret_type);
/* The text in COLUMN of a row; NULL: it has none.  It must stay until the row has been judged. */
typedef const char *filter_cell_fn(void *row, int column);

/* Reads TEXT; an empty one lets every row pass.  Errors show the place.  filter_free releases what A does not hold. */
int filter_parse(const char *text, filter_find_fn *find, struct arena *a, struct filter **ret, struct err *e) MUST_USE;
/* Whether the row passes. */
bool filter_passes(const struct filter *f, filter_cell_fn *cell, void *row);
/* Whether the expression names COLUMN. */
bool filter_names(const struct filter *f, int column);
void filter_free(struct filter *f);

/*
 * Whether TEXT is an extended regular expression whose compiling stays small: no repetition of what is repeated, no
 * bounds whose product is above 1024, no back reference (glibc needs gigabytes or for ever for some of them).
 */
bool filter_regex_is_tame(const char *text);

#endif
