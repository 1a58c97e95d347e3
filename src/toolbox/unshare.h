/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program in new namespaces, made by hand: unshare(1), step by step and option by option as util-linux has it.
 *
 * docs/toolbox.md lists where it differs.
 */
#ifndef ISLE_TOOLBOX_UNSHARE_H
#define ISLE_TOOLBOX_UNSHARE_H

#include "base/opt.h"
#include "core/ns.h"
#include "toolbox/mode.h"

/* What the user asked for, in his words; NULL and false: not given. */
struct unshare_options {
	struct opt_maybe ns[NS_KIND_COUNT]; /* the value is the file that keeps it alive */
	bool fork, forward_signals;
	struct opt_maybe kill_child;
	struct opt_maybe mount_proc, mount_binfmt;
	char *load_interp, *propagation, *root, *wd;
	char *setuid, *setgid; /* ids */
	struct strs maps;      /* "map-root-user", "map-users=0:100000:65536": what is asked for, in order */
	char *owner, *setgroups;
	bool keep_caps;
	char *monotonic, *boottime;
	bool clear_env;
	struct strs whitelist_env; /* each is a list with commas */
	char *const *command;	   /* NULL or empty: the login shell */
};

/*
 * Does it.  Without --fork it returns only on failure, with what was left on the machine undone.  With it, it returns
 * in two processes: in the child only on failure; in the tool after the child's end, with its status in *RET_STATUS.
 */
int unshare_run(const struct unshare_options *o, const struct tool_mode *m, struct arena *a, int *ret_status,
		struct err *e) MUST_USE;

#endif
