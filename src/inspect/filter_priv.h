/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter as its parser leaves it to the one who applies it. */
#ifndef ISLE_INSPECT_FILTER_PRIV_H
#define ISLE_INSPECT_FILTER_PRIV_H

#include "inspect/filter.h"

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

enum filter_oper {
	OPER_VALUE, /* no operator: a value itself */
	OPER_AND,
	OPER_OR,
	OPER_NOT, /* of 'right' alone */
	OPER_EQ,
	OPER_NE,
	OPER_LT,
	OPER_LE,
	OPER_GT,
	OPER_GE,
	OPER_MATCH,    /* 'right' is a text, compiled in 'regex' */
	OPER_MISMATCH, /* the same */
};

/* A value of any type; the member that counts is the one of 'type'. */
struct filter_value {
	enum filter_type type;
	bool missing; /* the row has none, or it could not be turned into 'type' */
	const char *text;
	uint64_t number;
	long double fraction;
	bool truth;
};

struct filter_node {
	enum filter_oper oper;
	struct filter_node *left, *right;
	struct filter_value value; /* OPER_VALUE; of a column the type alone */
	int column;		   /* -1: a value that stands in the expression */
	regex_t regex;
	bool compiled;
};

struct filter {
	struct filter_node *root; /* NULL: every row passes */
	struct filter_node *nodes[FILTER_NODES_MAX];
	size_t n;
};

#endif
