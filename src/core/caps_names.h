/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the capabilities (capabilities(7)), as one table. */
#ifndef ISLE_CORE_CAPS_NAMES_H
#define ISLE_CORE_CAPS_NAMES_H

enum { CAP_COUNT = 41 }; /* the last is CAP_CHECKPOINT_RESTORE, 40 */

/* The name of capability CAP, "CAP_CHOWN"; NULL if there is none. */
const char *cap_name(int cap);
/* The capability called NAME, in any case, with or without "CAP_"; -1 if there is none. */
int cap_by_name(const char *name);

#endif
