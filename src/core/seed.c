/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mount namespace that containers begin from: see seed.h. */
#include "core/seed.h"

#include "base/fd.h"
#include "core/cgroup_priv.h"
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

static const char home[] = "/run/isle", dir[] = "/run/isle/seed", file[] = "/run/isle/seed/mnt";

/* Opens the file, if it is what it should be. */
static int find(void)
{
	auto_fd fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNS)
		return FD_NONE;
	return fd_take(&fd);
}

/* Replaces all that the caller has mounted, in a namespace of its own, by an empty directory that can't be filled. */
static int empty(void)
{
	const struct mount_opts o = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					    MOUNT_ATTR_NOEXEC};
	auto_fd root = FD_NONE;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	int r = mount_new("tmpfs", "isle-seed", &o, &root, NULL);
	if (r < 0)
		return r;
	auto_fd old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0 || sys_move_mount(root, "", old, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
	    fchdir(root) < 0 || sys_pivot_root(".", ".") < 0 || fchdir(old) < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}

/*
 * The process that makes the namespace, on processor CPU, and holds it until the maker lets go of the other end,
 * however that ends.  Nothing of the maker's must live on in it: its lock would.
 */
static _Noreturn void hold(int cpu, int sock)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	(void)!sched_setaffinity(0, sizeof(one), &one);
	char r = empty() < 0;
	if (write(sock, &r, 1) == 1)
		(void)!read(sock, &r, 1);
	_exit(0);
}

/*
 * Makes the namespace from processor CPU and binds it to the file.  The kernel binds only namespaces that are younger
 * than the binder's own, and goes by numbers that each processor has a stock of (since Linux 6.18): another processor
 * may succeed.
 */
static int make_on(int cpu, int lock)
{
	char path[40], failed = 1;
	int pair[2];

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
		hold(cpu, theirs);
	}
	fd_close(&theirs);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	int r = read(ours, &failed, 1) != 1 || failed ? -EPERM : 0;
	if (r == 0 && mount(path, file, NULL, MS_BIND, NULL) < 0)
		r = -errno;
	fd_close(&ours);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

/* Makes the tmpfs with the file on it, after what is left of an attempt that was interrupted is taken away. */
static int make_place(void)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	while (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (mount("isle-seed", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=4k,nr_inodes=4") < 0 ||
	    mount(NULL, dir, NULL, MS_PRIVATE, NULL) < 0)
		return -errno;
	auto_fd fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	return fd < 0 ? -errno : 0;
}

/* Makes the seed, unless somebody else is about to: nobody waits for it. */
static int make(void)
{
	cpu_set_t cpus;

	if (!cgroup_is_machine_root() || (mkdir(home, 0700) < 0 && errno != EEXIST))
		return FD_NONE;
	auto_fd lock = open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (lock < 0 || fstat(lock, &st) < 0 || st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH) ||
	    flock(lock, LOCK_EX | LOCK_NB) < 0)
		return FD_NONE;
	int fd = find(); /* another may have been faster */
	if (fd >= 0 || make_place() < 0 || sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return fd;
	for (int cpu = 0, r = -EINVAL; cpu < CPU_SETSIZE && r == -EINVAL; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			r = make_on(cpu, lock);
	fd = find();
	if (fd < 0)
		umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW);
	return fd;
}

int seed_open(void)
{
	int fd = find();

	return fd >= 0 ? fd : make();
}

int seed_enter(int seed_fd)
{
	return setns(seed_fd, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0 ? -errno : 0;
}
