/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the filter of a launch is loaded: early only if it leaves alone what the box still has to call. */
#include "base/fd.h"
#include "core/launch.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct arena arena;
static struct spec spec;

/* A launch with the filter that PROFILE gives (NULL: isle's own). */
static struct launch launch_with(const char *profile)
{
	struct json *json = NULL;

	spec_init(&spec);
	spec.process.caps.has = true;
	spec.lin.seccomp.mode = profile ? SECCOMP_PROFILE : SECCOMP_DEFAULT;
	if (profile)
		assert_int_equal(json_parse(profile, strlen(profile), &arena, &json, NULL), 0);
	spec.lin.seccomp.profile = json;
	return (struct launch){.spec = &spec, .arena = &arena, .process = spec.process};
}

/* Whether the filter of PROFILE may be loaded early. */
static bool is_mild(const char *profile)
{
	struct launch l = launch_with(profile);
	struct err e = {0};

	if (launch_filter_make(&l, &spec.process, &e) < 0)
		fail_msg("%s", e.what);
	assert_true(l.filter_made && l.filter.n > 0);
	return l.filter_mild;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void the_default_is_mild(void **state)
{
	(void)state;
	assert_true(is_mild(NULL));
}

static void podmans_profile_is_mild(void **state)
{
	char *text;
	size_t size;

	(void)state;
	if (file_read(AT_FDCWD, "/usr/share/containers/seccomp.json", &arena, 1 << 20, &text, &size, NULL) < 0)
		skip();
	assert_true(is_mild(text));
}

static void what_forbids_a_call_of_ours_is_not(void **state)
{
#define PROFILE(default, rule) "{\"defaultAction\":\"SCMP_ACT_" default "\",\"syscalls\":[{\"names\":[" rule "}]}"
	(void)state;
	assert_true(is_mild(PROFILE("ALLOW", "\"mount\"],\"action\":\"SCMP_ACT_ERRNO\"")));
	assert_false(is_mild(PROFILE("ALLOW", "\"futex\"],\"action\":\"SCMP_ACT_ERRNO\"")));
	assert_false(is_mild(PROFILE("ALLOW", "\"sendmsg\"],\"action\":\"SCMP_ACT_LOG\"")));
	assert_false(
		is_mild(PROFILE("ALLOW", "\"close\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"value\":9,"
					 "\"op\":\"SCMP_CMP_EQ\"}]")));
	assert_false(is_mild(PROFILE("ERRNO", "\"execve\"],\"action\":\"SCMP_ACT_ALLOW\"")));
}

static void nobody_listens(void **state)
{
	struct launch l = launch_with(PROFILE("ALLOW", "\"mkdir\"],\"action\":\"SCMP_ACT_NOTIFY\""));
	struct err e = {0};

	(void)state;
	assert_true(launch_filter_make(&l, &spec.process, &e) < 0);
	assert_non_null(strstr(e.what, "SCMP_ACT_NOTIFY"));
	assert_false(l.filter_made);
}

static void capabilities_that_change_compile_it_again(void **state)
{
	struct launch l =
		launch_with(PROFILE("ALLOW", "\"reboot\"],\"action\":\"SCMP_ACT_ERRNO\",\"excludes\":{\"caps\":"
					     "[\"CAP_SYS_BOOT\"]}"));
	struct err e = {0};

	(void)state;
	assert_int_equal(launch_filter_make(&l, &spec.process, &e), 0);
	assert_false(seccomp_allows(&l.filter, "reboot"));
	struct sock_filter *before = l.filter.v;
	assert_int_equal(launch_filter_make(&l, &spec.process, &e), 0);
	assert_ptr_equal(l.filter.v, before);
	spec.process.caps.bounding = ~0ULL;
	assert_int_equal(launch_filter_make(&l, &spec.process, &e), 0);
	assert_true(seccomp_allows(&l.filter, "reboot"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_default_is_mild, teardown),
		cmocka_unit_test_teardown(podmans_profile_is_mild, teardown),
		cmocka_unit_test_teardown(what_forbids_a_call_of_ours_is_not, teardown),
		cmocka_unit_test_teardown(nobody_listens, teardown),
		cmocka_unit_test_teardown(capabilities_that_change_compile_it_again, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
