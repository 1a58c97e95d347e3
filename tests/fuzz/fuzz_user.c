/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a root's etc/passwd and etc/group, and as the words of --user: what a parser gives lies within its line,
 * and no file makes an id that nobody may have.
 */
#include "core/user.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A word must lie within the line from LINE to END, and hold no separator. */
static void word_within(struct user_word w, const char *line, const char *end, bool colons)
{
	if (!w.p)
		return;
	must(w.p >= line && w.n <= (size_t)(end - w.p));
	must(!memchr(w.p, '\n', w.n));
	must(colons || !memchr(w.p, ':', w.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data, *end = begin + size, *last = begin;
	struct user_text t = {begin, end};
	struct passwd_entry user;
	struct group_entry group;
	struct arena a = {0};
	struct err e;

	for (; user_parse_passwd(&t, &user); last = t.p) {
		must(t.p > last && t.p <= end);
		must(user.uid != UINT32_MAX && user.gid != UINT32_MAX && user.name.n > 0);
		word_within(user.name, last, t.p, false);
		word_within(user.home, last, t.p, false);
	}
	t = (struct user_text){begin, end};
	for (last = begin; user_parse_group(&t, &group); last = t.p) {
		must(t.p > last && t.p <= end);
		must(group.gid != UINT32_MAX && group.name.n > 0);
		word_within(group.name, last, t.p, false);
		word_within(group.members, last, t.p, true);
	}
	/* Whether it is good or bad: no more than that it is told. */
	if (user_check(arena_strndup(&a, begin, size), &a, &e) < 0)
		must(e.what[0] != '\0');
	arena_free(&a);
	return 0;
}
