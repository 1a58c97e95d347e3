/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a control group is, by the lines of /proc: v1, v2, both, mounts that show a part, odd names. */
#include "toolbox/target_cgroups.h"
#include "unit.h"

static struct arena arena;

static const char machine[] = "24 1 0:22 / / rw - ext4 /dev/root rw\n"
			      "30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n"
			      "31 24 0:27 /part /mnt/mem\\040ory rw - cgroup cgroup rw,memory\n"
			      "32 24 0:28 / /sys/fs/cgroup/systemd rw - cgroup none rw,name=systemd\n"
			      "33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n"
			      "34 24 0:29 /a /late rw - cgroup2 cgroup2 rw\n"
			      "broken\n"
			      "35 24 0:30 / /cut -\n";

static const struct {
	const char *controllers, *path, *found;
} groups[] = {
	{"", "/a/b", "/sys/fs/cgroup/unified/a/b"},
	{"", "/", "/sys/fs/cgroup/unified"},
	{"cpu,cpuacct", "/x", "/sys/fs/cgroup/cpu,cpuacct/x"},
	{"cpu", "/x", "/sys/fs/cgroup/cpu,cpuacct/x"},
	{"name=systemd", "/s", "/sys/fs/cgroup/systemd/s"},
	{"memory", "/part", "/mnt/mem ory"},
	{"memory", "/part/y", "/mnt/mem ory/y"},
	{"memory", "/party", NULL}, /* beside what the mount shows */
	{"memory", "/", NULL},
	{"pids", "/x", NULL},
	{"name=system", "/x", NULL},
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		const struct cgroup_line want = {groups[i].controllers, groups[i].path};
		const char *found = cgroup_line_find(&want, machine, &arena);

		if (groups[i].found) {
			assert_non_null(found);
			assert_string_equal(found, groups[i].found);
		} else {
			assert_null(found);
		}
	}
	assert_null(cgroup_line_find(&(const struct cgroup_line){"", "/"}, "", &arena));
}

static void test_lines(void **state)
{
	static const char *const bad[] = {"", "0", "0:", "0::", "0::x", "::"};
	char v1[] = "4:cpu,cpuacct:/a:b/c";
	char v2[] = "0::/";
	struct cgroup_line line;

	(void)state;
	assert_true(cgroup_line_parse(v1, &line));
	assert_string_equal(line.controllers, "cpu,cpuacct");
	assert_string_equal(line.path, "/a:b/c");
	assert_true(cgroup_line_parse(v2, &line));
	assert_string_equal(line.controllers, "");
	assert_string_equal(line.path, "/");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(cgroup_line_parse(arena_strdup(&arena, bad[i]), &line));
}

/* Frees what the tests have made. */
static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_find), cmocka_unit_test(test_lines)};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
