/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archive entries become files: see writer.h for the rules. */
#include "unpack/writer.h"

#include "core/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum {
	WALK_TRIES = 128,  /* openat2 says EAGAIN when something is renamed on the machine while ".." is walked */
	ID_NOBODY = 65534, /* owner of what belongs to somebody outside the id map */
};

/* An entry on its way to the disk. */
struct entry {
	struct archive_entry *ae;
	char path[PATH_MAX]; /* clean, relative; "" is the root */
	const char *name;    /* its last part, within 'path' */
	int parent_fd;	     /* belongs to the writer */
	mode_t mode;
	uint32_t uid, gid;
	struct timespec mtime;
	bool has_mtime;
};

void writer_init(struct writer *w, struct arena *a, int root_fd, bool one_id)
{
	*w = (struct writer){.arena = a, .root_fd = root_fd, .one_id = one_id, .parent_fd = FD_NONE};
}

/* Opens PATH below the root, links followed within it; the chroot is the fence behind the fence. */
static int walk(const struct writer *w, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	int fd = FD_NONE;

	for (int i = 0; i < WALK_TRIES; i++) {
		fd = sys_openat2(w->root_fd, *path ? path : ".", &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd < 0 && errno == ENOSYS) /* a filter around us that doesn't know openat2 */
		fd = openat(w->root_fd, *path ? path : ".", flags | O_CLOEXEC);
	return fd;
}

/* Brings RAW into the one form of a name below the root ("" for the root itself), or refuses it. */
static int name_clean(const char *raw, char ret[PATH_MAX], struct err *e)
{
	size_t used = 0;

	if (!raw || !*raw)
		return err_set(e, 0, "the archive has an entry without a name");
	for (const char *p = raw; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return err_set(e, 0, "the archive has the name \"%s\", which leads upwards", raw);
		if (n >= 4 && memcmp(p, ".wh.", 4) == 0) {
			err_set(e, 0, "the archive has the name \"%s\"", raw);
			return err_why(e, "it is a layer that changes another one, no whole root");
		}
		if (n > 0 && !(n == 1 && p[0] == '.')) {
			if (used + n + 2 > PATH_MAX)
				return err_set(e, ENAMETOOLONG, "make \"%.64s...\"", raw);
			if (used > 0)
				ret[used++] = '/';
			memcpy(ret + used, p, n);
			used += n;
		}
		p += n;
		p += strspn(p, "/");
	}
	ret[used] = '\0';
	return 0;
}

/* Makes the directory PATH if it is not there; the one that it is in must be. */
static int dir_make(const struct writer *w, char *path, struct err *e)
{
	char *slash = strrchr(path, '/');
	auto_fd above = FD_NONE, there = FD_NONE;

	if (slash)
		*slash = '\0';
	above = walk(w, slash ? path : "", O_PATH | O_DIRECTORY);
	if (slash)
		*slash = '/';
	if (above < 0)
		return err_set(e, errno, "enter the directory of \"%s\"", path);
	if (mkdirat(above, slash ? slash + 1 : path, 0755) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set(e, errno, "make the directory \"%s\"", path);
	there = walk(w, path, O_PATH | O_DIRECTORY);
	if (there >= 0)
		return 0;
	int r = err_set(e, errno, "enter the directory \"%s\"", path);
	return r == -ENOENT ? err_why(e, "it is a link that leads to nothing within the root") : r;
}

/* Opens the directory PATH below the root; makes what is missing of it. */
static int dir_open(const struct writer *w, const char *path, int *ret_fd, struct err *e)
{
	char front[PATH_MAX];
	size_t n = 0;

	*ret_fd = walk(w, path, O_PATH | O_DIRECTORY);
	if (*ret_fd < 0 && errno == ENOENT) {
		while (path[n]) {
			n += path[n] == '/';
			n += strcspn(path + n, "/");
			memcpy(front, path, n);
			front[n] = '\0';
			int r = dir_make(w, front, e);
			if (r < 0)
				return r;
		}
		*ret_fd = walk(w, path, O_PATH | O_DIRECTORY);
	}
	return *ret_fd < 0 ? err_set(e, errno, "enter the directory \"%s\"", path) : 0;
}

/* Splits the path of EN into the directory, opened and remembered in W, and the last part. */
static int parent_open(struct writer *w, struct entry *en, struct err *e)
{
	char *slash = strrchr(en->path, '/');
	size_t n = slash ? (size_t)(slash - en->path) : 0;

	en->name = slash ? slash + 1 : en->path;
	if (w->parent_fd < 0 || strlen(w->parent_path) != n || memcmp(w->parent_path, en->path, n) != 0) {
		fd_close(&w->parent_fd);
		memcpy(w->parent_path, en->path, n);
		w->parent_path[n] = '\0';
		int r = dir_open(w, w->parent_path, &w->parent_fd, e);
		if (r < 0)
			return r;
	}
	en->parent_fd = w->parent_fd;
	return 0;
}

/* Removes what has the entry's name already, so that it can be made anew; a directory only if it is empty. */
static int place_clear(const struct entry *en, struct err *e)
{
	if (unlinkat(en->parent_fd, en->name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR && unlinkat(en->parent_fd, en->name, AT_REMOVEDIR) == 0)
		return 0;
	return err_set(e, errno, "replace \"%s\" by a later entry of the archive", en->path);
}

/* Whether an attribute may be set: what programs and file capabilities use, nothing that overlayfs believes in. */
static bool xattr_wanted(const char *name)
{
	if (strncmp(name, "user.", 5) == 0)
		return strncmp(name, "user.overlay.", 13) != 0;
	return strcmp(name, "security.capability") == 0;
}

/* Sets the entry's attributes on FD; a file system that has none of that kind is not an error. */
static int xattrs_set(const struct entry *en, int fd, struct err *e)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(en->ae);
	while (archive_entry_xattr_next(en->ae, &name, &value, &size) == ARCHIVE_OK) {
		if (!xattr_wanted(name) || fsetxattr(fd, name, value, size, 0) == 0 || errno == ENOTSUP)
			continue;
		return err_set(e, errno, "set the attribute %s of \"%s\"", name, en->path);
	}
	return 0;
}

/* Gives the entry's owner to FD (or to NAME in directory FD, not followed). */
static int owner_set(struct writer *w, const struct entry *en, int fd, const char *name, struct err *e)
{
	const int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);

	if (w->one_id || fchownat(fd, name, en->uid, en->gid, flags) == 0)
		return 0;
	/* EINVAL: the id is not in the map of our user namespace. */
	if (errno == EINVAL && fchownat(fd, name, ID_NOBODY, ID_NOBODY, flags) == 0) {
		w->foreign_owners++;
		return 0;
	}
	return err_set(e, errno, "give \"%s\" to its owner %u:%u", en->path, en->uid, en->gid);
}

/* Owner, mode, attributes of the open file or directory; in this order, because each takes back parts of the next. */
static int meta_set(struct writer *w, const struct entry *en, int fd, struct err *e)
{
	int r = owner_set(w, en, fd, "", e);

	if (r < 0)
		return r;
	if (fchmod(fd, en->mode) < 0)
		return err_set(e, errno, "set the mode of \"%s\"", en->path);
	return xattrs_set(en, fd, e);
}

/* The entry's time as utimensat(2) wants it, for access and modification. */
static void times_of(const struct entry *en, struct timespec ret[2])
{
	ret[0] = ret[1] = en->has_mtime ? en->mtime : (struct timespec){.tv_nsec = UTIME_NOW};
}

/* Writes the data blocks of the entry into FD; holes stay holes. */
static int data_write(struct archive *ar, const struct entry *en, int fd, struct err *e)
{
	const void *block;
	size_t size;
	int64_t at, end = 0;
	int r;

	while ((r = archive_read_data_block(ar, &block, &size, &at)) == ARCHIVE_OK) {
		const char *p = block;

		while (size > 0) {
			ssize_t n = pwrite(fd, p, size, at);

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return err_set(e, errno, "write \"%s\"", en->path);
			p += n;
			at += n;
			size -= (size_t)n;
		}
		end = MAX(end, at);
	}
	if (r != ARCHIVE_EOF)
		return err_set(e, 0, "read \"%s\" out of the archive: %s", en->path, archive_error_string(ar));
	if (archive_entry_size_is_set(en->ae) && archive_entry_size(en->ae) > end &&
	    ftruncate(fd, archive_entry_size(en->ae)) < 0)
		return err_set(e, errno, "make \"%s\" %lld bytes long", en->path,
			       (long long)archive_entry_size(en->ae));
	return 0;
}

/* A regular file; its content goes through the descriptor, so nothing can come in between. */
static int put_file(struct writer *w, struct archive *ar, const struct entry *en, struct err *e)
{
	struct timespec times[2];
	int r = place_clear(en, e);

	if (r < 0)
		return r;
	auto_fd fd = openat(en->parent_fd, en->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, errno, "make \"%s\"", en->path);
	r = data_write(ar, en, fd, e);
	if (r == 0)
		r = meta_set(w, en, fd, e);
	times_of(en, times);
	if (r == 0 && futimens(fd, times) < 0)
		r = err_set(e, errno, "set the time of \"%s\"", en->path);
	return r;
}

/* Whether the entry's place is a link that leads to a directory within the root. */
static bool leads_to_dir(const struct writer *w, const struct entry *en)
{
	struct stat st;
	auto_fd fd = FD_NONE;

	if (fstatat(en->parent_fd, en->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode))
		return false;
	fd = walk(w, en->path, O_PATH | O_DIRECTORY);
	return fd >= 0;
}

/* A directory, which may be there already; its times wait until all is in it. */
static int put_dir(struct writer *w, const struct entry *en, struct err *e)
{
	const bool is_root = en->path[0] == '\0';
	struct stat st;
	int r = 0;

	if (!is_root && mkdirat(en->parent_fd, en->name, 0700) < 0) {
		if (errno != EEXIST)
			return err_set(e, errno, "make the directory \"%s\"", en->path);
		if (leads_to_dir(w, en))
			return 0;
		if (fstatat(en->parent_fd, en->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
			r = place_clear(en, e);
			if (r == 0 && mkdirat(en->parent_fd, en->name, 0700) < 0)
				r = err_set(e, errno, "make the directory \"%s\"", en->path);
		}
	}
	if (r < 0)
		return r;
	auto_fd fd = openat(is_root ? w->root_fd : en->parent_fd, is_root ? "." : en->name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open the directory \"%s\"", en->path);
	if (en->has_mtime)
		*list_add(&w->dirs, w->arena) = (struct dir_time){arena_strdup(w->arena, en->path), en->mtime};
	return meta_set(w, en, fd, e);
}

/* A symbolic link; where it leads is not looked at, for nothing here follows it out. */
static int put_symlink(struct writer *w, const struct entry *en, struct err *e)
{
	const char *target = archive_entry_symlink(en->ae);
	struct timespec times[2];
	int r;

	if (!target || !*target)
		return err_set(e, 0, "the archive has the link \"%s\" that leads to nothing", en->path);
	r = place_clear(en, e);
	if (r < 0)
		return r;
	if (symlinkat(target, en->parent_fd, en->name) < 0)
		return err_set(e, errno, "make the link \"%s\"", en->path);
	times_of(en, times);
	if (utimensat(en->parent_fd, en->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "set the time of the link \"%s\"", en->path);
	return owner_set(w, en, en->parent_fd, en->name, e);
}

/* A second name for something that the archive made before.  Data that comes with it is the same, and is left out. */
static int put_hardlink(struct writer *w, const struct entry *en, struct err *e)
{
	char target[PATH_MAX];
	struct stat from, to;
	int r = name_clean(archive_entry_hardlink(en->ae), target, e);

	if (r < 0)
		return err_context(e, "hard link \"%s\"", en->path);
	char *slash = strrchr(target, '/');
	const char *name = slash ? slash + 1 : target;
	if (slash)
		*slash = '\0';
	auto_fd dir = walk(w, slash ? target : "", O_PATH | O_DIRECTORY);
	if (dir < 0 || fstatat(dir, name, &from, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "find \"%s\" for the hard link \"%s\"", archive_entry_hardlink(en->ae),
			       en->path);
	if (S_ISDIR(from.st_mode))
		return err_set(e, EISDIR, "make the hard link \"%s\" to the directory \"%s\"", en->path,
			       archive_entry_hardlink(en->ae));
	if (fstatat(en->parent_fd, en->name, &to, AT_SYMLINK_NOFOLLOW) == 0 && to.st_ino == from.st_ino)
		return 0; /* one file system: the same inode number is the same file */
	r = place_clear(en, e);
	if (r == 0 && linkat(dir, name, en->parent_fd, en->name, 0) < 0)
		r = err_set(e, errno, "make the hard link \"%s\"", en->path);
	return r;
}

/* A named pipe. */
static int put_fifo(struct writer *w, const struct entry *en, struct err *e)
{
	int r = place_clear(en, e);

	if (r < 0)
		return r;
	if (mknodat(en->parent_fd, en->name, S_IFIFO | 0600, 0) < 0)
		return err_set(e, errno, "make the pipe \"%s\"", en->path);
	r = owner_set(w, en, en->parent_fd, en->name, e);
	/* Nobody else is in here: what was just made is what is changed. */
	if (r == 0 && fchmodat(en->parent_fd, en->name, en->mode, 0) < 0)
		r = err_set(e, errno, "set the mode of \"%s\"", en->path);
	return r;
}

/* An id as the kernel can hold it: (uid_t)-1 means "nobody in particular" to it, and is refused with all above. */
static int id_check(int64_t id, const char *path, uint32_t *ret, struct err *e)
{
	if (id < 0 || id >= UINT32_MAX)
		return err_set(e, 0, "the archive gives \"%s\" the owner %lld, which is no id", path, (long long)id);
	*ret = (uint32_t)id;
	return 0;
}

/* Takes over what the archive says about the entry, as far as it can be believed. */
static int entry_read(struct entry *en, struct archive_entry *ae, struct err *e)
{
	long nsec = archive_entry_mtime_nsec(ae);
	int r;

	en->ae = ae;
	en->mode = archive_entry_perm(ae) & 07777;
	en->has_mtime = archive_entry_mtime_is_set(ae);
	en->mtime = (struct timespec){archive_entry_mtime(ae), nsec >= 0 && nsec < 1000000000 ? nsec : 0};
	r = name_clean(archive_entry_pathname(ae), en->path, e);
	if (r == 0)
		r = id_check(archive_entry_uid(ae), en->path, &en->uid, e);
	if (r == 0)
		r = id_check(archive_entry_gid(ae), en->path, &en->gid, e);
	return r;
}

int writer_put(struct writer *w, struct archive *ar, struct archive_entry *ae, struct err *e)
{
	const bool is_link = archive_entry_hardlink(ae) != NULL;
	const mode_t type = archive_entry_filetype(ae);
	struct entry en;
	int r = entry_read(&en, ae, e);

	if (r < 0)
		return r;
	if (en.path[0] == '\0' && (is_link || type != AE_IFDIR))
		return err_set(e, 0, "the archive wants to replace the root itself by something that is no directory");
	r = en.path[0] ? parent_open(w, &en, e) : 0;
	if (r < 0)
		return r;
	w->entries++;
	if (is_link)
		return put_hardlink(w, &en, e);
	switch (type) {
	case AE_IFREG:
		return put_file(w, ar, &en, e);
	case AE_IFDIR:
		return put_dir(w, &en, e);
	case AE_IFLNK:
		return put_symlink(w, &en, e);
	case AE_IFIFO:
		return put_fifo(w, &en, e);
	default:
		w->devices++;
		return 0;
	}
}

int writer_finish(struct writer *w, struct err *e)
{
	fd_close(&w->parent_fd);
	for (size_t i = 0; i < w->dirs.n; i++) {
		const struct dir_time *d = &w->dirs.v[i];
		const struct timespec times[2] = {d->mtime, d->mtime};
		auto_fd fd = walk(w, d->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

		/* A later entry may have taken its place. */
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
			continue;
		if (fd < 0 || futimens(fd, times) < 0)
			return err_set(e, errno, "set the time of the directory \"%s\"", d->path);
	}
	return 0;
}
