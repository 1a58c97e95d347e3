/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows judged by a filter's tree: see filter.h. */
#include "inspect/filter_priv.h"

#include "base/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_SIZE = 64 };

/* A row, and the way to its cells. */
struct row {
	filter_cell_fn *cell;
	void *ctx;
};

static bool node_is_true(const struct filter_node *node, const struct row *row);

/* ---- values ---- */

/* What TEXT is worth as TYPE, a number without the white space around it; a NULL text is a missing value. */
static struct filter_value text_as(const char *text, enum filter_type type, char buf[NUMBER_SIZE])
{
	struct filter_value v = {.type = type, .missing = !text, .text = text};
	char *end;

	if (!text || type == FILTER_TEXT)
		return v;
	text += strspn(text, " \t");
	snprintf(buf, NUMBER_SIZE, "%s", text);
	for (size_t n = strlen(buf); n > 0 && (buf[n - 1] == ' ' || buf[n - 1] == '\t'); n--)
		buf[n - 1] = '\0';
	if (type == FILTER_NUMBER) {
		v.missing = !parse_u64(buf, UINT64_MAX, &v.number);
	} else if (type == FILTER_FRACTION) {
		v.fraction = strtold(buf, &end);
		v.missing = end == buf || *end;
	} else {
		v.truth = strcmp(buf, "1") == 0 || strcasecmp(buf, "true") == 0 || buf[0] == 'y' || buf[0] == 'Y';
	}
	return v;
}

/* V as a text, in BUF where it is none. */
static const char *as_text(const struct filter_value *v, char buf[NUMBER_SIZE])
{
	if (v->missing || v->type == FILTER_TEXT)
		return v->missing ? NULL : v->text;
	if (v->type == FILTER_NUMBER)
		snprintf(buf, NUMBER_SIZE, "%llu", (unsigned long long)v->number);
	else if (v->type == FILTER_FRACTION)
		snprintf(buf, NUMBER_SIZE, "%Lg", v->fraction);
	else
		snprintf(buf, NUMBER_SIZE, "%s", v->truth ? "true" : "false");
	return buf;
}

/* V turned into TYPE; a text that is made of it is in BUF. */
static struct filter_value value_as(struct filter_value v, enum filter_type type, char buf[NUMBER_SIZE])
{
	struct filter_value to = {.type = type, .missing = v.missing};

	if (v.type == type)
		return v;
	if (v.type == FILTER_TEXT)
		return text_as(v.text, type, buf);
	if (type == FILTER_TEXT)
		to.text = as_text(&v, buf);
	else if (v.type == FILTER_FRACTION)
		to.truth = v.fraction > 0, to.number = v.fraction > 0 && v.fraction < 1e19L ? (uint64_t)v.fraction : 0;
	else if (v.type == FILTER_NUMBER)
		to.truth = v.number > 0, to.fraction = (long double)v.number;
	else
		to.number = v.truth, to.fraction = v.truth;
	return to;
}

/* The value of a node as TYPE: a column's cell, what stands there, or whether an operator holds. */
static struct filter_value node_value(const struct filter_node *node, enum filter_type type, const struct row *row,
				      char buf[NUMBER_SIZE])
{
	if (node->oper != OPER_VALUE)
		return value_as((struct filter_value){.type = FILTER_TRUTH, .truth = node_is_true(node, row)}, type,
				buf);
	if (node->column < 0)
		return value_as(node->value, type, buf);
	const char *cell = row->cell(row->ctx, node->column);
	struct filter_value v = text_as(cell, node->value.type, buf);
	/* A text is read as what is wanted at once; a number is shown as it stands in the row. */
	return type == FILTER_TEXT || v.type == FILTER_TEXT ? text_as(cell, type, buf) : value_as(v, type, buf);
}

/* ---- operators ---- */

/* The type of a node's value. */
static enum filter_type type_of(const struct filter_node *node)
{
	return node->oper == OPER_VALUE ? node->value.type : FILTER_TRUTH;
}

