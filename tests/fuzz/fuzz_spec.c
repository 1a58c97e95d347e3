/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a config.json, and as its parts that come alone: reading and checking is safe, and what was read
 * survives printing and reading.
 */
#include "oci/spec_check.h"
#include "oci/spec_json.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* A whole config.json. */
static void try_spec(const char *text, size_t size, struct arena *a)
{
	struct spec s;
	struct err e;

	if (spec_parse(text, size, a, &s, &e) < 0)
		return;
	char *first = spec_print(&s, a);
	(void)!spec_check(&s, &e);
	if (spec_parse(first, strlen(first), a, &s, &e) < 0 || strcmp(first, spec_print(&s, a)) != 0)
		abort();
}

/* What exec --process reads. */
static void try_process(const char *text, size_t size, struct arena *a)
{
	struct spec_process p;
	struct err e;

	if (spec_process_parse(text, size, a, &p, &e) < 0)
		return;
	char *first = spec_process_print(&p, a);
	(void)!spec_check_process(&p, &e);
	if (spec_process_parse(first, strlen(first), a, &p, &e) < 0 || strcmp(first, spec_process_print(&p, a)) != 0)
		abort();
}

/* What update --resources reads. */
static void try_resources(const char *text, size_t size, struct arena *a)
{
	struct spec_resources r;
	struct err e;

	if (spec_resources_parse(text, size, a, &r, &e) < 0)
		return;
	char *first = spec_resources_print(&r, a);
	(void)!spec_check_resources(&r, &e);
	if (spec_resources_parse(first, strlen(first), a, &r, &e) < 0 ||
	    strcmp(first, spec_resources_print(&r, a)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};

	try_spec((const char *)data, size, &a);
	try_process((const char *)data, size, &a);
	try_resources((const char *)data, size, &a);
	arena_free(&a);
	return 0;
}
