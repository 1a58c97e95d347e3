/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities that outlast a change of user and the start of a program: --keep-caps.
 *
 * A program that is not root's gets only the ambient capabilities (capabilities(7)), and those only of what is
 * permitted and inheritable; a change from user 0 to another one clears all of that, unless told not to.
 */
#ifndef ISLE_TOOLBOX_AMBIENT_H
#define ISLE_TOOLBOX_AMBIENT_H

#include "base/err.h"

/* Before a change of the user: what is permitted stays permitted. */
int ambient_hold(struct err *e) MUST_USE;
/* After it: makes all that is permitted effective, inheritable and ambient. */
int ambient_raise(struct err *e) MUST_USE;

#endif
