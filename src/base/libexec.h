/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that isle is made of besides itself, as git has its own. */
#ifndef ISLE_BASE_LIBEXEC_H
#define ISLE_BASE_LIBEXEC_H

#include "base/err.h"
#include "base/mem.h"

/*
 * The path of PROGRAM: below $ISLE_LIBEXECDIR (never believed by a set-uid program), beside the running program (the
 * build tree), or where 'make install' puts it.  -ENOENT names all places that were tried.
 */
int libexec_find(const char *program, struct arena *a, char **ret, struct err *e) MUST_USE;

#endif
