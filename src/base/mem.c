/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arena: see mem.h. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t data[];
};

/*
 * Big enough for a whole run, and filled in by one call: each page touched for the first time would cost a fault (2
 * us).
 */
enum { BLOCK_SIZE = 32 * 1024 };

/* Memory is gone: say so without using any, and stop. */
static void *out_of_memory(void)
{
	static const char text[] = "isle: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_ISLE);
	_exit(EXIT_ISLE);
}

/* Puts a block with room for BYTES before HEAD, unless another thread was faster. */
static void block_add(struct arena *a, struct arena_block *head, size_t bytes)
{
	size_t whole = (MAX(bytes, (size_t)BLOCK_SIZE - sizeof(*head)) + sizeof(*head) + 4095) / 4096 * 4096;
	struct arena_block *b =
		mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (b == MAP_FAILED) {
		out_of_memory();
		return;
	}
	b->next = head;
	b->size = whole - sizeof(*b);
	if (!__atomic_compare_exchange_n(&a->head, &head, b, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		munmap(b, whole);
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX - BLOCK_SIZE)
		return out_of_memory();
	bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);

	for (;;) {
		struct arena_block *b = __atomic_load_n(&a->head, __ATOMIC_ACQUIRE);
		/* Nobody else can have what lies behind the old 'used'; past the end, it is wasted and harmless. */
		size_t at = b ? __atomic_fetch_add(&b->used, bytes, __ATOMIC_RELAXED) : 0;

		if (b && at <= b->size && b->size - at >= bytes)
			return (char *)b->data + at; /* fresh from the kernel, and never given out twice: it is zero */
		block_add(a, b, bytes);
	}
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	if (!s)
		return NULL;
	n = strnlen(s, n);
	char *p = arena_alloc(a, n + 1, 1);
	memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return out_of_memory();
	char *p = arena_alloc(a, (size_t)n + 1, 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void arena_free(struct arena *a)
{
	while (a->head) {
		struct arena_block *next = a->head->next;

		munmap(a->head, a->head->size + sizeof(*a->head));
		a->head = next;
	}
}

void *list_grow(void **v, size_t *n, size_t *room, size_t size, struct arena *a)
{
	if (*n == *room) {
		size_t more = *room ? *room * 2 : 8;
		char *grown = arena_alloc(a, more, size);

		if (*n)
			memcpy(grown, *v, *n * size);
		*v = grown;
		*room = more;
	}
	return (char *)*v + (*n)++ * size;
}

void strs_take(struct strs *s, struct arena *a, char *text)
{
	if (s->n + 1 >= s->room) {
		size_t more = s->room ? s->room * 2 : 16;
		char **grown = arena_new(a, char *, more);

		if (s->n)
			memcpy(grown, s->v, s->n * sizeof(*grown));
		s->v = grown;
		s->room = more;
	}
	s->v[s->n++] = text;
	s->v[s->n] = NULL;
}

void strs_add(struct strs *s, struct arena *a, const char *text)
{
	strs_take(s, a, arena_strdup(a, text));
}

bool strs_has(const struct strs *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], text) == 0)
			return true;
	return false;
}
