/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of lsns, in the order and with the parents that util-linux's gives them.
 *
 * A line hangs below the one that was last made for its relative; so relatives are shown first, even where the request
 * would not show them for themselves (--task, --persistent).  The marks of namespaces and processes are their lines.
 */
#include "report/lsns.h"

#include "base/utf8.h"

#include <errno.h>
#include <string.h>

/* One column of the table. */
static bool column_add(const struct lsns *l, enum lsns_column column)
{
	const struct lsns_column_fact *fact = &lsns_columns[column];
	int flags = fact->flags;

	if (l->args->notruncate)
		flags &= ~SCOLS_FL_TRUNC;
	if (l->nowrap)
		flags &= ~SCOLS_FL_WRAP;
	if (l->tree == TREE_PROCESS && column == COLUMN_COMMAND)
		flags |= SCOLS_FL_TREE;
	if ((l->tree == TREE_OWNER || l->tree == TREE_PARENT) && column == COLUMN_NS)
		flags = (flags | SCOLS_FL_TREE) & ~SCOLS_FL_RIGHT;
	struct libscols_column *c = scols_table_new_column(l->table, fact->name, fact->width, flags);
	if (!c || (l->args->json && fact->number && scols_column_set_json_type(c, SCOLS_JSON_NUMBER) < 0))
		return false;
	return column != COLUMN_NSFS || l->nowrap ||
	       (scols_column_set_wrapfunc(c, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) == 0 &&
		scols_column_set_safechars(c, "\n") == 0);
}

/* The table without lines. */
static bool table_make(struct lsns *l)
{
	l->table = scols_new_table();
	if (!l->table || scols_table_enable_raw(l->table, l->args->raw) < 0 ||
	    scols_table_enable_json(l->table, l->args->json) < 0 ||
	    scols_table_enable_noheadings(l->table, l->args->noheadings) < 0 ||
	    scols_table_set_name(l->table, "namespaces") < 0)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (!column_add(l, (enum lsns_column)l->columns[i]))
			return false;
	return true;
}

/* The line that one about NS and P hangs below. */
static struct libscols_line *line_above(const struct lsns *l, const struct namespace *ns, const struct ns_process *p)
{
	const struct namespace *relative = l->tree == TREE_PARENT ? ns->parent : ns->owner;

	if (l->tree == TREE_PROCESS)
		return p && p->parent ? p->parent->mark : NULL;
	return l->tree != TREE_NONE && relative ? relative->mark : NULL;
}

/*
 * CELL as JSON takes it: libsmartcols writes bytes as they are, and those of a command line need be no UTF-8.  They
 * become U+FFFD.
 */
static const char *cell_for_json(const char *cell, struct arena *a)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *clean = arena_alloc(a, strlen(cell) + 1, strlen(replacement)), *to = clean;
	uint32_t c;

	for (size_t n; *cell; cell += n) {
		n = utf8_decode(cell, strnlen(cell, UTF8_MAX), &c);
		to = mempcpy(to, n ? cell : replacement, n ? n : strlen(replacement));
		n += n == 0;
	}
	*to = '\0';
	return clean;
}

/* Adds a line about NS and P, if the filter lets it pass. */
static bool line_add(struct lsns *l, struct namespace *ns, struct ns_process *p)
{
	struct lsns_row row = {.l = l, .ns = ns, .process = p};

	if (!filter_passes(l->filter, lsns_cell, &row))
		return true;
	struct libscols_line *line = scols_table_new_line(l->table, line_above(l, ns, p));
	if (!line)
		return false;
	for (size_t i = 0; i < l->n; i++) {
		const char *cell = lsns_cell(&row, l->columns[i]);

		if (cell && l->args->json)
			cell = cell_for_json(cell, l->arena);
		if (cell && scols_line_set_data(line, i, cell) < 0)
			return false;
	}
	if (l->tree == TREE_OWNER || l->tree == TREE_PARENT)
		ns->mark = line;
	else if (p)
		p->mark = line;
	return true;
}

/* Adds a namespace, and before it those that it hangs below. */
static bool namespace_add(struct lsns *l, struct namespace *ns)
{
	struct namespace *before = NULL;

	if (l->tree == TREE_OWNER)
		before = ns->owner;
	else if (l->tree == TREE_PARENT)
		before = ns->parent ? ns->parent : ns->owner;
	if (before && l->kinds[before->kind] && !before->mark && !namespace_add(l, before))
		return false;
	return line_add(l, ns, ns->first);
}

/* Whether the request asks for NS by itself. */
static bool namespace_wanted(const struct lsns *l, const struct namespace *ns)
{
	const int task = l->args->task;
	const struct ns_process *p = task ? map_get(&l->all.by_pid, (uint64_t)task) : NULL;

	if (!l->kinds[ns->kind] || (task && (!p || p->in[ns->kind] != ns)))
		return false;
	return !l->args->persistent || ns->members.n == 0;
}

/* Adds a process of the namespace, and before it its parents there. */
static bool process_add(struct lsns *l, struct namespace *ns, struct ns_process *p)
{
	struct ns_process *parent = p->parent;

	if (l->tree == TREE_PROCESS && parent && !parent->mark && parent->in[ns->kind] == ns &&
	    !process_add(l, ns, parent))
		return false;
	return line_add(l, ns, p);
}

/* Adds all the lines. */
static bool lines_add(struct lsns *l, struct namespace *one)
{
	bool good = true;

	for (size_t i = 0; good && one && i < one->members.n; i++)
		if (!one->members.v[i]->mark)
			good = process_add(l, one, one->members.v[i]);
	for (size_t i = 0; good && !one && i < l->all.n; i++)
		if (!l->all.v[i]->mark && namespace_wanted(l, l->all.v[i]))
			good = namespace_add(l, l->all.v[i]);
	return good;
}

int lsns_show(struct lsns *l, struct err *e)
{
	struct namespace *one = l->id ? map_get(&l->all.by_id, l->id) : NULL;

	if (l->id && (!one || !l->kinds[one->kind])) {
		err_set(e, ENOENT, "find the namespace %llu", (unsigned long long)l->id);
		return one ? err_why(e, "it is one of type %s", ns_facts[one->kind].proc) : -ENOENT;
	}
	const bool good = table_make(l) && lines_add(l, one) && scols_print_table(l->table) == 0;
	scols_unref_table(l->table);
	return good ? 0 : err_set(e, ENOMEM, "print the table of namespaces");
}
