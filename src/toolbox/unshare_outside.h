/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What unshare does to the namespaces that it made, from outside where it must be.
 *
 * Theory.  Who has unshared is in the new namespaces at once, and in a new user namespace without rights in the old
 * one.  What needs those rights, or the old mounts, is done by an outsider that was made before: it writes maps of
 * more than the caller's own ids, and binds namespaces to files, which must be seen outside.  The pid namespace is
 * bound when the program's own process asks for it, since it needs a first process; so the program never starts before
 * its files are there.  Where nobody stays outside, the same is done here.
 */
#ifndef ISLE_TOOLBOX_UNSHARE_OUTSIDE_H
#define ISLE_TOOLBOX_UNSHARE_OUTSIDE_H

#include "toolbox/unshare_priv.h"

enum outside {
	OUTSIDE_SETGROUPS,
	OUTSIDE_MAPS,
	OUTSIDE_CLOCKS,
	OUTSIDE_FILES, /* all but that of the pid namespace; those that are bound already are left alone */
	OUTSIDE_PID_FILE,
	OUTSIDE_KEEP, /* the program is about to start: if the tool ends now, its files stay */
	OUTSIDE_UNDO, /* unbinds all files */
};

/* Makes the outsider of U. */
int outside_make(struct unshare *u, struct err *e) MUST_USE;
/* Does WHAT, in the outsider if there is one. */
int outside_or_here(struct unshare *u, enum outside what, struct err *e) MUST_USE;
/* The word for /proc/PID/setgroups: who maps his own group alone must deny it. */
const char *unshare_setgroups_word(const struct unshare *u);

#endif
