/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups on the machine that runs the test, whatever its layout: what the layout has is tested, and what it
 * does not have must be refused with a sentence; notes tell which.  A hybrid machine is tested twice, the second time
 * without its v2 tree, as a v1 machine.  Needs root.  All groups are below /isle-test-PID.
 */
#include "core/cgroup.h"
#include "core/cgroup_priv.h"
#include "core/cgroup_usage.h"
#include "core/sys.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONG_MS = 20000 };

static struct arena arena;
static struct cgroup_host host;
static char test_path[64];
static const char *layout;

/* Fails the test with isle's own sentence if R is an error. */
#define assert_done(r, e) assert_done_at((r), (e), __LINE__)
static void assert_done_at(int r, const struct err *e, int line)
{
	char text[2048];

	if (r >= 0)
		return;
	err_format(e, text, sizeof(text));
	fail_msg("line %d: %s", line, text);
}

/* ---- helpers ---- */

static void make(struct cgroup *cg, const struct spec_resources *res)
{
	struct err e = {0};

	assert_done(cgroup_make(cg, &host, test_path, res, &arena, &e), &e);
}

static void take_down(struct cgroup *cg)
{
	struct err e = {0};

	assert_done(cgroup_kill(cg, LONG_MS, &e), &e);
	assert_done(cgroup_remove(cg, LONG_MS, &e), &e);
	assert_int_equal(cg->v2_fd, FD_NONE);
	assert_int_equal(cg->v1_used, 0);
}

/* The text of FILE in the group, in the v2 tree or in the v1 hierarchy of C; "" if there is none. */
static char *group_file(const struct cgroup *cg, int c, const char *file)
{
	bool v2 = c < 0 || cgroup_place(&host, (enum cgroup_controller)c) == PLACE_V2;
	char *path = arena_printf(&arena, "%s%s/%s", v2 ? host.v2 : host.v1[c], cg->path, file), *text;

	if (file_read(AT_FDCWD, path, &arena, 65536, &text, NULL, NULL) < 0)
		return arena_strdup(&arena, "");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Tells that the layout lacks controller C, after checking that RES is refused for it. */
static bool lacks(enum cgroup_controller c, const struct spec_resources *res)
{
	struct cgroup cg;
	struct err e = {0};
	const char *name = host.v2 ? cgroup_facts[c].v2 : cgroup_facts[c].name;

	if (cgroup_place(&host, c) != PLACE_NONE)
		return false;
	assert_true(cgroup_make(&cg, &host, test_path, res, &arena, &e) < 0);
	assert_non_null(strstr(e.what, name));
	assert_true(*e.why && *e.cure);
	print_message("# %s: no controller %s here: refused, not tested further\n", layout, name);
	return true;
}

static bool is_v2(enum cgroup_controller c)
{
	return cgroup_place(&host, c) == PLACE_V2;
}

/* Starts FN in a process that is in the group before it begins; FN's value is its exit status. */
static pid_t start(const struct cgroup *cg, int (*fn)(void))
{
	int go[2];
	char byte;
	struct err e = {0};

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 1 ? fn() : 99);
	}
	assert_true(pid > 0);
	assert_done(cgroup_join(cg, pid, true, &e), &e);
	assert_int_equal(write(go[1], "x", 1), 1);
	close(go[0]);
	close(go[1]);
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int do_sleep(void)
{
	while (pause() < 0)
		;
	return 0;
}

