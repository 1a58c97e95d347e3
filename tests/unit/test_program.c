/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a program: the order of PATH, what is passed over, and the shell's exit statuses with the true reason. */
#include "base/tree.h"
#include "core/program.h"
#include "jail.h"

static char place[TEST_DIR_MAX];
static struct arena arena;

static int setup(void **state)
{
	static const char *const dirs[] = {"a", "b", "c", "a/dir", "c/dir", "b/sub"};

	(void)state;
	umask(022);
	if (!test_dir_make(place, "isle-test-program.") || chdir(place) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		must_call(mkdir(dirs[i], 0755));
	put("a/both", "", 0755);
	put("b/both", "", 0755);
	put("a/plain", "", 0644);
	put("b/plain", "", 0755);
	put("a/never", "", 0644);
	put("b/dir", "", 0755);
	put("here", "", 0755);
	put("b/sub/deep", "", 0755);
	must_call(symlink("both", "b/link"));
	must_call(symlink("nowhere", "b/broken"));
	must_call(mkfifo("b/fifo", 0755));
	return 0;
}

static int teardown(void **state)
{
	struct err e;

	(void)state;
	arena_free(&arena);
	must(tree_delete(AT_FDCWD, place, &e), &e);
	return 0;
}

static const struct {
	const char *name, *path, *found;
} searches[] = {
	{"both", "a:b", "a/both"},
	{"both", "b:a", "b/both"},
	{"both", "missing:b", "b/both"},
	{"both", "here:b", "b/both"}, /* an element that is a file */
	{"plain", "a:b", "b/plain"},  /* what may not be executed is passed over */
	{"dir", "a:b", "b/dir"},      /* so is a directory */
	{"fifo", "b", NULL},
	{"link", "b", "b/link"},
	{"here", "", "./here"}, /* an empty element is the working directory */
	{"here", "a:", "./here"},
	{"here", ":a", "./here"},
	{"here", "a::b", "./here"},
	{"here", "a:b", NULL},
	{"./here", "a", "./here"}, /* with a slash PATH means nothing */
	{"sub/deep", "b", NULL},
	{"b/sub/deep", "a", "b/sub/deep"},
};

static void path_is_searched_in_order(void **state)
{
	struct err e = {0};
	char *found;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(searches); i++) {
		int r = program_find(searches[i].name, searches[i].path, &arena, &found, &e);

		if (searches[i].found) {
			must(r, &e);
			assert_string_equal(found, searches[i].found);
		} else if (r == 0) {
			fail_msg("%s was found as %s", searches[i].name, found);
		}
	}
	must(program_find("sh", NULL, &arena, &found, &e), &e); /* the usual directories */
	assert_int_equal(found[0], '/');
}

static const struct {
	const char *name, *path;
	int code, status;
} refusals[] = {
	{"missing", "a:b", ENOENT, EXIT_NOT_FOUND},
	{"broken", "b", ENOENT, EXIT_NOT_FOUND},
	{"", "a:b", ENOENT, EXIT_NOT_FOUND},
	{"./missing", "a", ENOENT, EXIT_NOT_FOUND},
	{"here/x", "a", ENOTDIR, EXIT_NOT_FOUND},
	{"never", "a:b", EACCES, EXIT_NOT_EXECUTABLE},
	{"never", "a:b:missing", EACCES, EXIT_NOT_EXECUTABLE},
	{"a/never", NULL, EACCES, EXIT_NOT_EXECUTABLE},
	{"dir", "a:c", EACCES, EXIT_NOT_EXECUTABLE},
	{"./a", NULL, EACCES, EXIT_NOT_EXECUTABLE},
	{"b/fifo", NULL, EACCES, EXIT_NOT_EXECUTABLE},
};

static void refusals_have_the_status_of_a_shell(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct err e = {0};
		char *found;

		int r = program_find(refusals[i].name, refusals[i].path, &arena, &found, &e);
		assert_int_equal(r, -refusals[i].code);
		assert_int_equal(e.status, refusals[i].status);
		must_have(e.what, refusals[i].name);
		assert_int_equal(strncmp(e.why, "executable file not found", 25) == 0,
				 refusals[i].status == EXIT_NOT_FOUND);
	}
	assert_int_equal(program_find("missing", "a", &arena, &(char *){NULL}, NULL), -ENOENT);
}

/* Executes PATH and returns the error of the failure, told by program_failed. */
static struct err fails(const char *path)
{
	char *const argv[] = {(char *)(uintptr_t)path, NULL};
	struct err e = {0};

	execv(path, argv);
	int code = errno;
	assert_int_equal(program_failed(path, code, &e), -code);
	return e;
}

static void a_failed_execve_tells_the_true_reason(void **state)
{
	static const char elf32[] = "\177ELF\001\001\001";
	char long_line[400];
	struct err e;

	(void)state;
	put("script", "#! /no/such/interpreter -x\n", 0755);
	e = fails("./script");
	assert_int_equal(e.status, EXIT_NOT_FOUND);
	assert_string_equal(e.why, "its interpreter /no/such/interpreter is not in the container");

	put("bare", "echo\n", 0755);
	e = fails("./bare");
	assert_int_equal(e.status, EXIT_NOT_EXECUTABLE);
	must_have(e.why, "#! line");

	put("other", elf32, 0755);
	e = fails("./other");
	assert_int_equal(e.code, ENOEXEC);
	must_have(e.why, "no program for this machine");

	put("closed", "#!/bin/sh\n", 0644);
	e = fails("./closed");
	assert_int_equal(e.code, EACCES);
	assert_int_equal(e.status, EXIT_NOT_EXECUTABLE);

	/* A name too long for the buffer, and files that begin like a script: no read past the end. */
	snprintf(long_line, sizeof(long_line), "#!/%0350d\n", 7);
	put("long", long_line, 0755);
	program_failed("./long", ENOENT, &e);
	must_have(e.why, "its interpreter /0000");
	put("short", "#!", 0755);
	program_failed("./short", ENOENT, &e);
	must_have(e.why, "its dynamic loader");
	program_failed("./gone", ENOENT, &e);
	must_have(e.why, "its dynamic loader");
}

/* A program whose loader does not exist: this machine's own shell, with the loader's name changed in a copy. */
static void a_missing_loader_is_named_as_such(void **state)
{
	static char image[4 << 20];
	auto_fd in = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	auto_fd out = open("loaderless", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n = read(in, image, sizeof(image));
	char *name = n > 0 ? memmem(image, (size_t)n, "/ld-", 4) : NULL;
	struct err e;

	(void)state;
	if (!name)
		fail_msg("/bin/sh names no loader");
	memcpy(name, "/xx-", 4);
	assert_int_equal(fd_write_all(out, image, (size_t)n), 0);
	fd_close(&out);
	e = fails("./loaderless");
	assert_int_equal(e.code, ENOENT);
	assert_int_equal(e.status, EXIT_NOT_FOUND);
	assert_string_equal(e.why, "its dynamic loader is not in the container");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_is_searched_in_order),
		cmocka_unit_test(refusals_have_the_status_of_a_shell),
		cmocka_unit_test(a_failed_execve_tells_the_true_reason),
		cmocka_unit_test(a_missing_loader_is_named_as_such),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
