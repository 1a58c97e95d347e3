/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle's own program file, kept from those who could write to it.
 *
 * A process of isle's that a container can look into, and whose root is the machine's, shows it the program file as
 * /proc/PID/exe (CVE-2019-5736).  Such a process runs from a mount of the file that can only be read, or from a copy in
 * memory.  Where the file lies on a read-only mount, or is sealed by fs-verity, there is nothing to do.
 */
#ifndef ISLE_CORE_SELF_H
#define ISLE_CORE_SELF_H

#include "base/err.h"
#include "base/mem.h"

/* Whether nobody can write to what this process runs from. */
bool self_protected(void);
/*
 * Executes isle anew from where it is so, with the same words and environment; returns only when that failed.  To be
 * called before anything has been done.
 */
int self_protect(struct arena *a, struct err *e) MUST_USE;

#endif
