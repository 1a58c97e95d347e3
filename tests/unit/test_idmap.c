/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps: sums at the edges, maps the kernel would refuse, the files of granted ids, and maps written for real. */
#include "core/idmap.h"
#include "jail.h"

#include <sys/prctl.h>

enum { STRANGER = 12345, GRANTED = 300000 };

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A list of N lines. */
#define MAPS(...)                                                      \
	((struct spec_idmaps){.v = (struct spec_idmap[]){__VA_ARGS__}, \
			      .n = sizeof((struct spec_idmap[]){__VA_ARGS__}) / sizeof(struct spec_idmap)})

static void ids_are_looked_up_to_the_edges(void **state)
{
	const struct spec_idmaps m = MAPS({0, 100000, 10}, {10, 500, 1}, {4294967290u, 7, 5});
	const struct spec_idmaps none = {0};

	(void)state;
	assert_string_equal(idmap_text(&m, &arena), "0 100000 10\n10 500 1\n4294967290 7 5\n");
	assert_string_equal(idmap_text(&none, &arena), "");
	const struct spec_idmap widest = {4294967295u, 4294967295u, 4294967295u};
	const struct spec_idmaps wide = MAPS(widest, widest);
	assert_int_equal(strlen(idmap_text(&wide, &arena)), 66);
	assert_true(idmap_has(&m, 0) && idmap_has(&m, 9) && idmap_has(&m, 10));
	assert_false(idmap_has(&m, 11));
	assert_false(idmap_has(&m, 4294967289u));
	assert_true(idmap_has(&m, 4294967290u) && idmap_has(&m, 4294967294u));
	assert_false(idmap_has(&m, 4294967295u));
	assert_false(idmap_has(&none, 0));
	assert_int_equal(idmap_host(&m, 0), 100000);
	assert_int_equal(idmap_host(&m, 9), 100009);
	assert_int_equal(idmap_host(&m, 10), 500);
	assert_int_equal(idmap_host(&m, 4294967294u), 11);
	assert_true(idmap_host(&m, 11) == (uint32_t)-1);
}

static void foreign_means_no_id_of_the_machine(void **state)
{
	(void)state;
	assert_true(idmap_foreign(&MAPS({0, 65536, 65536})));
	assert_false(idmap_foreign(&MAPS({0, 65535, 65536})));
	assert_false(idmap_foreign(&MAPS({0, 100000, 65536}, {65536, 1000, 1})));
	assert_false(idmap_foreign(&MAPS({0, 0, 1})));
}

static void good_maps_pass(void **state)
{
	struct spec_idmaps full = {0};
	struct err e = {0};

	(void)state;
	must(idmap_check(&(struct spec_idmaps){0}, "uid", &e), &e);
	must(idmap_check(&MAPS({0, 0, 4294967295u}), "uid", &e), &e);
	must(idmap_check(&MAPS({0, 100000, 10}, {10, 100010, 10}, {20, 5, 1}), "uid", &e), &e);
	must(idmap_check(&MAPS({4294967294u, 4294967294u, 1}), "uid", &e), &e);
	for (uint32_t i = 0; i < 340; i++)
		*list_add(&full, &arena) = (struct spec_idmap){i * 2, 1000 + i * 2, 1};
	must(idmap_check(&full, "uid", &e), &e);
	*list_add(&full, &arena) = (struct spec_idmap){5000, 5000, 1};
	must_fail(idmap_check(&full, "--uidmap", &e), EINVAL, &e, "--uidmap has 341 lines");
	must_have(e.what, "at most 340");
}

