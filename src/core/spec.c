/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec in memory: see spec.h. */
#include "core/spec.h"

#include "base/fd.h"

#include <string.h>

void spec_init(struct spec *s)
{
	*s = (struct spec){0};
	for (int k = 0; k < NS_KIND_COUNT; k++)
		s->lin.ns[k].fd = FD_NONE;
}

/* The index of NAME=… in the environment, or -1. */
static long env_find(const struct spec_process *p, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < p->env.n; i++)
		if (strncmp(p->env.v[i], name, len) == 0 && p->env.v[i][len] == '=')
			return (long)i;
	return -1;
}

const char *spec_env(const struct spec_process *p, const char *name)
{
	long i = env_find(p, name);

	return i < 0 ? NULL : p->env.v[i] + strlen(name) + 1;
}

void spec_env_set(struct spec_process *p, struct arena *a, const char *name, const char *value)
{
	char *text = arena_printf(a, "%s=%s", name, value);
	long i = env_find(p, name);

	if (i < 0)
		strs_take(&p->env, a, text);
	else
		p->env.v[i] = text;
}
