/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's /dev: exact nodes, owners and links; nothing outside of it; and a null device that is one. */
#include "core/dev.h"
#include "core/mount.h"
#include "jail.h"

#include <sys/sysmacros.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A detached tmpfs. */
static int tmpfs(void)
{
	struct mount_opts o = {0};
	struct err e = {0};
	int fd;

	must(mount_new("tmpfs", NULL, &o, &fd, &e), &e);
	return fd;
}

static struct stat look(int fd, const char *name)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("/dev/%s: %s", name, strerror(errno));
	return st;
}

static const struct {
	const char *name;
	char type;
	int major, minor;
	struct opt_u64 mode, uid, gid;
	mode_t want_mode; /* with the type */
	uint32_t want_uid, want_gid;
} wanted[] = {
	{"null", 'c', 1, 3, {true, 0666}, {false, 0}, {false, 0}, S_IFCHR | 0666, 1000, 2000},
	{"plain", 'c', 1, 5, {false, 0}, {true, 0}, {true, 0}, S_IFCHR | 0666, 1000, 2000},
	{"disk", 'b', 7, 300, {true, 0640}, {false, 0}, {true, 6}, S_IFBLK | 0640, 1000, 2006},
	{"net/deep/tun", 'c', 10, 200, {true, 0222}, {true, 3}, {false, 0}, S_IFCHR | 0222, 1003, 2000},
	{"net/tap", 'c', 10, 201, {true, 07777}, {false, 0}, {false, 0}, S_IFCHR | 07777, 1000, 2000},
	{"pipe", 'p', 0, 0, {true, 0622}, {false, 0}, {false, 0}, S_IFIFO | 0622, 1000, 2000},
};

static struct spec_devices devices(void)
{
	struct spec_devices l = {0};

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		*list_add(&l, &arena) = (struct spec_device){
			.path = arena_printf(&arena, "/dev/%s", wanted[i].name),
			.type = wanted[i].type,
			.major = wanted[i].major,
			.minor = wanted[i].minor,
			.mode = wanted[i].mode,
			.uid = wanted[i].uid,
			.gid = wanted[i].gid,
		};
	return l;
}

static const struct {
	const char *name, *target; /* NULL: a directory */
} furniture[] = {
	{"pts", NULL},
	{"shm", NULL},
	{"mqueue", NULL},
	{"fd", "/proc/self/fd"},
	{"ptmx", "pts/ptmx"},
	{"core", "/proc/kcore"},
	{"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"},
	{"net", NULL},
	{"net/deep", NULL},
};

/* Directories and links are there, and the container's root owns them. */
static void furniture_is_there(int fd)
{
	for (size_t i = 0; i < ARRAY_LEN(furniture); i++) {
		struct stat st = look(fd, furniture[i].name);
		char target[64] = "";

		assert_int_equal(st.st_uid, 1000);
		assert_int_equal(st.st_gid, 2000);
		if (!furniture[i].target) {
			assert_int_equal(st.st_mode, S_IFDIR | 0755);
			continue;
		}
		must_call(readlinkat(fd, furniture[i].name, target, sizeof(target) - 1));
		assert_string_equal(target, furniture[i].target);
	}
}

