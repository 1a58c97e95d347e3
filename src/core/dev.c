/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's /dev: see dev.h. */
#include "core/dev.h"

#include "base/fd.h"
#include "core/defaults.h"
#include "core/idmap.h"
#include "core/marks.h"
#include "core/sys.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char *const dev_dirs[] = {"pts", "shm", "mqueue"};
static const struct {
	const char *name, *target;
} dev_links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},	     {"core", "/proc/kcore"},
};

/* The part of PATH below /dev, or NULL when it is elsewhere; nested names are allowed, ".." is not. */
static const char *below_dev(const char *path)
{
	static const char prefix[] = "/dev/";

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0 || strstr(path, "..") || !path[sizeof(prefix) - 1])
		return NULL;
	return path + sizeof(prefix) - 1;
}

bool dev_is_below(const char *path)
{
	return below_dev(path) != NULL;
}

void dev_defaults_add(struct spec_devices *list, struct arena *a)
{
	for (size_t i = 0; i < DEFAULT_DEVICES; i++) {
		const struct default_device *d = &default_devices[i];
		bool there = false;

		for (size_t k = 0; k < list->n && !there; k++)
			there = strcmp(list->v[k].path, d->path) == 0;
		if (!there)
			*list_add(list, a) = (struct spec_device){
				.path = arena_strdup(a, d->path), .type = 'c', .major = d->major, .minor = d->minor};
	}
}

/* The file type of D. */
static mode_t device_type(const struct spec_device *d)
{
	return d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
}

bool dev_matches(const struct spec_device *d, const struct stat *st)
{
	return (st->st_mode & S_IFMT) == device_type(d) &&
	       (d->type == 'p' || st->st_rdev == makedev((unsigned int)d->major, (unsigned int)d->minor));
}

/* Gives NAME, which we have just made, to UID and GID, unless it is theirs already. */
static int owner_set(int dev_fd, const char *name, uid_t uid, gid_t gid, const struct dev_env *env)
{
	bool theirs = env->owned ? uid == env->uid && gid == env->gid : uid == geteuid() && gid == getegid();

	return theirs ? 0 : fchownat(dev_fd, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

/* Makes the directories that lead to NAME below DEV_FD. */
static int parents_make(int dev_fd, const char *name, const struct dev_env *env, struct err *e)
{
	char *copy = arena_strdup(env->arena, name);

	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int r = mkdirat(dev_fd, copy, 0755);

		if (r == 0)
			r = owner_set(dev_fd, copy, env->uid, env->gid, env);
		if (r < 0 && errno != EEXIST)
			return err_set(e, errno, "make /dev/%s", copy);
		*slash = '/';
	}
	return 0;
}

/* The permission bits that D is to have. */
static mode_t device_mode(const struct spec_device *d)
{
	return (mode_t)(d->mode.has ? d->mode.v & 07777 : 0666);
}

/* What the id ID of the container, or its root, is for the caller. */
static uint32_t outside(const struct spec_idmaps *map, uint32_t root, const struct opt_u64 *id)
{
	uint32_t inside = id->has ? (uint32_t)id->v : 0;

	return map && idmap_has(map, inside) ? idmap_host(map, inside) : root + inside;
}

/* Gives a node its owner. */
static int node_owner(int dev_fd, const char *name, const struct spec_device *d, const struct dev_env *env,
		      struct err *e)
{
	mode_t mode = device_mode(d);

	/* A change of owner takes the set-id bits away. */
	if (owner_set(dev_fd, name, outside(env->uid_map, env->uid, &d->uid), outside(env->gid_map, env->gid, &d->gid),
		      env) < 0 ||
	    (mode & 07000 && fchmodat(dev_fd, name, mode, 0) < 0))
		return err_set(e, errno, "set the owner of %s", d->path);
	return 0;
}

/* Whether what is at NAME already is what D wants there. */
static int node_there(int dir_fd, const char *name, const struct spec_device *d, struct err *e)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && dev_matches(d, &st))
		return 0;
	err_set(e, EEXIST, "make the device %s", d->path);
	return err_why(e, "something else is there");
}

