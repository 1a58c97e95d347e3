/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running from where nobody can write to the program: see self.h. */
#include "core/self.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/mount.h"
#include "core/seed.h"
#include "core/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#ifndef MFD_EXEC /* 6.3 */
#define MFD_EXEC 0x0010U
#endif

static const char memory_name[] = "/memfd:isle-self";

static char **own_words;

void self_note(char **argv)
{
	own_words = argv;
}

/*
 * Whether nobody at all can write to the program file: it lies on a mount that can only be read, or is sealed by
 * fs-verity.
 */
static bool is_fixed(void)
{
	struct statvfs fs;
	struct sys_statx own;

	if (statvfs("/proc/self/exe", &fs) == 0 && fs.f_flag & ST_RDONLY)
		return true;
	return sys_statx(AT_FDCWD, "/proc/self/exe", 0, 0, &own) == 0 && own.attributes & SYS_STATX_ATTR_VERITY;
}

/* Whether this process runs from a copy in memory. */
static bool in_memory(void)
{
	char exe[sizeof(memory_name)];

	return readlink("/proc/self/exe", exe, sizeof(exe) - 1) == sizeof(exe) - 1 &&
	       memcmp(exe, memory_name, sizeof(exe) - 1) == 0;
}

bool self_protected(void)
{
	return is_fixed() || in_memory();
}

/* The program file as a sealed file in memory. */
static int copy_make(int *ret_fd)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	auto_fd from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_fd to = memfd_create("isle-self", flags | MFD_EXEC);
	struct stat st;

	if (to < 0 && errno == EINVAL) /* before 6.3 */
		to = memfd_create("isle-self", flags);
	if (from < 0 || to < 0 || fstat(from, &st) < 0)
		return -errno;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(to, from, NULL, (size_t)left);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		left -= n;
	}
	if (fchmod(to, 0555) < 0 ||
	    fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	*ret_fd = fd_take(&to);
	return 0;
}

/*
 * The program file by a mount of its own that can only be read, and is attached nowhere: much cheaper than a copy.
 * It takes CAP_SYS_ADMIN, and Linux 5.12.
 *
 * The execve closes its descriptor, and so takes the mount out of every namespace, for which the kernel makes us wait.
 * It must: one that is attached nowhere, but alive, can be made writable by who has CAP_SYS_ADMIN over mounts of his
 * own (mount_setattr(2)), and the container gets at this one by /proc/PID/exe.
 */
static int view_make(int *ret_fd)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	auto_fd fd = sys_open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || sys_mount_setattr(fd, "", AT_EMPTY_PATH, &ro) < 0)
		return -errno;
	*ret_fd = fd_take(&fd);
	return 0;
}

/* ---- the view that is kept ---- */

static const char kept_name[] = "self";

/* Opens it, if it is one of the very file that this process runs from, and can only be read. */
static int kept_open(int dir)
{
	auto_fd fd = openat(dir, kept_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat kept, own;
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || !(fs.f_flags & ST_RDONLY) || fstat(fd, &kept) < 0 ||
	    stat("/proc/self/exe", &own) < 0 || kept.st_ino != own.st_ino || kept.st_dev != own.st_dev)
		return FD_NONE;
	return fd_take(&fd);
}

/* The seeds' directory: the mount, and not where one is to be, for what is mounted there may spread. */
static int dir_open(void)
{
	auto_fd dir = open(SEED_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct sys_statx st;

	if (dir < 0 || !fast_way("kept") || sys_statx(dir, "", AT_EMPTY_PATH, 0, &st) < 0 ||
	    !(st.attributes & SYS_STATX_ATTR_MOUNT_ROOT))
		return FD_NONE;
	return fd_take(&dir);
}

/* Makes a view, and puts it in the place of an older one; who runs from that goes on. */
static void put(int dir)
{
	/* It is not copied with /run, and nothing that is mounted on isle's file is mounted on it, too. */
	struct mount_attr alone = {.propagation = MS_UNBINDABLE};
	auto_fd file = openat(dir, kept_name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0400);
	auto_fd view = FD_NONE;
	char path[64];

	if (file < 0 || view_make(&view) < 0 || sys_mount_setattr(view, "", AT_EMPTY_PATH, &alone) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, kept_name);
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	(void)!sys_move_mount(view, "", dir, kept_name, MOVE_MOUNT_F_EMPTY_PATH);
}

void self_keep(void)
{
	auto_fd dir = dir_open();

	/* Nobody waits: somebody else may be about it. */
	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0)
		return;
	auto_fd kept = kept_open(dir);
	if (kept < 0)
		put(dir);
	flock(dir, LOCK_UN);
}

/* The view that is kept; if there is none, or one of an older isle, it is from now on. */
static int kept_have(void)
{
	auto_fd dir = dir_open();
	auto_fd fd = dir < 0 ? FD_NONE : kept_open(dir);

	if (dir < 0 || fd >= 0)
		return fd_take(&fd);
	self_keep();
	return kept_open(dir);
}

int self_protect(bool kept_will_do, struct err *e)
{
	auto_fd fd = kept_will_do ? kept_have() : FD_NONE;
	int r = fd >= 0 || view_make(&fd) == 0 ? 0 : copy_make(&fd);

	if (r < 0)
		return err_set(e, -r, "open isle's program where nobody can write to it");
	syscall(SYS_execveat, fd, "", own_words, environ, AT_EMPTY_PATH);
	return err_set(e, errno, "execute isle from where nobody can write to it");
}
