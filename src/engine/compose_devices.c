/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device nodes of a container, and who may open what (the device cgroup). */
#include "engine/compose_priv.h"

#include "core/defaults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { DEV_DEPTH_MAX = 8, DEV_NODES_MAX = 4096 };

/* Adds a node, once for each path. */
static void node_add(struct compose *c, const char *path, mode_t type, dev_t number, mode_t mode)
{
	struct spec_devices *all = &c->spec->lin.devices;
	struct spec_device *d = NULL;

	for (size_t i = 0; i < all->n && !d; i++)
		if (strcmp(all->v[i].path, path) == 0)
			d = &all->v[i];
	if (!d)
		d = list_add(all, c->a);
	*d = (struct spec_device){
		.path = arena_strdup(c->a, path),
		.type = S_ISBLK(type) ? 'b' : 'c',
		.major = major(number),
		.minor = minor(number),
		.mode = {true, mode},
	};
}

/* Adds a rule; MAJOR or MINOR -1: every one. */
static void rule_add(struct compose *c, bool allow, char type, int64_t major_nr, int64_t minor_nr, const char *access)
{
	struct spec_device_rule *rule = list_add(&c->spec->lin.resources.devices, c->a);

	rule->allow = allow;
	rule->type = type;
	rule->major = (struct opt_i64){major_nr >= 0, major_nr >= 0 ? major_nr : 0};
	rule->minor = (struct opt_i64){minor_nr >= 0, minor_nr >= 0 ? minor_nr : 0};
	memcpy(rule->access, access, MIN(strlen(access), sizeof(rule->access) - 1));
}

/* Whether ACCESS is some of the letters r, w, m, each once. */
static bool access_ok(const char *access)
{
	for (const char *p = access; *p; p++)
		if (!strchr("rwm", *p) || strchr(p + 1, *p))
			return false;
	return *access;
}

/* One --device HOST[:CONTAINER][:rwm], taken apart. */
struct device_words {
	char *host, *inside;
	const char *access;
};

/* Takes TEXT apart; the second of two parts is a path if it begins with '/'. */
static int device_split(struct compose *c, const char *text, struct device_words *ret, struct err *e)
{
	struct strs part = {0};

	strs_split(&part, c->a, text, ':');
	if (part.n > 3 || *part.v[0] != '/')
		return compose_bad(e, "--device", text, "it must be DEVICE[:PATH INSIDE][:rwm], with absolute paths");
	bool second_is_path = part.n == 3 || (part.n == 2 && *part.v[1] == '/');
	*ret = (struct device_words){
		.host = part.v[0],
		.access = "rwm",
	};
	if (part.n == 3 || (part.n == 2 && !second_is_path))
		ret->access = part.v[part.n - 1];
	if (!access_ok(ret->access))
		return compose_bad(e, "--device", text, "what may be done with it is some of r, w and m");
	int r = compose_path(c, ret->host, "--device", &ret->host, e);
	return r < 0 ? r : compose_path(c, second_is_path ? part.v[1] : ret->host, "--device", &ret->inside, e);
}

/*
 * Gives the container a device of the host.  A node is made where that can be done; elsewhere the host's own is bound:
 * a plain user's container makes none, and finds the host's by its path only.
 */
static int device_add(struct compose *c, const char *text, bool *restricted, struct err *e)
{
	struct device_words w;
	struct stat st;
	int r = device_split(c, text, &w, e);

	if (r < 0)
		return r;
	if (stat(w.host, &st) < 0)
		return err_set(e, errno, "--device: examine %s", w.host);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return compose_bad(e, "--device", text, "that is not a device");
	if (strncmp(w.inside, "/dev/", 5) == 0 && (!c->h->rootless || strcmp(w.inside, w.host) == 0))
		node_add(c, w.inside, st.st_mode, st.st_rdev, st.st_mode & 0777);
	else
		compose_mount(c, w.inside, "bind", w.host, "bind,rprivate,nosuid,noexec");
	rule_add(c, true, S_ISBLK(st.st_mode) ? 'b' : 'c', major(st.st_rdev), minor(st.st_rdev), w.access);
	if (!strchr(w.access, 'r') || !strchr(w.access, 'w'))
		*restricted = true;
	return 0;
}

/* Whether the node or directory NAME of /dev is the container's own, not the host's. */
static bool is_own(const char *name)
{
	static const char *const own[] = {"pts",     "shm",	  "mqueue", "fd",  "ptmx",
					  "console", "hugepages", ".udev",  ".lxc"};

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (strcmp(name, own[i]) == 0)
			return true;
	return false;
}

/* Adds every device node below the directory FD, which is PATH and is closed here. */
static void devices_walk(struct compose *c, int fd, const char *path, int level)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	if (!dir) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(dir)) && c->spec->lin.devices.n < DEV_NODES_MAX) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (level == 0 && is_own(name)))
			continue;
		char *full = arena_printf(c->a, "%s/%s", path, name);
		if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
			node_add(c, full, st.st_mode, st.st_rdev, st.st_mode & 0777);
		} else if (S_ISDIR(st.st_mode) && level < DEV_DEPTH_MAX) {
			int below = openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (below >= 0)
				devices_walk(c, below, full, level + 1);
		}
	}
	closedir(dir);
}

/* Every device of the host, for --privileged. */
static int devices_of_host(struct compose *c, struct err *e)
{
	int fd = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "list the devices in /dev");
	devices_walk(c, fd, "/dev", 0);
	return 0;
}

/* The nodes that every container has. */
static void device_defaults(struct compose *c)
{
	for (size_t i = 0; i < DEFAULT_DEVICES; i++) {
		const struct default_device *d = &default_devices[i];

		node_add(c, d->path, S_IFCHR, makedev((unsigned int)d->major, (unsigned int)d->minor), 0666);
	}
}

/* First nothing is allowed, then what every container has; the rules of --device follow. */
static void rule_defaults(struct compose *c)
{
	rule_add(c, false, 'a', -1, -1, "rwm");
	for (size_t i = 0; i < DEFAULT_DEVICES; i++)
		rule_add(c, true, 'c', default_devices[i].major, default_devices[i].minor, "rwm");
	for (size_t i = 0; i < DEFAULT_DEVICE_RULES; i++)
		rule_add(c, true, 'c', default_device_rules[i].major, default_device_rules[i].minor, "rwm");
}

/*
 * Rules are kept only where they restrict something: who is root of a user namespace can make no node, and finds those
 * alone that it was given, since what it mounts and what is shared with it has "nodev".  Without rules the devices
 * controller, which is slow to enter, is left alone.
 */
int compose_devices(struct compose *c, struct err *e)
{
	bool restricted = userns_is_host(c) && !c->o->privileged;
	int r = 0;

	rule_defaults(c);
	device_defaults(c);
	if (c->o->privileged)
		r = devices_of_host(c, e);
	for (size_t i = 0; r == 0 && i < c->o->device.n; i++)
		r = device_add(c, c->o->device.v[i], &restricted, e);
	if (!restricted || c->o->privileged)
		c->spec->lin.resources.devices = (struct spec_device_rules){0};
	return r;
}
