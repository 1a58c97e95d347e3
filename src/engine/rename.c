/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle rename'.  See lifecycle.h.
 *
 * Three steps: claim the new name, write it into the record, release the old one.  Killed in between, the container has
 * two names, and a sweep leaves it the one in its record.  The container may run meanwhile: its owner does not need the
 * name.
 */
#include "engine/lifecycle.h"
#include "engine/lifecycle_priv.h"
#include "engine/pool.h"

#include "engine/box_priv.h"

#include <errno.h>
#include <string.h>

enum { EDIT_WAIT_MS = 5000 };

struct renaming {
	struct box *box;
	char *old_name, *new_name;
};

/* The new name first: two names are harmless, none is not. */
static int claim_run(void *ctx, struct err *e)
{
	struct renaming *n = ctx;

	n->box->record.name = n->new_name;
	int r = box_claim_name(n->box, e);
	if (r < 0)
		n->box->record.name = n->old_name;
	return r;
}

/* From here on the record tells the new name, and a sweep keeps that one. */
static int record_run(void *ctx, struct err *e)
{
	struct renaming *n = ctx;
	int r = box_save_record(n->box, e);

	if (r < 0)
		box_release_name(n->box, n->new_name);
	return r;
}

/* The old name is free for others. */
static int release_run(void *ctx, struct err *e)
{
	struct renaming *n = ctx;

	(void)e;
	if (n->old_name)
		box_release_name(n->box, n->old_name);
	return 0;
}

static const struct step step_claim = {.name = "claim", .side = SIDE_HOST, .run = claim_run};
static const struct step step_record = {.name = "record", .side = SIDE_HOST, .run = record_run};
static const struct step step_release = {.name = "release", .side = SIDE_HOST, .run = release_run};
static const struct step *const rename_steps[] = {&step_claim, &step_record, &step_release};

/* Renames a box that is open, alone: two who do it at once take turns, and the second finds the first one's name. */
static int rename_box(struct box *b, const char *new_name, struct err *e)
{
	int r = box_edit_lock(b, EDIT_WAIT_MS, e);

	if (r == 0)
		r = box_load(b, false, e);
	if (r < 0)
		return r;
	if (pool_parked(b, e))
		return -EINVAL;
	if (b->record.name && strcmp(b->record.name, new_name) == 0)
		return 0;
	struct renaming n = {b, b->record.name, arena_strdup(b->home->arena, new_name)};
	return box_walk(rename_steps, ARRAY_LEN(rename_steps), &n, e);
}

int box_rename(struct home *h, const char *ref, const char *new_name, struct err *e)
{
	int r = box_name_check(new_name, e);

	if (r < 0)
		return r;
	CLEANUP(box_close) struct box b;
	r = box_open(h, ref, &b, e);
	if (r < 0)
		return r;
	r = rename_box(&b, new_name, e);
	if (r < 0)
		err_context(e, "rename container %s to \"%s\"", box_called(&b), new_name);
	return r;
}
