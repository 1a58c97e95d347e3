/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's /dev: see dev.h. */
#include "core/dev.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char *const dev_dirs[] = {"pts", "shm", "mqueue"};
static const struct {
	const char *name, *target;
} dev_links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},	     {"core", "/proc/kcore"},
};

/* The path of device D below /dev, or NULL when it is elsewhere; nested names are allowed, ".." is not. */
static const char *below_dev(const struct spec_device *d)
{
	static const char prefix[] = "/dev/";

	if (strncmp(d->path, prefix, sizeof(prefix) - 1) != 0 || strstr(d->path, "..") || !d->path[sizeof(prefix) - 1])
		return NULL;
	return d->path + sizeof(prefix) - 1;
}

/* Makes the directories that lead to NAME below DEV_FD. */
static int parents_make(int dev_fd, const char *name, const struct dev_env *env, struct err *e)
{
	char *copy = arena_strdup(env->arena, name);

	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int r = mkdirat(dev_fd, copy, 0755);

		if (r == 0)
			r = fchownat(dev_fd, copy, env->uid, env->gid, AT_SYMLINK_NOFOLLOW);
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

/* Gives a node its owner, counted from the container's root. */
static int node_owner(int dev_fd, const char *name, const struct spec_device *d, const struct dev_env *env,
		      struct err *e)
{
	uint32_t uid = env->uid + (d->uid.has ? (uint32_t)d->uid.v : 0);
	uint32_t gid = env->gid + (d->gid.has ? (uint32_t)d->gid.v : 0);

	mode_t mode = device_mode(d);

	/* A change of owner takes the set-id bits away. */
	if (fchownat(dev_fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (mode & 07000 && fchmodat(dev_fd, name, mode, 0) < 0))
		return err_set(e, errno, "set the owner of /dev/%s", name);
	return 0;
}

/* Makes one node, or the empty file that the machine's own will be bound on. */
static int node_make(int dev_fd, const struct spec_device *d, const struct dev_env *env, struct err *e)
{
	const char *name = below_dev(d);
	mode_t type = d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
	int r;

	if (!name) {
		err_set(e, EINVAL, "make the device %s", d->path);
		return err_why(e, "devices are made below /dev only");
	}
	if ((r = parents_make(dev_fd, name, env, e)) < 0)
		return r;
	if (env->make_nodes || d->type == 'p') {
		if (mknodat(dev_fd, name, type | device_mode(d),
			    makedev((unsigned int)d->major, (unsigned int)d->minor)) < 0)
			return err_set(e, errno, "make the device %s", d->path);
		return node_owner(dev_fd, name, d, env, e);
	}
	auto_fd file = openat(dev_fd, name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return file < 0 ? err_set(e, errno, "make the device %s", d->path) : 0;
}

/* Puts the umask back. */
static void umask_restore(const mode_t *saved)
{
	umask(*saved);
}

int dev_fill(int dev_fd, const struct spec_devices *devices, const struct dev_env *env, struct err *e)
{
	CLEANUP(umask_restore) mode_t saved = umask(0); /* the modes are meant as they stand */

	for (size_t i = 0; i < devices->n; i++) {
		int r = node_make(dev_fd, &devices->v[i], env, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_LEN(dev_dirs); i++) {
		if (mkdirat(dev_fd, dev_dirs[i], 0755) < 0 ||
		    fchownat(dev_fd, dev_dirs[i], env->uid, env->gid, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(e, errno, "make /dev/%s", dev_dirs[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(dev_links); i++)
		if (symlinkat(dev_links[i].target, dev_fd, dev_links[i].name) < 0 ||
		    fchownat(dev_fd, dev_links[i].name, env->uid, env->gid, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(e, errno, "make the link /dev/%s", dev_links[i].name);
	return 0;
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
