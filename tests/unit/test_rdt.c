/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups of resctrl, in a directory that looks like one: few machines have the real thing.  The files of a new group,
 * which the kernel makes, are missing here; so what needs them is seen to fail, and to leave nothing behind.
 */
#include "core/rdt.h"

#include "jail.h"

#define SHARES "    L3:0=7ff;1=01f\n    MB:0=100;1= 70\n"

static struct arena arena;
static char yes[] = "yes";

/* A group with its files at PATH. */
static void group_put(const char *path, const char *schemata)
{
	must_call(mkdir(path, 0755));
	put(arena_printf(&arena, "%s/schemata", path), schemata, 0644);
	put(arena_printf(&arena, "%s/tasks", path), "", 0644);
	must_call(mkdir(arena_printf(&arena, "%s/mon_groups", path), 0755));
}

/* The file system, with the group "gold". */
static void resctrl_put(void)
{
	group_put("/tmp/r", SHARES);
	group_put("/tmp/r/gold", SHARES);
	must_call(mkdir("/tmp/r/info", 0755));
	put("/tmp/r/info/last_cmd_status", "ok\n", 0644);
}

/* The spec for the group ID with the shares L3 and MB. */
static struct spec_intel_rdt wanted(const char *id, const char *l3, const char *mb)
{
	return (struct spec_intel_rdt){.has = true,
				       .clos_id = arena_strdup(&arena, id),
				       .l3_cache_schema = arena_strdup(&arena, l3),
				       .mem_bw_schema = arena_strdup(&arena, mb)};
}

static void entering(void *arg)
{
	struct spec_intel_rdt r = wanted("gold", NULL, NULL);
	struct rdt_group g = {0};
	struct err e = {0};

	(void)arg;
	resctrl_put();
	must(rdt_enter("/tmp/r", &r, "c1", 123, &arena, &g, &e), &e);
	assert_string_equal(text_of("/tmp/r/gold/tasks"), "123");
	assert_string_equal(text_of("/tmp/r/gold/schemata"), SHARES); /* nothing was asked for */
	assert_false(g.made);
	must(rdt_join("/tmp/r", &r, "c1", 456, &arena, &e), &e);
	assert_string_equal(text_of("/tmp/r/gold/tasks"), "456");
	/* One that has a name is not ours to remove. */
	must(rdt_remove("/tmp/r", &r, "c1", &arena, &e), &e);
	must_call(access("/tmp/r/gold", F_OK));
	r = wanted("/", NULL, NULL);
	must(rdt_enter("/tmp/r", &r, "c1", 789, &arena, &g, &e), &e);
	assert_string_equal(text_of("/tmp/r/tasks"), "789");
	r = wanted("lead", NULL, NULL);
	must_fail(rdt_enter("/tmp/r", &r, "c1", 1, &arena, &g, &e), ENOENT, &e, "closID");
}

/* The shares of a group that is there must be those asked for, in whatever form they are written. */
static void comparing(void *arg)
{
	static const struct {
		const char *l3, *mb, *wrong;
	} rows[] = {
		{"L3:0=7ff;1=1f", "MB:0=100;1=70", NULL},
		{"L3:1=1F", NULL, NULL},
		{NULL, "MB:1=70;0=100", NULL},
		{"L3:0=7fe", NULL, "l3CacheSchema"},
		{"L3:2=1", NULL, "l3CacheSchema"},
		{"L3", NULL, "l3CacheSchema"},
		{"L3:", NULL, "l3CacheSchema"},
		{"L2:0=7ff", NULL, "l3CacheSchema"},
		{NULL, "MB:0=10", "memBwSchema"},
		{NULL, "MB:0=1000", "memBwSchema"},
		{NULL, "MB:0", "memBwSchema"},
		{NULL, "MB:0=100;", "memBwSchema"},
	};
	struct rdt_group g = {0};
	struct err e = {0};

	(void)arg;
	resctrl_put();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spec_intel_rdt r = wanted("gold", rows[i].l3, rows[i].mb);

		if (!rows[i].wrong)
			must(rdt_enter("/tmp/r", &r, "c1", 5, &arena, &g, &e), &e);
		else
			must_fail(rdt_enter("/tmp/r", &r, "c1", 5, &arena, &g, &e), EINVAL, &e, rows[i].wrong);
	}
	assert_string_equal(text_of("/tmp/r/gold/schemata"), SHARES);
	/* Lines of any kind are written, whatever is there. */
	struct spec_intel_rdt r = wanted("gold", NULL, NULL);
	strs_add(&r.schemata, &arena, "L2:0=f");
	must(rdt_enter("/tmp/r", &r, "c1", 5, &arena, &g, &e), &e);
	must_have(text_of("/tmp/r/gold/schemata"), "L2:0=f\n");
}

