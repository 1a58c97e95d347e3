/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of nsenter share: see nsenter.h for the theory. */
#ifndef ISLE_TOOLBOX_NSENTER_PRIV_H
#define ISLE_TOOLBOX_NSENTER_PRIV_H

#include "toolbox/nsenter.h"

struct nsenter {
	const struct nsenter_request *req;
	struct arena *arena;
	struct target target;
	int by_target;		    /* CLONE_NEW… of the namespaces still to be entered by the target's pidfd */
	int ns_fd[NS_KIND_COUNT];   /* those still to be entered by a descriptor; FD_NONE: none */
	bool enters[NS_KIND_COUNT]; /* all that are entered, or have been */
	int same; /* CLONE_NEW… of the target's namespaces that we are in already; found out when needed */
	bool compared;
	int root_fd, wd_fd;
	char **env; /* NULL: ours */
	struct fds groups;
	bool groups_dropped;
	pid_t child;
};

/* Whether a namespace of KIND is asked for, by whatever option. */
bool nsenter_wants(const struct nsenter_request *req, enum ns_kind kind);
/* Whether the target itself is needed; *RET_FOR names the option that needs it. */
bool nsenter_needs_target(const struct nsenter_request *req, const char **ret_for);
/* Whether ids are set: where they were given, or by the rule for user namespaces. */
bool nsenter_sets_gid(const struct nsenter *n);
bool nsenter_sets_uid(const struct nsenter *n);

/* nsenter_refused.c: the sentence for setns(2)'s CODE at the namespace of KIND; FD is open for it, or FD_NONE. */
int nsenter_refused(struct nsenter *n, enum ns_kind kind, int fd, int code, struct err *e);

/* nsenter_open.c, nsenter_enter.c, nsenter_become.c: the steps in order. */
extern const struct step enter_target, enter_namespaces, enter_directories, enter_environment, enter_cgroups,
	enter_context, enter_groups;
extern const struct step enter_enter, enter_root, enter_directory, enter_fork;
extern const struct step enter_join_cgroups, enter_ids, enter_capabilities, enter_execute;

#endif
