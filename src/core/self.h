/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle's own program file, and who in a container could harm it.
 *
 * A process of isle's that a container can look into, and whose root is the machine's, shows it the program file as
 * /proc/PID/exe.  It could write to it (CVE-2019-5736); where it can only read, it can take a lease on it, and then
 * every start of isle waits (fcntl(2), F_SETLEASE).  So such a process runs from a copy in memory: who makes a first
 * process in a pid namespace that is joined.  An exec needs none, for isle-spawn makes its process (spawn_order.h).
 */
#ifndef ISLE_CORE_SELF_H
#define ISLE_CORE_SELF_H

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>

/* Whether this process runs from a copy in memory. */
bool self_protected(void);
/*
 * Executes isle anew from one, with the same words and environment; returns only when that failed.  To be called before
 * anything has been done.
 */
int self_protect(struct arena *a, struct err *e) MUST_USE;

#endif
