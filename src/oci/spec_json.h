/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json: the text form of the runtime spec (opencontainers/runtime-spec, config.md and config-linux.md).
 *
 * Reading what was printed gives the same spec again, except for the open descriptors, which have no text form.  A
 * value that can't be honoured is an error that begins with its path ("linux.resources.pids.limit: must be an
 * integer"); a key that the runtime spec does not have is ignored, as the spec wants it.  Whether the values make
 * sense together is not looked at here.
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

/* Reads a whole config.json; *RET is initialised first, and its strings live in A. */
int spec_parse(const char *text, size_t size, struct arena *a, struct spec *ret, struct err *e) MUST_USE;
/* The spec as one line of JSON, terminated; never NULL.  A SECCOMP_PROFILE must be valid JSON. */
char *spec_print(const struct spec *s, struct arena *a);
/* The same as the value of KEY in a larger object, or (KEY is NULL) as an element or a document of its own. */
void spec_write(const struct spec *s, struct json_out *out, const char *key);

#endif
