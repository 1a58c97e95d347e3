/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running from where nobody can write to the program: see self.h. */
#include "core/self.h"

#include "base/fd.h"
#include "core/mount.h"
#include "core/sys.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#ifndef MFD_EXEC /* 6.3 */
#define MFD_EXEC 0x0010U
#endif

enum { WORDS_MAX = 8 * 1024 * 1024 }; /* more than a command line can have (execve(2)) */

static const char memory_name[] = "/memfd:isle-self";

/*
 * Whether nobody at all can write to the program file: it lies on a mount that can only be read, or is sealed by
 * fs-verity.
 */
static bool is_fixed(void)
{
	struct statvfs fs;
	int flags = 0;

	if (statvfs("/proc/self/exe", &fs) == 0 && fs.f_flag & ST_RDONLY)
		return true;
	auto_fd own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	return own >= 0 && ioctl(own, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_VERITY_FL;
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

/* The words that this process was started with. */
static int own_words(struct arena *a, struct strs *ret, struct err *e)
{
	char *text;
	size_t size;
	int r = file_read(AT_FDCWD, "/proc/self/cmdline", a, WORDS_MAX, &text, &size, e);

	for (size_t at = 0; r == 0 && at < size; at += strlen(text + at) + 1)
		strs_take(ret, a, text + at);
	return r;
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
 * The execve closes its descriptor, and so takes the mount out of every namespace.  It must: a mount that is in one,
 * attached or not, can be made writable by who has CAP_SYS_ADMIN over mounts of his own (mount_setattr(2)), and the
 * container gets at this one by /proc/PID/exe.
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

int self_protect(struct arena *a, struct err *e)
{
	struct strs words = {0};
	int fd = FD_NONE;
	int r = own_words(a, &words, e);

	if (r < 0)
		return r;
	r = view_make(&fd) < 0 ? copy_make(&fd) : 0;
	if (r < 0)
		return err_set(e, -r, "copy isle's program into memory");
	syscall(SYS_execveat, fd, "", words.v, environ, AT_EMPTY_PATH);
	int code = errno;
	fd_close(&fd);
	return err_set(e, code, "execute isle from where nobody can write to it");
}
