/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of lsns' options: see lsns_options.h. */
#include "inspect/lsns_options.h"

#include <limits.h>

const struct opt lsns_opts[] = {
	OPT_HEADING("Which namespaces"),
	OPT_LIST('t', "type", "TYPE", struct lsns_args, types,
		 "of this kind: mnt, net, ipc, user, pid, uts, cgroup or time; repeatable",
		 .words = "mnt|net|ipc|user|pid|uts|cgroup|time", .strict = true),
	OPT_INT('p', "task", "PID", 1, INT_MAX, struct lsns_args, task, "which process PID is in"),
	OPT_FLAG('P', "persistent", struct lsns_args, persistent, "which no process is in"),
	OPT_STR('Q', "filter", "EXPRESSION", struct lsns_args, filter, "for which the expression is true"),
	OPT_HEADING("What is shown of them"),
	OPT_STR('o', "output", "LIST", struct lsns_args, output, "these columns; +LIST: these too"),
	OPT_FLAG(0, "output-all", struct lsns_args, output_all, "all columns"),
	OPT_FLAG('H', "list-columns", struct lsns_args, list_columns, "tell which columns there are"),
	OPT_HEADING("In which form"),
	OPT_FLAG('J', "json", struct lsns_args, json, "as JSON"),
	OPT_FLAG('r', "raw", struct lsns_args, raw, "raw, with one space between columns"),
	OPT_FLAG('l', "list", struct lsns_args, list, "as a list, not a tree"),
	OPT_MAYBE('T', "tree", "RELATION", struct lsns_args, tree, "as a tree by process, parent or owner [owner]",
		  .words = "process|parent|owner", .strict = true),
	OPT_FLAG('n', "noheadings", struct lsns_args, noheadings, "without the line of headings"),
	OPT_FLAG('u', "notruncate", struct lsns_args, notruncate, "without cutting what is too wide"),
	OPT_FLAG('W', "nowrap", struct lsns_args, nowrap, "without cells of several lines"),
	OPT_END,
};