static void maps_the_kernel_refuses_are_named(void **state)
{
	const struct {
		struct spec_idmaps m;
		const char *says;
	} bad[] = {
		{MAPS({0, 100, 0}), "0:100:0 is empty"},
		{MAPS({0, 100, 1}, {5, 200, 0}), "5:200:0 is empty"},
		{MAPS({4294967295u, 0, 1}), "goes past the last id"},
		{MAPS({0, 4294967295u, 1}), "goes past the last id"},
		{MAPS({4294967290u, 0, 10}), "goes past the last id"},
		{MAPS({0, 4294967290u, 10}), "goes past the last id"},
		{MAPS({1, 0, 4294967295u}), "goes past the last id"},
		{MAPS({0, 100, 10}, {9, 200, 1}), "0:100:10 and 9:200:1 overlap"},
		{MAPS({0, 100, 10}, {20, 109, 5}), "0:100:10 and 20:109:5 overlap"},
		{MAPS({0, 100, 1}, {1, 101, 1}, {0, 500, 1}), "0:100:1 and 0:500:1 overlap"},
		{MAPS({5, 100, 1}, {0, 200, 100}), "5:100:1 and 0:200:100 overlap"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = {0};

		must_fail(idmap_check(&bad[i].m, "group map", &e), EINVAL, &e, bad[i].says);
		must_have(e.what, "group map");
	}
}

static const char passwd_text[] = "root:x:0:0::/:/bin/sh\n"
				  ":\n"
				  "x:y\n"
				  "tester:x:12345:12345::/:/bin/sh\n"
				  "late:x:12345:1::/:/bin/sh\n";
static const char subuid_text[] = "# comment: 1:1\n"
				  "\n"
				  "other:1:1\n"
				  "tester:300000:65536\n"
				  "testers:2:2\n"
				  "teste:3:3\n"
				  "12345:500000:10\n"
				  "tester:4294967294:1\n"
				  "tester\n"
				  "tester:\n"
				  "tester:10\n"
				  "tester:10:\n"
				  "tester:10:0\n"
				  "tester:x:10\n"
				  "tester:10:10x\n"
				  "tester:-1:10\n"
				  "tester:10:-1\n"
				  "tester: 10:10\n"
				  "tester:4294967295:1\n"
				  "tester:1:4294967295\n"
				  "tester:4294967296:1\n"
				  "tester:18446744073709551615:10\n"
				  "tester:10:18446744073709551615\n"
				  "tester:99999999999999999999:1\n"
				  "123456:4:4\n"
				  "tester:7:7"; /* no line break at the end */

static void granted_ranges(void *arg)
{
	static const struct spec_idmap want[] = {{0, 300000, 65536}, {0, 500000, 10}, {0, 4294967294u, 1}, {0, 7, 7}};
	struct spec_idmaps got = {0};
	struct err e = {0};

	(void)arg;
	hide("/etc");
	must(subid_ranges(STRANGER, false, &arena, &got, &e), &e); /* no file at all */
	assert_int_equal(got.n, 0);
	put("/etc/passwd", passwd_text, 0644);
	put("/etc/subuid", subuid_text, 0644);
	put("/etc/subgid", "12345:9:9\n", 0644);
	must(subid_ranges(STRANGER, false, &arena, &got, &e), &e);
	assert_int_equal(got.n, ARRAY_LEN(want));
	assert_memory_equal(got.v, want, sizeof(want));
	must(subid_ranges(STRANGER, true, &arena, &got, &e), &e); /* appended */
	assert_int_equal(got.n, ARRAY_LEN(want) + 1);
	assert_int_equal(got.v[ARRAY_LEN(want)].host_id, 9);
	got = (struct spec_idmaps){0};
	must(subid_ranges(777, false, &arena, &got, &e), &e);
	assert_int_equal(got.n, 0);

	/* Without a name the number still counts. */
	must_call(unlink("/etc/passwd"));
	must(subid_ranges(STRANGER, false, &arena, &got, &e), &e);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.v[0].host_id, 500000);

	/* Files that would hold us up. */
	must_call(mkfifo("/etc/passwd", 0644));
	got = (struct spec_idmaps){0};
	must(subid_ranges(STRANGER, false, &arena, &got, &e), &e);
	assert_int_equal(got.n, 1);
	must_call(unlink("/etc/subuid"));
	must_call(mkfifo("/etc/subuid", 0644));
	must_fail(subid_ranges(STRANGER, false, &arena, &got, &e), EINVAL, &e, "/etc/subuid");
}

static void granted_ranges_are_read_strictly(void **state)
{
	(void)state;
	in_jail(granted_ranges, NULL);
}

/* A process alone in a new user namespace, until its pipe is closed. */
struct alone {
	pid_t pid;
	int done;
};

static struct alone alone_start(void)
{
	int made[2], done[2];
	char byte;

	must_call(pipe2(made, O_CLOEXEC));
	must_call(pipe2(done, O_CLOEXEC));
	pid_t pid = child_start();
	if (pid == 0) {
		close(done[1]);
		must_call(unshare(CLONE_NEWUSER));
		assert_int_equal(write(made[1], "", 1), 1);
		_exit(read(done[0], &byte, 1) != 0);
	}
	close(made[1]);
	close(done[0]);
	assert_int_equal(read(made[0], &byte, 1), 1);
	close(made[0]);
	return (struct alone){pid, done[1]};
}

static void alone_end(struct alone a)
{
	close(a.done);
	assert_int_equal(child_end(a.pid), 0);
}

/* Fails unless FILE of the process is TEXT, apart from the kernel's columns. */
static void map_is(struct alone a, const char *file, const char *text)
{
	unsigned int got[3], want[3];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)a.pid, file);
	const char *is = text_of(path);
	if (sscanf(text, "%u %u %u", &want[0], &want[1], &want[2]) != 3) {
		assert_string_equal(is, text);
		return;
	}
	assert_int_equal(sscanf(is, "%u %u %u", &got[0], &got[1], &got[2]), 3);
	assert_memory_equal(got, want, sizeof(got));
}

