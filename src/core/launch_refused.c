/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses a container its namespaces: refused.h, asked for those that the container would get. */
#include "core/launch.h"
#include "core/refused.h"

#include <errno.h>
#include <string.h>

int launch_refused(const struct launch *l, int code, struct err *e)
{
	unsigned int flags = 0;

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (launch_new_ns(l, (enum ns_kind)k))
			flags |= (unsigned int)ns_facts[k].flag;
	/* A container has a user namespace of its own unless it was told not to: then this is what it was told. */
	if ((code == EPERM || code == EACCES) && !launch_new_ns(l, NS_USER))
		return -code;
	return ns_refused(flags, code, l->rootless, l->arena, e);
}

void launch_failed(const struct launch *l, struct err *e)
{
	if (e && e->code == ENOSPC && l->spec && launch_new_ns(l, NS_USER) && strcmp(e->step, "namespaces") == 0)
		(void)launch_refused(l, ENOSPC, e);
}
