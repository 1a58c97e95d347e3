/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When and where a process runs: its scheduling policy (sched(7)), its turn at the disks (ioprio_set(2)), and its
 * processors (sched_setaffinity(2)).  PID 0 is the calling thread.
 */
#ifndef ISLE_CORE_SCHEDULER_H
#define ISLE_CORE_SCHEDULER_H

#include "base/parse.h"
#include "core/spec.h"

/* Sets policy and parameters of PID. */
int scheduler_set(pid_t pid, const struct spec_scheduler *s, struct err *e) MUST_USE;
/*
 * Sets what of S a child that PID forks inherits.  Whether that is not all is what scheduler_partial tells; the child
 * then calls scheduler_set itself, for which it needs no right but with SCHED_DEADLINE.
 */
int scheduler_set_parent(pid_t pid, const struct spec_scheduler *s, struct err *e) MUST_USE;
bool scheduler_partial(const struct spec_scheduler *s);

/* Sets class and priority for input and output of PID. */
int io_priority_set(pid_t pid, const struct spec_io_priority *p, struct err *e) MUST_USE;

/* The processors of PID; numbers are processors. */
int affinity_get(pid_t pid, struct ranges *ret, struct err *e) MUST_USE;
int affinity_set(pid_t pid, const struct ranges *cpus, struct err *e) MUST_USE;
/* The same with a list, "0-3,7". */
int affinity_set_list(pid_t pid, const char *cpus, struct err *e) MUST_USE;

#endif
