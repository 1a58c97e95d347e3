/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd as the maker of control groups: a container is a transient scope in a slice.
 *
 * systemd owns the tree (systemd.io/CGROUP_DELEGATION), so that where it runs a group made behind its back may be
 * changed or removed by it.  It is asked over D-Bus for a scope around a process that exists already, with
 * Delegate=yes: from then on the scope's group is ours to fill, and what is below is no business of systemd's.
 * Sources: org.freedesktop.systemd1(5), systemd.resource-control(5), systemd.slice(5).
 */
#ifndef ISLE_CORE_SYSTEMD_H
#define ISLE_CORE_SYSTEMD_H

#include "core/cgroup.h"
#include "core/dbus.h"

struct systemd {
	struct dbus bus;
	int version;	     /* 252; 0: unknown */
	char *control_group; /* of the manager itself: "", or a user's "/user.slice/…/user@1000.service" */
};

struct systemd_property {
	char *name;
	struct dbus_value value;
};
struct systemd_properties {
	struct systemd_property *v;
	size_t n, room;
};

/* Whether the machine was started by systemd, as sd_booted(3) asks. */
bool systemd_is_running(void);
/* Connects to the machine's systemd, or to the USER's own; the error says what is missing. */
int systemd_open(struct systemd *s, bool user, struct arena *a, struct err *e) MUST_USE;
void systemd_close(struct systemd *s);

/* "a-b.slice" as the path of its group, "/a.slice/a-b.slice"; "-.slice" is "". */
int systemd_slice_path(const char *slice, struct arena *a, char **ret, struct err *e) MUST_USE;

/*
 * Starts the scope (or slice) UNIT in SLICE with the process PID in it; returns when systemd says that it is done.  A
 * failed unit of that name is forgotten first; one that lives is -EEXIST.
 */
int systemd_start(struct systemd *s, const char *unit, const char *slice, pid_t pid,
		  const struct systemd_properties *extra, struct arena *a, struct err *e) MUST_USE;
/* Changes properties of a unit that lives, until it is gone. */
int systemd_set(struct systemd *s, const char *unit, const struct systemd_properties *p, struct arena *a, struct err *e)
	MUST_USE;
/* Moves PID into the unit's group, which a plain user may not do across the groups of the machine's systemd. */
int systemd_attach(struct systemd *s, const char *unit, pid_t pid, struct arena *a, struct err *e) MUST_USE;
/* Stops the unit and forgets its failure; one that is not there is no error. */
int systemd_stop(struct systemd *s, const char *unit, struct arena *a, struct err *e) MUST_USE;

/* ---- properties (systemd_properties.c, systemd_annotations.c) ---- */
void systemd_add(struct systemd_properties *l, struct arena *a, const char *name, struct dbus_value value);
/*
 * What RES means to systemd, so that it keeps what is also written into the files: V2: with the names of the unified
 * hierarchy.  What systemd has no property for is left out; the files have it.
 */
int systemd_limits(struct systemd_properties *l, const struct spec_resources *res, bool v2, int version,
		   struct arena *a, struct err *e) MUST_USE;
/* The annotations "org.systemd.property.NAME", typed as GVariant prints values: "uint64 5", "'text'", "['a', 'b']". */
int systemd_annotations(struct systemd_properties *l, const struct spec_pairs *annotations, struct arena *a,
			struct err *e) MUST_USE;

#endif
