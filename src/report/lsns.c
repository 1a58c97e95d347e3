/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lsns: what the user asks for, and the way from there to the table. */
#include "report/lsns.h"

#include "base/parse.h"
#include "base/suggest.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Columns that are shown when nobody asks for others: of namespaces, and of the processes in one. */
static const int of_namespaces[] = {COLUMN_NS, COLUMN_TYPE, COLUMN_NPROCS, COLUMN_PID, COLUMN_USER},
		 of_networks[] = {COLUMN_NETNSID, COLUMN_NSFS}, of_processes[] = {COLUMN_PID, COLUMN_PPID, COLUMN_USER};

static const struct {
	const char *word;
	enum lsns_tree tree;
} trees[] = {{"process", TREE_PROCESS}, {"owner", TREE_OWNER}, {"parent", TREE_PARENT}};

/* Refuses two wishes of which only one can be fulfilled. */
static int check_together(const struct lsns_args *o, const char *operand, enum lsns_tree tree, struct err *e)
{
	const struct {
		bool both;
		const char *a, *b;
	} pairs[] = {
		{o->json && o->raw, "--json", "--raw"},
		{o->persistent && o->task, "--persistent", "--task"},
		{o->list && o->tree.given, "--list", "--tree"},
		{operand && o->task, "--task", "a namespace"},
		{operand && o->persistent, "--persistent", "a namespace"},
		{operand && o->tree.given && tree != TREE_PROCESS, "--tree=parent or owner", "a namespace"},
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (pairs[i].both) {
			err_set(e, 0, "%s cannot be given together with %s", pairs[i].a, pairs[i].b);
			return operand && o->tree.given ? err_cure(e, "its processes are shown by --tree=process")
							: -EINVAL;
		}
	return 0;
}

/* The error for the N bytes at NAME, which name no column. */
static int no_column(const char *name, size_t n, struct arena *a, struct err *e)
{
	struct suggest s = {.wrong = arena_strndup(a, name, MIN(n, (size_t)80))};

	for (int i = 0; i < COLUMN_COUNT; i++)
		suggest_try(&s, lsns_columns[i].name);
	err_set(e, 0, n > 0 ? "there is no column \"%s\"" : "the list of columns has an empty name", s.wrong);
	return s.best && n > 0 ? err_cure(e, "did you mean %s?", s.best) : err_cure(e, "lsns -H lists them");
}

/* Takes the columns of -o: "A,B" in place of the others, "+A,B" behind them. */
static int columns_take(struct lsns *l, const char *list, struct err *e)
{
	if (*list == '+')
		list++;
	else
		l->n = 0;
	for (;; list++) {
		const size_t n = strcspn(list, ",");
		const int column = lsns_column_find(list, n);

		if (column < 0)
			return no_column(list, n, l->arena, e);
		if (l->n == ARRAY_LEN(l->columns))
			return err_set(e, 0, "too many columns are wanted: %zu are the most", ARRAY_LEN(l->columns));
		l->columns[l->n++] = column;
		list += n;
		if (!*list)
			return 0;
	}
}

/* Appends the N columns at V. */
static void columns_append(struct lsns *l, const int *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		l->columns[l->n++] = v[i];
}

/* The columns of the table. */
static int columns_choose(struct lsns *l, bool one, struct err *e)
{
	const int command = COLUMN_COMMAND;

	if (l->args->output_all) {
		for (int i = 0; i < COLUMN_COUNT; i++)
			l->columns[l->n++] = i;
	} else if (one) {
		columns_append(l, of_processes, ARRAY_LEN(of_processes));
		columns_append(l, &command, 1);
	} else {
		columns_append(l, of_namespaces, ARRAY_LEN(of_namespaces));
		if (strs_has(&l->args->types, "net"))
			columns_append(l, of_networks, ARRAY_LEN(of_networks));
		columns_append(l, &command, 1);
	}
	return l->args->output ? columns_take(l, l->args->output, e) : 0;
}

/* For filter_parse. */
static int filter_column(const char *name, size_t n, enum filter_type *ret_type)
{
	const int column = lsns_column_find(name, n);

	if (column >= 0)
		*ret_type = lsns_columns[column].number ? FILTER_NUMBER : FILTER_TEXT;
	return column;
}

/* The tree that the options ask for.  Without any it is by process, but where --output-all shows namespaces. */
static enum lsns_tree tree_choose(const struct lsns_args *o, bool one)
{
	if (o->tree.given && !o->tree.value)
		return TREE_OWNER;
	for (size_t i = 0; o->tree.given && i < ARRAY_LEN(trees); i++)
		if (strcmp(trees[i].word, o->tree.value) == 0)
			return trees[i].tree;
	return o->list || (o->output_all && !one) ? TREE_NONE : TREE_PROCESS;
}

/* Turns the options into a request. */
static int request_read(struct lsns *l, const char *operand, struct err *e)
{
	const struct lsns_args *o = l->args;
	int r;

	l->nowrap = o->nowrap || o->raw || o->json;
	l->tree = tree_choose(o, operand);
	for (int i = 0; i < NS_KIND_COUNT; i++)
		l->kinds[i] = o->types.n == 0 || strs_has(&o->types, ns_facts[i].proc);
	r = check_together(o, operand, l->tree, e);
	if (r == 0 && operand && (!parse_u64(operand, UINT64_MAX, &l->id) || l->id == 0)) {
		err_set(e, 0, "\"%.80s\" is no number of a namespace", operand);
		return err_cure(e, "the column NS shows them");
	}
	if (r == 0)
		r = columns_choose(l, operand, e);
	if (r == 0 && o->filter)
		r = filter_parse(o->filter, filter_column, l->arena, &l->filter, e);
	return r;
}

/* Does 'lsns'. */
static int lsns_run(struct report *r, const void *args, struct err *e)
{
	struct lsns l = {.args = args, .arena = &r->arena};
	int got;

	if (l.args->list_columns)
		return lsns_list_columns(args, e);
	got = request_read(&l, r->operands.n > 0 ? r->operands.v[0] : NULL, e);
	if (got == 0)
		got = namespaces_read(lsns_needs(&l, COLUMN_NETNSID) ? NAMESPACES_NETNSID : 0, l.arena, &l.all, e);
	if (got < 0)
		return got;
	if (lsns_needs(&l, COLUMN_CONTAINER))
		owners_read(&l.owners, r->root, r->data, l.arena);
	if (l.args->task && !map_get(&l.all.by_pid, (uint64_t)l.args->task))
		report_tell(r, arena_printf(l.arena, "there is no process %d", l.args->task));
	return lsns_show(&l, e);
}

const struct report_tool tool_lsns = {
	.name = "lsns",
	.opts = lsns_opts,
	.args_size = sizeof(struct lsns_args),
	.failure = 1,
	.run = lsns_run,
};
