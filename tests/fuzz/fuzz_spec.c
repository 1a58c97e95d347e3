/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a config.json: reading is safe, and a spec that was read survives printing and reading. */
#include "oci/spec_json.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct spec s;
	struct err e;

	if (spec_parse((const char *)data, size, &a, &s, &e) == 0) {
		char *first = spec_print(&s, &a);

		if (spec_parse(first, strlen(first), &a, &s, &e) < 0 || strcmp(first, spec_print(&s, &a)) != 0)
			abort();
	}
	arena_free(&a);
	return 0;
}
