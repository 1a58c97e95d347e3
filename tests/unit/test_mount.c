/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts by descriptor: what the kernel says of a mount that was made with words. */
#include "mount_unit.h"

#include <sys/statvfs.h>

/* Makes the directory PATH and opens it as a place to mount on. */
static int place(const char *path)
{
	int fd;

	must_call(mkdir(path, 0755));
	must_call(fd = open(path, O_PATH | O_CLOEXEC));
	return fd;
}

/* Mounts a new tmpfs with WORDS on the new directory PATH. */
static void tmpfs_on(const char *path, const char *words)
{
	struct mount_opts o = opts("tmpfs", words);
	auto_fd target = place(path);
	struct err e = {0};
	auto_fd fd = FD_NONE;

	must(mount_new("tmpfs", "tmpfs", &o, &fd, &e), &e);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	must(mount_attach(fd, target, &o, path, &e), &e);
}

/* Clones PATH with WORDS onto the new directory TO. */
static void clone_to(const char *path, const char *words, const char *to)
{
	struct mount_opts o = opts("bind", words);
	auto_fd target = place(to);
	struct err e = {0};
	auto_fd fd = FD_NONE;

	must(mount_clone(AT_FDCWD, path, &o, &fd, &e), &e);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	must(mount_attach(fd, target, &o, to, &e), &e);
}

static bool writable(const char *path)
{
	return mkdir(path, 0700) == 0 && rmdir(path) == 0;
}

/* The flags of the mount at PATH, as statvfs(3) has them. */
static unsigned long flags(const char *path)
{
	struct statvfs st;

	must_call(statvfs(path, &st));
	return st.f_flag;
}

static void new_file_systems(void *arg)
{
	const struct mount_opts none = {0};
	struct mount_opts o;
	struct statvfs st;
	struct err e = {0};
	int fd = 4242;

	(void)arg;
	tmpfs_on("a", "size=64k,mode=0711,nosuid,nodev,noexec,noatime");
	must_call(statvfs("a", &st));
	assert_int_equal(st.f_blocks * st.f_frsize, 64 * 1024);
	assert_true((st.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME)) ==
		    (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME));
	assert_true(writable("a/x"));
	tmpfs_on("b", "ro");
	assert_false(writable("b/x"));
	assert_int_equal(errno, EROFS);
	assert_true((flags("b") & (ST_NOSUID | ST_NODEV | ST_NOEXEC)) == 0);
	tmpfs_on("c", "rro,rnosuid"); /* nothing is below: it is for the whole */
	assert_true((flags("c") & (ST_RDONLY | ST_NOSUID)) == (ST_RDONLY | ST_NOSUID));

	must_fail(mount_new("no-such-fs", NULL, &none, &fd, &e), ENODEV, &e, "make a no-such-fs file system");
	o = opts("tmpfs", "size=lots");
	must_fail(mount_new("tmpfs", NULL, &o, &fd, &e), EINVAL, &e,
		  "make a tmpfs file system: set the option \"size=lots\"");
	must_have(e.why, "size");
	o = opts("tmpfs", "nosuch");
	must_fail(mount_new("tmpfs", NULL, &o, &fd, &e), EINVAL, &e, "set the option \"nosuch\"");
	must_have(e.why, "nosuch");
	o = opts("tmpfs", "a-key-that-is-longer-than-any-that-a-file-system-of-this-kernel-has=1");
	assert_true(mount_new("tmpfs", NULL, &o, &fd, &e) < 0);
	assert_int_equal(mount_new("no-such-fs", NULL, &none, &fd, NULL), -ENODEV);
	assert_int_equal(mount_new("tmpfs", NULL, &o, &fd, NULL) < 0, 1);
	assert_int_equal(fd, 4242);
}

static void a_new_file_system_is_as_asked_for(void **state)
{
	(void)state;
	in_jail(new_file_systems, NULL);
}

