/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places to mount on: what is made of them, and where links lead. */
#include "core/mount.h"
#include "jail.h"

/* The place PATH: its descriptor is what the path leads to, and closes on exec. */
static void target_is(const char *path, bool file, bool strict)
{
	struct stat st, want;
	struct err e = {0};
	auto_fd fd = FD_NONE;

	must(mount_target(path, file, strict, &fd, &e), &e);
	must_call(fstat(fd, &st));
	must_call(stat(path, &want));
	assert_true(st.st_ino == want.st_ino && st.st_dev == want.st_dev);
	assert_true(file ? !S_ISDIR(st.st_mode) : S_ISDIR(st.st_mode));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void target_fails(const char *path, bool file, bool strict, int code, const char *word)
{
	struct err e = {0};
	int fd = 4242;

	must_fail(mount_target(path, file, strict, &fd, &e), code, &e, word);
	must_have(e.what, path);
	assert_int_equal(fd, 4242);
}

static void dangling(void *arg)
{
	(void)arg;
	must_call(mkdir("var", 0755));
	must_call(symlink("/run", "var/run")); /* as images have it, without a /run */
	must_call(symlink("../opt/it", "var/opt"));
	must_call(symlink("loop", "loop"));
	must_call(symlink("/var/deep/file", "link-to-file"));
	must_call(chroot("."));
	target_is("/var/run/lock", false, false);
	target_is("/run/lock", false, true);
	target_is("/var/opt", false, false);
	target_is("/opt/it", false, true);
	target_is("/link-to-file", true, false);
	target_is("/var/deep/file", true, true);
	target_fails("/loop/x", false, false, ELOOP, "/loop");
}

/* Links of images to what is not there yet. */
static void links_to_nowhere_are_made_to_lead_somewhere(void **state)
{
	(void)state;
	in_jail(dangling, NULL);
}

/* What can be mounted on: a procfs, a tmpfs that can only be read, and a directory that links lead to; as the root. */
static void enter_root(void)
{
	must_call(mkdir("proc", 0755));
	must_call(mount("proc", "proc", "proc", 0, NULL));
	must_call(mkdir("frozen", 0755));
	must_call(mount("tmpfs", "frozen", "tmpfs", 0, NULL));
	must_call(mkdir("frozen/there", 0755));
	must_call(mount(NULL, "frozen", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	must_call(mkdir("canary", 0755));
	must_call(chroot("."));
}

static void made(void *arg)
{
	struct stat st;

	(void)arg;
	enter_root();
	target_is("/canary", false, true);
	target_is("/a/b/c", false, true);
	must_call(stat("/a/b", &st));
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	target_is("/a/f/file", true, true);
	must_call(stat("/a/f/file", &st));
	assert_true(S_ISREG(st.st_mode) && st.st_size == 0 && (st.st_mode & 07777) == 0644);
	target_is("/a/f/file", true, true);
	target_is("/frozen/there", false, true);
	target_is("/proc/sys", false, true);
	target_is("/", false, false);
}

static void what_is_missing_is_made(void **state)
{
	(void)state;
	in_jail(made, NULL);
}

static void linked(void *arg)
{
	(void)arg;
	enter_root();
	must_call(symlink("/canary", "/link"));
	must_call(symlink("/nowhere", "/dangling"));
	must_call(symlink("../../../../canary", "/up"));
	target_fails("/link", false, true, ELOOP, "symbolic link");
	target_fails("/dangling", false, true, ELOOP, "symbolic link");
	target_is("/link", false, false);
	target_is("/link/made", false, true);
	must_call(access("/canary/made", F_OK));
	target_is("/up", false, false);
	target_is("/dangling", false, false); /* which makes what it leads to */
	target_fails("/dangling", false, true, ELOOP, "symbolic link");
	target_is("/dangling/x", false, true);
	must_call(access("/nowhere/x", F_OK));
}

/* At the end they are refused if STRICT. */
static void links_stay_within_the_root(void **state)
{
	(void)state;
	in_jail(linked, NULL);
}

/* The link at PATH is itself the place. */
static void is_the_place(const char *path)
{
	struct stat st, want;
	struct err e = {0};
	auto_fd fd = FD_NONE;

	must(mount_target_itself(path, true, &fd, &e), &e);
	must_call(fstat(fd, &st));
	must_call(lstat(path, &want));
	assert_true(st.st_ino == want.st_ino && st.st_dev == want.st_dev);
}

/* A link to TO, made by hand. */
static int link_to(const char *to)
{
	must_call(symlink(to, "/model"));
	int fd = open("/model", O_PATH | O_NOFOLLOW | O_CLOEXEC);

	must_call(unlink("/model"));
	return fd;
}

static void link_refused(int fd, const char *path, int code, const char *word)
{
	struct err e = {0};

	must_fail(mount_link_make(fd, path, &e), code, &e, word);
}

static void links_themselves(void *arg)
{
	struct err e = {0};
	struct stat st;
	char to[16];

	(void)arg;
	enter_root();
	must_call(symlink("/canary", "/link"));
	must_call(symlink("/nowhere", "/dangling"));
	must_call(symlink("/proc/self", "/into"));
	is_the_place("/dangling");
	assert_int_equal(access("/nowhere", F_OK), -1);
	is_the_place("/into"); /* what is mounted there is in the root, wherever that leads */
	is_the_place("/link/made");
	must_call(stat("/canary/made", &st));
	assert_true(S_ISREG(st.st_mode));
	must_fail(mount_target_itself("/link", false, &(int){0}, &e), ENOTDIR, &e, "a directory can't be mounted");
	must_fail(mount_target_itself("/into/exe", true, &(int){0}, &e), ELOOP, &e, "leads into /proc");

	auto_fd link = link_to("over/there");
	must(mount_link_make(link, "/link/deep/new", &e), &e);
	must(mount_link_make(link, "/canary/deep/new", &e), &e); /* it is there */
	assert_int_equal(readlink("/canary/deep/new", to, sizeof(to)), 10);
	assert_memory_equal(to, "over/there", 10);
	must(mount_link_make(link, "/top", &e), &e);
	link_refused(link, "/link", EEXIST, "is another");
	link_refused(link, "/canary", EEXIST, "is another");
	link_refused(link, "/", ENOENT, "make the symbolic link");
	link_refused(link, "/frozen/new", EROFS, "make the symbolic link");
	link_refused(link, "/into/new", ELOOP, "leads into /proc");
	auto_fd longer = link_to("over/there/x");
	link_refused(longer, "/top", EEXIST, "is another");
	must(mount_link_make(longer, "/longer", &e), &e);
	link_refused(link, "/longer", EEXIST, "is another");
	auto_fd none = open("/canary", O_PATH | O_CLOEXEC);
	link_refused(none, "/new", ENOENT, "read the symbolic link");
}

/* "dest-nofollow" and "copy-symlink". */
static void links_are_places_or_made(void **state)
{
	(void)state;
	in_jail(links_themselves, NULL);
}

static void made_up(void *arg)
{
	char link[64];

	(void)arg;
	enter_root();
	must_call(symlink("/proc/self", "/into"));
	must_call(symlink("/proc/self/attr", "/self"));
	target_fails("/into", false, false, ELOOP, "leads into /proc");
	target_fails("/into/attr", false, true, ELOOP, "leads into /proc");
	target_fails("/self", false, false, ELOOP, "leads into /proc");
	auto_fd outside = open("/canary", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", outside);
	must_call(symlink(link, "/out"));
	target_fails("/out", false, false, ELOOP, "into /proc");
	target_fails("/out/planted", false, true, ELOOP, "into /proc");
	target_fails("/out/planted/x", true, true, ELOOP, "into /proc");
	assert_int_equal(faccessat(outside, "planted", F_OK, 0), -1);
}

/* A descriptor of ours may lead out of the root. */
static void what_the_kernel_makes_up_is_not_followed(void **state)
{
	(void)state;
	in_jail(made_up, NULL);
}

static void unfit(void *arg)
{
	char long_path[5000];
	struct err e = {0};

	(void)arg;
	enter_root();
	target_is("/a/f/file", true, true);
	target_fails("/canary", true, true, EISDIR, "a file can't be mounted on a directory");
	target_fails("/a/f/file", false, true, ENOTDIR, "a directory can't be mounted on a file");
	target_fails("/a/f/file/x", false, true, ENOTDIR, "open the mount point");
	target_fails("/frozen/new/dir", false, true, EROFS, "--read-only");
	target_fails("/frozen/new", true, true, EROFS, "make the mount point");
	memset(long_path, 'x', sizeof(long_path) - 1);
	for (size_t i = 0; i < sizeof(long_path); i += 100)
		long_path[i] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(mount_target(long_path, false, true, &(int){0}, &e), -ENAMETOOLONG);
}

static void the_wrong_kind_and_the_unmakeable_are_refused(void **state)
{
	(void)state;
	in_jail(unfit, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_to_nowhere_are_made_to_lead_somewhere),
		cmocka_unit_test(what_is_missing_is_made),
		cmocka_unit_test(links_stay_within_the_root),
		cmocka_unit_test(links_are_places_or_made),
		cmocka_unit_test(what_the_kernel_makes_up_is_not_followed),
		cmocka_unit_test(the_wrong_kind_and_the_unmakeable_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
