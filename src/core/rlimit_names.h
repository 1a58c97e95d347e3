/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the resource limits (getrlimit(2)), as one table. */
#ifndef ISLE_CORE_RLIMIT_NAMES_H
#define ISLE_CORE_RLIMIT_NAMES_H

/* The name of limit RESOURCE, "RLIMIT_NOFILE"; NULL if there is none. */
const char *rlimit_name(int resource);
/* The limit called NAME, in any case, with or without "RLIMIT_" ("nofile"); -1 if there is none. */
int rlimit_by_name(const char *name);

#endif
