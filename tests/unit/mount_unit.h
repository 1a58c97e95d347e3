/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount options from the words of a specification. */
#ifndef ISLE_TESTS_MOUNT_UNIT_H
#define ISLE_TESTS_MOUNT_UNIT_H

#include "core/mount.h"
#include "core/sys.h"
#include "jail.h"

static struct arena arena;

/* Frees what the words took. */
static inline int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* Parses the words of TEXT, parted by commas, for a mount of TYPE. */
static inline int parse(const char *type, const char *text, struct mount_opts *o, struct err *e)
{
	char where[] = "/x";
	struct spec_mount m = {.destination = where, .type = arena_strdup(&arena, type), .source_fd = FD_NONE};
	char *copy = arena_strdup(&arena, text);

	while (copy && *text)
		strs_add(&m.options, &arena, strsep(&copy, ","));
	return mount_opts_parse(&m, &arena, o, e);
}

/* The same for words that are good. */
static inline struct mount_opts opts(const char *type, const char *text)
{
	struct mount_opts o;
	struct err e = {0};

	must(parse(type, text, &o, &e), &e);
	return o;
}

#endif