/* Forks and waits, for ever. */
static int do_forks(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

/* Holds 32 MiB. */
static int do_hold_memory(void)
{
	char *p = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	memset(p, 1, 32 << 20);
	return do_sleep();
}

static size_t count_pids(const struct cgroup *cg)
{
	struct pids pids = {0};
	struct err e = {0};

	assert_done(cgroup_pids(cg, &arena, &pids, &e), &e);
	return pids.n;
}

/* Whether the test's group is anywhere in the v1 hierarchies. */
static bool on_v1(void)
{
	for (int c = 0; c < CGC_COUNT; c++)
		if (host.v1[c] && access(arena_printf(&arena, "%s%s", host.v1[c], test_path), F_OK) == 0)
			return true;
	return false;
}

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
	print_message("# %s: v2 controllers 0x%x, v1 memory %s\n", layout, host.v2_available,
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
	struct cgroup_stat st;
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
	cgroup_stat(&cg, &st);
	assert_true(st.pids.has && st.pids.v <= 300 && st.pids.v > 0);
	assert_true(st.pids_max.has && st.pids_max.v == 300);
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
	nest(cgroup_tracker(&cg), cg.path, 2, host.v2_available & 1u << CGC_PIDS ? 0 : sleeper);
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
	int64_t began = cgroup_now_ms();
	assert_int_equal(cgroup_remove(&cg, 100, &e), -EBUSY);
	assert_in_range(cgroup_now_ms() - began, 90, 5000);
	assert_non_null(strstr(e.why, "processes"));
	take_down(&cg);
	end_of(pid);
}

/* ---- tests: limits ---- */

static void memory_limits(void **state)
{
	struct spec_resources res = {.memory = {.limit = {true, 64 << 20}, .reservation = {true, 32 << 20}}};
	struct cgroup_stat st;
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	if (lacks(CGC_MEMORY, &res))
		return;
	make(&cg, &res);
	bool v2 = is_v2(CGC_MEMORY);
	const char *limit = v2 ? "memory.max" : "memory.limit_in_bytes";
	const char *swap = v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	assert_string_equal(group_file(&cg, CGC_MEMORY, limit), "67108864");
	assert_string_equal(group_file(&cg, CGC_MEMORY, v2 ? "memory.low" : "memory.soft_limit_in_bytes"), "33554432");
	cgroup_stat(&cg, &st);
	assert_true(st.memory.has && st.memory.v < 64 << 20);
	assert_true(st.memory_max.has && st.memory_max.v == 64 << 20);
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
		assert_done(cgroup_update(&cg, &up, &e), &e);
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
		assert_true(cgroup_update(&cg, &bad, &e) < 0);
		assert_non_null(strstr(e.why, "less than"));
		struct spec_resources swap_only = {.memory.swap = {true, 96 << 20}};
		assert_done(cgroup_update(&cg, &swap_only, &e), &e);
		assert_string_equal(group_file(&cg, CGC_MEMORY, swap), v2 ? "67108864" : "100663296");
	}
	struct spec_resources lift = {.memory.limit = {true, -1}};
	assert_done(cgroup_update(&cg, &lift, &e), &e);
	cgroup_stat(&cg, &st);
	assert_true(st.memory_max.v == UINT64_MAX);
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
	struct err e = {0};

	(void)state;
	if (lacks(CGC_CPU, &res))
		return;
	make(&cg, &res);
	bool v2 = is_v2(CGC_CPU);
	assert_string_equal(group_file(&cg, CGC_CPU, v2 ? "cpu.weight" : "cpu.shares"), v2 ? "174" : "2048");
	assert_string_equal(group_file(&cg, CGC_CPU, v2 ? "cpu.max" : "cpu.cfs_quota_us"),
			    v2 ? "50000 100000" : "50000");
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

		assert_done(cgroup_update(&cg, &up, &e), &e);
		if (v2) {
			assert_string_equal(group_file(&cg, CGC_CPU, "cpu.max"), steps[i].v2);
			continue;
		}
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.cfs_quota_us"), steps[i].v1_quota);
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.cfs_period_us"), steps[i].v1_period);
	}
	struct spec_resources bad = {.cpu = {.quota = {true, 10}, .period = {true, 100000}}};
	assert_true(cgroup_update(&cg, &bad, &e) < 0);
	assert_non_null(strstr(e.what, "cpu quota"));
	assert_non_null(strstr(e.why, "1000"));
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
	struct cgroup_stat st;
	struct cgroup cg;

	(void)state;
	make(&cg, &res);
	assert_int_equal(end_of(start(&cg, do_spin)), 0);
	cgroup_stat(&cg, &st);
	if (host.v2) {
		assert_true(st.cpu_us.has);
		assert_in_range(st.cpu_us.v, 40000, 5000000);
	} else {
		assert_false(st.cpu_us.has);
	}
	take_down(&cg);
}

