/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON reader: text becomes a tree in the arena (RFC 8259, read strictly).
 *
 * Refused with "line:column: sentence": anything RFC 8259 does not allow, a key that appears twice in an object,
 * nesting beyond JSON_DEPTH_MAX, invalid UTF-8, \u0000 and raw NUL (a C string could not hold it), and half a
 * surrogate pair.
 * The only half that is read is \udc80 to \udcff: json_out.h writes bytes that are no UTF-8 so, and it means that byte.
 *
 * Integers are exact over the whole range of int64 and uint64.  Every other number keeps its text: nothing that isle
 * reads is a fraction, so none is converted.
 */
#ifndef ISLE_BASE_JSON_H
#define ISLE_BASE_JSON_H

#include "base/err.h"
#include "base/mem.h"

enum { JSON_DEPTH_MAX = 64 };

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_INT,  /* below zero */
	JSON_UINT, /* zero and above */
	JSON_REAL, /* a fraction, an exponent, or an integer of more than 64 bits */
	JSON_STRING,
	JSON_LIST,
	JSON_OBJECT,
};

struct json {
	enum json_kind kind;
	uint32_t begin, end; /* where it stands in the text: [begin, end) */
	uint32_t n;	     /* elements of a list, members of an object, bytes of a string */
	char *key;	     /* its name, if it is a member of an object */
	struct json *next;   /* the next element or member, in the order of the text */
	union {
		bool boolean;
		int64_t i;
		uint64_t u;
		char *text;	    /* JSON_STRING, JSON_REAL; terminated */
		struct json *first; /* JSON_LIST, JSON_OBJECT */
	};
};

/* Walks the elements or members of J. */
#define json_foreach(child, j) for (const struct json *child = (j)->first; child; child = child->next)

/* Reads the SIZE bytes of TEXT, one value and nothing else.  The tree lives in A and does not point into TEXT. */
int json_parse(const char *text, size_t size, struct arena *a, struct json **ret, struct err *e) MUST_USE;
/* The member KEY of OBJECT, or NULL: also when OBJECT is NULL or no object. */
const struct json *json_get(const struct json *object, const char *key);
/* The text of J if it is a string, otherwise (also for a NULL J) NULL. */
const char *json_text(const struct json *j);

#endif
