/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root among the machine's mounts: that of a container which has no mount namespace of its own.
 *
 *     …/rootfs          a directory of the machine
 *       └ holder        a mount of that directory alone, private
 *           └ root      the container's root, private; all that the container has mounted lies in it
 *
 * Theory.  Whatever the container mounts is in one tree, so who takes the holder and the root away takes all.  From the
 * holder nothing spreads: a root on a shared mount would be copied into every namespace that has a peer of that, and
 * what lies in the copies would stay there.  Mounts are known by the kernel's numbers for them, which they have before
 * they are attached anywhere, so those can be noted first; since Linux 6.8 there is one that is never used again.
 *
 * Mustn't: unmount what is not ours; let the end of a mount spread to what it was a copy of.
 */
#ifndef ISLE_CORE_PLACE_H
#define ISLE_CORE_PLACE_H

#include "base/err.h"
#include "base/mem.h"

#include <stdint.h>

struct place {
	char *path;	 /* of the directory, without links; NULL: there is none */
	uint64_t holder; /* the numbers of the mounts */
	uint64_t root;
	uint64_t inode; /* that of the directory, which both are mounts of */
	uint64_t space; /* that of the mount namespace which they are in */
};

/* Makes the holder for the detached mount ROOT_FD on the directory PATH, and finds the numbers of both. */
int place_make(const char *path, int root_fd, struct arena *a, struct place *ret, int *ret_holder_fd, struct err *e)
	MUST_USE;
/* Attaches both. */
int place_attach(const struct place *p, int holder_fd, int root_fd, struct err *e) MUST_USE;
/*
 * Takes away what is still there of it, with all that is mounted in it.  An error where it can't be reached: it is
 * covered, or in another mount namespace that somebody lives in.
 */
int place_remove(const struct place *p, struct arena *a, struct err *e) MUST_USE;

#endif
