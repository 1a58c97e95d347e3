/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters from the text of a profile. */
#ifndef ISLE_TESTS_SECCOMP_TEXT_H
#define ISLE_TESTS_SECCOMP_TEXT_H

#include "core/seccomp.h"

#include <string.h>

/* seccomp_compile() of the profile TEXT. */
static inline int seccomp_compile_text(const char *text, uint64_t caps, struct arena *a, struct seccomp_filter *ret,
				       struct err *e)
{
	struct json *profile;

	if (json_parse(text, strlen(text), a, &profile, e) < 0)
		return err_context(e, "seccomp profile");
	return seccomp_compile(profile, caps, a, ret, e);
}

#endif
