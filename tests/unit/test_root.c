/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ROOT means, which mirror the machine has, what of the machine is a mount of its own.  Needs root for mounts. */
#include "base/fd.h"
#include "base/tree.h"
#include "image/host.h"
#include "image/mirror.h"
#include "image/root.h"
#include "image/store.h"
#include "image/suite.h"
#include "image/tarball.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Everything happens below this directory, which is also the working directory. */
static char place[TEST_DIR_MAX];
static struct arena arena;
static struct err err;

static int setup(void **state)
{
	(void)state;
	return test_dir_make(place, "isle-test-root.") && chdir(place) == 0 && mkdir("data", 0700) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return chdir("/") == 0 ? tree_delete(AT_FDCWD, place, NULL) : -1;
}

static void put(const char *path, const char *text, size_t size)
{
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, size), 0);
}

static int resolve(const char *text, bool rw, struct rootfs *r)
{
	const struct root_request q = {.text = text, .rw = rw, .data = "data"};

	err = (struct err){0};
	return root_resolve(&q, &arena, r, &err);
}

static void host_is_guarded_and_never_written(void **state)
{
	static const char *const names[] = {"host", "/", "/proc/self/root", "/../."};
	struct rootfs r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(resolve(names[i], false, &r), 0);
		assert_int_equal(r.kind, ROOTFS_LAYERED);
		assert_true(r.guarded && r.idmapped);
		assert_string_equal(r.lower.v[0], "/");
		assert_true(resolve(names[i], true, &r) < 0);
		assert_non_null(strstr(err.why, "change the machine"));
	}
	const struct root_request open_host = {.text = "host", .unguarded = true, .rootless = true, .data = "data"};
	assert_int_equal(root_resolve(&open_host, &arena, &r, NULL), 0);
	assert_false(r.guarded || r.idmapped);
}

static void directories(void **state)
{
	char *real = arena_printf(&arena, "%s/dir", place);
	struct rootfs r;

	(void)state;
	mkdir("dir", 0755);
	assert_int_equal(symlink("dir", "link"), 0);
	assert_int_equal(resolve("link", false, &r), 0);
	assert_int_equal(r.kind, ROOTFS_LAYERED);
	assert_false(r.guarded);
	assert_string_equal(r.lower.v[0], real);
	assert_int_equal(resolve("./dir/../link", true, &r), 0);
	assert_int_equal(r.kind, ROOTFS_DIRECT);
	assert_string_equal(r.lower.v[0], real);
	mkdir("odd:,\\ \n", 0755);
	assert_int_equal(resolve("odd:,\\ \n", false, &r), 0);
}

static void what_is_no_root_is_told_so(void **state)
{
	static const struct {
		const char *text, *what, *cure;
	} cases[] = {
		{"", "no ROOT was given", ""},
		{"hots", "find the root \"hots\"", "did you mean host?"},
		{"debotstrap:sid", "find the root \"debotstrap:sid\"", "did you mean debootstrap:sid?"},
		{"nothing", "find the root \"nothing\"", ""},
		{"./host", "open the root ./host", ""},
		{"none/at/all", "open the root none/at/all", ""},
		{"loop", "open the root loop", ""},
		{"pipe", "use pipe as a root: it is neither a directory nor a file", ""},
		{"/dev/null", "use /dev/null as a root: it is neither a directory nor a file", ""},
		{"text", "use the file text as a root: it is no tar archive", ""},
		{"empty", "use the file empty as a root: it is no tar archive", ""},
		{"text/x", "open the root text/x", ""},
	};
	struct rootfs r;

	(void)state;
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	put("text", "hello\n", 6);
	put("empty", "", 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(resolve(cases[i].text, false, &r) < 0);
		assert_string_equal(err.what, cases[i].what);
		assert_string_equal(err.cure, cases[i].cure);
		if (strcmp(cases[i].text, "loop") != 0)
			assert_non_null(strstr(err.why, "debootstrap:SUITE"));
	}
}

