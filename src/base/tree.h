/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole directory trees. */
#ifndef ISLE_BASE_TREE_H
#define ISLE_BASE_TREE_H

#include "base/err.h"

/*
 * Removes NAME, which may be a tree, from the directory DIRFD.  Links are never followed, a mount in the tree stops it,
 * and any depth is survived: directories are lifted to the top before they are emptied, so there is no recursion, no
 * path that grows, and three descriptors are enough.  What is not there is no error; so it can be repeated, and several
 * may do it at once.  Never DIRFD itself or what that is in, whoever forgot to look at a name (".."): -EINVAL.
 */
int tree_delete(int dirfd, const char *name, struct err *e) MUST_USE;
/* Makes the directory PATH, of mode 0700 whatever the umask, and the directories above it that do not exist. */
int tree_make(const char *path, struct err *e) MUST_USE;

#endif
