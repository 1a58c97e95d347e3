/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This machine's own root as a container's. */
#ifndef ISLE_IMAGE_HOST_H
#define ISLE_IMAGE_HOST_H

#include "core/rootfs.h"

/*
 * Appends those of the machine's system directories that are mounts of their own below ROOT ("/" but in tests), parents
 * first: an overlay of the root shows only the empty directories that they are mounted on.
 */
void host_submounts(const char *root, struct arena *a, struct strs *ret);

#endif
