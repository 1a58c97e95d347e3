/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the kernel refuses new namespaces: what a look at this machine's switches, limits and modules tells.
 *
 * Asked only after a failure, so it may read what it likes.  Sources: user_namespaces(7), namespaces(7), clone(2),
 * unshare(2), and the sysctls that Debian and Ubuntu add.
 */
#ifndef ISLE_CORE_REFUSED_H
#define ISLE_CORE_REFUSED_H

#include "base/err.h"
#include "base/mem.h"
#include "core/ns.h"

/*
 * Adds to E, which has what was attempted, why namespaces of FLAGS (CLONE_NEW… or'ed together) were refused with CODE
 * (positive), and what would allow it.  PLAIN: the caller was no root of his user namespace.  Returns -CODE.
 */
int ns_refused(unsigned int flags, int code, bool plain, struct arena *a, struct err *e);

/*
 * The same for an id map that could not be written with CODE: on a machine whose AppArmor takes the rights of new user
 * namespaces away, it is here that a plain user notices.  Says nothing where nothing is known.
 */
int map_refused(int code, bool plain, struct arena *a, struct err *e);

#endif
