/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups: the rest of the runtime spec's resources, and changes while it runs. */
#include "cgroup_unit.h"

static void update_of_what_was_not_begun(void **state)
{
	struct spec_resources res = {0};
	struct spec_resources up = {.pids_limit = {true, 17}};
	struct spec_resources lift = {.pids_limit = {true, -1}, .memory.limit = {true, -1}};
	struct cgroup cg;

	(void)state;
	make(&cg, &res);
	pid_t pid = start(&cg, do_sleep);
	update(&cg, &lift);
	if (!lacks(CGC_PIDS, &up)) {
		update(&cg, &up);
		assert_string_equal(group_file(&cg, CGC_PIDS, "pids.max"), "17");
		assert_string_equal(group_file(&cg, CGC_PIDS, "pids.current"), "1");
		update(&cg, &lift);
		assert_string_equal(group_file(&cg, CGC_PIDS, "pids.max"), "max");
	}
	take_down(&cg);
	end_of(pid);
}

/* Many processes, and some that fork meanwhile, are taken into a hierarchy that the container did not use. */
static void update_takes_every_process_along(void **state)
{
	struct spec_resources none = {0}, up = {.pids_limit = {true, 400}}, freeze = {0};
	struct cgroup cg, again;
	struct err e = {0};
	pid_t pids[20];

	(void)state;
	if (lacks(CGC_PIDS, &up))
		return;
	make(&cg, &none);
	for (size_t i = 0; i < ARRAY_LEN(pids); i++)
		pids[i] = start(&cg, i < 2 ? do_forks : do_sleep);
	update(&cg, &up);
	assert_done(cgroup_open(&again, &host, test_path, &arena, &e), &e);
	assert_int_equal(again.v1_used, cg.v1_used);
	cgroup_release(&again);
	assert_string_equal(group_file(&cg, CGC_PIDS, "pids.max"), "400");
	struct cgroup_usage u;
	cgroup_usage_read(&cg, &arena, &u);
	assert_true(u.pids.has && u.pids.limit == 400);
	assert_in_range(u.pids.current, ARRAY_LEN(pids), ARRAY_LEN(pids) + 2);
	/* A second controller, while the container is frozen. */
	freeze.cpu.shares = (struct opt_u64){true, 512};
	assert_done(cgroup_freeze(&cg, true, LONG_MS, &e), &e);
	update(&cg, &freeze);
	assert_true(cgroup_frozen(&cg));
	assert_string_equal(setting(&cg, CGC_CPU, "cpu.weight", "cpu.shares"), is_v2(CGC_CPU) ? "59" : "512");
	take_down(&cg);
	for (size_t i = 0; i < ARRAY_LEN(pids); i++)
		assert_int_equal(WTERMSIG(end_of(pids[i])), SIGKILL);
}

/* A limit that can't be had leaves the container where it was. */
static void failed_update_takes_nothing_along(void **state)
{
	struct spec_resources none = {0},
			      up = {.pids_limit = {true, 17}, .cpu = {.quota = {true, 1}, .period = {true, 1}}};
	struct cgroup cg;

	(void)state;
	if (lacks(CGC_CPU, &up))
		return;
	make(&cg, &none);
	uint32_t before = cg.v1_used;
	pid_t pid = start(&cg, do_sleep);
	update_refused(&cg, &up, "");
	assert_int_equal(cg.v1_used, before);
	assert_int_equal(count_pids(&cg), 1);
	take_down(&cg);
	end_of(pid);
	assert_false(on_v1());
}

/* ---- tests: the rest of the runtime spec's resources ---- */

/* What one version has and the other has not; NAME stands in the refusal. */
static void v1_only_limit(struct spec_resources res, enum cgroup_controller c, const char *field, const char *file,
			  const char *want)
{
	struct cgroup cg;
	struct err e = {0};
	int r = cgroup_make(&cg, &host, test_path, &res, &arena, &e);

	if (cgroup_place(&host, c) != PLACE_V1) {
		assert_true(r < 0);
		assert_non_null(strstr(e.what, field));
		assert_true(*e.why);
		return;
	}
	if (r == -ENOENT || r == -EOPNOTSUPP || r == -EINVAL) {
		assert_non_null(strstr(e.what, field));
		print_message("# %s: %s: %s\n", layout, field, e.why);
		return;
	}
	assert_done(r, &e);
	assert_non_null(strstr(group_file(&cg, (int)c, file), want));
	take_down(&cg);
}

