/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a change of a process' ids takes along besides (kernel/cred.c, commit_creds): the signal that it gets when its
 * parent dies, and whether others may look into it.  Who changes them for a moment puts both back.
 */
#ifndef ISLE_CORE_MARKS_H
#define ISLE_CORE_MARKS_H

#include <sys/types.h>

struct marks {
	int death_signal, dumpable;
	pid_t parent;
};

/* Notes down the calling process' own. */
void marks_note(struct marks *m);
/* Puts them back; the signal is raised if the parent has died meanwhile. */
void marks_restore(const struct marks *m);

#endif
