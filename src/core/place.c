/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root among the machine's mounts: see place.h. */
#include "core/place.h"

#include "base/fd.h"
#include "base/parse.h"
#include "core/mount.h"
#include "core/ns.h"
#include "core/sys.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

enum { MOUNTINFO_MAX = 64 << 20 };

/*
 * The number of the mount that FD is in, the one that is never used again where the kernel has such; and the inode that
 * FD is.
 */
static int mount_number(int fd, uint64_t *ret, uint64_t *ret_inode)
{
	struct sys_statx st = {0};

	if (sys_statx(fd, "", AT_EMPTY_PATH, SYS_STATX_INO | SYS_STATX_MNT_ID | SYS_STATX_MNT_ID_UNIQUE, &st) < 0)
		return -errno;
	*ret = st.mnt_id;
	*ret_inode = st.ino;
	return st.mask & (SYS_STATX_MNT_ID | SYS_STATX_MNT_ID_UNIQUE) ? 0 : -ENOSYS;
}

/*
 * The number of the mount namespace of process PID (0: ours), one that is never used again where the kernel has such
 * (6.10); 0: it can't be read.
 */
static uint64_t space_number(int pid)
{
	uint64_t number;
	char path[40] = "/proc/self/ns/mnt";

	if (pid > 0)
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && ioctl(fd, SYS_NS_GET_MNTNS_ID, &number) == 0 ? number : ns_inode(pid, NS_MNT);
}

/* ---- making it ---- */

int place_make(const char *path, int root_fd, struct arena *a, struct place *ret, int *ret_holder_fd, struct err *e)
{
	const struct mount_opts bind = {.bind = true};
	auto_fd fd = FD_NONE;
	char real[PATH_MAX];

	if (!realpath(path, real))
		return err_set(e, errno, "open %s", path);
	if (strcmp(real, "/") == 0) {
		err_set(e, EINVAL, "attach a root among the machine's mounts at %s", path);
		return err_why(e, "that is the machine's own root, which nobody could uncover again");
	}
	*ret = (struct place){.path = arena_strdup(a, real), .space = space_number(0)};
	int r = mount_clone(AT_FDCWD, ret->path, &bind, &fd, e);
	if (r < 0)
		return r;
	r = mount_number(fd, &ret->holder, &ret->inode);
	if (r == 0)
		r = mount_number(root_fd, &ret->root, &ret->inode);
	if (r < 0)
		return err_set(e, -r, "find the number of a mount");
	*ret_holder_fd = fd_take(&fd);
	return 0;
}

int place_attach(const struct place *p, int holder_fd, int root_fd, struct err *e)
{
	const struct mount_opts alone = {.bind = true, .spread = {{.how = MS_PRIVATE}}, .n_spread = 1};
	auto_fd there = open(p->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (there < 0)
		return err_set(e, errno, "open %s", p->path);
	int r = mount_attach(holder_fd, there, &alone, p->path, e);
	return r < 0 ? r : mount_attach(root_fd, holder_fd, &alone, p->path, e);
}

/* ---- taking it away ---- */

/* Whether FD is in one of P's mounts.  A number that another mount may have by now is not enough. */
static bool is_ours(const struct place *p, int fd)
{
	uint64_t number = 0, inode = 0;

	return mount_number(fd, &number, &inode) == 0 && (number == p->root || number == p->holder) &&
	       inode == p->inode;
}

/* Whether the mount of the reusable number ID is in our mount namespace; who can't see has to take it for there. */
static bool is_listed(uint64_t id, struct arena *a)
{
	char *text, *line;

	if (file_read(AT_FDCWD, "/proc/self/mountinfo", a, MOUNTINFO_MAX, &text, NULL, NULL) < 0)
		return true;
	while ((line = strsep(&text, "\n"))) {
		unsigned long long number;

		if (sscanf(line, "%llu ", &number) == 1 && number == id)
			return true;
	}
	return false;
}

/* Whether the mount NUMBER is still in our mount namespace. */
static bool is_there(uint64_t number, struct arena *a)
{
	enum { REUSED_MAX = INT32_MAX }; /* the others begin above (fs/namespace.c, MNT_UNIQUE_ID_OFFSET) */
	struct sys_mnt_id_req req = {.size = sizeof(req), .mnt_id = number, .param = SYS_STATMOUNT_MNT_BASIC};
	char facts[512];

	if (number <= REUSED_MAX)
		return is_listed(number, a);
	return sys_statmount(&req, facts, sizeof(facts)) == 0 || errno != ENOENT;
}

/*
 * Takes the mount FD away, and all in it.  What its binds are copies of must not hear of it: an unmount spreads to the
 * peers of the mount that it happens in.
 */
static int take_away(int fd, const char *where, struct err *e)
{
	struct mount_attr alone = {.propagation = MS_PRIVATE};
	char path[32];

	/* By the descriptor: at its path there may be another one by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &alone) < 0 &&
	    (errno != ENOSYS || mount(NULL, path, NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		return err_set(e, errno, "keep the end of the mounts at %s from spreading", where);
	if (umount2(path, MNT_DETACH) < 0)
		return err_set(e, errno, "unmount %s", where);
	return 0;
}

/* A process in the mount namespace SPACE; 0: there is none. */
static int find_inhabitant(uint64_t space)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	int pid = 0, found = 0;

	while (d && !found && (entry = readdir(d)))
		if (parse_int(entry->d_name, 1, INT32_MAX, &pid) && space_number(pid) == space)
			found = pid;
	if (d)
		closedir(d);
	return found;
}

/*
 * In another mount namespace nothing can be done; where nobody is in it, it is gone, and the mounts with it, or they
 * end with the file or the descriptor that holds it.
 */
static int check_space(const struct place *p, struct err *e)
{
	/* 0: it could not be read. */
	int pid = p->space == 0 || p->space == space_number(0) ? 0 : find_inhabitant(p->space);

	if (pid == 0)
		return 0;
	err_set(e, EXDEV, "unmount the container's root at %s", p->path);
	err_why(e, "it is in another mount namespace, that of process %d", pid);
	return err_cure(e, "do it there: nsenter --mount=/proc/%d/ns/mnt …", pid);
}

int place_remove(const struct place *p, struct arena *a, struct err *e)
{
	int r = p->path ? check_space(p, e) : 0;

	if (r < 0 || !p->path)
		return r;
	/* The root lies on top, then the holder. */
	for (;;) {
		auto_fd fd = open(p->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || !is_ours(p, fd))
			break;
		if ((r = take_away(fd, p->path, e)) < 0)
			return r;
	}
	if (!is_there(p->root, a) && !is_there(p->holder, a))
		return 0;
	err_set(e, EBUSY, "unmount the container's root at %s", p->path);
	err_why(e, "somebody has mounted something over it, or moved it");
	return err_cure(e, "unmount that first: findmnt -T %s", p->path);
}