static void maps_are_written_with_privilege(void **state)
{
	const struct spec_idmaps uids = MAPS({0, GRANTED, 65536}), gids = MAPS({0, 400000, 10});
	struct alone a = alone_start();
	struct err e = {0};

	(void)state;
	must(idmap_apply(a.pid, &uids, &gids, true, &arena, &e), &e);
	map_is(a, "uid_map", "0 300000 65536");
	map_is(a, "gid_map", "0 400000 10");
	map_is(a, "setgroups", "allow\n");
	/* A map is written once. */
	must_fail(idmap_apply(a.pid, &uids, &gids, true, &arena, &e), EPERM, &e, "map the group ids");
	must_have(e.what, "gid_map");
	alone_end(a);
	must_fail(idmap_apply(a.pid, &uids, &gids, true, &arena, &e), ENOENT, &e, "map the");
}

/* Becomes a plain user, known by name and with granted ids, in a jail. */
static void become_stranger(void)
{
	hide("/etc");
	put("/etc/passwd", "root:x:0:0::/:/bin/sh\ntester:x:12345:12345::/:/bin/sh\n", 0644);
	put("/etc/group", "tester:x:12345:\n", 0644);
	put("/etc/subuid", "tester:300000:65536\n", 0644);
	put("/etc/subgid", "tester:300000:65536\n", 0644);
	must_call(setresgid(STRANGER, STRANGER, STRANGER));
	must_call(setresuid(STRANGER, STRANGER, STRANGER));
	must_call(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); /* as after an exec: its files in /proc are its own again */
}

static void own_id(void *arg)
{
	const struct spec_idmaps own = MAPS({0, STRANGER, 1}), other = MAPS({0, 1, 1});
	struct err e = {0};

	(void)arg;
	become_stranger();
	struct alone a = alone_start();
	must(idmap_apply(a.pid, &own, &own, false, &arena, &e), &e);
	map_is(a, "uid_map", "0 12345 1");
	map_is(a, "gid_map", "0 12345 1");
	map_is(a, "setgroups", "deny\n");
	alone_end(a);
	/* The kernel's refusal of what is not ours reaches the caller. */
	a = alone_start();
	must_fail(idmap_apply(a.pid, &other, &other, true, &arena, &e), EPERM, &e, "group ids");
	alone_end(a);
}

static void an_own_id_alone_needs_nobody(void **state)
{
	(void)state;
	in_jail(own_id, NULL);
}

static void helpers(void *arg)
{
	const struct spec_idmaps granted = MAPS({0, STRANGER, 1}, {1, GRANTED, 65535}), taken = MAPS({0, 1, 10});
	struct err e = {0};
	char path[64];

	(void)arg;
	setenv("PATH", "/tmp", 1); /* the helpers are not looked for */
	put("/tmp/newuidmap", "#!/bin/sh\nexit 0\n", 0755);
	put("/tmp/newgidmap", "#!/bin/sh\nexit 0\n", 0755);
	become_stranger();
	struct alone a = alone_start();
	must(idmap_apply(a.pid, &granted, &granted, false, &arena, &e), &e);
	map_is(a, "uid_map", "0 12345 1");
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)a.pid);
	must_have(text_of(path), "65535");
	alone_end(a);

	/* Ids that nobody granted; what the helper says of it is not for the eyes of who reads this test. */
	a = alone_start();
	fflush(stderr);
	int err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	must_call(dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO));
	int r = idmap_apply(a.pid, &taken, &taken, false, &arena, &e);
	must_call(dup2(err, STDERR_FILENO));
	must_fail(r, EPERM, &e, "/usr/bin/newgidmap");
	must_have(e.cure, "/etc/subgid");
	alone_end(a);
}

static void granted_ids_go_by_the_helpers(void **state)
{
	(void)state;
	in_jail(helpers, NULL);
}

static void no_helpers(void *arg)
{
	const struct spec_idmaps m = MAPS({0, GRANTED, 65536});
	struct err e = {0};

	(void)arg;
	hide("/usr/bin");
	struct alone a = alone_start();
	must_fail(idmap_apply(a.pid, &m, &m, false, &arena, &e), ENOENT, &e, "run /usr/bin/newgidmap");
	must_have(e.cure, "install the package uidmap");
	alone_end(a);
}

static void a_missing_helper_is_named_with_its_package(void **state)
{
	(void)state;
	in_jail(no_helpers, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_looked_up_to_the_edges),
		cmocka_unit_test(foreign_means_no_id_of_the_machine),
		cmocka_unit_test(good_maps_pass),
		cmocka_unit_test(maps_the_kernel_refuses_are_named),
		cmocka_unit_test(granted_ranges_are_read_strictly),
		cmocka_unit_test(maps_are_written_with_privilege),
		cmocka_unit_test(an_own_id_alone_needs_nobody),
		cmocka_unit_test(granted_ids_go_by_the_helpers),
		cmocka_unit_test(a_missing_helper_is_named_with_its_package),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
