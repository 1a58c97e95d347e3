/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of lifecycle.h share among themselves. */
#ifndef ISLE_ENGINE_LIFECYCLE_PRIV_H
#define ISLE_ENGINE_LIFECYCLE_PRIV_H

#include "core/step.h"
#include "engine/box.h"

/* Refuses a container that does not run, saying why and what to do. */
int box_must_run(const struct box *b, struct err *e) MUST_USE;
/* Sends SIG to the first process; a paused container that is to die is thawed. */
int box_signal(struct box *b, int sig, struct err *e) MUST_USE;
/* Freezes or thaws all its processes, by the cgroup. */
int box_freeze(struct box *b, bool freeze, struct err *e) MUST_USE;
/* Thaws a paused container for a signal that it got: its group may be gone by now, which is no error. */
int box_thaw_for_signal(struct box *b, struct err *e) MUST_USE;
/* Walks the N host-side STEPS from the first to the last. */
int box_walk(const struct step *const *steps, size_t n, void *ctx, struct err *e) MUST_USE;

#endif
