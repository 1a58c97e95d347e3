/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether memory ran out in a group. */
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
