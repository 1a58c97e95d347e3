/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing trees: any depth, links not followed, odd modes and names. */
#include "base/fd.h"
#include "base/tree.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[TEST_DIR_MAX];
static int place_fd = FD_NONE;

static int setup(void **state)
{
	(void)state;
	if (!test_dir_make(place, "isle-test-tree."))
		return -1;
	place_fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place_fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	fd_close(&place_fd);
	return rmdir(place); /* fails if a test left something */
}

static void touch(const char *path)
{
	auto_fd fd = openat(place_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
}

static bool exists(const char *path)
{
	return faccessat(place_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void files_links_and_odd_names(void **state)
{
	struct err e = {0};

	(void)state;
	mkdirat(place_fd, "keep", 0700);
	touch("keep/canary");
	mkdirat(place_fd, "t", 0700);
	mkdirat(place_fd, "t/.lifted-0", 0700);
	mkdirat(place_fd, "t/a", 0700);
	mkdirat(place_fd, "t/a/.lifted-0", 0700);
	mkdirat(place_fd, "t/a/shut", 0700);
	touch("t/a/shut/x");
	touch("t/.lifted-0/y");
	touch("t/a/.lifted-0/z\n\033");
	fchmodat(place_fd, "t/a/shut", 0, 0);
	assert_int_equal(symlinkat("../keep", place_fd, "t/link"), 0);
	assert_int_equal(symlinkat("../../keep", place_fd, "t/a/link"), 0);
	assert_int_equal(tree_delete(place_fd, "t", &e), 0);
	assert_false(exists("t"));
	assert_true(exists("keep/canary"));
	assert_int_equal(tree_delete(place_fd, "keep", &e), 0);
}

static void never_upwards(void **state)
{
	static const char *const names[] = {"", ".", "..", "a/..", "a/.", "a/"};

	(void)state;
	mkdirat(place_fd, "t", 0700);
	mkdirat(place_fd, "t/a", 0700);
	touch("t/a/canary");
	auto_fd t = openat(place_fd, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err e = {0};

		assert_int_equal(tree_delete(t, names[i], &e), -EINVAL);
		assert_string_not_equal(e.what, "");
	}
	assert_true(exists("t/a/canary"));
	assert_int_equal(tree_delete(place_fd, "t", NULL), 0);
}

static void what_is_not_there_and_what_is_a_file(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(tree_delete(place_fd, "nothing", &e), 0);
	touch("file");
	assert_int_equal(tree_delete(place_fd, "file", &e), 0);
	assert_int_equal(symlinkat("/nonexistent", place_fd, "link"), 0);
	assert_int_equal(tree_delete(place_fd, "link", &e), 0);
	assert_false(exists("link"));
}

static void a_tree_deeper_than_any_path(void **state)
{
	struct err e = {0};
	int fd = dup(place_fd);

	(void)state;
	for (int i = 0; i < 4000; i++) {
		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		int next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
	assert_int_equal(tree_delete(place_fd, "d", &e), 0);
	assert_false(exists("d"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_links_and_odd_names),
		cmocka_unit_test(never_upwards),
		cmocka_unit_test(what_is_not_there_and_what_is_a_file),
		cmocka_unit_test(a_tree_deeper_than_any_path),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
