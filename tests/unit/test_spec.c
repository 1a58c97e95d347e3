/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec in memory: empty at first, and its environment by whole names. */
#include "core/spec.h"
#include "jail.h"

static void an_empty_spec_keeps_everything(void **state)
{
	struct spec s;

	(void)state;
	memset(&s, 0x5a, sizeof(s));
	spec_init(&s);
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		assert_int_equal(s.lin.ns[k].mode, NS_KEEP);
		assert_int_equal(s.lin.ns[k].fd, FD_NONE);
		assert_null(s.lin.ns[k].path);
	}
	assert_int_equal(s.process.env.n + s.process.args.n + s.mounts.n + s.lin.devices.n, 0);
	assert_false(s.process.caps.has);
	assert_int_equal(s.lin.seccomp.mode, SECCOMP_NONE);
}

static void variables_are_found_by_their_whole_name(void **state)
{
	struct arena a = {0};
	struct spec s;

	(void)state;
	spec_init(&s);
	struct spec_process *p = &s.process;
	assert_null(spec_env(p, "A"));
	strs_add(&p->env, &a, "PATHS=no");
	strs_add(&p->env, &a, "PATH=/bin");
	strs_add(&p->env, &a, "EMPTY=");
	strs_add(&p->env, &a, "BARE");
	strs_add(&p->env, &a, "EQ=a=b");
	assert_string_equal(spec_env(p, "PATH"), "/bin");
	assert_string_equal(spec_env(p, "EMPTY"), "");
	assert_string_equal(spec_env(p, "EQ"), "a=b");
	assert_null(spec_env(p, "PAT"));
	assert_null(spec_env(p, "BARE"));
	assert_null(spec_env(p, "path"));

	spec_env_set(p, &a, "PATH", "/new");
	assert_int_equal(p->env.n, 5);
	assert_string_equal(p->env.v[0], "PATHS=no");
	assert_string_equal(p->env.v[1], "PATH=/new");
	spec_env_set(p, &a, "PAT", "");
	assert_int_equal(p->env.n, 6);
	assert_string_equal(p->env.v[5], "PAT=");
	assert_null(p->env.v[6]);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_spec_keeps_everything),
		cmocka_unit_test(variables_are_found_by_their_whole_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