int dev_node_make(int dir_fd, const char *name, const struct spec_device *d, const struct dev_env *env, struct err *e)
{
	int r = parents_make(dir_fd, name, env, e);

	if (r < 0)
		return r;
	if (env->make_nodes || d->type == 'p') {
		if (mknodat(dir_fd, name, device_type(d) | device_mode(d),
			    makedev((unsigned int)d->major, (unsigned int)d->minor)) == 0)
			return node_owner(dir_fd, name, d, env, e);
		return errno == EEXIST ? node_there(dir_fd, name, d, e)
				       : err_set(e, errno, "make the device %s", d->path);
	}
	auto_fd file = openat(dir_fd, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return file < 0 ? err_set(e, errno, "make the device %s", d->path) : 0;
}

/* Makes one node of a new /dev, or the empty file that the machine's own will be bound on. */
static int node_make(int dev_fd, const struct spec_device *d, const struct dev_env *env, struct err *e)
{
	const char *name = below_dev(d->path);

	if (name)
		return dev_node_make(dev_fd, name, d, env, e);
	if (env->below_only)
		return 0;
	err_set(e, EINVAL, "make the device %s", d->path);
	return err_why(e, "devices are made below /dev only");
}

int dev_links_make(int dev_fd, const struct dev_env *env, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(dev_links); i++) {
		if (symlinkat(dev_links[i].target, dev_fd, dev_links[i].name) < 0) {
			if (errno != EEXIST)
				return err_set(e, errno, "make the link /dev/%s", dev_links[i].name);
		} else if (owner_set(dev_fd, dev_links[i].name, env->uid, env->gid, env) < 0) {
			return err_set(e, errno, "make the link /dev/%s", dev_links[i].name);
		}
	}
	return 0;
}

/* Makes files as root's again. */
static void owner_end(const struct marks *marks)
{
	setfsuid(0);
	setfsgid(0);
	marks_restore(marks);
}

/*
 * Makes files from now on as those of ENV's owner, which saves a call for each, if the caller may do that and still
 * make nodes: fsuid and fsgid are the thread's own, and take the effective capabilities along (capabilities(7)).
 */
static bool owner_begin(const struct dev_env *env, struct marks *marks)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];

	if (!env->make_nodes || geteuid() != 0 || getegid() != 0 || env->uid == 0 ||
	    syscall(SYS_capget, &head, caps) < 0)
		return false;
	marks_note(marks);
	setfsgid(env->gid);
	setfsuid(env->uid);
	if (syscall(SYS_capset, &head, caps) == 0)
		return true;
	owner_end(marks);
	return false;
}

/* Makes all that belongs into the directory DEV_FD. */
static int fill(int dev_fd, const struct spec_devices *devices, const struct dev_env *env, struct err *e)
{
	for (size_t i = 0; i < devices->n; i++) {
		int r = node_make(dev_fd, &devices->v[i], env, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_LEN(dev_dirs); i++) {
		if (mkdirat(dev_fd, dev_dirs[i], 0755) < 0 ||
		    owner_set(dev_fd, dev_dirs[i], env->uid, env->gid, env) < 0)
			return err_set(e, errno, "make /dev/%s", dev_dirs[i]);
	}
	return dev_links_make(dev_fd, env, e);
}

int dev_fill(int dev_fd, const struct spec_devices *devices, const struct dev_env *env, struct err *e)
{
	mode_t saved = umask(0); /* the modes are meant as they stand */
	struct dev_env as = *env;
	struct marks marks;

	as.owned = owner_begin(env, &marks);
	int r = fill(dev_fd, devices, &as, e);
	if (as.owned)
		owner_end(&marks);
	umask(saved);
	return r;
}

int dev_null_open(int *ret_fd, struct err *e)
{
	auto_fd fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) {
		err_set(e, EINVAL, "use /dev/null to mask files");
		return err_why(e, "it is not the null device");
	}
	*ret_fd = fd_take(&fd);
	return 0;
}
