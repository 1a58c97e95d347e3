/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of roots share: a machine's files, a root made from them, and its inside.
 *
 * The tests' container has ids 100000 and on.  Its root is played by a child that joins a user namespace with these ids
 * and has every capability there; the machine's files are in "low", a directory in the jail.
 */
#ifndef ISLE_TESTS_ROOTFS_UNIT_H
#define ISLE_TESTS_ROOTFS_UNIT_H

#include "core/mount.h"
#include "core/rootfs.h"
#include "core/sys.h"
#include "jail.h"

#include <dirent.h>
#include <grp.h>
#include <sys/sysmacros.h>

enum { BASE = 100000, IDS = 65536 };

static struct arena arena;

static inline int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A root on its way, with all that it needs. */
struct build {
	struct rootfs r;
	struct rootfs_env env;
	struct fds spent, spent_mounts;
	struct err e;
};

static inline void own(const char *path, const char *text, mode_t mode, uid_t uid)
{
	put(path, text, 0600);
	must_call(chown(path, uid, uid));
	must_call(chmod(path, mode));
}

/* The machine's files. */
static inline void machine_make(void)
{
	must_call(mkdir("low", 0751));
	own("low/open", "open", 0644, 0);
	own("low/secret", "secret", 0600, 0);
	own("low/group", "secret", 0640, 0);
	own("low/user", "user", 0600, 1000);
	own("low/program", "#!/bin/true\n", 0700, 0);
	must_call(mkdir("low/dir", 0755));
	own("low/dir/file", "file", 0644, 0);
	must_call(mkdir("low/closed", 0700));
	own("low/closed/file", "secret", 0644, 0);
	must_call(symlink("secret", "low/link"));
	must_call(mknod("low/null", S_IFCHR | 0666, makedev(1, 3)));
	must_call(chmod("low/null", 0666));
	must_call(mkdir("root", 0755));
}

/* Fails when something in "low" is not as it was made. */
static inline void machine_is_unchanged(void)
{
	int n = 0;
	struct stat st;
	DIR *d = opendir("low");

	while (readdir(d))
		n++;
	closedir(d);
	assert_int_equal(n, 10 + 1);
	assert_string_equal(text_of("low/open"), "open");
	assert_string_equal(text_of("low/secret"), "secret");
	assert_string_equal(text_of("low/dir/file"), "file");
	must_call(stat("low/secret", &st));
	assert_true(st.st_mode == (S_IFREG | 0600) && st.st_uid == 0 && st.st_nlink == 1);
	must_call(stat("low", &st));
	assert_true(st.st_mode == (S_IFDIR | 0751) && st.st_uid == 0);
}

/* A layered root of "low" in shifted ids; guarded if asked. */
static inline void build_begin(struct build *b, bool guarded)
{
	*b = (struct build){
		.r = {.kind = ROOTFS_LAYERED, .guarded = guarded, .idmapped = true},
		.env = {.userns_fd = userns_make(0, BASE, IDS, false),
			.uid = BASE,
			.gid = BASE,
			.foreign = true,
			.arena = &arena},
	};
	b->env.spent = &b->spent;
	b->env.spent_mounts = &b->spent_mounts;
	strs_add(&b->r.lower, &arena, "/tmp/low");
}

static inline int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Puts the root together and attaches it on WHERE; leaves no descriptor open. */
static inline void build_on(struct build *b, const char *submount, const char *where)
{
	const struct mount_opts none = {0};
	auto_fd target = open(where, O_PATH | O_CLOEXEC);
	int before = open_fds(), fd;

	if (submount)
		must(rootfs_assemble_submount(&b->r, submount, &b->env, &fd, &b->e), &b->e);
	else
		must(rootfs_assemble(&b->r, &b->env, &fd, &b->e), &b->e);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	must(mount_attach(fd, target, &none, where, &b->e), &b->e);
	close(fd);
	fds_close(&b->spent);
	fds_close(&b->spent_mounts);
	assert_int_equal(open_fds(), before);
}

struct insider {
	int userns_fd;
	jail_fn *fn;
};

static inline void inside_run(void *arg)
{
	const struct insider *i = arg;

	must_call(chdir("root"));
	if (i->userns_fd >= 0) {
		must_call(setgroups(0, NULL));
		must_call(setns(i->userns_fd, CLONE_NEWUSER));
		must_call(setresgid(0, 0, 0));
		must_call(setresuid(0, 0, 0));
	}
	i->fn(NULL);
}

/* Calls FN as the container's root, in its root directory. */
static inline void inside(const struct build *b, jail_fn *fn)
{
	in_child(inside_run, &(struct insider){b->env.userns_fd, fn});
}

static inline bool readable(const char *path)
{
	char byte;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &byte, 1) >= 0;
}

static inline uid_t owner(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return st.st_uid;
}

#endif