static void clones(void *arg)
{
	const struct mount_opts none = {0};
	struct err e = {0};
	int fd = 4242;

	(void)arg;
	tmpfs_on("src", "");
	tmpfs_on("src/below", "");
	put("src/below/file", "x", 0600);

	clone_to("src", "ro,nosuid", "one");
	assert_true((flags("one") & (ST_RDONLY | ST_NOSUID)) == (ST_RDONLY | ST_NOSUID));
	assert_false(writable("one/x"));
	assert_int_equal(access("one/below/file", F_OK), -1); /* what is mounted below did not come along */
	assert_true(writable("src/x"));			      /* and the source is as it was */

	clone_to("src", "rbind,ro", "two");
	assert_false(writable("two/x"));
	assert_int_equal(access("two/below/file", F_OK), 0);
	assert_true(writable("two/below/x")); /* "ro" is for the mount itself */

	clone_to("src", "rbind,rro,rnoexec", "three");
	assert_false(writable("three/x"));
	assert_false(writable("three/below/x"));
	assert_true((flags("three/below") & (ST_RDONLY | ST_NOEXEC)) == (ST_RDONLY | ST_NOEXEC));

	clone_to("three", "rbind,rrw", "four"); /* flags are taken off as well */
	assert_true(writable("four/x"));
	assert_true(writable("four/below/x"));
	assert_true(flags("four/below") & ST_NOEXEC);
	clone_to("src", "noatime", "five");
	clone_to("five", "relatime", "six");
	assert_true((flags("five") & ST_NOATIME) && !(flags("six") & ST_NOATIME));

	/* By descriptor alone, and a file. */
	auto_fd file = open("src/below/file", O_PATH | O_CLOEXEC);
	must(mount_clone(file, "", &none, &fd, &e), &e);
	put("target", "", 0600);
	auto_fd target = open("target", O_PATH | O_CLOEXEC);
	must(mount_attach(fd, target, &none, "target", &e), &e);
	assert_string_equal(text_of("target"), "x");
	must_fail(mount_clone(AT_FDCWD, "missing", &none, &fd, &e), ENOENT, &e, "take missing as a mount");
	/* A directory does not go onto a file. */
	must(mount_clone(AT_FDCWD, "src", &none, &fd, &e), &e);
	must_fail(mount_attach(fd, target, &none, "/the/target", &e), EINVAL, &e, "mount on /the/target");
}

static void a_clone_has_its_own_flags(void **state)
{
	(void)state;
	in_jail(clones, NULL);
}

/* The optional fields of the mount at PATH in mountinfo: "shared:7", "" or "unbindable". */
static const char *propagation(const char *path)
{
	static char fields[256];
	const char *line = text_of("/proc/thread-self/mountinfo");
	char where[256];

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		int at = 0;

		if (sscanf(line, "%*d %*d %*s %*s %255s %*s %n", where, &at) != 1 || at == 0 ||
		    strcmp(where, path) != 0)
			continue;
		snprintf(fields, sizeof(fields), "%.*s", (int)strcspn(line + at, "-"), line + at);
		return fields;
	}
	fail_msg("%s is no mount", path);
	return "";
}

static void propagations_live(void *arg)
{
	(void)arg;
	tmpfs_on("src", "");
	tmpfs_on("src/below", "");
	clone_to("src", "rbind,rshared", "shared");
	must_have(propagation("/tmp/shared"), "shared:");
	must_have(propagation("/tmp/shared/below"), "shared:");
	clone_to("shared", "rbind,slave", "slave");
	must_have(propagation("/tmp/slave"), "master:");
	assert_null(strstr(propagation("/tmp/slave"), "shared:"));
	must_have(propagation("/tmp/slave/below"), "shared:"); /* only the mount itself was asked for */
	clone_to("shared", "rbind,rprivate", "private");
	assert_string_equal(propagation("/tmp/private"), "");
	assert_string_equal(propagation("/tmp/private/below"), "");
	clone_to("src", "unbindable", "unbindable");
	must_have(propagation("/tmp/unbindable"), "unbindable");
}