static void limits_of_v1_alone(void **state)
{
	struct spec_resources res = {.memory.swappiness = {true, 17}};
	struct cgroup cg;

	(void)state;
	v1_only_limit(res, CGC_MEMORY, "linux.resources.memory.swappiness", "memory.swappiness", "17");
	res = (struct spec_resources){.memory.disable_oom_killer = {true, true}};
	v1_only_limit(res, CGC_MEMORY, "linux.resources.memory.disableOOMKiller", "memory.oom_control",
		      "oom_kill_disable 1");
	res = (struct spec_resources){.memory.kernel = {true, 64 << 20}};
	v1_only_limit(res, CGC_MEMORY, "linux.resources.memory.kernel", "memory.kmem.limit_in_bytes", "67108864");
	res = (struct spec_resources){.memory.kernel_tcp = {true, 64 << 20}};
	v1_only_limit(res, CGC_MEMORY, "linux.resources.memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes",
		      "67108864");
	res = (struct spec_resources){.memory.use_hierarchy = {true, false}};
	v1_only_limit(res, CGC_MEMORY, "linux.resources.memory.useHierarchy", "memory.use_hierarchy", "0");
	res = (struct spec_resources){.cpu = {.realtime_runtime = {true, 950}, .realtime_period = {true, 10000}}};
	v1_only_limit(res, CGC_CPU, "linux.resources.cpu.realtimeRuntime", "cpu.rt_runtime_us", "950");
	res = (struct spec_resources){.network.class_id = {true, 0x100001}};
	v1_only_limit(res, CGC_NET_CLS, "linux.resources.network.classID", "net_cls.classid", "1048577");
	res = (struct spec_resources){0};
	struct spec_priority *p = list_add(&res.network.priorities, &arena);
	*p = (struct spec_priority){arena_strdup(&arena, "lo"), 5};
	v1_only_limit(res, CGC_NET_PRIO, "linux.resources.network.priorities", "net_prio.ifpriomap", "lo 5");
	res = (struct spec_resources){.block_io.leaf_weight = {true, 300}};
	v1_only_limit(res, CGC_BLKIO, "linux.resources.blockIO.leafWeight", "blkio.leaf_weight", "300");
	/* What asks for nothing needs nothing. */
	res = (struct spec_resources){.memory = {.disable_oom_killer = {true, false},
						 .use_hierarchy = {true, true},
						 .kernel = {true, -1},
						 .kernel_tcp = {true, 0},
						 .swappiness = {true, UINT64_MAX}},
				      .network.class_id = {true, 0},
				      .cpu = {.realtime_period = {true, 0}, .idle = {true, 0}, .burst = {true, 0}}};
	make(&cg, &res);
	update(&cg, &res);
	take_down(&cg);
}

/* What the kernel has no limit for is taken out, with a word; nothing else is. */
static void kernel_memory_is_waived(void **state)
{
	char top[] = "/cgroup";
	uint32_t memory = 1u << CGC_MEMORY;
	const struct cgroup_host v2 = {.layout = CGROUP_V2, .v2 = top, .v2_available = &memory};
	const struct cgroup_host v1 = {.layout = CGROUP_V1, .v1[CGC_MEMORY] = top};
	struct spec_resources res = {
		.memory = {.limit = {true, 64 << 20}, .kernel = {true, -1}, .kernel_tcp = {true, 0}}};

	(void)state;
	assert_null(cgroup_waive(&v2, &res));
	res.memory.kernel_tcp.v = 1 << 20;
	assert_null(cgroup_waive(&v1, &res));
	assert_true(res.memory.kernel_tcp.has);
	assert_non_null(strstr(cgroup_waive(&v2, &res), "kernelTCP"));
	assert_false(res.memory.kernel_tcp.has);
	res.memory.kernel.v = 1 << 20;
	assert_non_null(strstr(cgroup_waive(&v2, &res), "kernel "));
	assert_false(res.memory.kernel.has);
	assert_true(res.memory.limit.has);
	assert_null(cgroup_waive(&v2, &res));
}

/* Whether LIMIT and SWAP, NULL for what is not there, mean no swap to who creates. */
static bool zeroes_swap(const struct cgroup_host *h, const int64_t *limit, const int64_t *swap)
{
	struct spec_resources res = {0};

	if (limit)
		res.memory.limit = (struct opt_i64){true, *limit};
	if (swap)
		res.memory.swap = (struct opt_i64){true, *swap};
	cgroup_zero_swap(h, &res);
	return res.memory.no_swap;
}

