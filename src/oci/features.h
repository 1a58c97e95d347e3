/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What isle can do, as the runtime spec's document for it (features.md, features-linux.md).
 *
 * Nothing here is said twice: the words come from the tables of those who read them (mount.h, seccomp.h, ns.h,
 * caps_names.h), and the rest from one table in features.c.
 */
#ifndef ISLE_OCI_FEATURES_H
#define ISLE_OCI_FEATURES_H

#include "base/mem.h"

/* The document as an indented text, terminated; never NULL.  It is about isle, whatever this machine has. */
char *features_text(struct arena *a);
/* "+SYSTEMD +CAP …": what of it this machine has, in crun's words, for the last line of --version. */
char *features_here(struct arena *a);

#endif
