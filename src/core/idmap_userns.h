/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User namespaces that nobody lives in: the kernel takes the ids of an idmapped mount from one (mount_setattr(2)). */
#ifndef ISLE_CORE_IDMAP_USERNS_H
#define ISLE_CORE_IDMAP_USERNS_H

#include "core/idmap.h"

/*
 * A new user namespace with these maps, as a descriptor that keeps it; a short-lived child makes it.  Takes the rights
 * to map any id.
 */
int idmap_userns(const struct spec_idmaps *uids, const struct spec_idmaps *gids, struct arena *a, int *ret_fd,
		 struct err *e) MUST_USE;
/* Whether both maps say the same, line by line. */
bool idmap_same(const struct spec_idmaps *a, const struct spec_idmaps *b);

#endif
