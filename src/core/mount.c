/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts by descriptor: see mount.h. */
#include "core/mount.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>

/* Sets and clears attributes of FD; where the kernel has no mount_setattr, mount_attach does it instead. */
static int attr_set(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool rec)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear, .propagation = propagation};

	if (!set && !clear && !propagation)
		return 0;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | (rec ? AT_RECURSIVE : 0), &attr) == 0 || errno == ENOSYS)
		return 0;
	return -errno;
}

int mount_clone(int dirfd, const char *path, const struct mount_opts *o, int *ret_fd, struct err *e)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (o->recursive ? AT_RECURSIVE : 0);

	flags |= *path ? 0 : AT_EMPTY_PATH;
	flags |= o->source_itself || o->copy_link ? AT_SYMLINK_NOFOLLOW : 0;
	auto_fd fd = sys_open_tree(dirfd, path, flags);
	if (fd < 0)
		return err_set(e, errno, "take %s as a mount", *path ? path : "a descriptor");
	int r = attr_set(fd, o->set, o->clear, 0, false);
	if (r == 0)
		r = attr_set(fd, o->rec_set, o->rec_clear, 0, true);
	if (r < 0)
		return err_set(e, -r, "set the mount flags of %s", path);
	*ret_fd = fd_take(&fd);
	return 0;
}

int mount_idmap(int fd, int userns_fd, bool recursive, struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd};

	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr) < 0)
		return err_set(e, errno, "shift the owners of a mount into the container's ids");
	return 0;
}

/* Hands one "key=value" or "key" to the file system being made. */
static int fs_option(int fs, const char *word, struct err *e)
{
	char key[64];
	const char *eq = strchr(word, '=');
	int r;

	if (eq && (size_t)(eq - word) < sizeof(key)) {
		memcpy(key, word, (size_t)(eq - word));
		key[eq - word] = '\0';
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, key, eq + 1, 0);
	} else {
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL, 0);
	}
	return r < 0 ? err_set(e, errno, "set the option \"%s\"", word) : 0;
}

/* Adds what the kernel wrote about the failure into the descriptor of fsopen(2): "e tmpfs: Bad value for 'size'". */
static int fs_why(int fs, struct err *e)
{
	char text[256];
	ssize_t n = read(fs, text, sizeof(text) - 1);

	if (n > 2 && e) {
		text[n] = '\0';
		text[strcspn(text, "\n")] = '\0';
		err_why(e, "%s", text + 2);
	}
	return e && e->code ? -e->code : -EINVAL;
}

/* Hands everything that O says to the file system being made. */
static int fs_options(int fs, const struct mount_opts *o, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < o->super.n && r == 0; i++)
		r = fs_option(fs, o->super.v[i], e);
	for (size_t i = 0; i < o->data.n && r == 0; i++)
		r = fs_option(fs, o->data.v[i], e);
	return r;
}

/* One try; READ_ONLY: the file system itself is, too. */
static int new_try(const char *type, const char *source, const struct mount_opts *o, bool read_only, int *ret_fd,
		   struct err *e)
{
	auto_fd fs = sys_fsopen(type, FSOPEN_CLOEXEC);

	if (fs < 0)
		return err_set(e, errno, "make a %s file system", type);
	if (source && sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0 && errno != EINVAL)
		return err_set(e, errno, "make a %s file system from %s", type, source);
	if (fs_options(fs, o, e) < 0 || (read_only && fs_option(fs, "ro", e) < 0)) {
		err_context(e, "make a %s file system", type);
		return fs_why(fs, e);
	}
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		int code = errno;

