/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: programs of the user's that run at fixed moments of a container's life (config.md, "POSIX-platform Hooks").
 *
 *     prestart, createRuntime   by create, in the runtime's namespaces, when the container's mounts are attached and
 *                               its root is not yet entered for good
 *     createContainer           next, in the container's namespaces, with the machine's root
 *     startContainer            by start, in the container, just before the program
 *     poststart, poststop       by start and delete, in the runtime's namespaces
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
 * Runs the hooks of KIND one after the other.  ROOT_FD: the directory that is their root; FD_NONE: the caller's.  The
 * first that fails stops it, and the error names it.
 */
int hooks_run(const struct spec *s, enum spec_hook_kind kind, const struct oci_state *state, int root_fd,
	      struct arena *a, struct err *e) MUST_USE;
/* The same for those whose failure is only worth a warning (poststart, poststop): all of them run. */
void hooks_run_all(const struct spec *s, enum spec_hook_kind kind, const struct oci_state *state, struct arena *a,
		   void (*warn)(void *ctx, const char *sentence), void *ctx);

#endif
