/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places to mount on, found and made in the process' own root: see mount.h.
 *
 * Links of an image are followed, for images need it (/var/run), but none that the kernel makes up, such as those below
 * /proc/self/fd: our own descriptors lead out of the root, and what is made there would be made on the machine.
 */
#include "core/mount.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as many as the kernel follows in one path */

static int target_make(const char *path, bool file, int links, struct err *e);

/* Where openat2(2) is refused: no symbolic link at all is followed. */
static int open_without_links(const char *path, int flags)
{
	auto_fd at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (const char *p = path + strspn(path, "/"); at >= 0 && *p;) {
		size_t n = strcspn(p, "/");
		const char *next = p + n + strspn(p + n, "/");
		char name[NAME_MAX + 1];

		if (n >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, p, n);
		name[n] = '\0';
		int fd = openat(at, name, (*next ? O_PATH | O_DIRECTORY | O_CLOEXEC : flags) | O_NOFOLLOW);
		if (fd < 0)
			return -errno;
		fd_close(&at);
		at = fd;
		p = next;
	}
	return at < 0 ? -errno : fd_take(&at);
}

/* Opens PATH, absolute, in the process' root; a descriptor, or a negative errno. */
static int open_in_root(const char *path, int flags)
{
	const struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_NO_MAGICLINKS};
	int fd = sys_openat2_patient(AT_FDCWD, path, &how);

	return fd == -ENOSYS || fd == -EPERM ? open_without_links(path, flags) : fd;
}

/* The sentence for a place that can't be opened, by the negative errno of open_in_root(). */
static int not_opened(int code, const char *path, struct err *e)
{
	err_set(e, -code, "open the mount point %s", path);
	return code == -ELOOP ? err_why(e, "the root has a symbolic link there, which leads in a circle or into /proc")
			      : code;
}

/*
 * PART is there already: a link may be, to a place that is not (images have /var/run so, without a /run), which is made
 * then.  FILE: that place is a file.
 */
static int link_end_make(const char *part, bool file, int links, struct err *e)
{
	char link[PATH_MAX], end[PATH_MAX];
	ssize_t n = access(part, F_OK) < 0 ? readlink(part, link, sizeof(link) - 1) : -1;
	const char *slash = strrchr(part, '/');

	if (n <= 0)
		return 0;
	if (links == 0)
		return err_set(e, ELOOP, "make the mount point %s", part);
	link[n] = '\0';
	int dir = link[0] == '/' || !slash ? 0 : (int)(slash - part) + 1;
	if ((size_t)dir + (size_t)n >= sizeof(end))
		return err_set(e, ENAMETOOLONG, "make the mount point %s", part);
	memcpy(end, part, (size_t)dir);
	memcpy(end + dir, link, (size_t)n + 1);
	return target_make(end, file, links - 1, e);
}

/* Makes the last name of PART, a beginning of PATH, in DIR: a directory, or an empty FILE; what is there stays. */
static int part_make(int dir, const char *path, const char *part, bool file, int links, struct err *e)
{
	const char *name = strrchr(part, '/') + 1;
	int code = 0;

	if (!*name)
		return 0;
	if (file) {
		auto_fd fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

		code = fd < 0 ? errno : 0;
	} else if (mkdirat(dir, name, 0755) < 0) {
		code = errno;
	}
	if (code == EEXIST)
		return link_end_make(part, file, links, e);
	if (code == 0)
		return 0;
	err_set(e, code, "make the mount point %s", path);
	return code == EROFS ? err_cure(e, "make it in the root beforehand, or leave out --read-only") : -code;
}

/* Makes the directories above PATH, and PATH itself as a directory or an empty FILE. */
static int target_make(const char *path, bool file, int links, struct err *e)
{
	auto_fd dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t len = strlen(path);
	char part[PATH_MAX];

	if (len >= sizeof(part))
		return err_set(e, ENAMETOOLONG, "make the mount point %s", path);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		int r = part_make(dir, path, part, file && path[i] == '\0', links, e);
		if (r < 0 || path[i] == '\0')
			return r;
		/* By its path again: what was there may be a link. */
		fd_close(&dir);
		if ((dir = open_in_root(part, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
			return not_opened(dir, path, e);
	}
	return 0;
}

/* A symbolic link at the end of a place. */
enum end_link { END_FOLLOW, END_REFUSE, END_ITSELF };

/* Finds the place PATH, or makes it. */
static int target(const char *path, bool file, enum end_link link, int *ret_fd, struct err *e)
{
	int flags = O_PATH | O_CLOEXEC | (link == END_FOLLOW ? 0 : O_NOFOLLOW);
	auto_fd fd = open_in_root(path, flags);
	struct statfs fs;
	struct stat st;

	if (fd == -ENOENT) {
		int r = target_make(path, file, LINKS_MAX, e);

		if (r < 0)
			return r;
		fd = open_in_root(path, flags);
	}
	if (fd < 0)
		return not_opened(fd, path, e);
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "examine the mount point %s", path);
	if (S_ISLNK(st.st_mode) && link != END_ITSELF) {
		err_set(e, ELOOP, "mount on %s", path);
		return err_why(e, "the root has a symbolic link there, and what is mounted would land elsewhere");
	}
	/*
	 * What we write into /proc later must go to the kernel, not into a file that a link has put over it
	 * (CVE-2019-16884).  Where none is followed none leads to /proc itself: that is a root which has one already.
	 */
	const bool whole = link == END_REFUSE && strcmp(path, "/proc") == 0;
	if (!whole && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && strncmp(path, "/proc/", 6) != 0) {
		err_set(e, ELOOP, "mount on %s", path);
		return err_why(e, "the root has a symbolic link there, which leads into /proc");
	}
	if (file == S_ISDIR(st.st_mode)) {
		err_set(e, file ? EISDIR : ENOTDIR, "mount on %s", path);
		return err_why(e, file ? "a file can't be mounted on a directory"
				       : "a directory can't be mounted on a file");
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

int mount_target(const char *path, bool file, bool strict, int *ret_fd, struct err *e)
{
	return target(path, file, strict ? END_REFUSE : END_FOLLOW, ret_fd, e);
}

int mount_target_itself(const char *path, bool file, int *ret_fd, struct err *e)
{
	return target(path, file, END_ITSELF, ret_fd, e);
}

int mount_link_make(int fd, const char *path, struct err *e)
{
	char above[PATH_MAX], to[PATH_MAX], there[PATH_MAX];
	const char *name = strrchr(path, '/') + 1;
	ssize_t n = readlinkat(fd, "", to, sizeof(to) - 1);
	auto_fd dir = FD_NONE;

	if (n < 0)
		return err_set(e, errno, "read the symbolic link for %s", path);
	to[n] = '\0';
	const size_t len = name - path > 1 ? (size_t)(name - path) - 1 : 1; /* "/" of the top */
	if (len >= sizeof(above))
		return err_set(e, ENAMETOOLONG, "make the symbolic link %s", path);
	memcpy(above, path, len);
	above[len] = '\0';
	int r = mount_target(above, false, false, &dir, e);
	if (r < 0 || symlinkat(to, dir, name) == 0)
		return r;
	int code = errno;
	ssize_t n_there = code == EEXIST ? readlinkat(dir, name, there, sizeof(there)) : -1;
	if (n_there == n && memcmp(there, to, (size_t)n) == 0)
		return 0;
	err_set(e, code, "make the symbolic link %s", path);
	return code == EEXIST ? err_why(e, "what is there already is another") : -code;
}
