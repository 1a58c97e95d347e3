/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment of a program: see environment.h. */
#include "toolbox/environment.h"

#include <string.h>

char **environment_only(char *const *env, const struct strs *names, struct arena *a)
{
	struct strs kept = {0};

	for (; env && *env; env++) {
		size_t len = strcspn(*env, "=");

		if (strs_has(names, arena_strndup(a, *env, len)))
			strs_take(&kept, a, *env);
	}
	return kept.n > 0 ? kept.v : arena_new(a, char *, 1);
}
