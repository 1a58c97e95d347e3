/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that look for namespaces share: the search, and its steps. */
#ifndef ISLE_INSPECT_NAMESPACE_PRIV_H
#define ISLE_INSPECT_NAMESPACE_PRIV_H

#include "base/fd.h"
#include "inspect/namespace.h"

#include <dirent.h>

/* A search that is under way. */
struct ns_search {
	struct arena *arena;
	struct namespaces *found;
	int netlink;	    /* for RTM_GETNSID; FD_NONE: not wanted, or not to be had */
	uint64_t nsfs;	    /* device of the file system of namespaces; 0: none was seen yet */
	struct map sockets; /* inodes of those that were asked already */
	bool no_ioctl;	    /* the kernel doesn't know ioctl_ns(2) */
};

/*
 * The namespace that FD is open for, with its relations, whether it was known or not; NULL: FD is for none, or it can't
 * be examined.
 */
struct namespace *ns_search_fd(struct ns_search *s, int fd);
/*
 * Opens the namespace that PLACE, a descriptor with O_PATH, is; FD_NONE if it is anything else.  So nothing is ever
 * opened that a process put where a namespace was: a FIFO would be waited for, a device may act.
 */
int ns_search_reopen(const struct ns_search *s, int place);
/* A namespace of which nothing is known but its link in /proc. */
struct namespace *ns_search_bare(struct ns_search *s, uint64_t id, enum ns_kind kind);
/* What only descriptors and sockets of process PID, whose directory in /proc is PROCESS_FD, keep alive. */
void ns_search_fds(struct ns_search *s, int process_fd, pid_t pid);
/* What mounts keep alive, and where all are mounted; the processes are known. */
void ns_search_mounts(struct ns_search *s);

/* A socket for ns_netnsid; FD_NONE if there is none to be had. */
int ns_netlink_open(void);
/* The number that our network namespace has given to the one that FD is open for. */
int ns_netnsid(int netlink, int fd);

/* Closes *D if it is open. */
static inline void ns_dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_ns_dir CLEANUP(ns_dir_close) DIR *

/* A file's device as one number. */
static inline uint64_t ns_device(unsigned int major, unsigned int minor)
{
	return (uint64_t)major << 32 | minor;
}

#endif
