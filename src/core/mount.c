/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts by descriptor: see mount.h. */
#include "core/mount.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* One word of mount(8): the attributes it sets and clears on the mount, whether on everything below too. */
struct attr_word {
	const char *word;
	uint64_t set, clear;
	bool rec;
};
/* One field of several bits: mount_setattr(2) wants the whole of it cleared when a mode is set. */
#define ATIME_MODES ((uint64_t)MOUNT_ATTR__ATIME)
static const struct attr_word attr_words[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0, false},
	{"rw", 0, MOUNT_ATTR_RDONLY, false},
	{"nosuid", MOUNT_ATTR_NOSUID, 0, false},
	{"suid", 0, MOUNT_ATTR_NOSUID, false},
	{"nodev", MOUNT_ATTR_NODEV, 0, false},
	{"dev", 0, MOUNT_ATTR_NODEV, false},
	{"noexec", MOUNT_ATTR_NOEXEC, 0, false},
	{"exec", 0, MOUNT_ATTR_NOEXEC, false},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0, false},
	{"diratime", 0, MOUNT_ATTR_NODIRATIME, false},
	{"noatime", MOUNT_ATTR_NOATIME, ATIME_MODES, false},
	{"atime", 0, ATIME_MODES, false},
	{"relatime", MOUNT_ATTR_RELATIME, ATIME_MODES, false},
	{"norelatime", 0, ATIME_MODES, false},
	{"strictatime", MOUNT_ATTR_STRICTATIME, ATIME_MODES, false},
	{"nostrictatime", 0, ATIME_MODES, false},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, false},
	{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, false},
	{"rro", MOUNT_ATTR_RDONLY, 0, true},
	{"rrw", 0, MOUNT_ATTR_RDONLY, true},
	{"rnosuid", MOUNT_ATTR_NOSUID, 0, true},
	{"rsuid", 0, MOUNT_ATTR_NOSUID, true},
	{"rnodev", MOUNT_ATTR_NODEV, 0, true},
	{"rdev", 0, MOUNT_ATTR_NODEV, true},
	{"rnoexec", MOUNT_ATTR_NOEXEC, 0, true},
	{"rexec", 0, MOUNT_ATTR_NOEXEC, true},
	{"rnodiratime", MOUNT_ATTR_NODIRATIME, 0, true},
	{"rdiratime", 0, MOUNT_ATTR_NODIRATIME, true},
	{"rnoatime", MOUNT_ATTR_NOATIME, ATIME_MODES, true},
	{"ratime", 0, ATIME_MODES, true},
	{"rrelatime", MOUNT_ATTR_RELATIME, ATIME_MODES, true},
	{"rnorelatime", 0, ATIME_MODES, true},
	{"rstrictatime", MOUNT_ATTR_STRICTATIME, ATIME_MODES, true},
	{"rnostrictatime", 0, ATIME_MODES, true},
	{"rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, true},
	{"rsymfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, true},
};

static const struct {
	const char *word;
	uint64_t propagation;
	bool rec;
} propagation_words[] = {
	{"private", MS_PRIVATE, false},	      {"rprivate", MS_PRIVATE, true},	    {"slave", MS_SLAVE, false},
	{"rslave", MS_SLAVE, true},	      {"shared", MS_SHARED, false},	    {"rshared", MS_SHARED, true},
	{"unbindable", MS_UNBINDABLE, false}, {"runbindable", MS_UNBINDABLE, true},
};

/* Words that say something to us, by the field of struct mount_opts that they set. */
static const struct {
	const char *word;
	size_t flag, flag2; /* offsets of bools; flag2 0: none */
} flag_words[] = {
	{"bind", offsetof(struct mount_opts, bind), 0},
	{"rbind", offsetof(struct mount_opts, bind), offsetof(struct mount_opts, recursive)},
	{"idmap", offsetof(struct mount_opts, idmap), 0},
	{"ridmap", offsetof(struct mount_opts, idmap), offsetof(struct mount_opts, idmap_rec)},
	{"tmpcopyup", offsetof(struct mount_opts, copy_up), 0},
};

/* Words without a meaning for a mount that is made by hand. */
static const char *const idle_words[] = {"defaults", "async", "loud", "nomand", "auto", "noauto", "user", "nouser"};

/* Takes W if it is a flag of the mount itself; false if it is not. */
static bool word_attr(const char *w, struct mount_opts *o)
{
	for (size_t i = 0; i < ARRAY_LEN(attr_words); i++) {
		const struct attr_word *x = &attr_words[i];

		if (strcmp(w, x->word) != 0)
			continue;
		uint64_t *set = x->rec ? &o->rec_set : &o->set;
		uint64_t *clear = x->rec ? &o->rec_clear : &o->clear;
		*set = (*set & ~x->clear) | x->set;
		*clear = (*clear & ~x->set) | x->clear;
		return true;
	}
	return false;
}

/* Takes W if it names a propagation. */
static bool word_propagation(const char *w, struct mount_opts *o)
{
	for (size_t i = 0; i < ARRAY_LEN(propagation_words); i++)
		if (strcmp(w, propagation_words[i].word) == 0) {
			o->propagation = propagation_words[i].propagation;
			o->propagation_rec = propagation_words[i].rec;
			return true;
		}
	return false;
}

/* Takes W if it is one of our own words, or one that means nothing here. */
static bool word_flag(const char *w, struct mount_opts *o)
{
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if (strcmp(w, flag_words[i].word) == 0) {
			*(bool *)((char *)o + flag_words[i].flag) = true;
			if (flag_words[i].flag2)
				*(bool *)((char *)o + flag_words[i].flag2) = true;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(idle_words); i++)
		if (strcmp(w, idle_words[i]) == 0)
			return true;
	return false;
}

int mount_opts_parse(const struct spec_mount *m, struct arena *a, struct mount_opts *ret, struct err *e)
{
	*ret = (struct mount_opts){0};
	for (size_t i = 0; i < m->options.n; i++) {
		const char *w = m->options.v[i];

		if (strpbrk(w, "\n") || !*w)
			return err_set(e, 0, "mount %s: the option \"%s\" is empty or has a line break", m->destination,
				       w);
		if (!word_attr(w, ret) && !word_propagation(w, ret) && !word_flag(w, ret))
			strs_add(&ret->data, a, w);
	}
	if (m->type && (strcmp(m->type, "bind") == 0 || strcmp(m->type, "rbind") == 0))
		ret->bind = true;
	if (m->type && strcmp(m->type, "rbind") == 0)
		ret->recursive = true;
	if (ret->bind && ret->data.n)
		return err_set(e, 0, "mount %s: a bind mount has no option \"%s\"", m->destination, ret->data.v[0]);
	return 0;
}

const char *mount_word(size_t i)
{
	if (i < ARRAY_LEN(attr_words))
		return attr_words[i].word;
	i -= ARRAY_LEN(attr_words);
	if (i < ARRAY_LEN(propagation_words))
		return propagation_words[i].word;
	i -= ARRAY_LEN(propagation_words);
	if (i < ARRAY_LEN(flag_words))
		return flag_words[i].word;
	i -= ARRAY_LEN(flag_words);
	return i < ARRAY_LEN(idle_words) ? idle_words[i] : NULL;
}

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

int mount_new(const char *type, const char *source, const struct mount_opts *o, int *ret_fd, struct err *e)
{
	auto_fd fs = sys_fsopen(type, FSOPEN_CLOEXEC);

	if (fs < 0)
		return err_set(e, errno, "make a %s file system", type);
	if (source && sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0 && errno != EINVAL)
		return err_set(e, errno, "make a %s file system from %s", type, source);
	for (size_t i = 0; i < o->data.n; i++) {
		if (fs_option(fs, o->data.v[i], e) < 0) {
			err_context(e, "make a %s file system", type);
			return fs_why(fs, e);
		}
	}
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		err_set(e, errno, "make a %s file system", type);
		return fs_why(fs, e);
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
	for (size_t i = 0; i < ARRAY_LEN(old_flags); i++)
		if ((o->set | o->rec_set) & old_flags[i].attr)
			flags |= old_flags[i].flag;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mount(NULL, path, NULL, flags, NULL) < 0)
		return err_set(e, errno, "set the mount flags of %s", where);
	return 0;
}

