/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables that make up config.json; only spec_*_json.c include it. */
#ifndef ISLE_OCI_SPEC_JSON_TABLES_H
#define ISLE_OCI_SPEC_JSON_TABLES_H

#include "base/json_bind.h"
#include "core/spec.h"

extern const struct bind_table spec_process_table;   /* struct spec_process */
extern const struct bind_table spec_linux_table;     /* struct spec, its member 'lin' */
extern const struct bind_table spec_resources_table; /* struct spec_resources */

/* The reason for a row of kind REFUSED: the runtime spec has it, and isle does not do it yet. */
#define SPEC_NOT_YET "is not supported by this version of isle"

/*
 * For custom readers of a field that holds one letter: VALUE must be one of the letters of ALLOWED.
 * WHAT names the letters for the message: "c, b, u or p".
 */
int spec_read_letter(const struct json *value, const char *allowed, const char *what, char *ret, struct err *e)
	MUST_USE;

#endif
