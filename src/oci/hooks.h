/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: programs of the user's that run at fixed moments of a container's life (config.md, "POSIX-platform Hooks").
 *
 *     prestart, createRuntime   by create, in the runtime's namespaces, when the container's mounts are attached and
 *                               its root is not yet entered for good; the first process still has the machine's root
 *     createContainer           next, in the container's namespaces, with the machine's root
 *     startContainer            by start, in the container, just before the program
 *     poststart, poststop       by start and delete, in the runtime's namespaces
 *
 * Until the root is entered for good, it lies at root.path of the container's mount namespace, as with runc and crun: a
 * createContainer hook finds and changes it there, and one before it by way of /proc/PID/root, or by joining the
 * namespace.  What is mounted below it stays for the program.
 *
 * Each gets the state as a file on its standard input, exactly the configured environment, "/" as its working
 * directory, and no other descriptor; what it prints is told only when it fails.
 */
#ifndef ISLE_OCI_HOOKS_H
#define ISLE_OCI_HOOKS_H

#include "core/spec.h"
#include "oci/state_json.h"

/* Whether SPEC has a hook that runs before the container's root is entered. */
bool hooks_before_root(const struct spec *s);
/*
 * Runs the hooks of KIND one after the other, in the caller's namespaces and root.  The first that fails stops it, and
 * the error names it.
 */
int hooks_run(const struct spec *s, enum spec_hook_kind kind, const struct oci_state *state, struct arena *a,
	      struct err *e) MUST_USE;
/* The same for those whose failure is only worth a warning (poststop): all of them run. */
void hooks_run_all(const struct spec *s, enum spec_hook_kind kind, const struct oci_state *state, struct arena *a,
		   void (*warn)(void *ctx, const char *sentence), void *ctx);

#endif