static void archives_are_known_by_content(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool is;
	} cases[] = {
		{"\x1f\x8b\x08", 3, true},
		{"\xfd"
		 "7zXZ\0",
		 6, true},
		{"\x28\xb5\x2f\xfd", 4, true},
		{"\x28\xb5\x2f", 3, false},
		{"BZh9", 4, false},
		{"\x7f"
		 "ELF",
		 4, false},
		{"", 0, false},
	};
	char tar[512] = "name";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put("bytes", cases[i].bytes, cases[i].n);
		auto_fd fd = open("bytes", O_RDONLY | O_CLOEXEC);
		assert_int_equal(tarball_looks_like(fd), cases[i].is);
	}
	/* A header of 1979: no "ustar", but the checksum: the letters of "name" and eight blanks. */
	snprintf(tar + 148, 8, "%06o", 'n' + 'a' + 'm' + 'e' + 8 * ' ');
	put("bytes", tar, sizeof(tar));
	auto_fd good = open("bytes", O_RDONLY | O_CLOEXEC);
	assert_true(tarball_looks_like(good));
	tar[0]++;
	put("bytes", tar, sizeof(tar));
	auto_fd bad = open("bytes", O_RDONLY | O_CLOEXEC);
	assert_false(tarball_looks_like(bad));
}

