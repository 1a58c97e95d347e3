/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'exec --cgroup': the program goes into groups below the container's. */
#include "oci/exec.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The controllers as they are called in words of --cgroup. */
static const char *const controllers[CGC_COUNT] = {
	[CGC_MEMORY] = "memory",   [CGC_CPU] = "cpu",	      [CGC_CPUACCT] = "cpuacct",   [CGC_CPUSET] = "cpuset",
	[CGC_PIDS] = "pids",	   [CGC_BLKIO] = "blkio",     [CGC_DEVICES] = "devices",   [CGC_FREEZER] = "freezer",
	[CGC_HUGETLB] = "hugetlb", [CGC_NET_CLS] = "net_cls", [CGC_NET_PRIO] = "net_prio", [CGC_RDMA] = "rdma",
	[CGC_SYSTEMD] = "systemd",
};

/* Whether PATH has a "..": what is below the container's group needs none. */
static bool leads_up(const char *path)
{
	for (const char *p = path; *p; p += *p == '/') {
		const size_t len = strcspn(p, "/");

		if (len == 2 && p[0] == '.' && p[1] == '.')
			return true;
		p += len;
	}
	return false;
}

/* Puts PID into PATH below the container's group in the hierarchy mounted at MOUNT; never out of that group. */
static int put(const struct cgroup *cg, const char *mount, const char *path, pid_t pid, struct arena *a, struct err *e)
{
	const struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
	const char *group = arena_printf(a, "%s%s", mount, cg->path);
	auto_fd top = open(group, O_PATH | O_DIRECTORY | O_CLOEXEC);

	path += strspn(path, "/");
	auto_fd dir = top < 0 ? FD_NONE : sys_openat2(top, *path ? path : ".", &how);
	if (dir < 0) {
		int code = errno;

		err_set(e, code, "open the control group %s below %s", path, group);
		return code == EXDEV ? err_why(e, "it is not below the container's") : -code;
	}
	int r = file_write(dir, "cgroup.procs", arena_printf(a, "%d", (int)pid), e);
	return r < 0 ? err_context(e, "enter the control group %s below %s", path, group) : 0;
}

/* A path alone: in the v2 tree, and in every v1 hierarchy where there is such a group. */
static int put_everywhere(const struct cgroup *cg, const char *path, pid_t pid, struct arena *a, struct err *e)
{
	int r = cg->host->v2 && cg->v2_fd >= 0 ? put(cg, cg->host->v2, path, pid, a, e) : -ENOENT;
	bool done = r == 0;

	for (int c = 0; c < CGC_COUNT && (r == 0 || r == -ENOENT); c++) {
		if (!(cg->v1_used & 1u << c))
			continue;
		r = put(cg, cg->host->v1[c], path, pid, a, e);
		done |= r == 0;
	}
	return done && r == -ENOENT ? 0 : r;
}

/* "CONTROLLER[,CONTROLLER]:PATH"; SEEN has a bit for each controller that was named before. */
static int put_named(const struct cgroup *cg, char *names, const char *path, uint32_t *seen, pid_t pid, struct arena *a,
		     struct err *e)
{
	for (char *name; (name = strsep(&names, ","));) {
		int c = 0, r;

		while (c < CGC_COUNT && strcmp(controllers[c], name) != 0)
			c++;
		if (c == CGC_COUNT)
			return err_set(e, 0, "--cgroup: there is no controller \"%s\"", name);
		if (*seen & 1u << c)
			return err_set(e, 0, "--cgroup: the controller %s was named twice", name);
		*seen |= 1u << c;
		if (!(cg->v1_used & 1u << c))
			return err_set(e, 0, "--cgroup: the container has no v1 group of the controller %s", name);
		r = put(cg, cg->host->v1[c], path, pid, a, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int exec_subgroups(const struct cgroup *cg, const struct strs *wanted, pid_t pid, struct arena *a, struct err *e)
{
	uint32_t seen = 0;
	int r = 0;

	if (wanted->n > 0 && !cg->path)
		return err_set(e, 0, "--cgroup: the container has no control group of its own");
	for (size_t i = 0; i < wanted->n && r == 0; i++) {
		char *names = arena_strdup(a, wanted->v[i]);
		char *colon = strchr(names, ':');

		if (!colon && wanted->n > 1)
			return err_set(e, 0, "--cgroup %s: one of several must begin with \"CONTROLLER:\"", names);
		if (leads_up(colon ? colon + 1 : names))
			return err_set(e, 0, "--cgroup %s: `..` components are not allowed", names);
		if (colon)
			*colon = '\0';
		r = colon ? put_named(cg, names, colon + 1, &seen, pid, a, e) : put_everywhere(cg, names, pid, a, e);
	}
	return r;
}
