/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places for tests that mount, change ids or die: a child process, in a mount namespace of its own where asked for.
 *
 * What is in the jail vanishes with it, so no test cleans up, and none can delete what is not its own: nothing is
 * mounted or written before the mount namespace is private, and the jail's files are on a file system in memory.
 */
#ifndef ISLE_TESTS_JAIL_H
#define ISLE_TESTS_JAIL_H

#include "base/fd.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void jail_fn(void *arg);

/* Fails the test with the sentence of E when R is negative. */
static inline void must(int r, const struct err *e)
{
	char text[1400];

	if (r >= 0)
		return;
	err_format(e, text, sizeof(text));
	fail_msg("%s (%d)", text, r);
}

/* Fails unless a call that returns -1 and errno has succeeded. */
#define must_call(call)                                             \
	do {                                                        \
		if ((call) < 0)                                     \
			fail_msg("%s: %s", #call, strerror(errno)); \
	} while (0)

/* Fails unless HAY has NEEDLE in it. */
static inline void must_have(const char *hay, const char *needle)
{
	if (!strstr(hay, needle))
		fail_msg("\"%s\" is not in: %s", needle, hay);
}

/* Fails unless R is -CODE and the sentence of E has WORD in it. */
static inline void must_fail(int r, int code, const struct err *e, const char *word)
{
	char text[1400];

	assert_int_equal(r, -code);
	err_format(e, text, sizeof(text));
	must_have(text, word);
}

/* Forks; in the child a failed assertion ends it at once (the jump back to the test's runner belongs to the parent). */
static inline pid_t child_start(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		fail_msg("fork: %s", strerror(errno));
	if (pid > 0)
		return pid;
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	alarm(20);
	return 0;
}

/* The end of PID as the shell has it: its exit status, or 128 and the signal. */
static inline int child_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail_msg("waitpid: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Calls FN in a child; the test fails when an assertion in there does. */
static inline void in_child(jail_fn *fn, void *arg)
{
	pid_t pid = child_start();

	if (pid == 0) {
		fn(arg);
		_exit(0);
	}
	assert_int_equal(child_end(pid), 0);
}

/* In a mount namespace of our own, from which nothing spreads: hides DIR behind an empty file system in memory. */
static inline void hide(const char *dir)
{
	struct statfs fs;

	must_call(mount("jail", dir, "tmpfs", 0, "mode=0755"));
	must_call(statfs(dir, &fs));
	assert_true(fs.f_type == TMPFS_MAGIC);
}

/* Makes the mount namespace, with an empty /tmp as the working directory. */
static inline void jail_enter(void)
{
	must_call(unshare(CLONE_NEWNS));
	must_call(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	hide("/tmp");
	must_call(chdir("/tmp"));
	umask(022);
}

struct jail_call {
	jail_fn *fn;
	void *arg;
};

static inline void jail_run(void *arg)
{
	const struct jail_call *c = arg;

	jail_enter();
	c->fn(c->arg);
}

/* Calls FN in a child in a jail. */
static inline void in_jail(jail_fn *fn, void *arg)
{
	in_child(jail_run, &(struct jail_call){fn, arg});
}

/* Makes the new file PATH. */
static inline void put(const char *path, const char *text, mode_t mode)
{
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		fail_msg("make %s: %s", path, strerror(errno));
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	must_call(fchmod(fd, mode));
}

/* The first bytes of the file PATH, in a buffer that the next call uses again. */
static inline const char *text_of(const char *path)
{
	static char text[8192];
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		fail_msg("read %s: %s", path, strerror(errno));
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* A new user namespace with COUNT ids from INSIDE on, which are OUTSIDE and on here; denies setgroups(2) if DENY. */
static inline int userns_make(unsigned int inside, unsigned int outside, unsigned int count, bool deny)
{
	static const char *const files[] = {"uid_map", "gid_map"};
	int made[2], done[2];
	char path[64], map[64];
	struct err e = {0};

	must_call(pipe2(made, O_CLOEXEC));
	must_call(pipe2(done, O_CLOEXEC));
	pid_t pid = child_start();
	if (pid == 0) {
		close(done[1]);
		if (unshare(CLONE_NEWUSER) < 0 || write(made[1], "", 1) != 1)
			_exit(1);
		_exit(read(done[0], map, 1) != 0);
	}
	close(made[1]);
	close(done[0]);
	assert_int_equal(read(made[0], map, 1), 1);
	snprintf(map, sizeof(map), "%u %u %u\n", inside, outside, count);
	if (deny) {
		snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
		must(file_write(AT_FDCWD, path, "deny", &e), &e);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		must(file_write(AT_FDCWD, path, map, &e), &e);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	must_call(fd);
	close(made[0]);
	close(done[1]);
	assert_int_equal(child_end(pid), 0);
	return fd;
}

#endif
