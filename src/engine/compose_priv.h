/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that compose a spec (compose.h); for nobody else. */
#ifndef ISLE_ENGINE_COMPOSE_PRIV_H
#define ISLE_ENGINE_COMPOSE_PRIV_H

#include "engine/compose.h"

#include "base/fd.h"

struct compose {
	const struct run_options *o;
	struct home *h;
	struct arena *a; /* the home's */
	struct box *b;
	struct box_record *record; /* the box's */
	struct spec *spec;
	size_t default_mounts; /* so many of spec->mounts are not the user's, and can be replaced */
};

/* Each fills in its part; they are called in this order, and a later one may look at what an earlier one decided. */
int compose_ns(struct compose *c, struct err *e);      /* namespaces, host name, sysctls */
int compose_process(struct compose *c, struct err *e); /* command, environment, user, directory, terminal */
int compose_rights(struct compose *c, struct err *e);  /* capabilities, filters, labels, hidden paths */
int compose_limits(struct compose *c, struct err *e);  /* memory, processors, processes, block devices, rlimits */
int compose_mounts(struct compose *c, struct err *e);  /* the default mounts, volumes, tmpfs, device nodes */

int compose_sysctls(struct compose *c, struct err *e);
int compose_devices(struct compose *c, struct err *e);
/* Opens the namespaces that 'record' says are another container's or a file's. */
int compose_ns_open(struct compose *c, struct err *e);

/* Whether the container rules the machine's own ids. */
static inline bool userns_is_host(const struct compose *c)
{
	return c->spec->lin.ns[NS_USER].mode == NS_KEEP;
}

/* Refuses the VALUE of OPTION because of WHY; returns the negative code. */
int compose_bad(struct err *e, const char *option, const char *value, const char *why);
/* Appends one mount; OPTIONS are joined by ','.  Its strings are copied. */
struct spec_mount *compose_mount(struct compose *c, const char *destination, const char *type, const char *source,
				 const char *options);
/* Adds the words of TEXT, split at SEPARATOR. */
void strs_split(struct strs *s, struct arena *a, const char *text, char separator);
/* Splits "KEY=VALUE" ("KEY": an empty value) into copies; the key must not be empty. */
int compose_pair(struct compose *c, const char *text, const char *option, struct spec_pairs *to, struct err *e);
/* PATH in its plainest form: no "//", no "/./", no "/" at the end; refused if it is not absolute or has a "..". */
int compose_path(struct compose *c, const char *path, const char *option, char **ret, struct err *e);
/*
 * Calls FN with each line of FILE, a regular file of at most 1 MiB that OPTION names; not with empty ones and '#'
 * comments.
 */
int compose_lines(const char *option, const char *file, struct arena *a,
		  int (*fn)(void *ctx, char *line, struct err *e), void *ctx, struct err *e);

#endif
