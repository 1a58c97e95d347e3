/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups: memory, processors, disks, and what was used of them. */
#include "cgroup_unit.h"

/* ---- tests: limits ---- */

static void memory_limits(void **state)
{
	struct spec_resources res = {.memory = {.limit = {true, 64 << 20}, .reservation = {true, 32 << 20}}};
	struct cgroup_usage u;
	struct cgroup cg;

	(void)state;
	if (lacks(CGC_MEMORY, &res))
		return;
	make(&cg, &res);
	bool v2 = is_v2(CGC_MEMORY);
	const char *limit = v2 ? "memory.max" : "memory.limit_in_bytes";
	const char *swap = v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	assert_string_equal(group_file(&cg, CGC_MEMORY, limit), "67108864");
	assert_string_equal(setting(&cg, CGC_MEMORY, "memory.low", "memory.soft_limit_in_bytes"), "33554432");
	cgroup_usage_read(&cg, &arena, &u);
	assert_true(u.memory.has && u.memory.usage.usage < 64 << 20);
	assert_true(u.memory.usage.limit == 64 << 20);
	bool has_swap = *group_file(&cg, CGC_MEMORY, swap) != '\0';
	if (!has_swap)
		print_message("# %s: no swap accounting here\n", layout);
	/* Up, down, up again, each with the swap that goes with it; the order of writes differs each time. */
	static const int64_t steps[][2] = {{128, 256}, {32, 48}, {300, 300}, {16, 16}, {64, -1}, {32, 64}};
	for (size_t i = 0; has_swap && i < ARRAY_LEN(steps); i++) {
		struct spec_resources up = {0};
		int64_t both = steps[i][1] < 0 ? -1 : steps[i][1] << 20, alone = steps[i][0] << 20;

		up.memory.limit = (struct opt_i64){true, alone};
		up.memory.swap = (struct opt_i64){true, both};
		update(&cg, &up);
		assert_string_equal(group_file(&cg, CGC_MEMORY, limit), arena_printf(&arena, "%lld", (long long)alone));
		if (both >= 0)
			assert_string_equal(group_file(&cg, CGC_MEMORY, swap),
					    arena_printf(&arena, "%lld", (long long)(v2 ? both - alone : both)));
		else if (v2)
			assert_string_equal(group_file(&cg, CGC_MEMORY, swap), "max");
	}
	/* Swap less than memory; swap alone; lifting both. */
	struct spec_resources bad = {.memory = {.limit = {true, 64 << 20}, .swap = {true, 32 << 20}}};
	if (has_swap) {
		update_refused(&cg, &bad, "less than");
		struct spec_resources swap_only = {.memory.swap = {true, 96 << 20}};
		update(&cg, &swap_only);
		assert_string_equal(group_file(&cg, CGC_MEMORY, swap), v2 ? "67108864" : "100663296");
	}
	struct spec_resources lift = {.memory.limit = {true, -1}};
	update(&cg, &lift);
	cgroup_usage_read(&cg, &arena, &u);
	assert_true(u.memory.usage.limit >= (uint64_t)1 << 62); /* as v1 says that there is none */
	take_down(&cg);
}

static int do_eat_memory(void)
{
	for (;;) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return 1;
		memset(p, 1, 1 << 20);
	}
}

static void out_of_memory_is_told(void **state)
{
	struct spec_resources res = {.memory.limit = {true, 32 << 20}};
	struct cgroup cg;

	(void)state;
	if (lacks(CGC_MEMORY, &res))
		return;
	make(&cg, &res);
	assert_false(cgroup_oom_killed(&cg));
	assert_int_equal(WTERMSIG(end_of(start(&cg, do_eat_memory))), SIGKILL);
	assert_true(cgroup_oom_killed(&cg));
	take_down(&cg);
}

