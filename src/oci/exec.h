/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'exec' is to run: the process of a file or of the command line, completed by the container's own. */
#ifndef ISLE_OCI_EXEC_H
#define ISLE_OCI_EXEC_H

#include "core/cgroup.h"
#include "oci/runtime.h"

/*
 * Fills RET from O, and what O leaves out from the process of CONTAINER, a spec that may be changed meanwhile.  As runc
 * and crun have it: a file leaves out what it does not name, the command line all that it has no option for.  In both
 * cases no_new_privs of the container stays.
 */
int exec_process(const struct oci_exec_options *o, struct spec *container, struct arena *a, struct spec_process *ret,
		 struct err *e) MUST_USE;

/* Puts process PID into the groups of --cgroup, which exist below the container's, CG. */
int exec_subgroups(const struct cgroup *cg, const struct strs *wanted, pid_t pid, struct arena *a, struct err *e)
	MUST_USE;

#endif
