/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs that measure have in common: see measure.h. */
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

_Noreturn void fail(const char *name, const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", name, what);
	exit(1);
}

void rest(void)
{
	const char *ms = getenv("PAUSE");

	if (ms)
		usleep((useconds_t)atoi(ms) * 1000);
}

int64_t *times_new(int rounds)
{
	int64_t *v = calloc((size_t)rounds, sizeof(*v));

	if (!v)
		fail("times", "out of memory");
	return v;
}

void order_draw(int *order, int n)
{
	for (int i = 0; i < n; i++) {
		int j = rand() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void times_sort(int64_t *v, int rounds)
{
	qsort(v, (size_t)rounds, sizeof(*v), compare);
}

void times_print(const int64_t *v, int rounds)
{
	printf("  %7" PRId64 " %7" PRId64 " %7" PRId64, v[rounds / 10] / 1000, v[rounds / 2] / 1000, v[0] / 1000);
}

int64_t probe_read(int fd)
{
	char text[64] = "";
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(text) - 1 && !strchr(text, '\n') &&
	       (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	return strtoll(text, NULL, 10);
}
