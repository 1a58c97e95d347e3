/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json: the text form of the runtime spec (opencontainers/runtime-spec, config.md and config-linux.md).
 *
 * Every member that the newest release of the runtime spec has for Linux has a row in a table, which knows its type and
 * its place.  Reading what was printed gives the same spec again, except for the open descriptors, which have no text
 * form.  An empty text where a name or a path belongs is read as absence: the spec's own Go types don't tell the two
 * apart.  A value of the wrong type or size is an error that begins with its path ("linux.resources.pids.limit: must be
 * an integer"); a key that the runtime spec does not have, and the objects of other systems, are ignored, as the spec
 * wants it.  Whether the values make sense together is looked at by spec_check.h.
 */
#ifndef ISLE_OCI_SPEC_JSON_H
#define ISLE_OCI_SPEC_JSON_H

#include "base/json_out.h"
#include "core/spec.h"

/*
 * linux.seccomp of a spec whose filter is isle's own, computed from the capabilities (SECCOMP_DEFAULT), is
 * {"defaultAction": SPEC_SECCOMP_DEFAULT}: an action that no other runtime knows and so none mistakes for a profile.
 */
#define SPEC_SECCOMP_DEFAULT "ISLE_DEFAULT"

/* The release of the runtime spec that this is. */
#define SPEC_OCI_VERSION "1.3.0"

/* Reads a whole config.json; *RET is initialised first, and its strings live in A. */
int spec_parse(const char *text, size_t size, struct arena *a, struct spec *ret, struct err *e) MUST_USE;
/* The spec as one line of JSON, terminated; never NULL.  A SECCOMP_PROFILE must be valid JSON. */
char *spec_print(const struct spec *s, struct arena *a);
/* The same as the value of KEY in a larger object, or (KEY is NULL) as an element or a document of its own. */
void spec_write(const struct spec *s, struct json_out *out, const char *key);

/* The same for process alone, as exec --process takes it, and for linux.resources alone, as update --resources does. */
int spec_process_parse(const char *text, size_t size, struct arena *a, struct spec_process *ret, struct err *e)
	MUST_USE;
char *spec_process_print(const struct spec_process *p, struct arena *a);
int spec_resources_parse(const char *text, size_t size, struct arena *a, struct spec_resources *ret, struct err *e)
	MUST_USE;
char *spec_resources_print(const struct spec_resources *r, struct arena *a);

#endif
