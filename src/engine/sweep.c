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
 *
 * With hundreds of containers the looks add up to milliseconds, which is too much for a start.  There, only the first
 * boxes are always looked at, from a random one on; the rest waits for a start that has time, or another command.
 */
#include "engine/sweep.h"

#include "base/parse_time.h"
#include "engine/box_priv.h"
#include "engine/claim.h"
#include "engine/dir.h"
#include "engine/lock.h"
#include "engine/pool.h"
#include "engine/record_json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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
	CLEANUP(box_close) struct box b;
	if (box_open_id(h, id, &b, NULL) == 0)
		(void)!box_remove(&b, NULL);
}

/* Takes over the box ID if its owner was killed; false: there was nothing to do. */
static bool sweep_box(struct home *h, const char *id)
{
	char path[BOX_PATH_SIZE];
	struct box b;
	bool gone;

	if (!lock_is_free(h, box_path(path, id, "owner"))) {
		if (dir_has(h->run_fd, path))
			return false;
		sweep_ownerless(h, id);
		return true;
	}
	if (!needs_work(h, id) || box_open_id(h, id, &b, NULL) < 0)
		return false;
	/* Its files may be broken; the takeover needs none of them. */
	if (b.owner_fd >= 0 && box_own(&b, NULL) == 0 && needs_work(h, id)) {
		(void)!box_load(&b, false, NULL);
		(void)!box_take_over(&b, &gone, NULL);
	}
	box_close(&b);
	return true;
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

/* ---- all boxes ---- */

struct listed_box {
	char id[BOX_ID_LEN + 1];
	bool named;   /* a name of it was seen */
	bool settled; /* there was work: it may be gone */
};
struct listed_boxes {
	struct listed_box *v;
	size_t n, room;
};

/* By their ids. */
static int compare_boxes(const void *a, const void *b)
{
	return strcmp(((const struct listed_box *)a)->id, ((const struct listed_box *)b)->id);
}

/* Notes down every directory in RUN/boxes, sorted; what was never a box goes. */
static void list_boxes(struct home *h, struct listed_boxes *all)
{
	auto_dir boxes = dir_stream(h->run_fd, "boxes");
	struct dirent *entry;

	while (boxes && (entry = dir_next(boxes))) {
		if (strncmp(entry->d_name, ".new-", 5) == 0)
			sweep_unborn(h, dirfd(boxes), entry->d_name);
		else if (box_id_valid(entry->d_name) && dir_entry_is_dir(boxes, entry))
			memcpy(list_add(all, h->arena)->id, entry->d_name, BOX_ID_LEN + 1);
	}
	if (all->n > 1)
		qsort(all->v, all->n, sizeof(*all->v), compare_boxes);
}

/* Whether a sweep beside PIDFD has to end, DONE boxes being looked at. */
static bool out_of_time(int pidfd, size_t done)
{
	enum { ALWAYS = 64, AT_ONCE = 16 };
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return done >= ALWAYS && done % AT_ONCE == 0 && (pidfd < 0 || poll(&p, 1, 0) != 0);
}

/* ---- the claims of all boxes ---- */

/* Leaves the box ID only the name that its record tells, unless it is just being renamed, or made. */
static void settle_name(struct home *h, const char *id)
{
	CLEANUP(box_close) struct box b;

	if (box_open_id(h, id, &b, NULL) == 0 && box_edit_lock(&b, 0, NULL) == 0 && box_load(&b, false, NULL) == 0 &&
	    b.record.name)
		claim_release_all(h, CLAIM_NAME, id, b.record.name);
}

/*
 * Releases the claims whose box is gone.  A box has two names where somebody was killed between claiming the new one
 * and releasing the old one.
 */
static void sweep_claims(struct home *h, enum claim_kind kind, const struct listed_boxes *boxes)
{
	auto_dir claims = claim_list(h, kind);
	struct dirent *entry;

	while (claims && (entry = dir_next(claims))) {
		struct listed_box key = {0}, *box = NULL;

		if (claim_holder(h, kind, entry->d_name, key.id) == 0 && boxes->n > 0)
			box = bsearch(&key, boxes->v, boxes->n, sizeof(key), compare_boxes);
		if (!box || box->settled)
			claim_settle(h, kind, entry->d_name);
		if (!box || kind != CLAIM_NAME)
			continue;
		if (box->named)
			settle_name(h, box->id);
		box->named = true;
	}
}

/* Deletes what killed ones left in the trash of BASE_FD. */
static void sweep_trash(struct home *h, int base_fd)
{
	auto_dir trash = dir_stream(base_fd, "trash");
	struct dirent *entry;

	while (trash && (entry = dir_next(trash)))
		(void)!home_trash_delete(h, dirfd(trash), entry->d_name, NULL);
}

/* Sweeps from box FIRST (modulo how many there are) on; BESIDE PIDFD: as sweep_beside. */
static void sweep_from(struct home *h, size_t first, bool beside, int pidfd)
{
	struct listed_boxes boxes = {0};

	pool_sweep(h);
	sweep_trash(h, h->run_fd);
	sweep_trash(h, h->data_fd);
	list_boxes(h, &boxes);
	for (size_t i = 0; i < boxes.n; i++) {
		if (beside && out_of_time(pidfd, i))
			return;
		struct listed_box *box = &boxes.v[(first + i) % boxes.n];
		box->settled = sweep_box(h, box->id);
	}
	sweep_claims(h, CLAIM_NAME, &boxes);
	sweep_claims(h, CLAIM_IDS, &boxes);
}

void sweep(struct home *h)
{
	sweep_from(h, 0, false, FD_NONE);
}

void sweep_beside(struct home *h, int pidfd)
{
	sweep_from(h, (size_t)time_monotonic(), true, pidfd);
}
