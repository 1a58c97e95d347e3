/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs whose work isle-report does (src/report). */
#ifndef ISLE_CLI_REPORT_H
#define ISLE_CLI_REPORT_H

#include "cli/cli.h"

/*
 * Becomes isle-report with this verb's options, as ARGS holds them, and its operands; its exit status is ours.  Returns
 * only when that failed.
 */
int report_become(struct cli *c, const void *args, struct err *e) MUST_USE;

#endif
