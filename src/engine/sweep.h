/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs after a killed isle: finishes what it began to remove, removes what it began to make.
 *
 * A box whose owner lock is free although it should have an owner is taken over: its cgroup is killed and removed, its
 * exit is recorded (status 137, "its owner was killed"); one that was never completely made, or that was run with --rm,
 * is forgotten.  Names and id ranges that point to no box are released; the trash is emptied.  Every command may do it
 * at any time, in parallel with any other.
 */
#ifndef ISLE_ENGINE_SWEEP_H
#define ISLE_ENGINE_SWEEP_H

#include "engine/home.h"

/* Sweeps everything; never fails, one bad entry does not stop it.  Cheap when there is nothing to do. */
void sweep(struct home *h);
/*
 * The same for who has just started the process PIDFD, and should not be kept by the containers of others: when it has
 * looked at 64 boxes, it goes on only as long as that process runs; FD_NONE: not at all.  Each begins somewhere else.
 */
void sweep_beside(struct home *h, int pidfd);

#endif
