/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for a program that lives briefly: an arena that is freed whole.
 *
 * Everything a command builds (spec, plan, strings) lives in one arena and is never freed piece by piece; so there is
 * no ownership to track and nothing to leak.  The monitor frees the arena when it has nothing left but its loop.
 * Running out of memory ends the program with a sentence and status 125: a container tool has nothing better to do.
 */
#ifndef ISLE_BASE_MEM_H
#define ISLE_BASE_MEM_H

#include "base/macros.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct arena {
	struct arena_block *head;
};

/* Zeroed memory for N objects of SIZE bytes, aligned for any type.  Never NULL. */
void *arena_alloc(struct arena *a, size_t n, size_t size);
#define arena_new(a, type, n) ((type *)arena_alloc((a), (n), sizeof(type)))
/* Copies; NULL gives NULL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Frees everything that came from A; A is empty afterwards and can be used again. */
void arena_free(struct arena *a);

/* A growing list of strings; v is NULL-terminated whenever n > 0.  The memory belongs to the arena given. */
struct strs {
	char **v;
	size_t n;
	size_t room;
};

void strs_add(struct strs *s, struct arena *a, const char *text); /* copies TEXT */
void strs_take(struct strs *s, struct arena *a, char *text);	  /* keeps the pointer */
bool strs_has(const struct strs *s, const char *text);

/*
 * Makes room for one more element in a 'struct { TYPE *v; size_t n, room; }' and gives a pointer to it, zeroed:
 *     struct spec_mount *m = list_add(&spec->mounts, a);
 */
#define list_add(l, a) ((__typeof__((l)->v))list_grow((void **)&(l)->v, &(l)->n, &(l)->room, sizeof(*(l)->v), (a)))
void *list_grow(void **v, size_t *n, size_t *room, size_t size, struct arena *a);

#endif