static void cpusets(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};

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
	assert_true(cgroup_update(&cg, &bad, &e) < 0);
	bad.cpu.cpus = arena_strdup(&arena, "0-");
	assert_true(cgroup_update(&cg, &bad, &e) < 0);
	assert_non_null(strstr(e.what, "cpuset"));
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
		assert_done(cgroup_update(&cg, &lift, &e), &e);
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
	assert_true(cgroup_make(&cg, &host, test_path, &weight, &arena, &e) < 0);
	assert_non_null(strstr(e.why, "10 to 1000"));
}

static void impossible_limits_leave_nothing(void **state)
{
	struct spec_resources res = {.cpu = {.quota = {true, 1}, .period = {true, 1}}, .pids_limit = {true, 5}};
	struct cgroup cg, found;
	struct err e = {0};

	(void)state;
	if (lacks(CGC_CPU, &res))
		return;
	assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
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
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		*p = (struct spec_pair){arena_strdup(&arena, bad[i]), arena_strdup(&arena, "1")};
		assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
	}
	*p = (struct spec_pair){arena_strdup(&arena, "memory.high"), arena_strdup(&arena, "33554432")};
	if (host.v2 && is_v2(CGC_MEMORY)) {
		make(&cg, &res);
		assert_string_equal(group_file(&cg, -1, "memory.high"), "33554432");
		take_down(&cg);
	} else {
		assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
		assert_non_null(strstr(e.what, "memory.high"));
	}
	*p = (struct spec_pair){arena_strdup(&arena, "cgroup.max.depth"), arena_strdup(&arena, "7")};
	if (host.v2) {
		make(&cg, &res);
		assert_string_equal(group_file(&cg, -1, "cgroup.max.depth"), "7");
		take_down(&cg);
	}
}