		err_set(e, code, "make a %s file system", type);
		fs_why(fs, e);
		return -code;
	}
	/* Nothing is below a new file system: what is asked for the whole tree ("rro") is asked for it. */
	auto_fd fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned int)(o->set | o->rec_set));
	if (fd < 0) {
		err_set(e, errno, "mount a %s file system", type);
		return fs_why(fs, e);
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

int mount_new(const char *type, const char *source, const struct mount_opts *o, int *ret_fd, struct err *e)
{
	int r = new_try(type, source, o, false, ret_fd, e);

	/* A disk that can only be read refuses a file system that could be written to. */
	if ((r == -EACCES || r == -EROFS) && (o->set | o->rec_set) & MOUNT_ATTR_RDONLY) {
		if (e)
			*e = (struct err){0};
		r = new_try(type, source, o, true, ret_fd, e);
	}
	return r;
}

/* The mount(2) flag of each attribute, for the older way. */
static const struct {
	uint64_t attr;
	unsigned long flag;
} old_flags[] = {
	{MOUNT_ATTR_RDONLY, MS_RDONLY},
	{MOUNT_ATTR_NOSUID, MS_NOSUID},
	{MOUNT_ATTR_NODEV, MS_NODEV},
	{MOUNT_ATTR_NOEXEC, MS_NOEXEC},
	{MOUNT_ATTR_NOATIME, MS_NOATIME},
	{MOUNT_ATTR_NODIRATIME, MS_NODIRATIME},
	{MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
};

/* What a remount of FD has to repeat: it would take the flag away, which who has no right to is refused. */
static unsigned long flags_now(int fd)
{
	const unsigned long same = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 ? 0 : (unsigned long)fs.f_flags & same; /* statfs(2): ST_… are MS_… */
}

/* Sets flags of an attached bind by remounting it: for kernels without mount_setattr (before 5.12). */
static int attr_remount(int fd, const struct mount_opts *o, const char *where, struct err *e)
{
	char path[32];
	unsigned long flags = MS_REMOUNT | MS_BIND;
	struct mount_attr probe = {0};

	if (!o->bind || !(o->set | o->rec_set))
		return 0;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &probe) == 0 || errno != ENOSYS)
		return 0;
	flags |= flags_now(fd);
	for (size_t i = 0; i < ARRAY_LEN(old_flags); i++)
		if ((o->set | o->rec_set) & old_flags[i].attr)
			flags |= old_flags[i].flag;
		else if ((o->clear | o->rec_clear) & old_flags[i].attr)
			flags &= ~old_flags[i].flag;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mount(NULL, path, NULL, flags, NULL) < 0)
		return err_set(e, errno, "set the mount flags of %s", where);
	return 0;
}

/* Sets how the mount FD spreads, in the order of the words: a slave can be shared, too. */
static int spread_set(int fd, const struct mount_opts *o, const char *where, struct err *e)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < o->n_spread; i++) {
		const struct mount_spread *s = &o->spread[i];
		struct mount_attr attr = {.propagation = s->how};

		if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | (s->rec ? AT_RECURSIVE : 0), &attr) == 0)
			continue;
		if (errno != ENOSYS || mount(NULL, path, NULL, (unsigned long)s->how | (s->rec ? MS_REC : 0), NULL) < 0)
			return err_set(e, errno, "set the propagation of %s", where);
	}
	return 0;
}

int mount_attach(int fd, int target_fd, const struct mount_opts *o, const char *where, struct err *e)
{
	if (sys_move_mount(fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "mount on %s", where);
	int r = attr_remount(fd, o, where, e);
	return r < 0 ? r : spread_set(fd, o, where, e);
}

/* Whether the kernel lacks mount_setattr(2). */
static bool without_setattr(int fd)
{
	struct mount_attr none = {0};

	return sys_mount_setattr(fd, "", AT_EMPTY_PATH, &none) < 0 && errno == ENOSYS;
}

int mount_read_only(int fd, unsigned long also, const char *where, struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) < 0 &&
	    (errno != ENOSYS ||
	     mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | also | flags_now(fd), NULL) < 0))
		return err_set(e, errno, "make %s read-only", where);
	return 0;
}

/* Gives the file system of the mount FD other options; its read-only state is an option of it, too. */
static int reconfigure(int fd, const struct mount_opts *o, const char *where, struct err *e)
{
	auto_fd fs = sys_fspick(fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	int r = fs < 0 ? err_set(e, errno, "find the file system") : fs_options(fs, o, e);

	if (r == 0 && ((o->set | o->clear) & MOUNT_ATTR_RDONLY))
		r = fs_option(fs, o->set & MOUNT_ATTR_RDONLY ? "ro" : "rw", e);
	if (r == 0 && sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		r = err_set(e, errno, "change its options");
	if (r < 0) {
		err_context(e, "remount %s", where);
		return fs < 0 ? r : fs_why(fs, e);
	}
	return 0;
}

int mount_again(int fd, const struct mount_opts *o, const char *where, struct err *e)
{
	struct mount_opts old_way = *o;
	int r = o->bind ? 0 : reconfigure(fd, o, where, e);

	if (r < 0)
		return r;
	old_way.bind = true;
	if (without_setattr(fd))
		r = attr_remount(fd, &old_way, where, e);
	else if ((r = attr_set(fd, o->set, o->clear, 0, false)) < 0 ||
		 (r = attr_set(fd, o->rec_set, o->rec_clear, 0, true)) < 0)
		r = err_set(e, -r, "remount %s", where);
	return r < 0 ? r : spread_set(fd, o, where, e);
}
