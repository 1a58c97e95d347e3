/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of 'isle oci events': every member where runc has it, and nothing where there is nothing to tell. */
#include "oci/events_json.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* The member at PATH, "data.cpu.usage.total", of the object in TEXT; NULL if it is not there. */
static const struct json *member(const char *text, const char *path, struct arena *a)
{
	struct json *root;
	char *rest = arena_strdup(a, path);

	assert_int_equal(json_parse(text, strlen(text), a, &root, NULL), 0);
	const struct json *j = root;
	for (char *key; (key = strsep(&rest, "."));)
		j = json_get(j, key);
	return j;
}

/* The number at PATH. */
static uint64_t number(const char *text, const char *path, struct arena *a)
{
	const struct json *j = member(text, path, a);

	assert_non_null(j);
	assert_int_equal(j->kind, JSON_UINT);
	return j->u;
}

static void nothing(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct cgroup_usage u = {0};

	(void)state;
	assert_string_equal(
		event_stats("c", &u, &a),
		"{\"type\":\"stats\",\"id\":\"c\",\"data\":{\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},"
		"\"throttling\":{}},\"cpuset\":{},\"memory\":{},\"pids\":{},\"blkio\":{},\"hugetlb\":{}}}\n");
}

static void oom(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};

	(void)state;
	assert_string_equal(event_oom("a\"b", &a), "{\"type\":\"oom\",\"id\":\"a\\\"b\"}\n");
}

static void all(void **state)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct cgroup_usage u = {0};

	(void)state;
	u.cpu.total = 3;
	u.cpu.kernel = 1;
	u.cpu.user = 2;
	*(uint64_t *)list_add(&u.cpu.percpu, &a) = 3;
	u.cpu.periods = 4;
	u.cpu.throttled_periods = 5;
	u.cpu.throttled = 6;
	u.cpu.some = (struct cgroup_pressure){.has = true, .avg10 = 123, .avg60 = 5, .avg300 = 0, .total = 7};
	*(uint64_t *)list_add(&u.cpuset.cpus, &a) = 8;
	u.memory.has = true;
	u.memory.cache = 9;
	u.memory.usage = (struct cgroup_amount){.usage = 10, .max = 11, .failcnt = 12, .limit = UINT64_MAX};
	*(struct cgroup_named *)list_add(&u.memory.raw, &a) = (struct cgroup_named){arena_strdup(&a, "rss"), 13};
	u.pids.current = 14;
	u.pids.limit = 15;
	*(struct cgroup_io *)list_add(&u.blkio.list[IO_QUEUED], &a) =
		(struct cgroup_io){.major = 8, .minor = 0, .value = 16, .op = arena_strdup(&a, "Read")};
	*(struct cgroup_hugepages *)list_add(&u.hugetlb, &a) =
		(struct cgroup_hugepages){.size = arena_strdup(&a, "2MB"), .usage = 17, .failcnt = 0};
	const char *text = event_stats("c", &u, &a);
	static const struct {
		const char *path;
		uint64_t value;
	} wanted[] = {
		{"data.cpu.usage.total", 3},
		{"data.cpu.usage.kernel", 1},
		{"data.cpu.usage.user", 2},
		{"data.cpu.throttling.periods", 4},
		{"data.cpu.throttling.throttledPeriods", 5},
		{"data.cpu.throttling.throttledTime", 6},
		{"data.cpu.psi.some.total", 7},
		{"data.memory.cache", 9},
		{"data.memory.usage.usage", 10},
		{"data.memory.usage.max", 11},
		{"data.memory.usage.failcnt", 12},
		{"data.memory.usage.limit", UINT64_MAX},
		{"data.memory.swap.limit", 0},
		{"data.memory.raw.rss", 13},
		{"data.pids.current", 14},
		{"data.pids.limit", 15},
		{"data.hugetlb.2MB.usage", 17},
		{"data.hugetlb.2MB.failcnt", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_int_equal(number(text, wanted[i].path, &a), wanted[i].value);
	assert_non_null(strstr(text, "\"percpu\":[3]"));
	assert_non_null(strstr(text, "\"cpus\":[8]"));
	assert_non_null(strstr(text, "\"avg10\":1.23,\"avg60\":0.05,\"avg300\":0.00"));
	assert_non_null(strstr(text, "\"ioQueueRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":16}]"));
	assert_null(member(text, "data.cpu.psi.full", &a));
	assert_null(member(text, "data.blkio.ioServicedRecursive", &a));
	assert_null(member(text, "data.intel_rdt", &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(oom),
		cmocka_unit_test(all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
