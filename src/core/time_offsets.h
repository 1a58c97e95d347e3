/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A time namespace with clocks of its own (time_namespaces(7)).
 *
 * The clocks can be set only as long as nobody is inside, and clone3(2) puts the child in at once.  So it is made by
 * unshare(2), which does not move the caller, and entered by setns(2) when they are set.
 */
#ifndef ISLE_CORE_TIME_OFFSETS_H
#define ISLE_CORE_TIME_OFFSETS_H

#include "core/spec.h"

/*
 * Makes the namespace, shifts its clocks and enters it; the process must have one thread.  Needs CAP_SYS_ADMIN and
 * CAP_SYS_TIME over its own user namespace, and a /proc with itself in it.
 */
int time_offsets_enter(const struct spec_time_offset *monotonic, const struct spec_time_offset *boottime, struct err *e)
	MUST_USE;

#endif
