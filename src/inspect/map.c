/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with open addressing that is never more than half full: see map.h. */
#include "inspect/map.h"

enum { FIRST_ROOM = 256 };

/* The slot that KEY has, or would get. */
static struct map_slot *slot_of(const struct map *m, uint64_t key)
{
	/* Fibonacci hashing: inode numbers come in sequence, and the upper half of the product scatters them. */
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (m->room - 1);

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & (m->room - 1);
	return &m->slots[i];
}

void *map_get(const struct map *m, uint64_t key)
{
	return m->room ? slot_of(m, key)->value : NULL;
}

/* Doubles the room. */
static void map_grow(struct map *m, struct arena *a)
{
	struct map old = *m;

	m->room = old.room ? old.room * 2 : FIRST_ROOM;
	m->slots = arena_new(a, struct map_slot, m->room);
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].value)
			*slot_of(m, old.slots[i].key) = old.slots[i];
}

void map_put(struct map *m, struct arena *a, uint64_t key, void *value)
{
	if (m->n * 2 >= m->room)
		map_grow(m, a);
	struct map_slot *slot = slot_of(m, key);
	if (!slot->value)
		m->n++;
	*slot = (struct map_slot){.key = key, .value = value};
}

bool map_note(struct map *m, struct arena *a, uint64_t key)
{
	static char seen;

	if (map_get(m, key))
		return false;
	map_put(m, a, key, &seen);
	return true;
}
