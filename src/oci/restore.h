/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What checkpoint and restore agree on. */
#ifndef ISLE_OCI_RESTORE_H
#define ISLE_OCI_RESTORE_H

#include "core/ns.h"

/* The file beside criu's images that names descriptors 0 to 2 of the first process; runc's and crun's is the same. */
#define CRIU_DESCRIPTORS "descriptors.json"

/* How a namespace that the container joined is called in the images; NULL: criu has no way to leave it out. */
extern const char *const criu_joined_key[NS_KIND_COUNT];

#endif
