/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which container manager a control group was made by, and for which container: the tables of their naming.
 *
 * Only names are looked at.  Of several that match in a path the first counts: what stands below it was named by the
 * container itself, and may lie.
 */
#ifndef ISLE_INSPECT_CONTAINER_H
#define ISLE_INSPECT_CONTAINER_H

#include "base/mem.h"

struct container_name {
	const char *manager; /* "docker", "podman", "k8s", "isle" … */
	char *id;	     /* whole, as the manager's own commands take it */
};

/* Reads PATH, "/system.slice/docker-0123….scope"; false if no part of it is a container's. */
bool container_of_path(const char *path, struct arena *a, struct container_name *ret);
/* The same for the text of a /proc/PID/cgroup, line by line, of v1 and v2. */
bool container_of_cgroups(const char *text, struct arena *a, struct container_name *ret);
/* "docker:0123456789ab": an id of 32 digits and more is cut to twelve, as all of them show it. */
char *container_label(const struct container_name *name, struct arena *a);

#endif
