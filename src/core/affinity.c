/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processors of a process: see scheduler.h. */
#include "core/scheduler.h"

#include "core/sys.h"

#include <errno.h>

int affinity_get(pid_t pid, struct ranges *ret, struct err *e)
{
	*ret = (struct ranges){0};
	/* The system call, for masks longer than a cpu_set_t. */
	if (syscall(SYS_sched_getaffinity, pid, sizeof(ret->bits), ret->bits) < 0)
		return err_set(e, errno, "ask for the processors of process %d", (int)pid);
	return 0;
}

int affinity_set(pid_t pid, const struct ranges *cpus, struct err *e)
{
	if (syscall(SYS_sched_setaffinity, pid, sizeof(cpus->bits), cpus->bits) < 0)
		return err_set(e, errno, "set the processors of process %d", (int)pid);
	return 0;
}

int affinity_set_list(pid_t pid, const char *cpus, struct err *e)
{
	struct ranges mask = {0};

	if (!parse_ranges(cpus, &mask))
		return err_set(e, 0, "process.execCPUAffinity: \"%s\" is no list of processors such as 0-3,7", cpus);
	int r = affinity_set(pid, &mask, NULL);
	if (r == 0)
		return 0;
	err_set(e, -r, "process.execCPUAffinity: run on the processors %s", cpus);
	return r == -EINVAL ? err_why(e, "the machine, or the cpuset of the cgroup, has none of them") : r;
}
