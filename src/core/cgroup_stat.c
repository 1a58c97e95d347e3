/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel counted for a group. */
#include "core/cgroup_priv.h"

bool cgroup_oom_killed(const struct cgroup *cg)
{
	uint64_t n = 0;

	if (cg->v2_fd >= 0 && cgroup_key(cg->v2_fd, "memory.events", "oom_kill", &n) == 0)
		return n > 0;
	if (!(cg->v1_used & 1u << CGC_MEMORY))
		return false;
	auto_fd dir = cgroup_dir(cg->host->v1[CGC_MEMORY], cg->path);
	return dir >= 0 && cgroup_key(dir, "memory.oom_control", "oom_kill", &n) == 0 && n > 0;
}

/* Reads FILE (its line KEY, if there is one) of the group, in the hierarchy of C on v1 or in the v2 tree. */
static struct opt_u64 stat_read(const struct cgroup *cg, int c, const char *file, const char *key)
{
	struct opt_u64 got = {0};
	auto_fd own = FD_NONE;
	int dir = cg->v2_fd;

	if (c >= 0) {
		if (!(cg->v1_used & 1u << c))
			return got;
		dir = own = cgroup_dir(cg->host->v1[c], cg->path);
	}
	if (dir >= 0)
		got.has = (key ? cgroup_key(dir, file, key, &got.v) : cgroup_number(dir, file, &got.v)) == 0;
	return got;
}

/* The first of two answers that is there. */
static struct opt_u64 either(struct opt_u64 a, struct opt_u64 b)
{
	return a.has ? a : b;
}

void cgroup_stat(const struct cgroup *cg, struct cgroup_stat *ret)
{
	enum { V2 = -1 };
	struct opt_u64 ns = stat_read(cg, CGC_CPUACCT, "cpuacct.usage", NULL);

	ret->memory = either(stat_read(cg, V2, "memory.current", NULL),
			     stat_read(cg, CGC_MEMORY, "memory.usage_in_bytes", NULL));
	ret->memory_max =
		either(stat_read(cg, V2, "memory.max", NULL), stat_read(cg, CGC_MEMORY, "memory.limit_in_bytes", NULL));
	ret->pids = either(stat_read(cg, V2, "pids.current", NULL), stat_read(cg, CGC_PIDS, "pids.current", NULL));
	ret->pids_max = either(stat_read(cg, V2, "pids.max", NULL), stat_read(cg, CGC_PIDS, "pids.max", NULL));
	ns.v /= 1000;
	ret->cpu_us = either(stat_read(cg, V2, "cpu.stat", "usage_usec"), ns);
	/* v1 says "no limit" with the largest number of pages that fits. */
	if (ret->memory_max.v >= (uint64_t)1 << 62)
		ret->memory_max.v = UINT64_MAX;
}
