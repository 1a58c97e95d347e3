/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of the engine: a home in a temporary directory, boxes in it, and owners that can be killed. */
#ifndef ISLE_TESTS_ENGINE_UNIT_H
#define ISLE_TESTS_ENGINE_UNIT_H

#include "base/tree.h"
#include "engine/box.h"
#include "engine/dir.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A home of its own for each test. */
struct rig {
	char dir[TEST_DIR_MAX];
	char run[80], data[80];
	struct arena arena;
	struct home home;
	struct err err;
};

/* Fails the test with the sentence of E when R is negative. */
static inline void must(int r, const struct err *e)
{
	char text[1024];

	if (r >= 0)
		return;
	err_format(e, text, sizeof(text));
	fail_msg("%s (%d)", text, r);
}

/* The sentence of the last error has WORDS in it. */
static inline void says(const struct rig *g, const char *words)
{
	char text[1024];

	err_format(&g->err, text, sizeof(text));
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static inline void rig_open(struct rig *g)
{
	must(home_open(&g->home, g->run, g->data, &g->arena, &g->err), &g->err);
}

static int rig_setup(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));

	assert_non_null(test_dir_make(g->dir, "isle-unit-"));
	snprintf(g->run, sizeof(g->run), "%s/run", g->dir);
	snprintf(g->data, sizeof(g->data), "%s/data", g->dir);
	rig_open(g);
	*state = g;
	return 0;
}

static int rig_teardown(void **state)
{
	struct rig *g = *state;

	home_close(&g->home);
	must(tree_delete(AT_FDCWD, g->dir, &g->err), &g->err);
	arena_free(&g->arena);
	free(g);
	return 0;
}

/* A row for the test TEST, in a rig of its own. */
#define IN_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

/* A complete box, owned by us; NAME NULL: made up. */
static inline void rig_box(struct rig *g, const char *name, bool persistent, struct box *b)
{
	must(box_create(&g->home, persistent, b, &g->err), &g->err);
	b->record.name = arena_strdup(&g->arena, name);
	b->record.created_ns = 1000;
	b->record.rm = !persistent;
	b->record.stop_timeout_s = 10;
	must(box_claim_name(b, &g->err), &g->err);
	must(box_save(b, &g->err), &g->err);
}

/* How many entries the directory NAME of DIRFD has. */
static inline int count_entries(int dirfd, const char *name)
{
	auto_dir d = dir_stream(dirfd, name);
	int n = 0;

	while (d && dir_next(d))
		n++;
	return n;
}

/* Nothing is left of any container: no box, name, range, record, trash. */
static inline void assert_empty(const struct rig *g)
{
	static const char *const places[] = {"boxes", "names", "ids", "trash"};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		assert_int_equal(count_entries(g->home.run_fd, places[i]), 0);
	assert_int_equal(count_entries(g->home.data_fd, "containers"), 0);
	assert_int_equal(count_entries(g->home.data_fd, "trash"), 0);
}

/* The exit status of CHILD. */
static inline int child_status(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

#endif
