/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle-report: the tools that print tables, which need libsmartcols and so the system's C library.
 *
 *     isle-report [--root DIR] [--data DIR] [--error-format FORMAT] [--by-name] TOOL [OPTION...] [-- OPERAND...]
 *
 * isle executes it in its own place, with the words that it has checked (cli/report.c).
 */
#ifndef ISLE_REPORT_REPORT_H
#define ISLE_REPORT_REPORT_H

#include "base/opt.h"

struct report {
	struct arena arena;
	char *root, *data; /* as given to isle, or NULL */
	char *error_format;
	bool by_name; /* isle was called by the tool's name */
	const struct report_tool *tool;
	struct strs operands;
};

struct report_tool {
	const char *name;
	const struct opt *opts;
	size_t args_size;
	int failure; /* exit status of an error that has none of its own */
	int (*run)(struct report *r, const void *args, struct err *e);
};

extern const struct report_tool tool_lsns;

/* Prints "isle: TOOL: LINE" on stderr, control characters escaped. */
void report_tell(struct report *r, const char *line);

#endif