static void zero_swap_is_none(void **state)
{
	char top[] = "/cgroup";
	uint32_t memory = 1u << CGC_MEMORY;
	struct cgroup_host v2 = {.layout = CGROUP_V2, .v2 = top, .v2_available = &memory, .writable = true};
	const struct cgroup_host v1 = {.layout = CGROUP_V1, .v1[CGC_MEMORY] = top, .writable = true};
	const int64_t zero = 0, some = 64 << 20, none = -1;

	(void)state;
	assert_true(zeroes_swap(&v2, &some, &zero) && zeroes_swap(&v1, &some, &zero));
	assert_true(zeroes_swap(&v2, NULL, &zero) && zeroes_swap(&v2, &none, &zero));
	/* Zeros for both are a default, and v1 counts both together. */
	assert_false(zeroes_swap(&v2, &zero, &zero) || zeroes_swap(&v1, &zero, &zero));
	assert_false(zeroes_swap(&v1, NULL, &zero) || zeroes_swap(&v1, &none, &zero));
	assert_false(zeroes_swap(&v2, &some, &some) || zeroes_swap(&v2, &some, &none) || zeroes_swap(&v2, &some, NULL));
	v2.writable = false;
	assert_false(zeroes_swap(&v2, NULL, &zero));
}

static void no_swap_is_written(void **state)
{
	static const char *const files[] = {"memory.memsw.limit_in_bytes", "memory.swap.max"};
	struct spec_resources res = {.memory = {.limit = {true, 64 << 20}, .swap = {true, 0}, .no_swap = true}};
	struct cgroup cg;

	(void)state;
	if (lacks(CGC_MEMORY, &res))
		return;
	bool v2 = is_v2(CGC_MEMORY);
	make(&cg, &res);
	assert_string_equal(setting(&cg, CGC_MEMORY, "memory.max", "memory.limit_in_bytes"), "67108864");
	char *swap = group_file(&cg, CGC_MEMORY, files[v2]);
	if (!*swap)
		print_message("# %s: no swap accounting here\n", layout);
	else
		assert_string_equal(swap, v2 ? "0" : "67108864");
	take_down(&cg);
	/* Without a limit, on v2 alone. */
	for (int64_t limit = -1; v2 && limit < 1; limit++) {
		res.memory.limit = (struct opt_i64){limit < 0, -1};
		make(&cg, &res);
		if (*swap)
			assert_string_equal(group_file(&cg, CGC_MEMORY, files[1]), "0");
		assert_string_equal(group_file(&cg, CGC_MEMORY, "memory.max"), "max");
		take_down(&cg);
	}
}

static void huge_pages(void **state)
{
	static const char *const bad[] = {"", "2", "2M", "MB", "2mb", "../x", "2MB/", "3MB"};
	struct spec_resources res = {0};
	struct spec_hugepage_limit *l = list_add(&res.hugepage_limits, &arena);
	struct cgroup_usage u;
	struct cgroup cg;

	(void)state;
	*l = (struct spec_hugepage_limit){arena_strdup(&arena, "2MB"), 4 << 20};
	if (lacks(CGC_HUGETLB, &res))
		return;
	make(&cg, &res);
	assert_string_equal(setting(&cg, CGC_HUGETLB, "hugetlb.2MB.max", "hugetlb.2MB.limit_in_bytes"), "4194304");
	l->limit = 0;
	update(&cg, &res);
	assert_string_equal(setting(&cg, CGC_HUGETLB, "hugetlb.2MB.max", "hugetlb.2MB.limit_in_bytes"), "0");
	cgroup_usage_read(&cg, &arena, &u);
	assert_true(u.hugetlb.n >= 1 && u.hugetlb.v[0].usage == 0);
	take_down(&cg);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		l->page_size = arena_strdup(&arena, bad[i]);
		make_refused(&res, "linux.resources.hugepageLimits");
	}
}

static void burst_and_idle(void **state)
{
	struct spec_resources res = {.cpu = {.quota = {true, 50000}, .period = {true, 100000}, .burst = {true, 20000}}};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	if (lacks(CGC_CPU, &res))
		return;
	int r = cgroup_make(&cg, &host, test_path, &res, &arena, &e);
	const char *file = is_v2(CGC_CPU) ? "cpu.max.burst" : "cpu.cfs_burst_us";
	if (r == -ENOENT) {
		assert_non_null(strstr(e.what, "linux.resources.cpu.quota"));
		print_message("# %s: this kernel has no bursts\n", layout);
		make(&cg, &(struct spec_resources){.cpu.shares = {true, 100}});
	} else {
		assert_done(r, &e);
		assert_string_equal(group_file(&cg, CGC_CPU, file), "20000");
		/* Down with both, up with both: each order of writing. */
		struct spec_resources down = {.cpu = {.quota = {true, 10000}, .burst = {true, 5000}}};
		update(&cg, &down);
		assert_string_equal(group_file(&cg, CGC_CPU, file), "5000");
		update(&cg, &res);
		assert_string_equal(group_file(&cg, CGC_CPU, file), "20000");
		struct spec_resources bad = {.cpu.burst = {true, 60000}};
		update_refused(&cg, &bad, "");
	}
	struct spec_resources idle = {.cpu = {.idle = {true, 1}, .shares = {true, 2048}}};
	r = cgroup_update(&cg, &idle, &e);
	if (r == -ENOENT) {
		print_message("# %s: this kernel has no idle groups\n", layout);
	} else {
		assert_done(r, &e);
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.idle"), "1");
		update(&cg, &idle); /* once more, from idle */
		idle.cpu.idle.v = 0;
		update(&cg, &idle);
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.idle"), "0");
		idle.cpu.idle.v = 2;
		update_refused(&cg, &idle, "linux.resources.cpu.idle");
	}
	take_down(&cg);
}

