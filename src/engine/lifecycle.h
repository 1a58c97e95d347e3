/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done to a container that exists, from outside of it and without its owner's help.
 *
 * REF is a name, an id, or the beginning of one.  None of these trusts a pid number: a process is signalled through a
 * pidfd whose identity was checked, or through the container's cgroup, whose path follows from the id alone.
 */
#ifndef ISLE_ENGINE_LIFECYCLE_H
#define ISLE_ENGINE_LIFECYCLE_H

#include "core/step.h"
#include "engine/box.h"

/*
 * Sends SIG to the container's first process.  SIGKILL works on a paused container too, and returns when its owner has
 * cleaned up.
 */
int box_kill(struct home *h, const char *ref, int sig, struct err *e) MUST_USE;
/*
 * Sends the stop signal, waits TIMEOUT_S seconds (-1: as recorded), kills what is left, and returns when the owner has
 * cleaned up.  A container that does not run is left as it is: success.
 */
int box_stop(struct home *h, const char *ref, int timeout_s, struct err *e) MUST_USE;
/*
 * Removes a container: its name, its records, its layer.  A running one only with FORCE, which kills it; FORCE also
 * removes what is broken, and takes a container that does not exist for removed.
 */
int box_rm(struct home *h, const char *ref, bool force, struct err *e) MUST_USE;
/* Waits until the container has ended; *RET_STATUS is its exit status, 0 to 255. */
int box_wait(struct home *h, const char *ref, int *ret_status, struct err *e) MUST_USE;
/* Freezes every process of a running container, or lets them go on. */
int box_pause(struct home *h, const char *ref, struct err *e) MUST_USE;
int box_unpause(struct home *h, const char *ref, struct err *e) MUST_USE;
/* Gives the container another name; -EEXIST names the container that has it. */
int box_rename(struct home *h, const char *ref, const char *new_name, struct err *e) MUST_USE;

#endif
