/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps in words: which range a word means, and that the single id costs no other one its place. */
#include "toolbox/maps.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The map that WORDS (up to a NULL) mean, as text; or the error's. */
static char *map_of(struct arena *a, const char *const *words, int64_t inner, uint32_t outer)
{
	struct spec_idmaps m = {0};
	struct err e = {0};

	for (; *words; words++)
		if (maps_add(&m, MAPS_USERS, *words, 4711, a, &e) < 0)
			return arena_printf(a, "error: %s", e.what);
	if (inner >= 0)
		maps_put_first(&m, (uint32_t)inner, outer, a);
	if (maps_check(&m, MAPS_USERS, a, &e) < 0)
		return arena_printf(a, "error: %s", e.what);
	return idmap_text(&m, a);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define assert_map(expected, inner, outer, ...) \
	assert_string_equal(map_of(&a, WORDS(__VA_ARGS__), inner, outer), expected)

/* Ranges alone, in both forms. */
static void test_words(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};

	(void)state;
	assert_map("0 100000 65536\n", -1, 0, "0:100000:65536");
	assert_map("5 100000 10\n", -1, 0, "100000,5,10");
	assert_map("0 1 2\n10 20 3\n", -1, 0, "0:1:2", "10:20:3");
	assert_map("4294967294 0 1\n", -1, 0, "4294967294:0:1");
}

/* What is no range. */
static void test_bad_words(void **state)
{
	static const char *const words[] = {
		"",	   "0",	    "0:0",    "0:0:",		":0:1",		  "0:0:1:1",
		"0:0:1,",  "0,0:1", "-1:0:1", "+1:0:1",		" 0:0:1",	  "0:0:1 ",
		"0x1:0:1", "a:b:c", "0:0:0",  "4294967295:0:1", "0:4294967296:1", "0:0:99999999999999999999",
		"ALL",	   "auto "};
	struct arena a CLEANUP(arena_free) = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char *text = map_of(&a, WORDS(words[i]), -1, 0);

		if (strncmp(text, "error: ", 7) != 0)
			fail_msg("\"%s\" gave %s", words[i], text);
	}
	/* These are ranges, and such as the kernel would not take. */
	assert_map("error: the map of users: the range 4294967294:0:2 is empty or goes past the last id", -1, 0,
		   "4294967294:0:2");
	assert_map("error: the map of users: the ranges 0:0:10 and 9:100:1 overlap", -1, 0, "0:0:10", "9:100:1");
	assert_map("error: the map of users: the ranges 0:0:10 and 20:9:1 overlap", -1, 0, "0:0:10", "20:9:1");
}

/* The single id beside, in, and just behind a range. */
static void test_single(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};

	(void)state;
	/* Beside it, on both sides: the range is whole, also where the single id is the next one. */
	assert_map("500 1000 1\n0 100000 10\n", 500, 1000, "0:100000:10");
	assert_map("10 1000 1\n0 100000 10\n", 10, 1000, "0:100000:10");
	assert_map("50 100010 1\n0 100000 10\n", 50, 100010, "0:100000:10");
	/* Inside alone: the last one outside gets the next free id. */
	assert_map("0 1000 1\n1 100000 65536\n", 0, 1000, "0:100000:65536");
	assert_map("2 1000 1\n0 100000 2\n3 100002 3\n", 2, 1000, "0:100000:5");
	assert_map("4 1000 1\n0 100000 4\n5 100004 1\n", 4, 1000, "0:100000:5");
	/* Outside alone: the range has one fewer, and no id that was not asked for. */
	assert_map("50 100002 1\n0 100000 2\n2 100003 2\n", 50, 100002, "0:100000:5");
	/* On both sides. */
	assert_map("2 0 1\n0 1 2\n3 3 2\n", 2, 0, "0:0:5");
	assert_map("0 2 1\n1 0 2\n3 3 2\n", 0, 2, "0:0:5");
	assert_map("3 3 1\n0 0 3\n4 4 1\n", 3, 3, "0:0:5");
	assert_map("0 0 1\n", 0, 0, "0:0:1");
	/* All of a small range. */
	assert_map("0 7 1\n1 100000 1\n", 0, 7, "0:100000:1");
	assert_map("5 100000 1\n", 5, 100000, "0:100000:1");
}

/* The next free id is in no other range, nor past the last one. */
static void test_next_free(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};

	(void)state;
	assert_map("0 1 1\n1 100 9\n30 109 1\n10 200 20\n", 0, 1, "0:100:10", "10:200:20");
	assert_map("0 1 1\n10 200 20\n1 100 9\n30 109 1\n", 0, 1, "10:200:20", "0:100:10");
	assert_map("4294967294 1 1\n0 100 1\n", 4294967294, 1, "4294967294:100:1");
}

/* Every id outside that was asked for is mapped once, whatever the single id is. */
static void test_none_is_lost(void **state)
{
	(void)state;
	for (uint32_t inner = 0; inner < 16; inner++) {
		for (uint32_t outer = 0; outer < 32; outer++) {
			struct arena a CLEANUP(arena_free) = {0};
			struct spec_idmaps m = {0};

			assert_int_equal(maps_add(&m, MAPS_USERS, "2:10:5", 0, &a, NULL), 0);
			assert_int_equal(maps_add(&m, MAPS_USERS, "8:20:4", 0, &a, NULL), 0);
			maps_put_first(&m, inner, outer, &a);
			assert_int_equal(maps_check(&m, MAPS_USERS, &a, NULL), 0);
			assert_int_equal(idmap_host(&m, inner), outer);
			for (uint32_t id = 10; id < 24; id++) {
				uint32_t found = 0;

				for (uint32_t i = 0; i < 32; i++)
					found += idmap_host(&m, i) == id;
				assert_int_equal(found, id < 15 || id >= 20 || id == outer);
			}
		}
	}
}

/* The kernel takes less than a page of text. */
static void test_too_long(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct spec_idmaps m = {0};
	struct err e = {0};

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		assert_int_equal(maps_add(&m, MAPS_GROUPS,
					  arena_printf(&a, "%u:%u:1", 1000000000 + 2 * i, 2000000000 + 2 * i), 0, &a,
					  &e),
				 0);
	assert_int_equal(maps_check(&m, MAPS_GROUPS, &a, &e), -EINVAL);
	assert_non_null(strstr(e.what, "the map of groups is too long"));
}

/* "all" is this process' own map, unchanged. */
static void test_all(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct spec_idmaps m = {0};

	(void)state;
	assert_int_equal(maps_add(&m, MAPS_USERS, "all", 0, &a, NULL), 0);
	assert_true(m.n > 0);
	for (size_t i = 0; i < m.n; i++)
		assert_int_equal(m.v[i].container_id, m.v[i].host_id);
	assert_true(idmap_has(&m, geteuid()));
}

/* A user whom nobody gave ids. */
static void test_no_subids(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};

	(void)state;
	assert_map("error: /etc/subuid gives user 4711 no range", -1, 0, "auto");
	assert_map("error: /etc/subuid gives user 4711 no range", -1, 0, "subids");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	  cmocka_unit_test(test_bad_words),    cmocka_unit_test(test_single),
		cmocka_unit_test(test_next_free), cmocka_unit_test(test_none_is_lost), cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_all),	  cmocka_unit_test(test_no_subids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
