/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runtime's root, and what a good id is: see runtime.h. */
#include "oci/runtime.h"

#include "base/fd.h"
#include "base/tree.h"
#include "core/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_MAX = 1024 };

/* Where containers are noted when the command line does not say. */
static const char *default_root(const struct oci_runtime *rt)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (rt->rootless && runtime && *runtime == '/')
		return arena_printf(rt->arena, "%s/isle-oci", runtime);
	if (geteuid() != 0)
		return arena_printf(rt->arena, "/tmp/isle-oci-%u", (unsigned int)geteuid());
	return "/run/isle-oci";
}

/* Refuses a root in which somebody else could put containers of his own making. */
static int check_private(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "examine %s", path);
	if ((st.st_uid == geteuid() || st.st_uid == 0) && (!(st.st_mode & S_IWOTH) || (st.st_mode & S_ISVTX)))
		return 0;
	err_set(e, EPERM, "use the directory %s", path);
	return err_why(e, "others may write to it");
}

int oci_open(struct oci_runtime *rt, bool make, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	rt->root_fd = FD_NONE;
	rt->rootless = ns_is_rootless();
	if (!rt->root || !*rt->root)
		rt->root = default_root(rt);
	auto_fd fd = open(rt->root, flags);
	if (fd < 0 && errno == ENOENT) {
		int r = make ? tree_make(rt->root, e) : 0;

		if (r < 0 || !make)
			return r; /* without a root there are no containers, which is no error */
		fd = open(rt->root, flags);
	}
	if (fd < 0)
		return err_set(e, errno, "open the directory %s", rt->root);
	int r = check_private(fd, rt->root, e);
	if (r == 0)
		rt->root_fd = fd_take(&fd);
	return r;
}

void oci_close(struct oci_runtime *rt)
{
	fd_close(&rt->root_fd);
}

int oci_cgroups(struct oci_runtime *rt, struct cgroup_host *ret, struct err *e)
{
	struct cgroup_host *found = rt->cgroups ? rt->cgroups : arena_new(rt->arena, struct cgroup_host, 1);
	int r = rt->cgroups ? 0 : cgroup_host_probe(found, rt->arena, e);

	if (r < 0)
		return r;
	rt->cgroups = found;
	*ret = *found;
	return 0;
}

int oci_id_check(const char *id, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
	size_t n = strlen(id), good = strspn(id, allowed);

	if (n > 0 && n <= MIN((size_t)ID_MAX, (size_t)NAME_MAX) && good == n && id[0] != '.')
		return 0;
	err_set(e, 0, "invalid container ID format: \"%.64s\"", id);
	if (id[0] == '.')
		return err_why(e, "an id can't begin with a dot, as hidden files do");
	if (good < n)
		return err_why(
			e,
			"it has an invalid character; an id is made of letters, digits, \"_\", \"+\", \"-\" and \".\"");
	return err_why(e, "an id is made of letters, digits, \"_\", \"+\", \"-\" and \".\", and has at most %d bytes",
		       NAME_MAX);
}
