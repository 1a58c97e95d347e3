/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the box share among themselves. */
#ifndef ISLE_ENGINE_BOX_PRIV_H
#define ISLE_ENGINE_BOX_PRIV_H

#include "engine/box.h"

enum {
	BOX_FILE_MAX = 32 << 20, /* bytes of a config, record or state; more is not ours */
	BOX_PATH_SIZE = 96,
};

/* Whether ID is a full container id. */
bool box_id_valid(const char *id);
/* Writes "boxes/ID" or "boxes/ID/FILE", below RUN, into PATH and returns it. */
const char *box_path(char path[BOX_PATH_SIZE], const char *id, const char *file);
/* No box: nothing open. */
void box_init(struct box *b, struct home *h);
/* Opens the box ID; its owner file may be missing or broken (owner_fd is FD_NONE then). */
int box_open_id(struct home *h, const char *id, struct box *b, struct err *e) MUST_USE;
/* Whether record.json is there: the box was completely made. */
bool box_complete(const struct box *b);
/* Whether the box is to be forgotten when its run is over. */
bool box_is_transient(const struct box *b);
/* Reads state.json; -ENOENT if there is none, another error if it makes no sense. */
int box_state_read(const struct box *b, struct box_state *ret) MUST_USE;
/* Marks S as a run that ended without anybody who saw it end: exited, 137, because of WHY. */
void box_state_lost(struct box_state *s, struct arena *a, const char *why);
/* Takes the lock under which name and record change; closing the box releases it.  -ETIMEDOUT after TIMEOUT_MS. */
int box_edit_lock(struct box *b, int timeout_ms, struct err *e) MUST_USE;
/* Releases it, for who keeps the box open. */
void box_edit_unlock(struct box *b);

#endif
