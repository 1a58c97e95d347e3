/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes: reading JSON is safe, and what was read is printed, read and printed again as the same text. */
#include "base/json_out.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct json_out first, second;
	struct json *j;

	if (json_parse((const char *)data, size, &a, &j, NULL) == 0) {
		json_out_init(&first, &a, JSON_INDENTED);
		json_tree(&first, NULL, j);
		if (json_parse(json_out_text(&first), first.n, &a, &j, NULL) < 0)
			abort();
		json_out_init(&second, &a, JSON_INDENTED);
		json_tree(&second, NULL, j);
		if (strcmp(first.text, json_out_text(&second)) != 0)
			abort();
	}
	arena_free(&a);
	return 0;
}
