/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mount namespace that containers begin from: see seed.h. */
#include "core/seed.h"

#include "base/fd.h"
#include "core/cgroup_priv.h"
#include "core/device_kept.h"
#include "core/mount.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

static const char home[] = "/run/isle", dir[] = SEED_DIR, refusal[] = SEED_DIR "/refused";
static const char will_do[] = SEED_DIR "/empty-will-do";
static const char *const files[SEED_KINDS] = {
	[SEED_EMPTY] = SEED_DIR "/mnt",
	[SEED_USER] = SEED_DIR "/mnt-user",
};

/* Opens the file of KIND, if it is what it should be. */
static int find(enum seed_kind kind)
{
	auto_fd fd = open(files[kind], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNS)
		return FD_NONE;
	return fd_take(&fd);
}

/* Makes a file system of TYPE at the directory WHERE below the descriptor DIR_FD. */
static int attach_new(const char *type, int dir_fd, const char *where)
{
	const struct mount_opts o = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	auto_fd fd = FD_NONE;
	int r = mount_new(type, type, &o, &fd, NULL);

	return r == 0 && sys_move_mount(fd, "", dir_fd, where, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : r;
}

/*
 * Makes a /proc without processes and a /sys without a network in DIR_FD: those of namespaces that end with the process
 * that made them.
 */
static int attach_husks(int dir_fd)
{
	int status;

	if (mkdirat(dir_fd, "proc", 0555) < 0 || mkdirat(dir_fd, "sys", 0555) < 0 || mkdirat(dir_fd, "tmp", 0) < 0 ||
	    unshare(CLONE_NEWPID | CLONE_NEWNET) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(attach_new("proc", dir_fd, "proc") < 0 || attach_new("sysfs", dir_fd, "sys") < 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -ECHILD;
}

/* Replaces all that the caller has mounted, in a namespace of its own, by a directory that can't be filled. */
static int empty(enum seed_kind kind)
{
	const struct mount_opts o = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
	auto_fd root = FD_NONE;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	int r = mount_new("tmpfs", "isle-seed", &o, &root, NULL);
	if (r < 0)
		return r;
	auto_fd old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0 || sys_move_mount(root, "", old, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
	    (kind == SEED_USER && (r = attach_husks(root)) < 0) ||
	    sys_mount_setattr(root, "", AT_EMPTY_PATH, &readonly) < 0 || fchdir(root) < 0 ||
	    sys_pivot_root(".", ".") < 0 || fchdir(old) < 0 || umount2(".", MNT_DETACH) < 0)
		return r < 0 ? r : -errno;
	return chdir("/") < 0 ? -errno : 0;
}

/*
 * The process that makes the namespace, on processor CPU, and holds it until the maker lets go of the other end,
 * however that ends.  Nothing of the maker's must live on in it: its lock would.
 */
static _Noreturn void hold(enum seed_kind kind, int cpu, int sock)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	(void)!sched_setaffinity(0, sizeof(one), &one);
	int r = empty(kind);
	if (write(sock, &r, sizeof(r)) == sizeof(r))
		(void)!read(sock, &r, sizeof(r));
	_exit(0);
}

/*
 * Makes the namespace of KIND from processor CPU and binds it to its file.  The kernel binds only namespaces that are
 * younger than the binder's own, and goes by numbers that each processor has a stock of (since Linux 6.18): another
 * processor may succeed.
 */
static int make_on(enum seed_kind kind, int cpu, int lock)
{
	char path[40];
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	auto_fd ours = pair[0];
	auto_fd theirs = pair[1];
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(ours);
		close(lock);
		hold(kind, cpu, theirs);
	}
	fd_close(&theirs);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	if (read(ours, &r, sizeof(r)) != sizeof(r))
		r = -ECHILD;
	if (r == 0 && mount(path, files[kind], NULL, MS_BIND, NULL) < 0)
		r = -errno;
	fd_close(&ours);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

/*
 * Mounts the empty directory on itself, private and read-only.  Where /run is shared this is what spreads, to whoever
 * has the machine's /run as a slave; what is mounted on it spreads no more.
 */
static int make_ground(void)
{
	const struct mount_opts o = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					    MOUNT_ATTR_NOEXEC};
	auto_fd copy = FD_NONE;
	int r = mount_clone(AT_FDCWD, dir, &o, &copy, NULL);

	if (r < 0)
		return r;
	if (sys_move_mount(copy, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    mount(NULL, dir, NULL, MS_PRIVATE, NULL) < 0)
		return -errno;
	return 0;
}

/* Makes the tmpfs with the files on it, after what is left of an attempt that was interrupted is taken away. */
static int make_place(void)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	while (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	int r = make_ground();
	if (r < 0)
		return r;
	if (mount("isle-seed", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=4k,nr_inodes=8") < 0 ||
	    mount(NULL, dir, NULL, MS_UNBINDABLE, NULL) < 0)
		return -errno;
	for (int k = 0; k < SEED_KINDS; k++) {
		auto_fd fd = open(files[k], O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);

		if (fd < 0)
			return -errno;
	}
	return 0;
}

/* Makes the namespace of KIND from whichever processor succeeds. */
static int make_anywhere(enum seed_kind kind, int lock)
{
	cpu_set_t cpus;
	int r = -EINVAL;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE && r == -EINVAL; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			r = make_on(kind, cpu, lock);
	return r;
}

/* Leaves word for those who come later: the file PATH. */
static bool leave_word(const char *path)
{
	auto_fd word = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);

	return word >= 0;
}

/* Takes away what was made; a kernel that can't make it is not asked again: the directory stays, with word of it. */
static int give_up(int r)
{
	if ((r != -ENOSYS && r != -EINVAL && r != -EPERM) || !leave_word(refusal))
		umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW);
	return FD_NONE;
}

/* Tries whether a /proc can be made for a pid namespace that is named, and leaves word of it. */
static void try_outside(void)
{
	char option[] = "pidns=/proc/self/ns/pid", *words[] = {option};
	const struct mount_opts o = {.data = {.v = words, .n = 1}};
	auto_fd proc = FD_NONE;

	if (mount_new("proc", "proc", &o, &proc, NULL) == 0)
		leave_word(will_do);
}

/* Makes both, unless somebody else is about to: nobody waits for it.  Gives the one of KIND. */
static int make(enum seed_kind kind)
{
	if (!cgroup_is_machine_root() || (mkdir(home, 0700) < 0 && errno != EEXIST))
		return FD_NONE;
	auto_fd lock = open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (lock < 0 || fstat(lock, &st) < 0 || st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH) ||
	    flock(lock, LOCK_EX | LOCK_NB) < 0)
		return FD_NONE;
	int fd = find(kind); /* another may have been faster */
	if (fd >= 0 || access(refusal, F_OK) == 0 || make_place() < 0)
		return fd;
	for (int k = 0; k < SEED_KINDS; k++) {
		int r = make_anywhere((enum seed_kind)k, lock);

		if (r < 0)
			return give_up(r);
	}
	try_outside();
	(void)!device_kept_make();
	return find(kind);
}

bool seed_empty_will_do(void)
{
	return access(will_do, F_OK) == 0;
}

int seed_open(enum seed_kind kind)
{
	int fd = find(kind);

	return fd >= 0 ? fd : make(kind);
}

int seed_enter(int seed_fd)
{
	return setns(seed_fd, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0 ? -errno : 0;
}
