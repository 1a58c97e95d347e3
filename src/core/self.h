/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle's own program file, kept from those who could write to it.
 *
 * A process of isle's that a container can look into, and whose root is the machine's, shows it the program file as
 * /proc/PID/exe (CVE-2019-5736).  Such a process runs from a mount of the file that can only be read, or from a copy in
 * memory.  Where the file lies on a read-only mount, or is sealed by fs-verity, there is nothing to do.
 *
 * When such a mount goes away the kernel makes somebody wait for all processors.  So one is kept beside the seeds
 * (seed.h), /run/isle/seed/self, until another isle puts its own there.  Who has CAP_SYS_ADMIN in the machine's own
 * mount namespace could make it writable (mount_setattr(2): a mount has to be one of the caller's): it is not for
 * containers whose mounts are among the machine's.
 */
#ifndef ISLE_CORE_SELF_H
#define ISLE_CORE_SELF_H

#include "base/err.h"
#include "base/macros.h"

#include <stdbool.h>

/* Whether nobody can write to what this process runs from. */
bool self_protected(void);
/*
 * Executes isle anew from where it is so, with the same words and environment; returns only when that failed.  To be
 * called before anything has been done.  KEPT_WILL_DO: from the view that is kept, if there is one.
 */
int self_protect(bool kept_will_do, struct err *e) MUST_USE;
/* Keeps a view of this isle, where there are seeds. */
void self_keep(void);
/* Notes the words that this process was started with, which are not to change. */
void self_note(char **argv);

#endif
