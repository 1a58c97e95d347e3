/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "did you mean": the nearest of some words by edit distance. */
#ifndef ISLE_BASE_SUGGEST_H
#define ISLE_BASE_SUGGEST_H

#include "base/macros.h"

struct suggest {
	const char *wrong; /* what was typed */
	const char *best;  /* the nearest word that is near enough; NULL: none */
	size_t distance;   /* of 'best' */
};

/* Considers WORD; the first of equally near words stays. */
void suggest_try(struct suggest *s, const char *word);
/* How many letters must be put in, taken out, replaced, or swapped with their neighbour, to make B of A. */
size_t edit_distance(const char *a, const char *b);

#endif
