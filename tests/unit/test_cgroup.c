/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups: found, made, entered, killed, frozen, removed. */
#include "base/parse_time.h"
#include "cgroup_unit.h"

/* ---- tests: the host ---- */

static void probe_finds_the_layout(void **state)
{
	(void)state;
	assert_true(host.layout != CGROUP_ABSENT);
	assert_true(host.writable);
	assert_string_equal(host.base, "/isle");
	if (host.v2)
		assert_int_equal(access(arena_printf(&arena, "%s/cgroup.controllers", host.v2), F_OK), 0);
	for (int c = 0; c < CGC_COUNT; c++)
		if (host.v1[c])
			assert_int_equal(access(arena_printf(&arena, "%s/tasks", host.v1[c]), F_OK), 0);
	print_message("# %s: memory on v2: %d, on v1: %s\n", layout, cgroup_v2_has(&host, CGC_MEMORY),
		      host.v1[CGC_MEMORY] ? host.v1[CGC_MEMORY] : "(none)");
}

static void paths_are_cleaned(void **state)
{
	static const char *const bad[] = {"", "/", "..", "/a/../b", "/isle/..", "a\nb", "/.", "/isle", "."};
	char *got;
	struct err e;

	(void)state;
	assert_int_equal(cgroup_path_clean(&host, "//a/./b//", &arena, &got, &e), 0);
	assert_string_equal(got, "/a/b");
	assert_int_equal(cgroup_path_clean(&host, "x/..y", &arena, &got, &e), 0);
	assert_string_equal(got, "/isle/x/..y");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(cgroup_path_clean(&host, bad[i], &arena, &got, &e) < 0);
	char *endless = arena_alloc(&arena, 10000, 1);
	memset(endless, 'a', 9999);
	assert_true(cgroup_path_clean(&host, endless, &arena, &got, &e) < 0);
}