static void suites_and_mirrors_are_checked(void **state)
{
	static const char *const good[] = {"bookworm", "bookworm-backports", "7.0", "sid"};
	static const char *const bad[] = {"", "-x", ".", "..", "a/b", "Sid", "a b", "a\n", "\xc3\xa4"};
	static const char *const bad_mirrors[] = {
		"", "x", "--help", "ftp://x", "http://x y", "http://x\n", "deb http://x", "/etc", "-"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(suite_check(good[i], "https://deb.debian.org/debian", NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(suite_check(bad[i], NULL, NULL) < 0);
	for (size_t i = 0; i < ARRAY_LEN(bad_mirrors); i++)
		assert_true(suite_check("sid", bad_mirrors[i], NULL) < 0);
}

/* The mirror for SUITE when sources.list has LIST and sources.list.d/a.sources has SOURCES. */
static const char *mirror(const char *list, const char *sources, const char *suite)
{
	mkdir("apt", 0755);
	mkdir("apt/sources.list.d", 0755);
	put("apt/sources.list", list, strlen(list));
	put("apt/sources.list.d/a.sources", sources, strlen(sources));
	const char *m = mirror_of_machine("apt", suite, &arena);
	return m ? m : "none";
}

static void mirrors_of_both_formats(void **state)
{
	(void)state;
	assert_string_equal(mirror("", "", "sid"), "none");
	assert_string_equal(mirror("deb http://a.org/debian/ sid main contrib\n", "", "sid"), "http://a.org/debian");
	assert_string_equal(mirror("# deb http://no.org/debian sid main\n"
				   "deb-src http://no.org/debian sid main\n"
				   "deb [ arch=amd64 signed-by=/x ] https://b.org/x/debian bookworm main # note\n",
				   "", "sid"),
			    "https://b.org/x/debian");
	/* One that has the suite comes before one that has not, wherever it stands. */
	assert_string_equal(mirror("deb http://a.org/debian bookworm main\n",
				   "Types: deb\nURIs: http://c.org/debian\nSuites: sid\n trixie\nComponents: main\n",
				   "trixie"),
			    "http://c.org/debian");
	assert_string_equal(mirror("",
				   "Types: deb deb-src\nURIs:\n cdrom:x\n http://d.org/debian/\n# note\nSuites: sid\n"
				   "components: non-free main\n\n",
				   "sid"),
			    "http://d.org/debian");
	/* Third parties, security, and what is switched off. */
	assert_string_equal(
		mirror("deb https://apt.third.com sid main\n"
		       "deb https://download.docker.com/linux/debian sid stable\n"
		       "deb http://security.debian.org/debian-security sid main\n",
		       "Enabled: no\nTypes: deb\nURIs: http://e.org/debian\nSuites: sid\nComponents: main\n", "sid"),
		"none");
	assert_string_equal(mirror("deb http://f.org/ubuntu noble main\n", "", "noble"), "http://f.org/ubuntu");
	assert_string_equal(mirror("deb http://f.org/ubuntu noble main\n", "", "sid"), "none");
	/* Broken lines. */
	assert_string_equal(
		mirror("deb\ndeb [\ndeb [x]\ndeb http:// sid main\n\n \n", ":\n x\nTypes\nURIs:\n\n\n", "sid"), "none");
}

/*
 * In a mount namespace of its own: FAKE/usr is a mount, FAKE/etc a bind mount of the same file system, FAKE/opt /proc.
 */
static int submounts_child(void)
{
	struct strs found = {0};

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 1;
	if (mkdir("fake", 0755) < 0 || mkdir("fake/usr", 0755) < 0 || mkdir("fake/etc", 0755) < 0 ||
	    mkdir("fake/opt", 0755) < 0 || mkdir("fake/var", 0755) < 0 || symlink("usr", "fake/lib64") < 0)
		return 2;
	if (mount("tmpfs", "fake/usr", "tmpfs", 0, NULL) < 0 || mkdir("fake/usr/local", 0755) < 0 ||
	    mount("fake/var", "fake/etc", NULL, MS_BIND, NULL) < 0 || mount("proc", "fake/opt", "proc", 0, NULL) < 0)
		return 3;
	host_submounts("fake", &arena, &found);
	if (found.n != 2 || strcmp(found.v[0], "/usr") != 0 || strcmp(found.v[1], "/etc") != 0)
		return 4;
	return 0;
}

static void mounts_of_the_machine_are_found(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(submounts_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void the_store_cleans_what_killed_makers_left(void **state)
{
	const struct root_request q = {.data = "data"};
	struct store_claim c, other;
	struct store s;

	(void)state;
	mkdir("data/roots", 0700);
	mkdir("data/roots/.tmp-dead", 0700);
	mkdir("data/roots/.tmp-dead/rootfs", 0000);
	put("data/roots/.lock-dead", "", 0);
	put("data/roots/.lock-alone", "", 0);
	assert_int_equal(store_open(&s, &q, &arena, NULL), 0);
	assert_int_equal(store_claim(&s, "mine", true, &c, NULL), 0);
	assert_int_equal(store_claim(&s, "mine", false, &other, NULL), -EAGAIN);
	assert_int_equal(store_begin(&c, NULL), 0);
	store_sweep(&s);
	assert_int_equal(access("data/roots/.tmp-dead", F_OK), -1);
	assert_int_equal(access("data/roots/.lock-dead", F_OK), -1);
	assert_int_equal(access("data/roots/.lock-alone", F_OK), -1);
	assert_int_equal(access("data/roots/.tmp-mine/rootfs", F_OK), 0);
	assert_false(store_has(&s, "mine"));
	assert_int_equal(store_publish(&c, "a \"source\"", &err), 0);
	store_release(&c);
	assert_true(store_has(&s, "mine"));
	assert_int_equal(access("data/roots/.lock-mine", F_OK), -1);
	store_close(&s);
}

static void roots_are_listed_and_forgotten(void **state)
{
	static const char *const bad[] = {"", ".", "..", ".seen", "../data", "nothing", "a/b"};
	const struct root_request q = {.data = "data"};
	struct roots_kept kept = {0};

	(void)state;
	mkdir("data/roots/no-meta", 0700);
	assert_int_equal(root_list("data", &arena, &kept, NULL), 0);
	assert_int_equal(kept.n, 1);
	assert_string_equal(kept.v[0].name, "mine");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(root_forget(&q, bad[i], NULL) < 0);
	assert_int_equal(access("data/roots/nothing", F_OK), -1);
	assert_int_equal(mkdir("canary", 0700), 0);
	assert_int_equal(symlink("../../../../canary", "data/roots/mine/rootfs/link"), 0);
	assert_int_equal(root_forget(&q, "mine", &err), 0);
	assert_int_equal(access("data/roots/mine", F_OK), -1);
	assert_int_equal(access("canary", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_is_guarded_and_never_written),
		cmocka_unit_test(directories),
		cmocka_unit_test(what_is_no_root_is_told_so),
		cmocka_unit_test(archives_are_known_by_content),
		cmocka_unit_test(suites_and_mirrors_are_checked),
		cmocka_unit_test(mirrors_of_both_formats),
		cmocka_unit_test(mounts_of_the_machine_are_found),
		cmocka_unit_test(the_store_cleans_what_killed_makers_left),
		cmocka_unit_test(roots_are_listed_and_forgotten),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
