/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as what the OCI runtime notes of a container: reading is safe, and what was read survives writing it again. */
#include "oci/container.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_record record = {0}, again = {0};
	struct arena a = {0};
	struct err e;

	if (container_record_parse((const char *)data, size, &a, &record, &e) == 0) {
		char *first = container_record_print(&record, &a);

		if (container_record_parse(first, strlen(first), &a, &again, &e) < 0 ||
		    strcmp(first, container_record_print(&again, &a)) != 0)
			abort();
	}
	arena_free(&a);
	return 0;
}
