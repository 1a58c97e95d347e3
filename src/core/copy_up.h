/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "tmpcopyup": a new file system begins with a copy of what it covers. */
#ifndef ISLE_CORE_COPY_UP_H
#define ISLE_CORE_COPY_UP_H

#include "base/err.h"

/*
 * Copies what is in the directory FROM into the empty directory TO (descriptors, O_PATH is enough): files, directories,
 * links and pipes with their modes, owners, times and extended attributes; not what is mounted below.  TO itself gets
 * mode and owner of FROM.  No link is followed.
 */
int copy_up(int from, int to, struct err *e) MUST_USE;

#endif
