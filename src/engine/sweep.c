/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs after a killed isle: see sweep.h.
 *
 * What is looked at for each box, so that a sweep with nothing to do is cheap: the lock (held: it is alive, leave it),
 * and which of a few files there are.  A box needs work if its lock is free and
 *     state.json is there      its owner was killed while it ran;
 *     it is transient          it should be forgotten when its run is over (marker 'rm', or no records in DATA);
 *     it has no record         it was never completely made, or was half removed.
 * The lock is taken before anything is done, and everything is looked at again under it.
 */
#include "engine/sweep.h"

#include "engine/box_priv.h"
#include "engine/claim.h"
#include "engine/dir.h"
#include "engine/lock.h"
#include "engine/pool.h"
#include "engine/record_json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether nobody holds the lock of the owner file PATH below RUN; false too if there is no sound owner file. */
static bool lock_is_free(const struct home *h, const char *path)
{
	auto_fd owner = openat(h->run_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return owner >= 0 && !lock_held(owner);
}

/* Whether DATA has the record of the box ID. */
static bool has_kept_record(const struct home *h, const char *id)
{
	char path[BOX_PATH_SIZE];

	snprintf(path, sizeof(path), "containers/%s/record.json", id);
	return dir_has(h->data_fd, path);
}

/* Whether the box ID, whose lock is free, needs work. */
static bool needs_work(const struct home *h, const char *id)
{
	static const char *const signs[] = {"state.json", "rm", "record.json"};
	char path[BOX_PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (dir_has(h->run_fd, box_path(path, id, signs[i])))
			return true;
	return !has_kept_record(h, id);
}

/*
 * A box without a sound owner file.  Where a deletion in place was interrupted nothing but leftovers is there; anything
 * else was damaged from outside, and may be alive: that is left to 'rm -f'.
 */
static void sweep_ownerless(struct home *h, const char *id)
{
	char path[BOX_PATH_SIZE];

	if (dir_has(h->run_fd, box_path(path, id, "owner")) || dir_has(h->run_fd, box_path(path, id, "state.json")) ||
	    dir_has(h->run_fd, box_path(path, id, "record.json")) || has_kept_record(h, id))
		return;
	struct box b;
	if (box_open_id(h, id, &b, NULL) < 0)
		return;
	(void)!box_remove(&b, NULL);
	box_close(&b);
}

/* Takes over the box ID if its owner was killed. */
static void sweep_box(struct home *h, const char *id)
{
	char path[BOX_PATH_SIZE];
	struct box b;
	bool gone;

	if (!lock_is_free(h, box_path(path, id, "owner"))) {
		if (!dir_has(h->run_fd, path))
			sweep_ownerless(h, id);
		return;
	}
	if (!needs_work(h, id) || box_open_id(h, id, &b, NULL) < 0)
		return;
	/* Its files may be broken; the takeover needs none of them. */
	if (b.owner_fd >= 0 && box_own(&b, NULL) == 0 && needs_work(h, id)) {
		(void)!box_load(&b, false, NULL);
		(void)!box_take_over(&b, &gone, NULL);
	}
	box_close(&b);
}

/* Throws away boxes/.new-ID whose maker is dead, or has not yet locked it: then it begins again. */
static void sweep_unborn(struct home *h, int boxes, const char *name)
{
	char path[NAME_MAX + 16];

	snprintf(path, sizeof(path), "%s/owner", name);
	auto_fd owner = openat(boxes, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (owner >= 0 && lock_take(owner) < 0)
		return;
	/* Between our look and now it may have become boxes/ID; then there is nothing of this name any more. */
	home_discard(h, false, boxes, name, NULL);
}

/* Every directory in RUN/boxes. */
static void sweep_boxes(struct home *h)
{
	auto_dir boxes = dir_stream(h->run_fd, "boxes");
	struct dirent *entry;

	while (boxes && (entry = dir_next(boxes))) {
		if (strncmp(entry->d_name, ".new-", 5) == 0)
			sweep_unborn(h, dirfd(boxes), entry->d_name);
		else if (box_id_valid(entry->d_name) && dir_entry_is_dir(boxes, entry))
			sweep_box(h, entry->d_name);
	}
}

/* ---- two names for one box: somebody was killed between claiming the new name and releasing the old one ---- */

struct holder {
	char id[BOX_ID_LEN + 1];
};
struct holders {
	struct holder *v;
	size_t n, room;
};

/* By the id of the box, so that its names stand together. */
static int compare_holders(const void *a, const void *b)
{
	return strcmp(((const struct holder *)a)->id, ((const struct holder *)b)->id);
}

/* Leaves the box ID only the name that its record tells, unless it is just being renamed, or made. */
static void settle_name(struct home *h, const char *id)
{
	struct box b;

	if (box_open_id(h, id, &b, NULL) < 0)
		return;
	if (box_edit_lock(&b, 0, NULL) == 0 && box_load(&b, false, NULL) == 0 && b.record.name)
		claim_release_all(h, CLAIM_NAME, id, b.record.name);
	box_close(&b);
}

/* Finds boxes with more than one name. */
static void sweep_double_names(struct home *h)
{
	auto_dir names = dir_stream(h->run_fd, "names");
	struct holders all = {0};
	struct dirent *entry;

	while (names && (entry = dir_next(names))) {
		struct holder *holder = list_add(&all, h->arena);

		if (claim_holder(h, CLAIM_NAME, entry->d_name, holder->id) < 0)
			all.n--;
	}
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), compare_holders);
	for (size_t i = 1; i < all.n; i++)
		if (strcmp(all.v[i - 1].id, all.v[i].id) == 0)
			settle_name(h, all.v[i].id);
}

/* Deletes what killed ones left in the trash of BASE_FD. */
static void sweep_trash(struct home *h, int base_fd)
{
	auto_dir trash = dir_stream(base_fd, "trash");
	struct dirent *entry;

	while (trash && (entry = dir_next(trash)))
		(void)!home_trash_delete(h, dirfd(trash), entry->d_name, NULL);
}

void sweep(struct home *h)
{
	sweep_boxes(h);
	claim_sweep(h, CLAIM_NAME);
	claim_sweep(h, CLAIM_IDS);
	sweep_double_names(h);
	pool_sweep(h);
	sweep_trash(h, h->run_fd);
	sweep_trash(h, h->data_fd);
}
