/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "debootstrap:SUITE": a minimal root of a Debian-like distribution, built once by mmdebstrap(1) or debootstrap(8). */
#ifndef ISLE_IMAGE_SUITE_H
#define ISLE_IMAGE_SUITE_H

#include "image/root.h"

/* Builds SUITE unless it is kept already; *RET is its root's path. */
int suite_root(const struct root_request *q, const char *suite, struct arena *a, char **ret, struct err *e) MUST_USE;
/* Refuses what can't be a suite, and what is no plain address of a mirror: both become arguments of a program. */
int suite_check(const char *suite, const char *mirror, struct err *e) MUST_USE;

#endif
