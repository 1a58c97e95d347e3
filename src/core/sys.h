/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that one of our C libraries lacks, as thin wrappers: they return like the libc's (-1 and errno).
 *
 * Structures and constants come from the kernel's headers where Debian 12's have them; what is newer is defined here.
 */
#ifndef ISLE_CORE_SYS_H
#define ISLE_CORE_SYS_H

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef PIDFD_GET_USER_NAMESPACE /* 6.11 */
#define PIDFD_GET_USER_NAMESPACE _IO(0xFF, 9)
#endif

#define PIDFD_OF_THREAD O_EXCL /* pidfd_open(2)'s PIDFD_THREAD, 6.9 */

/* Handles of namespaces (6.18): what open_by_handle_at(2) takes in place of a mount, and what stands in the handle. */
enum { SYS_FD_NSFS_ROOT = -10003, SYS_FILEID_NSFS = 0xf1 };
struct sys_nsfs_handle {
	uint64_t id;
	uint32_t type;	/* CLONE_NEW…; 0: any (6.19) */
	uint32_t inode; /* 0: any (6.19) */
};
#define SYS_NS_GET_ID _IOR(0xb7, 13, uint64_t)
#define SYS_NS_GET_MNTNS_ID _IOR(0xb7, 5, uint64_t) /* 6.10 */

/* What sched_setattr(2) takes (linux/sched/types.h, which does not go together with the libc's sched.h). */
struct sys_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

/* What statx(2) gives: newer libcs declare it beside stat(2), older ones not, and none together with linux/stat.h. */
struct sys_statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t spare;
};
struct sys_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare;
	uint64_t ino, size, blocks, attributes_mask;
	struct sys_statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id; /* 5.8 */
	uint64_t newer[13];
};
static_assert(sizeof(struct sys_statx) == 256, "the kernel fills in 256 bytes");
enum { SYS_STATX_TYPE = 1, SYS_STATX_INO = 0x100, SYS_STATX_ATTR_MOUNT_ROOT = 0x2000 /* 5.8 */ };
enum { SYS_STATX_MNT_ID = 0x1000 /* 5.8 */, SYS_STATX_MNT_ID_UNIQUE = 0x4000 /* 6.8 */ };

static inline int sys_bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static inline int sys_statx(int dirfd, const char *path, int flags, unsigned int mask, struct sys_statx *ret)
{
	return (int)syscall(SYS_statx, dirfd, path, flags, mask, ret);
}

/* statmount(2), 6.8: what is known of the mount with a number that is never used again. */
#ifndef SYS_statmount
#define SYS_statmount 457
#endif
struct sys_mnt_id_req {
	uint32_t size, spare;
	uint64_t mnt_id, param;
};
enum { SYS_STATMOUNT_MNT_BASIC = 2 };
static inline int sys_statmount(const struct sys_mnt_id_req *req, void *ret, size_t size)
{
	return (int)syscall(SYS_statmount, req, ret, size, 0);
}
static inline pid_t sys_clone3(struct clone_args *a, size_t size)
{
	return (pid_t)syscall(SYS_clone3, a, size);
}
static inline int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}
static inline int sys_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags);
}
static inline int sys_pidfd_getfd(int pidfd, int target_fd, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, target_fd, flags);
}
static inline int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}
static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
}

/* The same, asked again while it says EAGAIN: something is renamed beside it (openat2(2)); a negative errno. */
static inline int sys_openat2_patient(int dirfd, const char *path, const struct open_how *how)
{
	enum { TRIES = 128 };
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = sys_openat2(dirfd, path, how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 ? -errno : fd;
}
static inline int sys_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, dirfd, path, flags);
}
static inline int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	return (int)syscall(SYS_move_mount, from_fd, from, to_fd, to, flags);
}
static inline int sys_mount_setattr(int dirfd, const char *path, unsigned int flags, struct mount_attr *a)
{
	return (int)syscall(SYS_mount_setattr, dirfd, path, flags, a, sizeof(*a));
}
static inline int sys_fsopen(const char *fstype, unsigned int flags)
{
	return (int)syscall(SYS_fsopen, fstype, flags);
}
static inline int sys_fspick(int dirfd, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_fspick, dirfd, path, flags);
}
static inline int sys_fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fd, cmd, key, value, aux);
}
static inline int sys_fsmount(int fd, unsigned int flags, unsigned int attr)
{
	return (int)syscall(SYS_fsmount, fd, flags, attr);
}
static inline int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *a)
{
	return (int)syscall(SYS_sched_setattr, pid, a, 0);
}
/*
 * Of the calling thread alone, as the kernel has them: the libc's make every thread of the process do the same.
 */
static inline int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return (int)syscall(SYS_setresuid, r, e, s);
}
static inline int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return (int)syscall(SYS_setresgid, r, e, s);
}
static inline int sys_setgroups(size_t n, const gid_t *list)
{
	return (int)syscall(SYS_setgroups, n, list);
}
static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}
/* Whether the kernel is older than MAJOR.MINOR: for what can't be told from its errors. */
static inline bool sys_kernel_before(unsigned int major, unsigned int minor)
{
	struct utsname u;
	unsigned int have[2];

	return uname(&u) == 0 && sscanf(u.release, "%u.%u", &have[0], &have[1]) == 2 &&
	       (have[0] < major || (have[0] == major && have[1] < minor));
}

#endif