static void update_of_what_was_not_begun(void **state)
{
	struct spec_resources res = {0};
	struct spec_resources up = {.pids_limit = {true, 17}};
	struct spec_resources lift = {.pids_limit = {true, -1}, .memory.limit = {true, -1}};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	make(&cg, &res);
	pid_t pid = start(&cg, do_sleep);
	assert_done(cgroup_update(&cg, &lift, &e), &e);
	if (!lacks(CGC_PIDS, &up)) {
		assert_done(cgroup_update(&cg, &up, &e), &e);
		assert_string_equal(group_file(&cg, CGC_PIDS, "pids.max"), "17");
		assert_string_equal(group_file(&cg, CGC_PIDS, "pids.current"), "1");
		assert_done(cgroup_update(&cg, &lift, &e), &e);
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
	assert_done(cgroup_update(&cg, &up, &e), &e);
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
	assert_done(cgroup_update(&cg, &freeze, &e), &e);
	assert_true(cgroup_frozen(&cg));
	assert_string_equal(group_file(&cg, CGC_CPU, is_v2(CGC_CPU) ? "cpu.weight" : "cpu.shares"),
			    is_v2(CGC_CPU) ? "59" : "512");
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
	struct err e = {0};

	(void)state;
	if (lacks(CGC_CPU, &up))
		return;
	make(&cg, &none);
	uint32_t before = cg.v1_used;
	pid_t pid = start(&cg, do_sleep);
	assert_true(cgroup_update(&cg, &up, &e) < 0);
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
	struct err e = {0};

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
	assert_done(cgroup_update(&cg, &res, &e), &e);
	take_down(&cg);
}

static void huge_pages(void **state)
{
	static const char *const bad[] = {"", "2", "2M", "MB", "2mb", "../x", "2MB/", "3MB"};
	struct spec_resources res = {0};
	struct spec_hugepage_limit *l = list_add(&res.hugepage_limits, &arena);
	struct cgroup_usage u;
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	*l = (struct spec_hugepage_limit){arena_strdup(&arena, "2MB"), 4 << 20};
	if (lacks(CGC_HUGETLB, &res))
		return;
	make(&cg, &res);
	assert_string_equal(
		group_file(&cg, CGC_HUGETLB, is_v2(CGC_HUGETLB) ? "hugetlb.2MB.max" : "hugetlb.2MB.limit_in_bytes"),
		"4194304");
	l->limit = 0;
	assert_done(cgroup_update(&cg, &res, &e), &e);
	assert_string_equal(
		group_file(&cg, CGC_HUGETLB, is_v2(CGC_HUGETLB) ? "hugetlb.2MB.max" : "hugetlb.2MB.limit_in_bytes"),
		"0");
	cgroup_usage_read(&cg, &arena, &u);
	assert_true(u.hugetlb.n >= 1 && u.hugetlb.v[0].usage == 0);
	take_down(&cg);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		l->page_size = arena_strdup(&arena, bad[i]);
		assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
		assert_non_null(strstr(e.what, "linux.resources.hugepageLimits"));
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
		assert_done(cgroup_update(&cg, &down, &e), &e);
		assert_string_equal(group_file(&cg, CGC_CPU, file), "5000");
		assert_done(cgroup_update(&cg, &res, &e), &e);
		assert_string_equal(group_file(&cg, CGC_CPU, file), "20000");
		struct spec_resources bad = {.cpu.burst = {true, 60000}};
		assert_true(cgroup_update(&cg, &bad, &e) < 0);
	}
	struct spec_resources idle = {.cpu = {.idle = {true, 1}, .shares = {true, 2048}}};
	r = cgroup_update(&cg, &idle, &e);
	if (r == -ENOENT) {
		print_message("# %s: this kernel has no idle groups\n", layout);
	} else {
		assert_done(r, &e);
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.idle"), "1");
		assert_done(cgroup_update(&cg, &idle, &e), &e); /* once more, from idle */
		idle.cpu.idle.v = 0;
		assert_done(cgroup_update(&cg, &idle, &e), &e);
		assert_string_equal(group_file(&cg, CGC_CPU, "cpu.idle"), "0");
		idle.cpu.idle.v = 2;
		assert_true(cgroup_update(&cg, &idle, &e) < 0);
		assert_non_null(strstr(e.what, "linux.resources.cpu.idle"));
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
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	*d = (struct spec_rdma){arena_strdup(&arena, "no_such_device"), {true, 3}, {true, 10000}};
	if (lacks(CGC_RDMA, &res))
		return;
	assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
	assert_non_null(strstr(e.what, "linux.resources.rdma"));
	d->name = arena_strdup(&arena, "two words");
	assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
}

static void weights_of_disks(void **state)
{
	struct spec_resources res = {0};
	struct spec_weight_device *d = list_add(&res.block_io.weight_device, &arena);
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	*d = (struct spec_weight_device){.major = 4000, .minor = 7, .weight = {true, 500}};
	if (lacks(CGC_BLKIO, &res))
		return;
	assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0); /* no such disk, or no weights here */
	assert_non_null(strstr(e.what, "linux.resources.blockIO.weightDevice"));
	d->weight.v = 9;
	assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
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

/* ---- tests: a group of the user's own ---- */

enum { NOBODY = 65534 };

/* As a plain user in a group of theirs: groups are made below it, and it gives its controllers to them. */
static int do_as_user(void)
{
	struct spec_resources res = {.pids_limit = {true, 5}};
	struct cgroup_host h;
	struct cgroup cg;
	struct err e = {0};
	char text[2048];
	int r = 0;

	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return 1;
	for (int i = 0; i < 2; i++) { /* the second time we are in "isle-caller" already */
		if (cgroup_host_probe(&h, &arena, &e) < 0 || !h.writable ||
		    strcmp(h.base, arena_printf(&arena, "%s/isle", test_path)) != 0)
			return 2;
		if (!(h.v2_available & 1u << CGC_PIDS)) {
			res.pids_limit.has = true;
			if (cgroup_make(&cg, &h, "x", &res, &arena, &e) == 0)
				return 3;
			res.pids_limit.has = false;
		}
		r = cgroup_make(&cg, &h, "x", &res, &arena, &e);
		if (r == 0)
			r = cgroup_join(&cg, 0, true, &e);
		char *caller = arena_printf(&arena, "%s%s/" CGROUP_CALLER, h.v2, test_path);
		if (res.pids_limit.has != (access(caller, F_OK) == 0))
			return 5;
		if (!res.pids_limit.has)
			*strrchr(caller, '/') = '\0';
		if (r == 0)
			r = file_write(AT_FDCWD, arena_printf(&arena, "%s/cgroup.procs", caller), "0", &e);
		if (r == 0)
			r = cgroup_remove(&cg, 1000, &e);
		if (r < 0) {
			err_format(&e, text, sizeof(text));
			print_message("# %s\n", text);
			return 4;
		}
	}
	return 0;
}

static void delegated_group_is_used(void **state)
{
	static const char *const files[] = {"", "/cgroup.procs", "/cgroup.subtree_control"};
	struct spec_resources res = {0};
	struct cgroup cg;

	(void)state;
	if (!host.v2) {
		print_message("# %s: no delegation here\n", layout);
		return;
	}
	res.pids_limit = (struct opt_i64){is_v2(CGC_PIDS), 100};
	make(&cg, &res);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_int_equal(chown(arena_printf(&arena, "%s%s%s", host.v2, cg.path, files[i]), NOBODY, NOBODY), 0);
	assert_int_equal(end_of(start(&cg, do_as_user)), 0);
	take_down(&cg);
}

/* The group's directory and the files that the kernel names belong to the user; the limits do not. */
static void given_group_belongs_to_the_user(void **state)
{
	struct spec_resources res = {0};
	struct stat st;
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	make(&cg, &res);
	assert_done(cgroup_give(&cg, NOBODY, &e), &e);
	if (host.v2) {
		assert_int_equal(fstat(cg.v2_fd, &st), 0);
		assert_int_equal(st.st_uid, NOBODY);
		assert_int_equal(fstatat(cg.v2_fd, "cgroup.procs", &st, 0), 0);
		assert_int_equal(st.st_uid, NOBODY);
		assert_int_equal(fstatat(cg.v2_fd, "cgroup.max.depth", &st, 0), 0);
		assert_int_equal(st.st_uid, 0);
	}
	take_down(&cg);
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

/* ---- tests: devices ---- */

static void rule(struct spec_resources *res, bool allow, char type, int64_t major, int64_t minor, const char *access)
{
	struct spec_device_rule *r = list_add(&res->devices, &arena);

	*r = (struct spec_device_rule){
		.allow = allow, .type = type, .major = {major >= 0, major}, .minor = {minor >= 0, minor}};
	memcpy(r->access, access, strlen(access) + 1);
}

/* Bits: what may be done with null (1:3), zero (1:5), urandom (1:9); and whether nodes can be made. */
static int do_try_devices(void)
{
	int got = 0;

	got |= open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 ? 1 : 0;
	got |= open("/dev/null", O_WRONLY | O_CLOEXEC) >= 0 ? 2 : 0;
	got |= open("/dev/null", O_RDWR | O_CLOEXEC) >= 0 ? 4 : 0;
	got |= open("/dev/zero", O_RDONLY | O_CLOEXEC) >= 0 ? 8 : 0;
	got |= open("/dev/urandom", O_RDONLY | O_CLOEXEC) >= 0 ? 16 : 0;
	char path[] = "/tmp/isle-test-XXXXXX";
	if (mkdtemp(path)) {
		char node[64];

		snprintf(node, sizeof(node), "%s/c", path);
		got |= mknod(node, S_IFCHR | 0600, makedev(1, 3)) == 0 ? 32 : 0;
		unlink(node);
		got |= mknod(node, S_IFBLK | 0600, makedev(7, 0)) == 0 ? 64 : 0;
		unlink(node);
		rmdir(path);
	}
	return got;
}

static void device_rules(void **state)
{
	struct spec_resources res = {0}, more = {0}, part = {0};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	rule(&res, false, 'a', -1, -1, "");
	rule(&res, true, 'c', -1, -1, "m");
	rule(&res, true, 'c', 1, 3, "r");
	rule(&res, true, 'c', 1, 3, "w");
	rule(&res, true, 'c', 1, 9, "rwm");
	rule(&res, false, 'c', 1, 9, "w");
	int r = cgroup_make(&cg, &host, test_path, &res, &arena, &e);
	if (r == -EINVAL && strstr(e.why, "CONFIG_CGROUP_BPF")) {
		print_message("# %s: this kernel has no device programs: refused\n", layout);
		return;
	}
	assert_done(r, &e);
	assert_int_equal(end_of(start(&cg, do_try_devices)), (1 | 2 | 4 | 16 | 32) << 8);
	rule(&more, true, 'a', -1, -1, "rwm");
	rule(&more, false, 'c', 1, 5, "rwm");
	rule(&more, false, 'b', -1, -1, "m");
	assert_done(cgroup_update(&cg, &more, &e), &e);
	assert_int_equal(end_of(start(&cg, do_try_devices)), (1 | 2 | 4 | 16 | 32) << 8);
	/* A part of an earlier rule taken back: by a program, not by v1's lists. */
	rule(&part, true, 'c', 1, -1, "rw");
	rule(&part, false, 'c', 1, 5, "r");
	r = cgroup_update(&cg, &part, &e);
	if (host.v2) {
		assert_done(r, &e);
		assert_int_equal(end_of(start(&cg, do_try_devices)), (1 | 2 | 4 | 16) << 8);
	} else {
		assert_int_equal(r, -EOPNOTSUPP);
	}
	/* What is denied anyway may be denied again, and a larger part be allowed: that takes no exception back. */
	struct spec_resources again = {0};
	rule(&again, false, 'a', -1, -1, "rwm");
	rule(&again, false, 'c', 1, 5, "rwm");
	rule(&again, true, 'c', -1, -1, "m");
	rule(&again, true, 'c', 1, 5, "r");
	assert_done(cgroup_update(&cg, &again, &e), &e);
	assert_int_equal(end_of(start(&cg, do_try_devices)), (8 | 32) << 8);
	/* A minor of any major and a major with any minor meet in one device; the later rule has it. */
	struct spec_resources cross = {0};
	rule(&cross, true, 'c', 1, -1, "rwm");
	rule(&cross, false, 'c', -1, 5, "r");
	rule(&cross, true, 'b', 7, -1, "m");
	if (host.v2) {
		assert_done(cgroup_update(&cg, &cross, &e), &e);
		assert_int_equal(end_of(start(&cg, do_try_devices)), (1 | 2 | 4 | 16 | 32 | 64) << 8);
	}
	take_down(&cg);
}

static void bad_device_rules_are_refused(void **state)
{
	struct {
		char type;
		int64_t major;
		const char *access;
	} bad[] = {{'x', 1, "rwm"}, {'c', 4096, "rwm"}, {'c', 1, "rx"}};
	struct cgroup cg;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct spec_resources res = {0};

		rule(&res, true, bad[i].type, bad[i].major, 0, bad[i].access);
		assert_true(cgroup_make(&cg, &host, test_path, &res, &arena, &e) < 0);
	}
	struct spec_resources many = {0};
	for (int i = 0; i < 5000; i++)
		rule(&many, true, 'c', i % 4096, i, "r");
	assert_int_equal(cgroup_make(&cg, &host, test_path, &many, &arena, &e), -E2BIG);
}

static void long_device_lists_work(void **state)
{
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	rule(&res, false, 'a', -1, -1, "rwm");
	rule(&res, true, 'c', 1, 3, "rw");
	for (int i = 0; i < 1000; i++)
		rule(&res, true, 'b', 3000, i, i % 2 ? "r" : "rw");
	int r = cgroup_make(&cg, &host, test_path, &res, &arena, &e);
	if (r == -EINVAL && strstr(e.why, "CONFIG_CGROUP_BPF"))
		return;
	assert_done(r, &e);
	assert_int_equal(end_of(start(&cg, do_try_devices)), (1 | 2 | 4) << 8);
	take_down(&cg);
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

/* ---- the two views ---- */

static int look(void)
{
	static const char *const names[] = {"absent", "v2", "v1", "hybrid"};
	struct err e = {0};
	int r = cgroup_host_probe(&host, &arena, &e);

	layout = names[host.layout];
	return r;
}

static int set_up(void **state)
{
	(void)state;
	if (geteuid() != 0)
		print_message("# this test needs root\n");
	snprintf(test_path, sizeof(test_path), "/isle-test-%d/box", (int)getpid());
	return geteuid() != 0 ? -1 : look();
}

/* Removes the group in which the test's groups were. */
static int clean_up(void **state)
{
	struct cgroup cg;
	struct err e = {0};
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%.*s", (int)(strrchr(test_path, '/') - test_path), test_path);
	int r = cgroup_open(&cg, &host, path, &arena, &e);
	if (r == 0)
		r = cgroup_remove(&cg, 1000, &e);
	cgroup_release(&cg);
	return r;
}

/* Moves the v2 tree of a hybrid machine to a strange place, then hides it, in a mount namespace of the test alone. */
static void v2_tree_is_hidden(void **state)
{
	assert_int_equal(clean_up(state), 0);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	char place[] = "/tmp/isle test\t\\ XXXXXX";
	assert_non_null(mkdtemp(place));
	assert_int_equal(mount(host.v2, place, NULL, MS_BIND, NULL), 0);
	assert_int_equal(umount2(host.v2, MNT_DETACH), 0);
	assert_int_equal(look(), 0);
	assert_int_equal(host.layout, CGROUP_HYBRID);
	assert_string_equal(host.v2, place);
	assert_int_equal(umount2(place, MNT_DETACH), 0);
	assert_int_equal(rmdir(place), 0);
	assert_int_equal(look(), 0);
	assert_int_equal(host.layout, CGROUP_V1);
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
		cmocka_unit_test(memory_limits),
		cmocka_unit_test(out_of_memory_is_told),
		cmocka_unit_test(cpu_limits),
		cmocka_unit_test(used_time_is_counted),
		cmocka_unit_test(cpusets),
		cmocka_unit_test(io_limits),
		cmocka_unit_test(impossible_limits_leave_nothing),
		cmocka_unit_test(unified_settings),
		cmocka_unit_test(update_of_what_was_not_begun),
		cmocka_unit_test(update_takes_every_process_along),
		cmocka_unit_test(failed_update_takes_nothing_along),
		cmocka_unit_test(limits_of_v1_alone),
		cmocka_unit_test(huge_pages),
		cmocka_unit_test(burst_and_idle),
		cmocka_unit_test(memory_in_use_is_not_cut),
		cmocka_unit_test(rdma_limits),
		cmocka_unit_test(weights_of_disks),
		cmocka_unit_test(unified_lines),
		cmocka_unit_test(threaded_groups_are_killed_and_removed),
		cmocka_unit_test(delegated_group_is_used),
		cmocka_unit_test(given_group_belongs_to_the_user),
		cmocka_unit_test(usage_is_read),
		cmocka_unit_test(device_rules),
		cmocka_unit_test(bad_device_rules_are_refused),
		cmocka_unit_test(long_device_lists_work),
		cmocka_unit_test(speed_is_noted),
	};
	struct CMUnitTest both[2 * ARRAY_LEN(tests) + 1];
	size_t n = ARRAY_LEN(tests);

	memcpy(both, tests, sizeof(tests));
	if (set_up(NULL) == 0 && host.layout == CGROUP_HYBRID) {
		both[n++] = (struct CMUnitTest)cmocka_unit_test(v2_tree_is_hidden);
		for (size_t i = 0; i < ARRAY_LEN(tests); i++, n++) {
			both[n] = tests[i];
			both[n].name = arena_printf(&arena, "v1_%s", tests[i].name);
		}
	}
	return _cmocka_run_group_tests("cgroup", both, n, set_up, clean_up);
}
