/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment that a tool gives to its program. */
#ifndef ISLE_TOOLBOX_ENVIRONMENT_H
#define ISLE_TOOLBOX_ENVIRONMENT_H

#include "base/mem.h"

/* Those variables of ENV that NAMES names; NULL-terminated.  What is named and not set is left out. */
char **environment_only(char *const *env, const struct strs *names, struct arena *a);

#endif
