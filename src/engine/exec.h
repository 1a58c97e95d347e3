/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle exec': one more program in a running container.
 *
 * A go-between joins the container's namespaces while it is still outside its pid namespace, takes on the container's
 * restricted rights there, and only then creates the program's process inside: at no time does a process stand inside
 * the pid namespace with more rights than the container has (CVE-2016-9962).
 */
#ifndef ISLE_ENGINE_EXEC_H
#define ISLE_ENGINE_EXEC_H

#include "core/step.h"
#include "engine/run.h"

struct exec_options {
	bool interactive, tty, detach, privileged;
	char *user, *workdir, *detach_keys;
	struct strs env, env_file;
	struct strs command; /* at least one word */
};

/* *RET_STATUS is the program's exit status; 0 if detached. */
int engine_exec(struct home *h, const char *ref, const struct exec_options *o, const struct run_mode *m,
		int *ret_status, struct err *e) MUST_USE;

#endif
