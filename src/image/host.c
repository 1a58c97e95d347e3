/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's own root: see host.h. */
#include "image/host.h"

#include "base/fd.h"
#include "core/sys.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Directories that hold a system and that people put on file systems of their own; nothing of the kernel's. */
static const char *const system_dirs[] = {
	"/usr", "/usr/local", "/etc", "/opt", "/var", "/var/lib", "/srv", "/home", "/lib64",
};

/* File systems that hold no files of the system. */
static const long not_real[] = {
	PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, AUTOFS_SUPER_MAGIC,
};

/* Whether the directory open at FD, which is not the root, is where a mount begins. */
static bool is_mount(int fd, int root_fd)
{
	struct sys_statx x;
	struct stat here, root;

	/* The kernel says so itself (5.8), for bind mounts too. */
	if (sys_statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, 0, &x) == 0 &&
	    (x.attributes_mask & SYS_STATX_ATTR_MOUNT_ROOT))
		return x.attributes & SYS_STATX_ATTR_MOUNT_ROOT;
	return fstat(fd, &here) == 0 && fstat(root_fd, &root) == 0 && here.st_dev != root.st_dev;
}

/* Whether the file system of FD holds real files. */
static bool is_real(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(not_real); i++)
		if ((long)fs.f_type == not_real[i])
			return false;
	return true;
}

void host_submounts(const char *root, struct arena *a, struct strs *ret)
{
	auto_fd root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; root_fd >= 0 && i < ARRAY_LEN(system_dirs); i++) {
		/* O_PATH triggers no automount; a link ("lib64 -> usr/lib64") is no mount. */
		auto_fd fd = openat(root_fd, system_dirs[i] + 1, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && is_mount(fd, root_fd) && is_real(fd))
			strs_add(ret, a, system_dirs[i]);
	}
}
