/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that keep a namespace alive: a bind mount of /proc/PID/ns/… (namespaces(7)), for nsenter to find.
 *
 * The kernel refuses one that could keep itself alive: a mount namespace is bound only in one that is older, which it
 * tells by their numbers, and it refuses to let a bound one propagate to other mounts.  Since Linux 6.18 each processor
 * takes numbers from a stock of its own, so that a younger namespace may have the lower number, by chance; then a new
 * one must be made, on another processor.
 */
#ifndef ISLE_TOOLBOX_NAMESPACE_FILE_H
#define ISLE_TOOLBOX_NAMESPACE_FILE_H

#include "base/mem.h"
#include "core/ns.h"

#include <sys/types.h>

/*
 * Binds namespace KIND that process PID (as /proc counts) gives to its children onto FILE, which must exist.
 * -EDEADLK: a mount namespace that has the lower number by chance; make another one and try again.
 */
int namespace_file_bind(pid_t pid, enum ns_kind kind, const char *file, struct arena *a, struct err *e) MUST_USE;
/* Undoes that. */
void namespace_file_unbind(const char *file);
/*
 * Makes a new mount namespace and calls AGAIN, until that gives something other than -EDEADLK, which is the result: on
 * each processor that it can get at, then as often as a processor's stock has numbers.
 */
int namespace_renumber(int (*again)(void *ctx, struct err *e), void *ctx, struct err *e) MUST_USE;

#endif
