/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of lsns, which isle reads for its help and isle-report for its work. */
#ifndef ISLE_INSPECT_LSNS_OPTIONS_H
#define ISLE_INSPECT_LSNS_OPTIONS_H

#include "base/opt.h"

struct lsns_args {
	bool json, list, noheadings, output_all, persistent, raw, notruncate, nowrap, list_columns;
	char *output; /* "NS,TYPE", "+PATH" */
	char *filter;
	struct strs types;
	int task; /* 0: none */
	struct opt_maybe tree;
};

extern const struct opt lsns_opts[];

#endif
