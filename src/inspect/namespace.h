/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's namespaces: every one that /proc leads to, with its members, its owner and its parent (namespaces(7),
 * ioctl_ns(2)).
 *
 * A namespace lives as long as something refers to it, and each of these ways is looked at:
 *
 *     a process is in it            /proc/PID/ns/KIND
 *     its next child would be       /proc/PID/ns/{pid,time}_for_children
 *     a descriptor holds it         /proc/PID/fd/N, a file of nsfs
 *     a socket holds it (net)       SIOCGSKNS on a duplicate of the socket
 *     a mount holds it              an nsfs line in the mountinfo of any mount namespace
 *     it is owner or parent         NS_GET_USERNS and NS_GET_PARENT of one that was found
 *
 * What the caller may not read is left out without a word, as /proc is meant; a process that ends meanwhile, too.
 * Every process is looked at once, and a namespace is asked for its relations once: the time is linear in processes and
 * descriptors.
 */
#ifndef ISLE_INSPECT_NAMESPACE_H
#define ISLE_INSPECT_NAMESPACE_H

#include "core/ns.h"
#include "inspect/map.h"

#include <sys/types.h>

enum {
	NETNSID_UNKNOWN = -2,	 /* it was not asked for, or could not be */
	NETNSID_UNASSIGNED = -1, /* our own network namespace has given it no number (linux/net_namespace.h) */
	EXIT_NO_IOCTL = 2,	 /* exit status where the kernel lacks ioctl_ns(2), as lsns(8) has it */
};

struct ns_process {
	pid_t pid, ppid;
	uid_t uid;		   /* effective; root's for a process that may not be dumped */
	struct ns_process *parent; /* NULL: not seen */
	struct namespace *in[NS_KIND_COUNT];
	void *mark; /* for the caller */
};
struct ns_processes {
	struct ns_process **v;
	size_t n, room;
};

struct namespace
{
	uint64_t id; /* inode number */
	enum ns_kind kind;
	struct ns_processes members; /* as /proc lists them */
	struct ns_process *first;    /* the member with the lowest pid; NULL: it has none */
	uint64_t parent_id;	     /* of user and pid namespaces; 0: none, or out of the caller's sight */
	uint64_t owner_id;	     /* the user namespace that owns it; 0: out of sight */
	struct namespace *parent, *owner;
	uid_t creator; /* the user who made it, or its owner where it is no user namespace; (uid_t)-1: unknown */
	int netnsid;
	struct strs mounts; /* where it is bound to a file: paths that lead there from the caller */
	void *mark;	    /* for the caller */
};

struct namespaces {
	struct namespace **v; /* in the order of their ids */
	size_t n, room;
	struct ns_processes processes;
	struct map by_id;  /* struct namespace */
	struct map by_pid; /* struct ns_process */
};

enum namespaces_flags {
	NAMESPACES_NETNSID = 1, /* ask for the numbers of network namespaces (RTM_GETNSID) */
};

/*
 * Reads all of it into A.  Fails where there is no /proc; and with exit status EXIT_NO_IOCTL where the kernel doesn't
 * know the ioctls.
 */
int namespaces_read(unsigned int flags, struct arena *a, struct namespaces *ret, struct err *e) MUST_USE;

/* A mount of a namespace, from a line of /proc/PID/mountinfo. */
struct nsfs_mount {
	uint64_t id;
	char *target; /* unescaped */
};
/* Reads LINE, which is not changed; false if it is no mount of a namespace. */
bool nsfs_mount_parse(const char *line, struct arena *a, struct nsfs_mount *ret);
/* Reads the target of a namespace's link, "net:[4026531840]"; false if it is none. */
bool ns_link_parse(const char *text, uint64_t *ret_id);

#endif
