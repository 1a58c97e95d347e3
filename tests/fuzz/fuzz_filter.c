/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a filter: reading it is safe, and applying what was read gives the same answer twice. */
#include "inspect/filter.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* Columns A to Z, every other one a number. */
static int find(const char *name, size_t n, enum filter_type *ret_type)
{
	if (n != 1 || name[0] < 'A' || name[0] > 'Z')
		return -1;
	*ret_type = name[0] % 2 ? FILTER_NUMBER : FILTER_TEXT;
	return name[0] - 'A';
}

/* The cells are good and bad numbers, texts, and nothing. */
static const char *cell(void *row, int column)
{
	static const char *const cells[] = {"1", "", NULL, "text", "1.5", "18446744073709551615", "-1", "true"};

	(void)row;
	return cells[(size_t)column % ARRAY_LEN(cells)];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct filter *f;
	struct err e = {0};
	const char *text = arena_strndup(&a, (const char *)data, size);

	if (filter_parse(text, find, &a, &f, &e) == 0) {
		if (filter_passes(f, cell, NULL) != filter_passes(f, cell, NULL))
			abort();
		filter_free(f);
	} else if (!e.what[0] || !e.why[0]) {
		abort();
	}
	arena_free(&a);
	return 0;
}
