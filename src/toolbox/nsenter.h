/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program among the namespaces of other processes, as nsenter(1) starts it.
 *
 * Theory.  Everything that is named by a path of ours is opened while we are still outside; then the namespaces are
 * entered (nsenter_enter.c: in which order, and why); then what has to be done inside is done.  Who enters a pid
 * namespace enters it for his children only, so a child is forked, for whom the tool waits.  The steps in order:
 *
 *     outside   target  namespaces  directories  environment  cgroups  context  groups
 *     between   enter  root  directory  fork
 *     inside    join-cgroups  ids  capabilities  execute
 *
 * Without a fork the tool itself goes on with the last line.  Nothing is left on the machine by any of it, so no step
 * has an undo.
 */
#ifndef ISLE_TOOLBOX_NSENTER_H
#define ISLE_TOOLBOX_NSENTER_H

#include "base/opt.h"
#include "core/ns.h"
#include "toolbox/mode.h"
#include "toolbox/target.h"

/* A user or group id: not given; a number; or "follow", the target's. */
struct nsenter_id {
	enum { NSENTER_ID_UNSAID, NSENTER_ID_NUMBER, NSENTER_ID_FOLLOW } how;
	uint32_t number;
};

/* What the user asks for. */
struct nsenter_request {
	struct target_name target;
	bool all; /* every kind, except the user namespace that we are in already */
	struct opt_maybe
		ns[NS_KIND_COUNT]; /* value NULL: the target's; ":NUMBER" the one with that number; else a file */
	bool user_parent;	   /* the user namespace above the one that is meant */
	int net_socket;		   /* the target's descriptor whose network namespace is meant; -1: none */
	struct nsenter_id uid, gid;
	bool preserve_credentials, keep_caps;
	struct opt_maybe root, wd; /* value NULL: the target's */
	struct opt_maybe wdns;	   /* looked up inside; a value is needed */
	bool env, no_fork, join_cgroup, follow_context;
	char **argv; /* NULL-terminated; empty: a login shell */
};

/* Reads a number or "follow". */
int nsenter_id_parse(const char *text, struct nsenter_id *ret, struct err *e) MUST_USE;
/* Refuses what contradicts itself, or lacks a part. */
int nsenter_check(const struct nsenter_request *req, struct err *e) MUST_USE;
/*
 * Does it.  Becomes the program, or waits for the child that does: *RET_STATUS is its exit status.  A child that fails
 * before returns the error, and the caller ends with the status that it stands for.
 */
int nsenter_run(const struct nsenter_request *req, const struct tool_mode *mode, struct arena *a, int *ret_status,
		struct err *e) MUST_USE;

#endif
