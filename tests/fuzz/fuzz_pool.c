/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a request to a pool: reading is safe, and what was read says the same when it is written again. */
#include "engine/pool_request.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pool_request r, again;
	struct arena a = {0};
	char *bytes = arena_alloc(&a, size + 1, 1), *first, *second;
	size_t n, m;

	memcpy(bytes, data, size);
	if (pool_request_parse(bytes, size, &a, &r, NULL) == 0) {
		pool_request_print(&r, &a, &first, &n);
		char *copy = arena_alloc(&a, n, 1);

		memcpy(copy, first, n);
		if (pool_request_parse(copy, n, &a, &again, NULL) < 0)
			abort();
		pool_request_print(&again, &a, &second, &m);
		if (n != m || memcmp(first, second, n) != 0)
			abort();
	}
	arena_free(&a);
	return 0;
}