static void nodes_are_exactly_as_asked_for(void **state)
{
	const struct dev_env env = {.uid = 1000, .gid = 2000, .make_nodes = true, .arena = &arena};
	struct spec_devices l = devices();
	auto_fd fd = tmpfs();
	struct err e = {0};

	(void)state;
	umask(022);
	must(dev_fill(fd, &l, &env, &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		struct stat st = look(fd, wanted[i].name);

		assert_int_equal(st.st_mode, wanted[i].want_mode);
		assert_int_equal(st.st_uid, wanted[i].want_uid);
		assert_int_equal(st.st_gid, wanted[i].want_gid);
		if (wanted[i].type != 'p')
			assert_true(st.st_rdev ==
				    makedev((unsigned int)wanted[i].major, (unsigned int)wanted[i].minor));
	}
	furniture_is_there(fd);
}

static void without_mknod_there_are_files_to_bind_on(void **state)
{
	const struct dev_env env = {.uid = 1000, .gid = 2000, .make_nodes = false, .arena = &arena};
	struct spec_devices l = devices();
	auto_fd fd = tmpfs();
	struct err e = {0};

	(void)state;
	umask(022);
	must(dev_fill(fd, &l, &env, &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		struct stat st = look(fd, wanted[i].name);

		assert_int_equal(st.st_mode & S_IFMT, wanted[i].type == 'p' ? S_IFIFO : S_IFREG);
		assert_int_equal(st.st_size, 0);
	}
	furniture_is_there(fd);
}

static void devices_elsewhere_and_twice_are_refused(void **state)
{
	static const char *const bad[] = {"/dev/", "/dev",	   "/etc/null",		"null",
					  "",	   "/dev/../null", "/dev/a/../../null", "/device"};
	const struct dev_env env = {.make_nodes = true, .arena = &arena};
	struct err e = {0};

	(void)state;
	for (int nodes = 0; nodes < 2; nodes++)
		for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
			struct spec_device d = {
				.path = arena_strdup(&arena, bad[i]), .type = 'c', .major = 1, .minor = 3};
			struct dev_env way = env;
			auto_fd fd = tmpfs();

			way.make_nodes = nodes;
			must_fail(dev_fill(fd, &(struct spec_devices){.v = &d, .n = 1}, &way, &e), EINVAL, &e,
				  "below /dev only");
			must_have(e.what, bad[i]);
		}
	char null[] = "/dev/null", below[] = "/dev/null/x";
	struct spec_device twice[] = {{.path = null, .type = 'c', .major = 1, .minor = 3}, {.path = null, .type = 'p'}};
	auto_fd fd = tmpfs();
	must_fail(dev_fill(fd, &(struct spec_devices){.v = twice, .n = 2}, &env, &e), EEXIST, &e, "/dev/null");
	twice[1].path = below;
	auto_fd fd2 = tmpfs();
	must_fail(dev_fill(fd2, &(struct spec_devices){.v = twice, .n = 2}, &env, &e), ENOTDIR, &e, "null/x");
}

/* In a jail: each thing that could stand in /dev/null's place. */
static void impostors(void *arg)
{
	struct err e = {0};
	struct stat st;
	int fd = 4242;

	(void)arg;
	hide("/dev");
	must_fail(dev_null_open(&fd, &e), ENOENT, &e, "open /dev/null");
	put("/dev/null", "secret", 0666);
	must_fail(dev_null_open(&fd, &e), EINVAL, &e, "not the null device");
	must_call(unlink("/dev/null"));
	must_call(mknod("/dev/real", S_IFCHR | 0666, makedev(1, 3)));
	must_call(symlink("real", "/dev/null"));
	must_fail(dev_null_open(&fd, &e), EINVAL, &e, "not the null device");
	must_call(unlink("/dev/null"));
	must_call(mknod("/dev/null", S_IFCHR | 0666, makedev(1, 5)));
	must_fail(dev_null_open(&fd, &e), EINVAL, &e, "not the null device");
	must_call(unlink("/dev/null"));
	must_call(mknod("/dev/null", S_IFBLK | 0600, makedev(1, 3)));
	must_fail(dev_null_open(&fd, &e), EINVAL, &e, "not the null device");
	must_call(unlink("/dev/null"));
	must_call(mkfifo("/dev/null", 0666));
	must_fail(dev_null_open(&fd, &e), EINVAL, &e, "not the null device");
	must_call(unlink("/dev/null"));
	assert_int_equal(fd, 4242);

	must_call(rename("/dev/real", "/dev/null"));
	must(dev_null_open(&fd, &e), &e);
	must_call(fstat(fd, &st));
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void an_impostor_of_the_null_device_is_refused(void **state)
{
	(void)state;
	in_jail(impostors, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_are_exactly_as_asked_for),
		cmocka_unit_test(without_mknod_there_are_files_to_bind_on),
		cmocka_unit_test(devices_elsewhere_and_twice_are_refused),
		cmocka_unit_test(an_impostor_of_the_null_device_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
