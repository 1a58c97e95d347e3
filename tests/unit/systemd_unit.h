/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of systemd as a maker of control groups share. */
#ifndef ISLE_TESTS_SYSTEMD_UNIT_H
#define ISLE_TESTS_SYSTEMD_UNIT_H

#include "core/cgroup_manager.h"
#include "core/cgroup_priv.h"
#include "unit.h"

#include <string.h>

static struct arena arena;

static inline char *text(const char *t)
{
	return arena_strdup(&arena, t);
}

static inline void assert_done_at(int r, const struct err *e, int line)
{
	char sentence[2048];

	if (r >= 0)
		return;
	err_format(e, sentence, sizeof(sentence));
	fail_msg("line %d: %s", line, sentence);
}
#define assert_done(r, e) assert_done_at((r), (e), __LINE__)

static inline void add_rule(struct spec_resources *res, bool allow, char type, int64_t major, int64_t minor,
			    const char *access)
{
	struct spec_device_rule *r = list_add(&res->devices, &arena);

	*r = (struct spec_device_rule){
		.allow = allow, .type = type, .major = {major >= 0, major}, .minor = {minor >= 0, minor}};
	memcpy(r->access, access, strlen(access) + 1);
}

#endif