static void cpu_limits(void **state)
{
	struct spec_resources res = {.cpu = {.shares = {true, 2048}, .quota = {true, 50000}, .period = {true, 100000}}};
	struct cgroup cg;

	(void)state;
	if (lacks(CGC_CPU, &res))
		return;
	make(&cg, &res);
	bool v2 = is_v2(CGC_CPU);
	assert_string_equal(setting(&cg, CGC_CPU, "cpu.weight", "cpu.shares"), v2 ? "174" : "2048");
	assert_string_equal(setting(&cg, CGC_CPU, "cpu.max", "cpu.cfs_quota_us"), v2 ? "50000 100000" : "50000");
	static const struct {
		int64_t quota;
		uint64_t period;
		const char *v2, *v1_quota, *v1_period;
	} steps[] = {
		{0, 200000, "50000 200000", "50000", "200000"},
		{30000, 0, "30000 200000", "30000", "200000"},
		{900000, 1000000, "900000 1000000", "900000", "1000000"},
		{1000, 1000, "1000 1000", "1000", "1000"},
		{-1, 0, "max 1000", "-1", "1000"},
	};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct spec_resources up = {.cpu = {.quota = {steps[i].quota != 0, steps[i].quota},
						    .period = {steps[i].period != 0, steps[i].period}}};

		update(&cg, &up);
		if (v2) {
			assert_string_equal(group_file(&cg, CGC_CPU, "cpu.max"), steps[i].v2);
			continue;
		}
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.cfs_quota_us"), steps[i].v1_quota);
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.cfs_period_us"), steps[i].v1_period);
	}
	struct spec_resources bad = {.cpu = {.quota = {true, 10}, .period = {true, 100000}}};
	update_refused(&cg, &bad, "cpu quota");
	update_refused(&cg, &bad, "1000");
	take_down(&cg);
}

static int do_spin(void)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec == 0 && t.tv_nsec < 50000000);
	return 0;
}

static void used_time_is_counted(void **state)
{
	struct spec_resources res = {0};
	struct cgroup_usage u;
	struct cgroup cg;

	(void)state;
	make(&cg, &res);
	assert_int_equal(end_of(start(&cg, do_spin)), 0);
	cgroup_usage_read(&cg, &arena, &u);
	assert_int_equal(u.cpu.has, host.v2 != NULL);
	if (u.cpu.has)
		assert_in_range(u.cpu.total, 40000000, 5000000000);
	take_down(&cg);
}

static void cpusets(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg;

	(void)state;
	res.cpu.cpus = res.cpu.mems = arena_strdup(&arena, "0");
	if (lacks(CGC_CPUSET, &res))
		return;
	make(&cg, &res);
	assert_string_equal(group_file(&cg, CGC_CPUSET, "cpuset.cpus"), "0");
	assert_string_equal(group_file(&cg, CGC_CPUSET, "cpuset.mems"), "0");
	pid_t pid = start(&cg, do_sleep);
	cpu_set_t set;
	assert_int_equal(sched_getaffinity(pid, sizeof(set), &set), 0);
	assert_int_equal(CPU_COUNT(&set), 1);
	take_down(&cg);
	end_of(pid);
	/* Only one of the two given: the other is inherited, and the group can be joined. */
	res.cpu.mems = NULL;
	make(&cg, &res);
	pid = start(&cg, do_sleep);
	struct spec_resources bad = {.cpu.cpus = arena_strdup(&arena, "9999")};
	update_refused(&cg, &bad, "");
	bad.cpu.cpus = arena_strdup(&arena, "0-");
	update_refused(&cg, &bad, "cpuset");
	take_down(&cg);
	end_of(pid);
}

/* Finds a whole disk by its numbers. */
static bool any_disk(int64_t *major_no, int64_t *minor_no)
{
	FILE *f = fopen("/proc/partitions", "re");
	char line[256], name[64], path[128];
	long long major, minor, blocks;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lld %lld %lld %63s", &major, &minor, &blocks, name) != 4)
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s", name);
		found = access(path, F_OK) == 0;
	}
	if (f)
		fclose(f);
	*major_no = major;
	*minor_no = minor;
	return found;
}

static void io_limits(void **state)
{
	struct spec_resources res = {0};
	struct spec_throttle *t = list_add(&res.block_io.read_bps, &arena);
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	t->rate = 1 << 20;
	if (!any_disk(&t->major, &t->minor)) {
		print_message("# %s: no disk, io limits not tested\n", layout);
		return;
	}
	if (lacks(CGC_BLKIO, &res))
		return;
	t = list_add(&res.block_io.write_iops, &arena);
	*t = (struct spec_throttle){res.block_io.read_bps.v[0].major, res.block_io.read_bps.v[0].minor, 120};
	const char *file = is_v2(CGC_BLKIO) ? "io.max" : "blkio.throttle.read_bps_device";
	int r = cgroup_make(&cg, &host, test_path, &res, &arena, &e);
	if (r == -ENOENT) {
		assert_non_null(strstr(e.why, "no such file"));
		print_message("# %s: this kernel does not throttle io: refused\n", layout);
	} else {
		assert_done(r, &e);
		assert_non_null(strstr(group_file(&cg, CGC_BLKIO, file), "1048576"));
		if (is_v2(CGC_BLKIO))
			assert_non_null(strstr(group_file(&cg, CGC_BLKIO, file), "wiops=120"));
		struct spec_resources lift = {0};
		t = list_add(&lift.block_io.read_bps, &arena);
		*t = (struct spec_throttle){res.block_io.read_bps.v[0].major, res.block_io.read_bps.v[0].minor, 0};
		update(&cg, &lift);
		assert_null(strstr(group_file(&cg, CGC_BLKIO, file), "1048576"));
		take_down(&cg);
	}
	struct spec_resources weight = {.block_io.weight = {true, 500}};
	r = cgroup_make(&cg, &host, test_path, &weight, &arena, &e);
	if (r == -ENOENT) {
		assert_non_null(strstr(e.what, "io weight"));
		print_message("# %s: this kernel has no io weights: refused\n", layout);
	} else {
		assert_done(r, &e);
		take_down(&cg);
	}
	weight.block_io.weight.v = 5;
	make_refused(&weight, "10 to 1000");
}

