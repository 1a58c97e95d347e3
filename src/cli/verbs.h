/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs' rows, each defined in the file of its name; verbs.c puts them in order. */
#ifndef ISLE_CLI_VERBS_H
#define ISLE_CLI_VERBS_H

#include "cli/cli.h"

extern const struct verb verb_attach, verb_exec, verb_help, verb_inspect, verb_kill, verb_logs, verb_lsns, verb_nsenter,
	verb_oci, verb_pause, verb_pool, verb_ps, verb_rename, verb_restart, verb_rm, verb_roots, verb_run, verb_start,
	verb_stop, verb_top, verb_unpause, verb_unshare, verb_wait;
extern const struct verb hidden_generate, hidden_names;

#endif
