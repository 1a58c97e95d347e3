/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claims: things of which each belongs to at most one container.  A claim is a symbolic link RUN/names/NAME or
 * RUN/ids/SLOT whose text is the id of the container that has it; making the link claims it, or fails.
 *
 * A claim is released by the owner of its box.  One whose box is gone (stale) may be released by anyone, under the lock
 * on RUN: otherwise two could see the same stale link, and the second would remove what was claimed anew in between.
 */
#ifndef ISLE_ENGINE_CLAIM_H
#define ISLE_ENGINE_CLAIM_H

#include "engine/box.h"

#include <dirent.h>

enum claim_kind { CLAIM_NAME, CLAIM_IDS };

/* Claims WHAT for the box ID, taking it from a box that is gone; -EEXIST if another has it. */
int claim_take(struct home *h, enum claim_kind kind, const char *what, const char *id) MUST_USE;
/* The id of the box that has claimed WHAT; -ENOENT if nobody has. */
int claim_holder(const struct home *h, enum claim_kind kind, const char *what, char ret_id[BOX_ID_LEN + 1]) MUST_USE;
/* Releases WHAT if it is claimed for the box ID, which the caller owns; false if it is not. */
bool claim_release(struct home *h, enum claim_kind kind, const char *what, const char *id);
/* Releases all claims for the box ID, which the caller owns, but for KEEP (may be NULL). */
void claim_release_all(struct home *h, enum claim_kind kind, const char *id, const char *keep);
/* Releases WHAT if its box is gone. */
void claim_settle(struct home *h, enum claim_kind kind, const char *what);
/* All that is claimed, for dir_next; NULL and errno. */
DIR *claim_list(const struct home *h, enum claim_kind kind);

#endif