/* Sets the propagation of the attached mount FD. */
static int propagation_set(int fd, const struct mount_opts *o, const char *where, struct err *e)
{
	struct mount_attr attr = {.propagation = o->propagation};
	char path[32];

	if (!o->propagation)
		return 0;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | (o->propagation_rec ? AT_RECURSIVE : 0), &attr) == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (errno == ENOSYS &&
	    mount(NULL, path, NULL, (unsigned long)o->propagation | (o->propagation_rec ? MS_REC : 0), NULL) == 0)
		return 0;
	return err_set(e, errno, "set the propagation of %s", where);
}

int mount_attach(int fd, int target_fd, const struct mount_opts *o, const char *where, struct err *e)
{
	if (sys_move_mount(fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "mount on %s", where);
	int r = attr_remount(fd, o, where, e);
	return r < 0 ? r : propagation_set(fd, o, where, e);
}

/* Makes the directories above PATH, and PATH itself as a directory or an empty file. */
static int target_make(const char *path, bool file, struct err *e)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return err_set(e, ENAMETOOLONG, "make the mount point %s", path);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		bool last = path[i] == '\0';
		if (last && file) {
			auto_fd fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

			if (fd < 0 && errno != EEXIST)
				return err_set(e, errno, "make the mount point %s", path);
		} else if (mkdir(part, 0755) < 0 && errno != EEXIST) {
			int code = errno;

			err_set(e, code, "make the mount point %s", path);
			return code == EROFS ? err_cure(e, "make it in the root beforehand, or leave out --read-only")
					     : -code;
		}
	}
	return 0;
}

int mount_target(const char *path, bool file, bool strict, int *ret_fd, struct err *e)
{
	int flags = O_PATH | O_CLOEXEC | (strict ? O_NOFOLLOW : 0);
	auto_fd fd = open(path, flags);
	struct statfs fs;
	struct stat st;

	if (fd < 0 && errno == ENOENT) {
		int r = target_make(path, file, e);

		if (r < 0)
			return r;
		fd = open(path, flags);
	}
	if (fd < 0)
		return err_set(e, errno, "open the mount point %s", path);
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "examine the mount point %s", path);
	if (S_ISLNK(st.st_mode)) {
		err_set(e, ELOOP, "mount on %s", path);
		return err_why(e, "the root has a symbolic link there, and what is mounted would land elsewhere");
	}
	/*
	 * What we write into /proc later must go to the kernel, not into a file that a link has put over it
	 * (CVE-2019-16884).
	 */
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && strncmp(path, "/proc/", 6) != 0) {
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