static void changed_again(void *arg)
{
	struct mount_opts o;
	struct err e = {0};

	(void)arg;
	tmpfs_on("disk", "size=64k");
	clone_to("disk", "", "copy");
	auto_fd copy = open("copy", O_PATH | O_CLOEXEC);
	o = opts("bind", "remount,ro,noexec");
	must(mount_again(copy, &o, "copy", &e), &e);
	assert_false(writable("copy/x"));
	assert_true(writable("disk/x")); /* the file system is as it was */
	o = opts("bind", "remount,rw");
	must(mount_again(copy, &o, "copy", &e), &e);
	assert_true(writable("copy/x"));
	assert_true(flags("copy") & ST_NOEXEC); /* what is not named stays */

	auto_fd disk = open("disk", O_PATH | O_CLOEXEC);
	struct statvfs st;
	o = opts("none", "remount,size=128k,nosuid");
	must(mount_again(disk, &o, "disk", &e), &e);
	must_call(statvfs("disk", &st));
	assert_true(st.f_blocks * st.f_frsize == 128 * 1024 && st.f_flag & ST_NOSUID);
	o = opts("none", "remount,ro");
	must(mount_again(disk, &o, "disk", &e), &e);
	assert_false(writable("copy/x")); /* the whole file system, wherever it is mounted */
	must_call(mkdir("plain", 0700));
	auto_fd plain = open("plain", O_PATH | O_CLOEXEC);
	o = opts("bind", "remount,ro");
	must_fail(mount_again(plain, &o, "plain", &e), EINVAL, &e, "remount plain"); /* no mount */
	o = opts("none", "remount,size=lots");
	must_fail(mount_again(disk, &o, "disk", &e), EINVAL, &e, "remount disk");
}

static void a_mount_can_be_changed_again(void **state)
{
	(void)state;
	in_jail(changed_again, NULL);
}

static void propagation_is_set_where_it_is_seen(void **state)
{
	(void)state;
	in_jail(propagations_live, NULL);
}

static void shifted(void *arg)
{
	const struct mount_opts none = {0}, rec = {.recursive = true};
	struct err e = {0};
	struct stat st;
	auto_fd fd = FD_NONE;
	auto_fd proc = FD_NONE;

	(void)arg;
	auto_fd userns = userns_make(0, 100000, 1000, false);
	tmpfs_on("src", "");
	put("src/file", "", 0600);
	must_call(chown("src/file", 7, 8));
	put("src/other", "", 0600);
	must_call(chown("src/other", 5000, 5000));
	must(mount_clone(AT_FDCWD, "src", &none, &fd, &e), &e);
	must(mount_idmap(fd, userns, false, &e), &e);
	must_call(fstatat(fd, "file", &st, 0));
	assert_true(st.st_uid == 100007 && st.st_gid == 100008);
	must_call(fstatat(fd, "other", &st, 0)); /* an owner that the container does not have */
	assert_true(st.st_uid == 65534 && st.st_gid == 65534);
	must_call(stat("src/file", &st));
	assert_true(st.st_uid == 7);

	must_call(mkdir("proc", 0755));
	must_call(mount("proc", "proc", "proc", 0, NULL));
	must(mount_clone(AT_FDCWD, "proc", &rec, &proc, &e), &e);
	must_fail(mount_idmap(proc, userns, true, &e), EINVAL, &e, "shift the owners");
}

static void owners_are_shifted_or_the_refusal_is_told(void **state)
{
	(void)state;
	in_jail(shifted, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_file_system_is_as_asked_for),
		cmocka_unit_test(a_clone_has_its_own_flags),
		cmocka_unit_test(a_mount_can_be_changed_again),
		cmocka_unit_test(propagation_is_set_where_it_is_seen),
		cmocka_unit_test(owners_are_shifted_or_the_refusal_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
