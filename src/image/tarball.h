/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Root tarballs: known by their first bytes, named by their content, unpacked once (by isle-image, in its jail). */
#ifndef ISLE_IMAGE_TARBALL_H
#define ISLE_IMAGE_TARBALL_H

#include "image/root.h"

/* Unpacks the regular file FD, which the user calls PATH, unless it is kept already; *RET is its root's path. */
int tarball_root(const struct root_request *q, int fd, const char *path, struct arena *a, char **ret, struct err *e)
	MUST_USE;
/* Whether FD begins like a tar, or like a compressed file of a kind that isle can undo. */
bool tarball_looks_like(int fd);

#endif
