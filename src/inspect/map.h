/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table from numbers (inodes, pids) to things: looking up takes the same time however many there are. */
#ifndef ISLE_INSPECT_MAP_H
#define ISLE_INSPECT_MAP_H

#include "base/mem.h"

struct map_slot {
	uint64_t key;
	void *value; /* NULL: the slot is free */
};
struct map {
	struct map_slot *slots; /* room is a power of two, or 0 */
	size_t n, room;
};

/* What is kept under KEY; NULL: nothing. */
void *map_get(const struct map *m, uint64_t key);
/* Keeps VALUE, not NULL, under KEY, in place of what was there; the memory belongs to A. */
void map_put(struct map *m, struct arena *a, uint64_t key, void *value);
/* Notes that KEY was seen; whether that is new. */
bool map_note(struct map *m, struct arena *a, uint64_t key);

#endif
