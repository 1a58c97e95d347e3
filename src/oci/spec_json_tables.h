/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables that make up config.json, and the words in them; for spec_*_json.c, features.c and hooks.c. */
#ifndef ISLE_OCI_SPEC_JSON_TABLES_H
#define ISLE_OCI_SPEC_JSON_TABLES_H

#include "base/json_bind.h"
#include "core/spec.h"

extern const struct bind_table spec_process_table;   /* struct spec_process */
extern const struct bind_table spec_linux_table;     /* struct spec, its member 'lin' */
extern const struct bind_table spec_resources_table; /* struct spec_resources */

extern const struct bind_table spec_idmap_table; /* struct spec_idmap */

extern const struct bind_names spec_hook_names;		 /* by enum spec_hook_kind */
extern const struct bind_names spec_memory_policy_modes; /* by MPOL_… */
extern const struct bind_names spec_memory_policy_flags; /* by the number of the bit of MPOL_F_… */

/* What fits into a device number: 12 and 20 bits (makedev(3)); the kernel cuts greater ones without a word. */
enum { SPEC_MAJOR_MAX = (1 << 12) - 1, SPEC_MINOR_MAX = (1 << 20) - 1 };
/* The greatest user or group id; the number after that means "none" to the kernel. */
#define SPEC_ID_MAX (UINT32_MAX - 1)

/*
 * For custom readers of a field that holds one letter: VALUE must be one of the letters of ALLOWED.
 * WHAT names the letters for the message: "c, b, u or p".
 */
int spec_read_letter(const struct json *value, const char *allowed, const char *what, char *ret, struct err *e)
	MUST_USE;

#endif