static void numbers_are_read_strictly(void **state)
{
	static const char *const bad[] = {"",
					  "\n",
					  " 1",
					  "1 ",
					  "-1",
					  "+1",
					  "1x",
					  "0x10",
					  "1\n\n",
					  "maximum",
					  "18446744073709551616",
					  "99999999999999999999999"};
	uint64_t v;

	(void)state;
	assert_int_equal(cgroup_number_parse("0\n", &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(cgroup_number_parse("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(cgroup_number_parse("max\n", &v), 0);
	assert_true(v == UINT64_MAX);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(cgroup_number_parse(bad[i], &v) < 0);
}

static void shares_become_weights(void **state)
{
	static const uint64_t pairs[][2] = {
		{0, 1},	     {1, 1},	  {2, 1},	   {3, 2},	    {512, 59},
		{1024, 100}, {2048, 174}, {262143, 10000}, {262144, 10000}, {UINT64_MAX, 10000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		assert_int_equal(cgroup_weight_of_shares(pairs[i][0]), pairs[i][1]);
	for (uint64_t s = 3; s < 262144; s += 97)
		assert_true(cgroup_weight_of_shares(s) >= cgroup_weight_of_shares(s - 1));
}

static void groups_without_rights_are_refused_only_for_limits(void **state)
{
	struct cgroup_host none = host;
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	none.writable = false;
	assert_int_equal(cgroup_make(&cg, &none, test_path, &res, &arena, &e), 0);
	assert_int_equal(cg.v2_fd, FD_NONE);
	assert_int_equal(cg.v1_used, 0);
	assert_int_equal(cgroup_kill(&cg, 0, &e), 0);
	assert_int_equal(cgroup_remove(&cg, 0, &e), 0);
	assert_int_equal(cgroup_join(&cg, 0, true, &e), 0);
	assert_true(cgroup_freeze(&cg, true, 0, &e) < 0);
	res.memory.limit = (struct opt_i64){true, -1};
	assert_int_equal(cgroup_make(&cg, &none, test_path, &res, &arena, &e), 0);
	res.memory.limit.v = 1 << 20;
	assert_true(cgroup_make(&cg, &none, test_path, &res, &arena, &e) < 0);
	assert_non_null(strstr(e.what, "memory limit"));
	assert_non_null(strstr(e.cure, "Delegate"));
	none = (struct cgroup_host){.base = arena_strdup(&arena, "/isle")};
	assert_true(cgroup_make(&cg, &none, test_path, &res, &arena, &e) < 0);
	assert_non_null(strstr(e.cure, "mount"));
}

/* ---- tests: making and removing ---- */

static void default_group_is_small_and_leaves_nothing(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg, found;
	struct err e = {0};

	(void)state;
	/* What other tools write for "default". */
	res.block_io.weight = res.cpu.shares = res.cpu.period = (struct opt_u64){true, 0};
	res.memory.limit = res.memory.swap = res.memory.reservation = (struct opt_i64){true, 0};
	res.cpu.quota = res.pids_limit = (struct opt_i64){true, 0};
	res.cpu.cpus = res.cpu.mems = arena_strdup(&arena, "");
	make(&cg, &res);
	if (host.v2) {
		assert_true(cg.v2_fd >= 0);
		assert_int_equal(cg.v1_used, 0);
		assert_false(on_v1());
	} else {
		assert_true(cg.v1_used & 1u << CGC_FREEZER);
		assert_true(cg.v1_used & 1u << CGC_PIDS);
		assert_int_equal(__builtin_popcount(cg.v1_used), 2);
	}
	assert_done(cgroup_open(&found, &host, test_path, &arena, &e), &e);
	assert_int_equal(found.v1_used, cg.v1_used);
	assert_int_equal(found.v2_fd >= 0, cg.v2_fd >= 0);
	cgroup_release(&found);
	take_down(&cg);
	assert_false(on_v1());
	assert_done(cgroup_open(&found, &host, test_path, &arena, &e), &e);
	assert_int_equal(found.v1_used, 0);
	assert_int_equal(found.v2_fd, FD_NONE);
	assert_done(cgroup_remove(&found, 0, &e), &e);
}

/* Everything is counted for an engine, which has asked for no limit. */
static void group_may_be_everywhere(void **state)
{
	struct spec_resources res = {0};
	struct cgroup_host all = host;
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	all.everywhere = true;
	assert_done(cgroup_make(&cg, &all, test_path, &res, &arena, &e), &e);
	for (int c = 0; c < CGC_COUNT; c++)
		assert_int_equal(cg.v1_used >> c & 1, all.v1[c] != NULL);
	pid_t pid = start(&cg, do_sleep);
	assert_done(cgroup_kill(&cg, 5000, &e), &e);
	assert_int_equal(end_of(pid), SIGKILL);
	take_down(&cg);
	assert_false(on_v1());
}

static void process_can_be_born_in_the_group(void **state)
{
	struct spec_resources res = {0};
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	struct cgroup cg;

	(void)state;
	make(&cg, &res);
	if (!host.v2) {
		print_message("# %s: no CLONE_INTO_CGROUP here\n", layout);
		take_down(&cg);
		return;
	}
	args.cgroup = (uint64_t)cg.v2_fd;
	pid_t pid = sys_clone3(&args, sizeof(args));
	if (pid == 0)
		for (;;)
			pause();
	assert_true(pid > 0);
	assert_int_equal(count_pids(&cg), 1);
	take_down(&cg);
	assert_int_equal(WTERMSIG(end_of(pid)), SIGKILL);
}

static void group_in_use_is_not_taken(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg, second;
	struct err e = {0};

	(void)state;
	make(&cg, &res);
	pid_t pid = start(&cg, do_sleep);
	assert_int_equal(cgroup_make(&second, &host, test_path, &res, &arena, &e), -EBUSY);
	assert_int_equal(count_pids(&cg), 1);
	assert_int_equal(cgroup_remove(&cg, 50, &e), -EBUSY);
	take_down(&cg);
	end_of(pid);
	/* Left over and empty, it may be used again. */
	make(&cg, &res);
	cgroup_release(&cg);
	make(&cg, &res);
	take_down(&cg);
}

/* Makes groups DEPTH deep below DIR with a process in the last, moved there by way of PROCS. */
static void nest(const char *mount, const char *path, int depth, pid_t pid)
{
	auto_fd at = cgroup_dir(mount, path);

	for (int i = 0; i < depth; i++) {
		assert_int_equal(mkdirat(at, "b", 0755), 0);
		assert_int_equal(mkdirat(at, "a", 0755), 0);
		auto_fd next = openat(at, "a", O_PATH | O_CLOEXEC);
		assert_true(next >= 0);
		fd_close(&at);
		at = fd_take(&next);
	}
	if (pid)
		assert_int_equal(file_write(at, "cgroup.procs", arena_printf(&arena, "%d", (int)pid), NULL), 0);
}

static void nested_groups_are_killed_and_removed(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	for (int depth = 3; depth <= 300; depth += 297) {
		make(&cg, &res);
		const char *mount = cgroup_tracker(&cg);
		/* What is too deep to be looked at is still removed; on v1 its processes can't be found there. */
		pid_t pid = depth == 3 || host.v2 ? start(&cg, do_sleep) : 0;
		nest(mount, cg.path, depth, pid);
		if (depth == 3)
			assert_int_equal(count_pids(&cg), 1);
		assert_true(pid == 0 || cgroup_remove(&cg, 30, &e) == -EBUSY);
		if (pid == 0)
			assert_done(cgroup_remove(&cg, LONG_MS, &e), &e);
		else
			take_down(&cg);
		if (pid)
			assert_int_equal(WTERMSIG(end_of(pid)), SIGKILL);
		assert_true(cgroup_dir(mount, cg.path) == -ENOENT);
	}
}

/* ---- tests: killing and freezing ---- */

static int do_fork_bomb(void)
{
	pid_t pid;

	do {
		pid = fork();
		if (pid == 0)
			alarm(60); /* should the test itself die */
		if (pid < 0)
			poll(NULL, 0, 1);
	} while (pid >= -1);
	return 0;
}

static void fork_bomb_is_bounded_and_killed(void **state)
{
	struct spec_resources res = {.pids_limit = {true, 300}};
	struct cgroup_usage u;
	struct cgroup cg;

	(void)state;
	if (lacks(CGC_PIDS, &res))
		return;
	make(&cg, &res);
	assert_string_equal(group_file(&cg, CGC_PIDS, "pids.max"), "300");
	pid_t pid = start(&cg, do_fork_bomb);
	for (int i = 0; i < 500 && count_pids(&cg) < 290; i++)
		poll(NULL, 0, 10);
	size_t n = count_pids(&cg);
	assert_in_range(n, 290, 300);
	cgroup_usage_read(&cg, &arena, &u);
	assert_true(u.pids.has && u.pids.limit == 300);
	assert_in_range(u.pids.current, 1, 300);
	take_down(&cg);
	assert_int_equal(WTERMSIG(end_of(pid)), SIGKILL);
}

static void frozen_group_is_thawed_and_killed(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	make(&cg, &res);
	pid_t pid = start(&cg, do_sleep), second = start(&cg, do_sleep);
	assert_false(cgroup_frozen(&cg));
	assert_done(cgroup_freeze(&cg, true, LONG_MS, &e), &e);
	assert_true(cgroup_frozen(&cg));
	assert_done(cgroup_freeze(&cg, true, LONG_MS, &e), &e);
	kill(second, SIGCONT);
	assert_done(cgroup_freeze(&cg, false, LONG_MS, &e), &e);
	assert_false(cgroup_frozen(&cg));
	assert_done(cgroup_freeze(&cg, true, LONG_MS, &e), &e);
	/* The container froze a group of its own, too. */
	nest(cgroup_tracker(&cg), cg.path, 1, host.v2 ? 0 : second);
	char *inner = arena_printf(&arena, "%s%s/a/%s", cgroup_tracker(&cg), cg.path,
				   host.v2 ? "cgroup.freeze" : "freezer.state");
	assert_done(file_write(AT_FDCWD, inner, host.v2 ? "1" : "FROZEN", &e), &e);
	kill(pid, SIGSTOP);
	take_down(&cg);
	assert_int_equal(WTERMSIG(end_of(pid)), SIGKILL);
	assert_int_equal(WTERMSIG(end_of(second)), SIGKILL);
}

/* The way of v1, and of v2 kernels that have no cgroup.kill yet. */
static void kill_one_by_one(void **state)
{
	struct spec_resources res = {.pids_limit = {true, 300}};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	if (cgroup_place(&host, CGC_PIDS) == PLACE_NONE)
		return;
	make(&cg, &res);
	pid_t bomb = start(&cg, do_fork_bomb), sleeper = start(&cg, do_sleep);
	nest(cgroup_tracker(&cg), cg.path, 2, cgroup_v2_has(&host, CGC_PIDS) ? 0 : sleeper);
	for (int i = 0; i < 500 && count_pids(&cg) < 280; i++)
		poll(NULL, 0, 10);
	assert_done(cgroup_kill_each(&cg, LONG_MS, &e), &e);
	assert_int_equal(count_pids(&cg), 0);
	assert_false(cgroup_frozen(&cg));
	assert_int_equal(WTERMSIG(end_of(bomb)), SIGKILL);
	assert_int_equal(WTERMSIG(end_of(sleeper)), SIGKILL);
	take_down(&cg);
}

static void waiting_ends_at_the_deadline(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	make(&cg, &res);
	pid_t pid = start(&cg, do_sleep);
	int64_t began = time_monotonic_ms();
	assert_int_equal(cgroup_remove(&cg, 100, &e), -EBUSY);
	assert_in_range(time_monotonic_ms() - began, 90, 5000);
	assert_non_null(strstr(e.why, "processes"));
	take_down(&cg);
	end_of(pid);
}

/* A container may make threaded groups, whose files can't be listed the usual way. */
static void threaded_groups_are_killed_and_removed(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	make(&cg, &res);
	if (!host.v2) {
		take_down(&cg);
		return;
	}
	pid_t pid = start(&cg, do_sleep);
	nest(host.v2, cg.path, 1, 0);
	char *inner = arena_printf(&arena, "%s%s/a", host.v2, cg.path);
	assert_done(file_write(AT_FDCWD, arena_printf(&arena, "%s/cgroup.type", inner), "threaded", &e), &e);
	assert_done(file_write(AT_FDCWD, arena_printf(&arena, "%s/cgroup.threads", inner),
			       arena_printf(&arena, "%d", (int)pid), &e),
		    &e);
	assert_int_equal(count_pids(&cg), 1);
	take_down(&cg);
	assert_int_equal(WTERMSIG(end_of(pid)), SIGKILL);
}

/* ---- speed ---- */

static void speed_is_noted(void **state)
{
	enum { ROUNDS = 200 };
	struct spec_resources res = {0};
	struct timespec a, b;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < ROUNDS; i++) {
		struct arena mem CLEANUP(arena_free) = {0};
		struct cgroup_host h;
		struct cgroup cg;
		struct err e;

		assert_int_equal(cgroup_host_probe(&h, &mem, &e), 0);
		assert_int_equal(cgroup_make(&cg, &h, test_path, &res, &mem, &e), 0);
		assert_int_equal(cgroup_remove(&cg, 100, &e), 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	print_message("# %s: probe + make + remove: %ld us\n", layout,
		      (long)((b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000) / ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_finds_the_layout),
		cmocka_unit_test(paths_are_cleaned),
		cmocka_unit_test(numbers_are_read_strictly),
		cmocka_unit_test(shares_become_weights),
		cmocka_unit_test(groups_without_rights_are_refused_only_for_limits),
		cmocka_unit_test(default_group_is_small_and_leaves_nothing),
		cmocka_unit_test(group_may_be_everywhere),
		cmocka_unit_test(process_can_be_born_in_the_group),
		cmocka_unit_test(group_in_use_is_not_taken),
		cmocka_unit_test(nested_groups_are_killed_and_removed),
		cmocka_unit_test(fork_bomb_is_bounded_and_killed),
		cmocka_unit_test(frozen_group_is_thawed_and_killed),
		cmocka_unit_test(kill_one_by_one),
		cmocka_unit_test(waiting_ends_at_the_deadline),
		cmocka_unit_test(threaded_groups_are_killed_and_removed),
		cmocka_unit_test(speed_is_noted),
	};

	return run_both("cgroup", tests, ARRAY_LEN(tests));
}