static void impossible_limits_leave_nothing(void **state)
{
	struct spec_resources res = {.cpu = {.quota = {true, 1}, .period = {true, 1}}, .pids_limit = {true, 5}};
	struct cgroup found;
	struct err e = {0};

	(void)state;
	if (lacks(CGC_CPU, &res))
		return;
	make_refused(&res, "");
	assert_done(cgroup_open(&found, &host, test_path, &arena, &e), &e);
	assert_int_equal(found.v2_fd, FD_NONE);
	assert_int_equal(found.v1_used, 0);
}

static void unified_settings(void **state)
{
	struct spec_resources res = {0};
	struct spec_pair *p = list_add(&res.unified, &arena);
	static const char *const bad[] = {"../x.y", "a/b.c", "", ".", "..", "noword", "nothing.max"};
	struct cgroup cg;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		*p = (struct spec_pair){arena_strdup(&arena, bad[i]), arena_strdup(&arena, "1")};
		make_refused(&res, "");
	}
	if (host.v2) /* the last one */
		make_refused(&res, "the requested cgroup controller `nothing` is not available");
	*p = (struct spec_pair){arena_strdup(&arena, "memory.high"), arena_strdup(&arena, "33554432")};
	if (host.v2 && is_v2(CGC_MEMORY)) {
		make(&cg, &res);
		assert_string_equal(group_file(&cg, -1, "memory.high"), "33554432");
		take_down(&cg);
	} else {
		make_refused(&res, "memory.high");
	}
	*p = (struct spec_pair){arena_strdup(&arena, "cgroup.max.depth"), arena_strdup(&arena, "7")};
	if (host.v2) {
		make(&cg, &res);
		assert_string_equal(group_file(&cg, -1, "cgroup.max.depth"), "7");
		take_down(&cg);
	}
}

/* Only what the group's controllers count is told. */
static void usage_is_read(void **state)
{
	struct spec_resources res = {.memory.limit = {true, 64 << 20}, .cpu.quota = {true, 50000}};
	struct cgroup_usage u;
	struct cgroup cg;

	(void)state;
	if (lacks(CGC_MEMORY, &res))
		return;
	make(&cg, &res);
	assert_int_equal(end_of(start(&cg, do_spin)), 0);
	cgroup_usage_read(&cg, &arena, &u);
	assert_int_equal(u.cpu.has, host.v2 != NULL);
	if (u.cpu.has)
		assert_true(u.cpu.total > 40000000 && u.cpu.user + u.cpu.kernel <= u.cpu.total + 1000000);
	assert_true(u.memory.has && u.memory.use_hierarchy);
	assert_true(u.memory.usage.limit == 64 << 20);
	assert_int_equal(u.pids.limit, 0);
	assert_int_equal(u.rdma_current.n, 0);
	take_down(&cg);
	/* A group that is gone tells nothing, and harms nobody. */
	cg.path = test_path;
	cg.v1_used = 1u << CGC_MEMORY;
	cgroup_usage_read(&cg, &arena, &u);
	assert_false(u.memory.has);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_limits),
		cmocka_unit_test(out_of_memory_is_told),
		cmocka_unit_test(cpu_limits),
		cmocka_unit_test(used_time_is_counted),
		cmocka_unit_test(cpusets),
		cmocka_unit_test(io_limits),
		cmocka_unit_test(impossible_limits_leave_nothing),
		cmocka_unit_test(unified_settings),
		cmocka_unit_test(usage_is_read),
	};

	return run_both("cgroup_limits", tests, ARRAY_LEN(tests));
}
