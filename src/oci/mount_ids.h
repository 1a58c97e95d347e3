/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id mappings that a mount's options say, as podman's users write them. */
#ifndef ISLE_OCI_MOUNT_IDS_H
#define ISLE_OCI_MOUNT_IDS_H

#include "core/spec.h"

/*
 * Makes "idmap=uids=MAPS;gids=MAPS" (or "ridmap=…") of each mount the mappings of that mount, with the plain word in
 * its place.  MAPS are "FROM-TO-SIZE", several with '#' between them: FROM is the id in the file system, TO the
 * machine's; "@FROM-TO-SIZE" counts TO in the container's user namespace.  To be called before spec_check(), which
 * looks at what came of it.  Source: crun(1), "idmap mount options"; podman-run(1), "--mount".
 */
int mount_ids_take(struct spec *s, struct arena *a, struct err *e) MUST_USE;

#endif
