/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seeds: mount namespaces with next to nothing in them, for containers to begin from.
 *
 * A new mount namespace is a copy of one that exists, mount by mount, and what a container doesn't need of it must be
 * let go of again, for which the kernel waits until no processor can still be in it (namespace.c, synchronize_rcu).
 * From a seed there is one empty, read-only tmpfs to copy and nothing to let go of: a start takes the same time
 * whatever the machine has mounted.
 *
 * In a user namespace the kernel makes a whole /proc or /sys only for who can see one (mount_too_revealing).  So the
 * seed of containers with their own has husks of both: a /proc of a pid namespace that is no more, a /sys of a network
 * namespace that is no more.  They are let go of before the container's program runs: it shall not be able to make a
 * whole /proc, either.
 *
 * Where a /proc can be made from outside for another pid namespace (since Linux 6.17) 'isle run' needs none of these
 * (launch_shown.c): a file tells so, from the time when the seeds are made.
 *
 * They are kept by files in /run/isle/seeds, on a small tmpfs whose mounts don't spread (a mount namespace can be held
 * by no other), and which is left out where somebody binds /run with all that is below.  The first start that can use
 * one makes both; they last until the machine's end, or umount -l of the directory, and then the next one makes them
 * anew.  Without them a start goes the long way.
 */
#ifndef ISLE_CORE_SEED_H
#define ISLE_CORE_SEED_H

#include "base/err.h"

#include <stdbool.h>

#define SEED_DIR "/run/isle/seeds"

enum seed_kind {
	SEED_EMPTY, /* for who has the machine's user namespace */
	SEED_USER,  /* for who has its own */
	SEED_KINDS
};

/* The namespace of KIND, made if need be; FD_NONE: it can't be had here, for whatever reason.  The caller closes it. */
int seed_open(enum seed_kind kind);
/* Whether SEED_EMPTY will do for who has its own user namespace, too: what is refused there can be made outside. */
bool seed_empty_will_do(void);
/* Enters a copy of SEED_EMPTY, for a process that shares its root and directories with nobody; a negative errno. */
int seed_enter(int seed_fd) MUST_USE;

#endif
