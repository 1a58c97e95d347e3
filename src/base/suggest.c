/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nearest word: see suggest.h. */
#include "base/suggest.h"

#include <string.h>

enum { WORD_MAX = 40 }; /* longer words are compared by their beginnings: nobody mistypes that much */

size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1]; /* the last three lines of the matrix, in turn */
	size_t la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX);

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t replace = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = MIN(replace, MIN(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

void suggest_try(struct suggest *s, const char *word)
{
	size_t len = strlen(s->wrong), near = len < 3 ? 1 : len / 3;
	size_t distance = edit_distance(s->wrong, word);

	/* A word's beginning is what people type who hope for abbreviations. */
	if (len >= 3 && strncmp(word, s->wrong, len) == 0)
		distance = MIN(distance, (size_t)1);
	if (distance > near || distance >= strlen(word) || (s->best && distance >= s->distance))
		return;
	s->best = word;
	s->distance = distance;
}
