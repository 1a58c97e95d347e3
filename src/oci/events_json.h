/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of 'events', with the members that "runc events" made customary. */
#ifndef ISLE_OCI_EVENTS_JSON_H
#define ISLE_OCI_EVENTS_JSON_H

#include "core/cgroup_usage.h"

/* What the container ID uses, as one line with its line break. */
char *event_stats(const char *id, const struct cgroup_usage *u, struct arena *a);
/* The container ID ran out of memory. */
char *event_oom(const char *id, struct arena *a);

#endif
