/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a container's state: reading is safe, and what was read survives printing and reading. */
#include "oci/state_json.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct oci_process_state p;
	struct oci_state s;
	struct err e;

	if (oci_state_parse((const char *)data, size, &a, &s, &e) == 0) {
		char *first = oci_state_print(&s, JSON_INDENTED, &a);

		if (oci_state_parse(first, strlen(first), &a, &s, &e) < 0 ||
		    strcmp(first, oci_state_print(&s, JSON_INDENTED, &a)) != 0)
			abort();
	}
	if (oci_process_state_parse((const char *)data, size, &a, &p, &e) == 0) {
		char *first = oci_process_state_print(&p, &a);

		if (oci_process_state_parse(first, strlen(first), &a, &p, &e) < 0 ||
		    strcmp(first, oci_process_state_print(&p, &a)) != 0)
			abort();
	}
	arena_free(&a);
	return 0;
}
