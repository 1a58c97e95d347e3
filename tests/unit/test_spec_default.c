/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config.json to begin with is a good one, goes around, and is the one that runc and crun write. */
#include "oci/spec_default.h"

#include "oci/spec_check.h"
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

/* Checks S and gives its text. */
static const char *text_of(const struct spec *s)
{
	struct err e = {0};
	struct spec again;
	char *text = spec_default_text(s, &arena);

	if (spec_check(s, &e) < 0 || spec_parse(text, strlen(text), &arena, &again, &e) < 0)
		fail_msg("%s", e.what);
	assert_string_equal(spec_print(s, &arena), spec_print(&again, &arena));
	assert_string_equal(text + strlen(text) - 2, "}\n");
	return spec_print(s, &arena);
}

static void for_root(void **state)
{
	struct spec s;
	const char *text;

	(void)state;
	spec_default(&arena, &s);
	text = text_of(&s);
	assert_true(spec_has_process(&s));
	assert_int_equal(s.mounts.n, 7);
	assert_int_equal(s.lin.masked_paths.n, 10);
	assert_int_equal(s.lin.readonly_paths.n, 5);
	assert_non_null(strstr(text, "\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\",\"readonly\":true}"));
	/* Ambient capabilities without inheritable ones can't be had; runc's and crun's own have neither any more. */
	assert_null(strstr(text, "\"ambient\""));
	assert_null(strstr(text, "inheritable"));
	assert_non_null(strstr(text, "\"gid=5\""));
	assert_non_null(strstr(text, "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}"));
	assert_non_null(
		strstr(text, "\"resources\":{\"devices\":[{\"allow\":false,\"type\":\"a\",\"access\":\"rwm\"}]}"));
	assert_int_equal(s.lin.ns[NS_NET].mode, NS_NEW);
	assert_int_equal(s.lin.ns[NS_USER].mode, NS_KEEP);
	assert_int_equal(s.lin.ns[NS_CGROUP].mode, NS_KEEP);
}

static void for_a_plain_user(void **state)
{
	struct spec s;
	const char *text;

	(void)state;
	spec_default_rootless(1000, 1001, &arena, &s);
	text = text_of(&s);
	assert_int_equal(s.mounts.n, 7);
	assert_non_null(strstr(text, "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}],"
				     "\"gidMappings\":[{\"containerID\":0,\"hostID\":1001,\"size\":1}]"));
	assert_null(strstr(text, "gid=5"));
	assert_null(strstr(text, "resources"));
	assert_non_null(strstr(
		text, "{\"destination\":\"/sys\",\"type\":\"none\",\"source\":\"/sys\",\"options\":[\"rbind\","));
	assert_int_equal(s.lin.ns[NS_NET].mode, NS_KEEP);
	assert_int_equal(s.lin.ns[NS_USER].mode, NS_NEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(for_root, teardown),
		cmocka_unit_test_teardown(for_a_plain_user, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
