/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which regular expressions may be compiled: see filter.h. */
#include "inspect/filter_priv.h"

#include "base/parse.h"

#include <string.h>

enum { REPEATS_MAX = 1024 }; /* product of all bounds */

/* The end of a bracket expression, of which P is the "[": its "]", or the end of the text. */
static const char *bracket_end(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	if (*p == ']') /* the first is a member */
		p++;
	return p + strcspn(p, "]");
}

/* Multiplies *PRODUCT by the greater of the bounds behind the "{" at P; whether it stays small. */
static bool bounds_take(const char *p, uint64_t *product)
{
	uint64_t greatest = 1, bound;

	for (p++; *p && *p != '}';) {
		if (*p < '0' || *p > '9') {
			p++;
			continue;
		}
		if (!take_u64(&p, REPEATS_MAX, &bound))
			return false;
		greatest = MAX(greatest, bound);
	}
	*product *= greatest;
	return *product <= REPEATS_MAX;
}

/* What is known of a regular expression, up to a place in it. */
struct walk {
	bool repeated[FILTER_REGEX_MAX + 1]; /* in each parenthesis that is open, something is repeated */
	size_t depth;
	bool heavy;	  /* what stands before is repeated, or has such a thing in it */
	uint64_t product; /* of the bounds */
};

/* Takes one character that is neither escaped nor in brackets; whether all is tame so far. */
static bool walk_take(struct walk *w, const char *p)
{
	if (*p == '*' || *p == '+' || *p == '{') {
		if (w->heavy || (*p == '{' && !bounds_take(p, &w->product)))
			return false;
		w->repeated[w->depth] = true;
		w->heavy = true;
		return true;
	}
	w->heavy = false;
	if (*p == '(') {
		if (w->depth == FILTER_REGEX_MAX)
			return false;
		w->repeated[++w->depth] = false;
	} else if (*p == ')' && w->depth > 0) {
		w->heavy = w->repeated[w->depth--];
		w->repeated[w->depth] |= w->heavy;
	}
	return true;
}

/* Where the walk goes on behind what begins at P: an escape, brackets and bounds are each one thing. */
static const char *walk_next(const char *p)
{
	if (*p == '[')
		p = bracket_end(p);
	else if (*p == '{')
		p += strcspn(p, "}");
	else if (*p == '\\' && p[1])
		p++;
	return *p ? p + 1 : p;
}

bool filter_regex_is_tame(const char *text)
{
	struct walk w = {.product = 1};

	for (const char *p = text; *p; p = walk_next(p)) {
		if (*p == '\\' && p[1] >= '0' && p[1] <= '9')
			return false;
		if (*p == '\\' || *p == '[')
			w.heavy = false;
		else if (!walk_take(&w, p))
			return false;
	}
	return true;
}