/* What was made before an error is gone after it. */
static void rolling_back(void *arg)
{
	struct spec_intel_rdt r = {.has = true};
	struct rdt_group g = {0};
	struct err e = {0};

	(void)arg;
	resctrl_put();
	must_fail(rdt_enter("/tmp/r", &r, "c1", 5, &arena, &g, &e), ENOENT, &e, "/tmp/r/c1/tasks");
	assert_true(access("/tmp/r/c1", F_OK) < 0 && !g.made && !g.dir);
	r = wanted("new", "L3:0=1", NULL);
	must_fail(rdt_enter("/tmp/r", &r, "c1", 5, &arena, &g, &e), ENOENT, &e, "/tmp/r/new/schemata");
	assert_true(access("/tmp/r/new", F_OK) < 0);
	r = wanted("gold", NULL, NULL);
	r.enable_monitoring = true;
	must_fail(rdt_enter("/tmp/r", &r, "c1", 5, &arena, &g, &e), ENOENT, &e, "mon_groups/c1/tasks");
	assert_true(access("/tmp/r/gold/mon_groups/c1", F_OK) < 0);
	/* What resctrl itself says of it. */
	must_call(unlink("/tmp/r/info/last_cmd_status"));
	put("/tmp/r/info/last_cmd_status", "no free shares\nsecond line\n", 0644);
	must_call(unlink("/tmp/r/gold/tasks"));
	r = wanted("gold", NULL, NULL);
	must_fail(rdt_enter("/tmp/r", &r, "c1", 5, &arena, &g, &e), ENOENT, &e, "resctrl says: no free shares");
	/* A group of the container's own name that is somebody else's. */
	must_call(mkdir("/tmp/r/c2", 0755));
	r = (struct spec_intel_rdt){.has = true};
	must_fail(rdt_enter("/tmp/r", &r, "c2", 5, &arena, &g, &e), EEXIST, &e, "/tmp/r/c2");
	must_call(access("/tmp/r/c2", F_OK));
}

static void removing(void *arg)
{
	struct spec_intel_rdt r = {.has = true, .enable_monitoring = true};
	struct err e = {0};

	(void)arg;
	resctrl_put();
	must_call(mkdir("/tmp/r/c1", 0755));
	must(rdt_remove("/tmp/r", &r, "c1", &arena, &e), &e);
	assert_true(access("/tmp/r/c1", F_OK) < 0);
	must(rdt_remove("/tmp/r", &r, "c1", &arena, &e), &e);
	r.clos_id = yes;
	group_put("/tmp/r/yes", "");
	must_call(mkdir("/tmp/r/yes/mon_groups/c1", 0755));
	must(rdt_remove("/tmp/r", &r, "c1", &arena, &e), &e);
	assert_true(access("/tmp/r/yes/mon_groups/c1", F_OK) < 0);
	must_call(access("/tmp/r/yes", F_OK));
	r.clos_id = NULL;
	group_put("/tmp/r/c3", "");
	must_fail(rdt_remove("/tmp/r", &r, "c3", &arena, &e), ENOTEMPTY, &e, "/tmp/r/c3");
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void groups_are_entered(void **state)
{
	(void)state;
	in_jail(entering, NULL);
}

static void groups_of_others_are_compared(void **state)
{
	(void)state;
	in_jail(comparing, NULL);
}

static void failures_leave_nothing(void **state)
{
	(void)state;
	in_jail(rolling_back, NULL);
}

static void groups_end_with_the_container(void **state)
{
	(void)state;
	in_jail(removing, NULL);
}

static void a_machine_without_is_told(void **state)
{
	struct err e = {0};
	char *root;

	(void)state;
	if (strstr(text_of("/proc/filesystems"), "resctrl"))
		skip();
	must_fail(rdt_root(&arena, &root, &e), ENOENT, &e, "mounted nowhere");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(groups_are_entered, teardown),
		cmocka_unit_test_teardown(groups_of_others_are_compared, teardown),
		cmocka_unit_test_teardown(failures_leave_nothing, teardown),
		cmocka_unit_test_teardown(groups_end_with_the_container, teardown),
		cmocka_unit_test_teardown(a_machine_without_is_told, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
