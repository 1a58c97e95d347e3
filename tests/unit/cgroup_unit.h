/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of control groups share.  They run on the machine as it is, whatever its layout: what the layout has is
 * tested, and what it does not have must be refused with a sentence; notes tell which.  A hybrid machine is tested
 * twice, the second time without its v2 tree, as a v1 machine.  Needs root.  All groups are below /isle-test-PID.
 */
#ifndef ISLE_TESTS_CGROUP_UNIT_H
#define ISLE_TESTS_CGROUP_UNIT_H

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
static inline void assert_done_at(int r, const struct err *e, int line)
{
	char text[2048];

	if (r >= 0)
		return;
	err_format(e, text, sizeof(text));
	fail_msg("line %d: %s", line, text);
}

/* ---- helpers ---- */

static inline void make(struct cgroup *cg, const struct spec_resources *res)
{
	struct err e = {0};

	assert_done(cgroup_make(cg, &host, test_path, res, &arena, &e), &e);
}

static inline void take_down(struct cgroup *cg)
{
	struct err e = {0};

	assert_done(cgroup_kill(cg, LONG_MS, &e), &e);
	assert_done(cgroup_remove(cg, LONG_MS, &e), &e);
	assert_int_equal(cg->v2_fd, FD_NONE);
	assert_int_equal(cg->v1_used, 0);
}

static inline bool is_v2(enum cgroup_controller c)
{
	return cgroup_place(&host, c) == PLACE_V2;
}

/* The text of FILE in the group, in the v2 tree or in the v1 hierarchy of C; "" if there is none. */
static inline char *group_file(const struct cgroup *cg, int c, const char *file)
{
	bool v2 = c < 0 || is_v2((enum cgroup_controller)c);
	char *path = arena_printf(&arena, "%s%s/%s", v2 ? host.v2 : host.v1[c], cg->path, file), *text;

	if (file_read(AT_FDCWD, path, &arena, 65536, &text, NULL, NULL) < 0)
		return arena_strdup(&arena, "");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* The text of the file of controller C, which has another name in each version. */
static inline char *setting(const struct cgroup *cg, enum cgroup_controller c, const char *v2, const char *v1)
{
	return group_file(cg, (int)c, is_v2(c) ? v2 : v1);
}

static inline void update(struct cgroup *cg, const struct spec_resources *res)
{
	struct err e = {0};

	assert_done(cgroup_update(cg, res, &e), &e);
}

/* Fails unless R is an error with WORD in the sentence of E. */
static inline void assert_refused(int r, const struct err *e, const char *word)
{
	char text[2048];

	assert_true(r < 0);
	err_format(e, text, sizeof(text));
	assert_non_null(strstr(text, word));
}

/* A group with RES can't be made, for a reason that has WORD in it. */
static inline void make_refused(const struct spec_resources *res, const char *word)
{
	struct cgroup cg;
	struct err e = {0};
	int r = cgroup_make(&cg, &host, test_path, res, &arena, &e);

	assert_refused(r, &e, word);
}

/* The same for a change. */
static inline void update_refused(struct cgroup *cg, const struct spec_resources *res, const char *word)
{
	struct err e = {0};
	int r = cgroup_update(cg, res, &e);

	assert_refused(r, &e, word);
}

/* Tells that the layout lacks controller C, after checking that RES is refused for it. */
static inline bool lacks(enum cgroup_controller c, const struct spec_resources *res)
{
	struct cgroup cg;
	struct err e = {0};
	const char *name = host.v2 ? cgroup_facts[c].v2 : cgroup_facts[c].name;

	if (cgroup_place(&host, c) != PLACE_NONE)
		return false;
	assert_true(cgroup_make(&cg, &host, test_path, res, &arena, &e) < 0);
	assert_non_null(
		strstr(e.what, arena_printf(&arena, "the requested cgroup controller `%s` is not available", name)));
	assert_true(*e.why && *e.cure);
	print_message("# %s: no controller %s here: refused, not tested further\n", layout, name);
	return true;
}

/* Starts FN in a process that is in the group before it begins; FN's value is its exit status. */
static inline pid_t start(const struct cgroup *cg, int (*fn)(void))
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

static inline int end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static inline int do_sleep(void)
{
	while (pause() < 0)
		;
	return 0;
}

/* Forks and waits, for ever. */
static inline int do_forks(void)
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
static inline int do_hold_memory(void)
{
	char *p = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	memset(p, 1, 32 << 20);
	return do_sleep();
}

static inline size_t count_pids(const struct cgroup *cg)
{
	struct pids pids = {0};
	struct err e = {0};

	assert_done(cgroup_pids(cg, &arena, &pids, &e), &e);
	return pids.n;
}

/* Whether the test's group is anywhere in the v1 hierarchies. */
static inline bool on_v1(void)
{
	for (int c = 0; c < CGC_COUNT; c++)
		if (host.v1[c] && access(arena_printf(&arena, "%s%s", host.v1[c], test_path), F_OK) == 0)
			return true;
	return false;
}

/* ---- the two views ---- */

static inline int look(void)
{
	static const char *const names[] = {"absent", "v2", "v1", "hybrid"};
	struct err e = {0};
	int r = cgroup_host_probe(&host, &arena, &e);

	layout = names[host.layout];
	return r;
}

static inline int set_up(void **state)
{
	(void)state;
	if (geteuid() != 0)
		print_message("# this test needs root\n");
	snprintf(test_path, sizeof(test_path), "/isle-test-%d/box", (int)getpid());
	return geteuid() != 0 ? -1 : look();
}

/* Removes the group in which the test's groups were. */
static inline int clean_up(void **state)
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
static inline void v2_tree_is_hidden(void **state)
{
	assert_int_equal(clean_up(state), 0);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	char place[TEST_DIR_MAX];
	assert_non_null(test_dir_make(place, "isle test\t\\ "));
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

/* Runs the N tests at TESTS, and on a hybrid machine once more as on a v1 machine. */
static inline int run_both(const char *name, const struct CMUnitTest *tests, size_t n)
{
	struct CMUnitTest *both = arena_new(&arena, struct CMUnitTest, 2 * n + 1);
	size_t all = n;

	memcpy(both, tests, n * sizeof(*tests));
	if (set_up(NULL) == 0 && host.layout == CGROUP_HYBRID) {
		both[all++] = (struct CMUnitTest)cmocka_unit_test(v2_tree_is_hidden);
		for (size_t i = 0; i < n; i++, all++) {
			both[all] = tests[i];
			both[all].name = arena_printf(&arena, "v1_%s", tests[i].name);
		}
	}
	return _cmocka_run_group_tests(name, both, all, set_up, clean_up);
}

#endif
