/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The id maps that a user asks for in words: ranges, what /etc/subuid gives him, and one id that goes before the rest.
 *
 * Theory.  A range is two runs of ids, those inside and those outside, paired in order.  The kernel takes each id once
 * on each side.  So the single id (--map-user and its kin) is taken out of both runs of every range, and what is left
 * is paired in order again.  Where only the run inside became shorter, the id outside that is left over gets the next
 * free id inside: every id outside that was asked for is mapped.  An id outside that was not asked for never is.
 *
 *     asked for       0:100000:5, and 2 for 1000            0:0:5, and 2 for 0
 *     inside          2      0 1 3 4 5                      2   0 1 3 4
 *     outside         1000   100000 ... 100004              0   1 2 3 4
 */
#ifndef ISLE_TOOLBOX_MAPS_H
#define ISLE_TOOLBOX_MAPS_H

#include "core/idmap.h"

enum maps_kind { MAPS_USERS, MAPS_GROUPS };

/*
 * Appends what WORD means: "inner:outer:count", the older "outer,inner,count", "auto" (the first range that
 * /etc/subuid or /etc/subgid gives to user UID, from 0 on), "subids" (the same range, the ids unchanged), "all" (every
 * id of this user namespace, unchanged).
 */
int maps_add(struct spec_idmaps *m, enum maps_kind kind, const char *word, uid_t uid, struct arena *a, struct err *e)
	MUST_USE;
/* Lets INNER stand for OUTER before all of M, which is changed as told above. */
void maps_put_first(struct spec_idmaps *m, uint32_t inner, uint32_t outer, struct arena *a);
/* Refuses what the kernel would: overlaps, too many ranges, a text of a page or more. */
int maps_check(const struct spec_idmaps *m, enum maps_kind kind, struct arena *a, struct err *e) MUST_USE;

#endif