/* The type in which the two sides of NODE are compared. */
static enum filter_type common_type(const struct filter_node *node)
{
	const enum filter_type l = type_of(node->left), r = type_of(node->right);
	const bool l_is_column = node->left->column >= 0, r_is_column = node->right->column >= 0;
	enum filter_type type = l_is_column && !r_is_column ? r : l;

	if (node->oper == OPER_MATCH || node->oper == OPER_MISMATCH)
		return FILTER_TEXT;
	return type == FILTER_NUMBER && (l == FILTER_FRACTION || r == FILTER_FRACTION) ? FILTER_FRACTION : type;
}

/* A before B: -1, the same: 0, behind it: 1; both are of one type.  A missing text is before all others. */
static int compare(const struct filter_value *a, const struct filter_value *b)
{
	switch (a->type) {
	case FILTER_NUMBER:
		return (a->number > b->number) - (a->number < b->number);
	case FILTER_FRACTION:
		return (a->fraction > b->fraction) - (a->fraction < b->fraction);
	case FILTER_TRUTH:
		return a->truth - b->truth;
	default:
		if (a->missing || b->missing)
			return b->missing - a->missing;
		return strcmp(a->text, b->text);
	}
}

/* Whether a comparison or a match holds. */
static bool comparison_holds(const struct filter_node *node, const struct row *row)
{
	const enum filter_type type = common_type(node);
	char l_buf[NUMBER_SIZE], r_buf[NUMBER_SIZE];
	const struct filter_value l = node_value(node->left, type, row, l_buf),
				  r = node_value(node->right, type, row, r_buf);

	if (node->compiled) {
		bool matches = regexec(&node->regex, l.missing ? "" : l.text, 0, NULL, 0) == 0;

		return matches == (node->oper == OPER_MATCH);
	}
	if (type != FILTER_TEXT && (l.missing || r.missing))
		return false;
	const int order = compare(&l, &r);
	const bool holds[] = {
		[OPER_EQ] = order == 0,
		[OPER_NE] = order != 0,
		[OPER_LT] = order<0, [OPER_LE] = order <= 0, [OPER_GT] = order> 0,
		[OPER_GE] = order >= 0,
	};
	return holds[node->oper];
}

/* What a value is worth by itself. */
static bool value_is_true(const struct filter_node *node, const struct row *row)
{
	char buf[NUMBER_SIZE];
	const struct filter_value v = node_value(node, node->value.type, row, buf);

	if (v.missing)
		return false;
	switch (v.type) {
	case FILTER_NUMBER:
		return v.number != 0;
	case FILTER_FRACTION:
		return v.fraction != 0;
	case FILTER_TRUTH:
		return v.truth;
	default:
		return *v.text;
	}
}

/* Whether what the node says is true of the row. */
static bool node_is_true(const struct filter_node *node, const struct row *row)
{
	switch (node->oper) {
	case OPER_VALUE:
		return value_is_true(node, row);
	case OPER_AND:
		return node_is_true(node->left, row) && node_is_true(node->right, row);
	case OPER_OR:
		return node_is_true(node->left, row) || node_is_true(node->right, row);
	case OPER_NOT:
		return !node_is_true(node->right, row);
	default:
		return comparison_holds(node, row);
	}
}

bool filter_passes(const struct filter *f, filter_cell_fn *cell, void *ctx)
{
	return !f || !f->root || node_is_true(f->root, &(struct row){.cell = cell, .ctx = ctx});
}

bool filter_names(const struct filter *f, int column)
{
	for (size_t i = 0; f && i < f->n; i++)
		if (f->nodes[i]->column == column)
			return true;
	return false;
}

void filter_free(struct filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->nodes[i]->compiled) {
			regfree(&f->nodes[i]->regex);
			f->nodes[i]->compiled = false;
		}
}
