/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The eight kinds of namespace, as one table of facts (namespaces(7)). */
#ifndef ISLE_CORE_NS_H
#define ISLE_CORE_NS_H

#include "base/err.h"

#include <stdbool.h>

/*
 * In the order in which they are joined: user first, where it gives the right to join the others; mnt late, pid last.
 */
enum ns_kind { NS_USER, NS_CGROUP, NS_IPC, NS_UTS, NS_NET, NS_TIME, NS_MNT, NS_PID, NS_KIND_COUNT };

struct ns_fact {
	const char *proc;  /* the file in /proc/PID/ns, and the word in messages: "mnt" */
	const char *oci;   /* the runtime spec's name: "mount" */
	const char *shell; /* unshare(1)'s and nsenter(1)'s long option, without the dashes */
	int flag;	   /* CLONE_NEW… */
};

extern const struct ns_fact ns_facts[NS_KIND_COUNT];

/* The kind whose runtime-spec name (or /proc name) is NAME; -1 if there is none. */
int ns_kind_by_name(const char *name);
/* Whether the kernel was built with namespaces of this kind. */
bool ns_exists(enum ns_kind kind);
/* The inode number of namespace KIND of process PID (0: the caller itself); 0 if it can't be read. */
unsigned long ns_inode(int pid, enum ns_kind kind);
/* Whether we lack the rights of the machine's root: another user, or root of a user namespace only. */
bool ns_is_rootless(void);

#endif
