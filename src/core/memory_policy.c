/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory policies: see memory_policy.h. */
#include "core/memory_policy.h"

#include "base/parse.h"
#include "core/sys.h"

#include <errno.h>

static const char *const mode_words[] = {
	"MPOL_DEFAULT",	       "MPOL_PREFERRED",	   "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL",
	"MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE",
};

int memory_policy_set(const struct spec_memory_policy *p, struct err *e)
{
	size_t mode = (size_t)p->mode;
	struct ranges nodes = {0};
	bool some = p->nodes && *p->nodes;

	if (some && !parse_ranges(p->nodes, &nodes))
		return err_set(e, 0, "linux.memoryPolicy.nodes: \"%s\" is no list of nodes such as 0-3,7", p->nodes);
	/* The kernel looks at one bit less than it is told. */
	if (syscall(SYS_set_mempolicy, p->mode | (int)p->flags, some ? nodes.bits : NULL, some ? RANGES_MAX + 1 : 0) ==
	    0)
		return 0;
	int code = errno;
	err_set(e, code, "linux.memoryPolicy: set %s for the nodes \"%s\"",
		mode < ARRAY_LEN(mode_words) ? mode_words[mode] : "the mode", some ? p->nodes : "");
	switch (code) {
	case EINVAL:
		err_why(e,
			"the machine (or the cpuset of the cgroup) has none of these nodes with memory, or the "
			"kernel does not know the mode or one of the flags 0x%x",
			p->flags);
		return err_cure(e, "cat /sys/devices/system/node/has_memory");
	case ENOSYS:
		return err_why(e, "the kernel knows no nodes (CONFIG_NUMA)");
	default:
		return -code;
	}
}
