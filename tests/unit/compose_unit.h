/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of composing share: options from literals, and what came of them. */
#ifndef ISLE_TESTS_COMPOSE_UNIT_H
#define ISLE_TESTS_COMPOSE_UNIT_H

#include "engine/compose.h"

#include "engine_unit.h"

/* Options point into argv, which is writable; the literals that stand for it here are not. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"

/* Lists in options: LIST("a", "b"). */
#define LIST(...)                                                                                         \
	{                                                                                                 \
		.v = (char *[]){__VA_ARGS__, NULL}, .n = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *) \
	}
#define OPTIONS(...) (&(const struct run_options){.root = "host", __VA_ARGS__})

/* What was composed, or the sentence. */
struct outcome {
	struct box b;
	struct err e;
	int r;
	char says[1200];
};

static inline struct outcome *compose_it(struct rig *g, const struct run_options *o)
{
	struct outcome *x = arena_alloc(&g->arena, 1, sizeof(*x));

	memset(x->b.id, 'a', BOX_ID_LEN);
	x->b.record.id_slot = -1;
	x->r = compose(o, &g->home, &x->b, &x->e);
	if (x->r < 0)
		err_format(&x->e, x->says, sizeof(x->says));
	return x;
}

/* Composes options that must be good. */
static inline struct outcome *good(struct rig *g, const struct run_options *o)
{
	struct outcome *x = compose_it(g, o);

	must(x->r, &x->e);
	return x;
}

/* "type source options" of the mount at DESTINATION; NULL if there is none. */
static inline const char *mount_at(struct rig *g, const struct outcome *x, const char *destination)
{
	for (size_t i = 0; i < x->b.spec.mounts.n; i++) {
		const struct spec_mount *m = &x->b.spec.mounts.v[i];
		char *text;

		if (strcmp(m->destination, destination) != 0)
			continue;
		text = arena_printf(&g->arena, "%s %s ", m->type, m->source);
		for (size_t j = 0; j < m->options.n; j++)
			text = arena_printf(&g->arena, "%s%s%s", text, j ? "," : "", m->options.v[j]);
		return text;
	}
	return NULL;
}

/* Writes TEXT into the file NAME of the test's own directory, and gives its path. */
static inline char *file_with(struct rig *g, const char *name, const char *text)
{
	char *path = arena_printf(&g->arena, "%s/%s", g->dir, name);
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0);
	return path;
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

#endif
