/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id mappings in the options of mounts: what they become, and what is wrong with them. */
#include "oci/mount_ids.h"

#include "core/idmap.h"
#include "oci/spec_json.h"
#include "unit.h"

#include <string.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A spec whose user namespace has two ranges, and whose second mount has OPTION between two others. */
static struct spec spec_with(const char *option)
{
	const char *text = arena_printf(
		&arena,
		"{\"ociVersion\":\"1.0.2\",\"mounts\":[{\"destination\":\"/a\",\"options\":[\"idmapped=1\"]},"
		"{\"destination\":\"/b\",\"options\":[\"bind\",\"%s\",\"ro\"]}],\"linux\":{\"uidMappings\":["
		"{\"containerID\":0,\"hostID\":1000,\"size\":1},{\"containerID\":1,\"hostID\":200000,\"size\":100}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":50,\"size\":4294967295}]}}",
		option);
	struct err e = {0};
	struct spec s;

	if (spec_parse(text, strlen(text), &arena, &s, &e) < 0)
		fail_msg("%s: %s", text, e.what);
	return s;
}

static void options_become_mappings(void **state)
{
	static const struct {
		const char *option, *uids, *gids, *left;
	} rows[] = {
		{"idmap", "", "", "idmap"},
		{"idmapped=x", "", "", "idmapped=x"},
		{"idmap=uids=0-1-100;gids=5-6-7", "0 1 100\n", "5 6 7\n", "idmap"},
		{"ridmap=gids=0-0-1#10-20-30#4294967294-1-1;uids=1-2-3", "1 2 3\n", "0 0 1\n10 20 30\n4294967294 1 1\n",
		 "ridmap"},
		/* "@": of the container's ids. */
		{"idmap=uids=@7-0-1#@8-1-100#9-0-1;gids=@0-4-2", "7 1000 1\n8 200000 100\n9 0 1\n", "0 54 2\n",
		 "idmap"},
		{"idmap=uids=0-1-1", "0 1 1\n", "", "idmap"}, /* the spec's check misses the other */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spec s = spec_with(rows[i].option);
		struct spec_mount *m = &s.mounts.v[1];
		struct err e = {0};

		if (mount_ids_take(&s, &arena, &e) < 0)
			fail_msg("%s: %s", rows[i].option, e.what);
		assert_string_equal(idmap_text(&m->uid_map, &arena), rows[i].uids);
		assert_string_equal(idmap_text(&m->gid_map, &arena), rows[i].gids);
		assert_int_equal(m->options.n, 3);
		assert_string_equal(m->options.v[1], rows[i].left);
		assert_int_equal(s.mounts.v[0].uid_map.n, 0);
	}
}

static void wrong_options_are_named(void **state)
{
	static const struct {
		const char *option, *sentence;
	} rows[] = {
		{"idmap=", "must be \"uids=\" or \"gids=\" at \"\""},
		{"idmap=0-1-1", "must be \"uids=\" or \"gids=\" at \"0-1-1\""},
		{"idmap=uids=", "must be FROM-TO-SIZE at \"\""},
		{"idmap=uids=0-1", "must be FROM-TO-SIZE at \"\""},
		{"idmap=uids=0--1-1", "must be FROM-TO-SIZE at \"-1-1\""},
		{"idmap=uids=0-4294967296-1", "must be FROM-TO-SIZE at \"4294967296-1\""},
		{"idmap=uids=0-0-1#", "must be FROM-TO-SIZE at \"\""},
		{"idmap=uids=0-0-1;", "must be \"uids=\" or \"gids=\" at \"\""},
		{"idmap=uids=0-0-1,gids=0-0-1", "must end at \",gids=0-0-1\""},
		{"idmap=uids=@0-0-2", "leads to ids that are not in one range of the user namespace"},
		{"idmap=uids=@0-101-1", "leads to ids that are not in one range of the user namespace"},
		{"idmap=uids=@0-1-4294967295", "leads to ids that are not in one range of the user namespace"},
		{"idmap=uids=0-0-1;gids=0-0-1\",\"idmap=uids=0-0-1", "has mappings, and the mount has others already"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spec s = spec_with(rows[i].option);
		struct err e = {0};
		int at = strstr(rows[i].option, "\",\"") ? 2 : 1;

		if (mount_ids_take(&s, &arena, &e) == 0)
			fail_msg("%s is taken", rows[i].option);
		assert_string_equal(e.what, arena_printf(&arena, "mounts[1].options[%d]: %s", at, rows[i].sentence));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_become_mappings),
		cmocka_unit_test(wrong_options_are_named),
	};

	return cmocka_run_group_tests_name("mount_ids", tests, NULL, teardown);
}
