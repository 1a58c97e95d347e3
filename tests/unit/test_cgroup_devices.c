/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups: which devices may be used. */
#include "cgroup_unit.h"

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
	char path[TEST_DIR_MAX];
	if (test_dir_make(path, "isle-test-")) {
		char node[TEST_DIR_MAX + 8];

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
	update(&cg, &more);
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
	update(&cg, &again);
	assert_int_equal(end_of(start(&cg, do_try_devices)), (8 | 32) << 8);
	/* A minor of any major and a major with any minor meet in one device; the later rule has it. */
	struct spec_resources cross = {0};
	rule(&cross, true, 'c', 1, -1, "rwm");
	rule(&cross, false, 'c', -1, 5, "r");
	rule(&cross, true, 'b', 7, -1, "m");
	if (host.v2) {
		update(&cg, &cross);
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
		make_refused(&res, "");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_rules),
		cmocka_unit_test(bad_device_rules_are_refused),
		cmocka_unit_test(long_device_lists_work),
	};

	return run_both("cgroup_devices", tests, ARRAY_LEN(tests));
}
