/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of lsns share: the request, its columns, and the rows. */
#ifndef ISLE_REPORT_LSNS_H
#define ISLE_REPORT_LSNS_H

#include "inspect/filter.h"
#include "inspect/lsns_options.h"
#include "inspect/namespace.h"
#include "report/owner.h"

#include <libsmartcols.h>
#include <stdbool.h>

/* In the order of --output-all. */
enum lsns_column {
	COLUMN_NS,
	COLUMN_TYPE,
	COLUMN_PATH,
	COLUMN_NPROCS,
	COLUMN_PID,
	COLUMN_PPID,
	COLUMN_COMMAND,
	COLUMN_UID,
	COLUMN_USER,
	COLUMN_NETNSID,
	COLUMN_NSFS,
	COLUMN_PNS,
	COLUMN_ONS,
	COLUMN_CONTAINER,
	COLUMN_COUNT,
};

enum lsns_tree { TREE_NONE, TREE_PROCESS, TREE_OWNER, TREE_PARENT };

struct lsns {
	const struct lsns_args *args;
	struct arena *arena;
	int columns[2 * COLUMN_COUNT];
	size_t n;
	bool nowrap;
	bool kinds[NS_KIND_COUNT]; /* which may be shown */
	enum lsns_tree tree;
	uint64_t id; /* of the one namespace whose processes are shown; 0: namespaces are */
	struct filter *filter;
	struct namespaces all;
	struct owners owners;
	struct map users; /* names by uid + 1 */
	struct libscols_table *table;
};

/* What one line is about, and its cells as far as they were asked for. */
struct lsns_row {
	struct lsns *l;
	const struct namespace *ns;
	const struct ns_process *process; /* NULL: none is in the namespace */
	const char *cells[COLUMN_COUNT];
	bool known[COLUMN_COUNT];
};

struct lsns_column_fact {
	const char *name;
	double width; /* hint for libsmartcols */
	int flags;    /* SCOLS_FL_ */
	bool number;
	const char *help;
	const char *(*text)(const struct lsns_row *row); /* NULL: an empty cell */
};
extern const struct lsns_column_fact lsns_columns[COLUMN_COUNT];

/* The column called by the N bytes at NAME, in any case; -1: there is none. */
int lsns_column_find(const char *name, size_t n);
/* The text of COLUMN; CTX is a struct lsns_row.  Fits filter_cell_fn. */
const char *lsns_cell(void *ctx, int column);
/* Prints which columns there are. */
int lsns_list_columns(const struct lsns_args *args, struct err *e) MUST_USE;
/* Whether COLUMN is shown or named in the filter. */
bool lsns_needs(const struct lsns *l, enum lsns_column column);

/* Fills the table with the lines that the request asks for, and prints it. */
int lsns_show(struct lsns *l, struct err *e) MUST_USE;

#endif