static void memory_in_use_is_not_cut(void **state)
{
	struct spec_resources res = {.memory.limit = {true, 256 << 20}};
	struct spec_resources low = {.memory = {.limit = {true, 1 << 20}, .check_before_update = {true, true}}};
	struct cgroup_usage u;
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	if (lacks(CGC_MEMORY, &res))
		return;
	make(&cg, &res);
	pid_t pid = start(&cg, do_hold_memory);
	for (int i = 0; i < 2000; i++) {
		cgroup_usage_read(&cg, &arena, &u);
		if (u.memory.usage.usage > 16 << 20)
			break;
		poll(NULL, 0, 5);
	}
	assert_true(u.memory.has && u.memory.raw.n > 3);
	assert_true(u.memory.usage.limit == 256 << 20);
	assert_int_equal(cgroup_update(&cg, &low, &e), -EBUSY);
	assert_non_null(strstr(e.why, "checkBeforeUpdate"));
	take_down(&cg);
	assert_int_equal(WTERMSIG(end_of(pid)), SIGKILL);
}

static void rdma_limits(void **state)
{
	struct spec_resources res = {0};
	struct spec_rdma *d = list_add(&res.rdma, &arena);

	(void)state;
	*d = (struct spec_rdma){arena_strdup(&arena, "no_such_device"), {true, 3}, {true, 10000}};
	if (lacks(CGC_RDMA, &res))
		return;
	make_refused(&res, "linux.resources.rdma");
	d->name = arena_strdup(&arena, "two words");
	make_refused(&res, "");
}

static void weights_of_disks(void **state)
{
	struct spec_resources res = {0};
	struct spec_weight_device *d = list_add(&res.block_io.weight_device, &arena);
	struct cgroup cg;

	(void)state;
	*d = (struct spec_weight_device){.major = 4000, .minor = 7, .weight = {true, 500}};
	if (lacks(CGC_BLKIO, &res))
		return;
	make_refused(&res, "linux.resources.blockIO.weightDevice"); /* no such disk, or no weights here */
	d->weight.v = 9;
	make_refused(&res, "");
	*d = (struct spec_weight_device){.major = 4000, .minor = 7};
	make(&cg, &res);
	take_down(&cg);
}

/* Several lines for one file, and what version 1 says. */
static void unified_lines(void **state)
{
	struct spec_resources res = {0};
	struct spec_pair *p = list_add(&res.unified, &arena);
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	*p = (struct spec_pair){arena_strdup(&arena, "cgroup.max.depth"), arena_strdup(&arena, "9\n8\n7")};
	if (host.v2) {
		make(&cg, &res);
		assert_string_equal(group_file(&cg, -1, "cgroup.max.depth"), "7");
		take_down(&cg);
		return;
	}
	assert_int_equal(cgroup_make(&cg, &host, test_path, &res, &arena, &e), -EOPNOTSUPP);
	assert_non_null(strstr(e.what, "linux.resources.unified"));
	assert_non_null(strstr(e.why, "version 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(update_of_what_was_not_begun),
		cmocka_unit_test(update_takes_every_process_along),
		cmocka_unit_test(failed_update_takes_nothing_along),
		cmocka_unit_test(limits_of_v1_alone),
		cmocka_unit_test(kernel_memory_is_waived),
		cmocka_unit_test(zero_swap_is_none),
		cmocka_unit_test(no_swap_is_written),
		cmocka_unit_test(huge_pages),
		cmocka_unit_test(burst_and_idle),
		cmocka_unit_test(memory_in_use_is_not_cut),
		cmocka_unit_test(rdma_limits),
		cmocka_unit_test(weights_of_disks),
		cmocka_unit_test(unified_lines),
	};

	return run_both("cgroup_resources", tests, ARRAY_LEN(tests));
}
