/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which archive mirror this machine uses, from apt's sources, in both of their formats (sources.list(5)). */
#ifndef ISLE_IMAGE_MIRROR_H
#define ISLE_IMAGE_MIRROR_H

#include "base/mem.h"

/*
 * The mirror for SUITE: of the sources below APT_DIR ("/etc/apt") that are a distribution's main archive, one that has
 * the suite, else Debian's; NULL where there is none.  Third parties' sources are never taken.
 */
char *mirror_of_machine(const char *apt_dir, const char *suite, struct arena *a);

#endif
