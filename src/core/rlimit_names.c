/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the resource limits: see rlimit_names.h. */
#include "core/rlimit_names.h"

#include "base/macros.h"

#include <string.h>
#include <strings.h>
#include <sys/resource.h>

static const char *const names[] = {
	[RLIMIT_CPU] = "RLIMIT_CPU",	       [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_DATA] = "RLIMIT_DATA",	       [RLIMIT_STACK] = "RLIMIT_STACK",
	[RLIMIT_CORE] = "RLIMIT_CORE",	       [RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",       [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",   [RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",       [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",     [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
};
static_assert(ARRAY_LEN(names) == 16, "names[] does not have the kernel's sixteen limits");

const char *rlimit_name(int resource)
{
	return resource >= 0 && resource < (int)ARRAY_LEN(names) ? names[resource] : NULL;
}

int rlimit_by_name(const char *name)
{
	size_t prefix = strlen("RLIMIT_");

	if (strncasecmp(name, "RLIMIT_", prefix) == 0)
		name += prefix;
	for (int r = 0; r < (int)ARRAY_LEN(names); r++)
		if (strcasecmp(names[r] + prefix, name) == 0)
			return r;
	return -1;
}
