/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu(8), which writes processes into files and makes them anew, called by its command line.
 *
 * It is a program of its own, with a release of its own: what it can do depends on how well it knows the running
 * kernel.  When it fails, the first error of its log is the reason that is told.
 */
#ifndef ISLE_OCI_CRIU_H
#define ISLE_OCI_CRIU_H

#include "core/cgroup.h"
#include "oci/runtime.h"

#include <signal.h>

struct criu {
	struct arena *arena;
	const char *verb; /* "dump", "pre-dump", "restore" */
	char *images;	  /* absolute */
	char *log;	  /* the file with its log, absolute */
	struct strs args;
	struct fds inherited; /* pass exec */
	/* restore: criu's own process goes there first, and what it makes is born there */
	const struct cgroup *group;
	const char *root;	 /* restore: this directory is mounted on 'mount', in a mount namespace of criu's own */
	const char *mount;	 /* an empty directory */
	const sigset_t *signals; /* of its process; NULL: the caller's */
};

/* Begins the words of VERB: directories are opened (made with MAKE), and what O says is put into words. */
int criu_begin(struct criu *c, const char *verb, const struct oci_criu_options *o, bool make, struct arena *a,
	       struct err *e) MUST_USE;
/* One more word, as by printf(3). */
void criu_word(struct criu *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "--external mnt[DESTINATION]:…" for each mount of S that criu can't make itself. */
void criu_mounts(struct criu *c, const struct spec *s);
/* The same for the hierarchies in its mounts of control groups, of which HOST has v1: they show GROUP, if any. */
int criu_cgroups(struct criu *c, const struct spec *s, const struct cgroup_host *host, const char *group, struct err *e)
	MUST_USE;
/* Runs it to its end. */
int criu_run(struct criu *c, struct err *e) MUST_USE;

#endif
