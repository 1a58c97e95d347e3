/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle's own program file, kept from those who could write to it.
 *
 * A process of isle's that a container can look into, and whose root is the machine's, shows it the program file as
 * /proc/PID/exe (CVE-2019-5736).  Such a process runs from a copy in memory that nobody can write to.
 */
#ifndef ISLE_CORE_SELF_H
#define ISLE_CORE_SELF_H

#include "base/err.h"
#include "base/mem.h"

/* Whether this process runs from such a copy already. */
bool self_in_memory(void);
/*
 * Executes isle anew from a sealed copy in memory (memfd_create(2)), with the same words and environment; returns only
 * when that failed.  To be called before anything has been done.
 */
int self_into_memory(struct arena *a, struct err *e) MUST_USE;

#endif
