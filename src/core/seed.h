/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seed: a mount namespace with nothing in it, for containers to begin from.
 *
 * A new mount namespace is a copy of one that exists, mount by mount, and what a container doesn't need of it must be
 * let go of again, for which the kernel waits until no processor can still be in it (namespace.c, synchronize_rcu).
 * From the seed there is one empty, read-only tmpfs to copy and nothing to let go of: a start takes the same time
 * whatever the machine has mounted.
 *
 * It is kept by a file, /run/isle/seed/mnt, on a small tmpfs whose mounts don't spread (a mount namespace can be held
 * by no other).  The first start that can use it makes it; it lasts until the machine's end, or umount -l of the
 * directory, and then the next one makes it anew.  Without it a start goes the long way.
 */
#ifndef ISLE_CORE_SEED_H
#define ISLE_CORE_SEED_H

#include "base/err.h"

/* The seed's namespace, made if need be; FD_NONE: it can't be had here, for whatever reason.  The caller closes it. */
int seed_open(void);
/* Enters a copy of it, for a process that shares its root and directories with nobody; a negative errno. */
int seed_enter(int seed_fd) MUST_USE;

#endif
