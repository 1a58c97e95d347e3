/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config.json to begin with, on which runc and crun agree: what "isle oci spec" writes. */
#ifndef ISLE_OCI_SPEC_DEFAULT_H
#define ISLE_OCI_SPEC_DEFAULT_H

#include "core/spec.h"

/* A shell in the directory "rootfs"; its strings live in A. */
void spec_default(struct arena *a, struct spec *ret);
/*
 * The same for a plain user: in a user namespace where root is UID and GID of the machine, with the machine's network,
 * and without limits.
 */
void spec_default_rootless(uint32_t uid, uint32_t gid, struct arena *a, struct spec *ret);
/* S as the text of a file, indented, with a line break at its end. */
char *spec_default_text(const struct spec *s, struct arena *a);

#endif
