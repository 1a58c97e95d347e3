/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to isle-report: the options, checked and whole, in words again.  See report.h. */
#include "cli/report.h"

#include "base/libexec.h"

#include <errno.h>
#include <unistd.h>

/* Adds "--NAME=VALUE". */
static void add_value(struct strs *words, struct arena *a, const char *name, const char *value)
{
	if (value)
		strs_take(words, a, arena_printf(a, "--%s=%s", name, value));
}

/* Adds the words that would set the field of ROW to what it is in ARGS. */
static void add_row(struct strs *words, struct arena *a, const struct opt *row, const void *args)
{
	const void *field = (const char *)args + row->offset;

	if (row->kind == OPT_KIND_FLAG && *(const bool *)field)
		strs_take(words, a, arena_printf(a, "--%s", row->name));
	if (row->kind == OPT_KIND_STR)
		add_value(words, a, row->name, *(char *const *)field);
	if (row->kind == OPT_KIND_INT && *(const int *)field != 0)
		strs_take(words, a, arena_printf(a, "--%s=%d", row->name, *(const int *)field));
	if (row->kind == OPT_KIND_MAYBE && ((const struct opt_maybe *)field)->given) {
		const char *value = ((const struct opt_maybe *)field)->value;

		strs_take(words, a, arena_printf(a, "--%s%s%s", row->name, value ? "=" : "", value ? value : ""));
	}
	for (size_t i = 0; row->kind == OPT_KIND_LIST && i < ((const struct strs *)field)->n; i++)
		add_value(words, a, row->name, ((const struct strs *)field)->v[i]);
}

int report_become(struct cli *c, const void *args, struct err *e)
{
	struct arena *a = &c->arena;
	struct strs words = {0};
	char *path;
	int r = libexec_find("isle-report", a, &path, e);

	if (r < 0)
		return r;
	strs_add(&words, a, "isle-report");
	add_value(&words, a, "root", c->options.root);
	add_value(&words, a, "data", c->options.data);
	add_value(&words, a, "error-format", c->options.error_format);
	if (c->by_name)
		strs_add(&words, a, "--by-name");
	strs_add(&words, a, c->verb->name);
	for (const struct opt *row = c->verb->opts; row->kind != OPT_KIND_END; row++)
		add_row(&words, a, row, args);
	strs_add(&words, a, "--");
	for (size_t i = 0; i < c->operands.n; i++)
		strs_add(&words, a, c->operands.v[i]);
	execve(path, words.v, environ);
	return err_set(e, errno, "execute %s", path);
}
