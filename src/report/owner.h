/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which container a process belongs to: isle's by its records, the others' by the names of their control groups. */
#ifndef ISLE_REPORT_OWNER_H
#define ISLE_REPORT_OWNER_H

#include "inspect/namespace.h"

struct owners {
	struct arena *arena;
	struct map first; /* of each container of ours: its first process's pid, to its label */
	struct strs ids, labels;
};

/* Reads isle's records in ROOT and DATA (NULL: the usual places); where none are, or not for us, none are known. */
void owners_read(struct owners *o, const char *root, const char *data, struct arena *a);
/* "isle:NAME", "docker:0123456789ab" …; NULL: it is in none, or it can't be told. */
const char *owner_of(const struct owners *o, const struct ns_process *p);

#endif
