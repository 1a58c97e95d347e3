/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proves that two filters answer alike.
 *
 * A filter looks at a call by comparing 32-bit words of it with constants.  So it cannot tell apart two numbers, or two
 * halves of an argument, that lie between the same constants; and it is enough to ask about the constants of both
 * programs and their neighbours (candidates).  For numbers they are taken one by one.  For arguments all combinations
 * count: a run carries, for each half of each argument, the set of candidates that would have come this way, and splits
 * at every comparison; so a run that ends has an answer for all combinations of what is left, and the other program is
 * run on just these.
 */
#ifndef ISLE_TESTS_BPF_PROVE_H
#define ISLE_TESTS_BPF_PROVE_H

#include "base/macros.h"
#include "bpf_sim.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PROVE_WORDS = 12, /* halves of arguments, in the order of struct seccomp_data */
	PROVE_ARGS_AT = 16,
	PROVE_CANDIDATES = 512,
	PROVE_NUMBERS = 1 << 14,
	PROVE_BITS = 64,
};

struct program {
	const struct sock_filter *v;
	size_t n;
};

struct prove_set { /* candidates, by their index */
	uint64_t bits[PROVE_CANDIDATES / PROVE_BITS];
};

struct prover {
	struct program a, b;
	uint32_t arch, number;
	struct {
		uint32_t v[PROVE_CANDIDATES];
		size_t n;
	} words[PROVE_WORDS];
	uint32_t answer;  /* of the run of A that has ended */
	size_t asked;	  /* how many classes of calls */
	char report[400]; /* the first difference; empty: none */
};

/* A program on its way: the accumulator holds a known value, or 'mask' of a word of the arguments. */
struct prove_run {
	const struct program *p;
	size_t at;
	int word; /* -1: known */
	uint32_t value, mask;
	struct prove_set sets[PROVE_WORDS];
};

static inline void prove_run(struct prover *p, struct prove_run *r);

/* Adds a candidate for word W, once. */
static inline void prove_candidate(struct prover *p, int w, uint32_t v)
{
	size_t n = p->words[w].n;

	for (size_t i = 0; i < n; i++)
		if (p->words[w].v[i] == v)
			return;
	if (n < PROVE_CANDIDATES) {
		p->words[w].v[n] = v;
		p->words[w].n++;
	}
}

/* Adds what is interesting about constant K, which word W is compared with under MASK. */
static inline void prove_constant(struct prover *p, int w, uint32_t mask, uint32_t k)
{
	for (uint32_t d = 0; d < 3; d++)
		prove_candidate(p, w, k + d - 1);
	if (mask == UINT32_MAX)
		return;
	prove_candidate(p, w, (k & mask) | ~mask);
	for (unsigned int bit = 0; bit < 32; bit++)
		if (mask >> bit & 1)
			prove_candidate(p, w, k ^ 1U << bit);
}

/* Collects the candidates from all comparisons behind AT, where the accumulator holds MASK of WORD (-1: known). */
static inline void prove_collect(struct prover *p, const struct program *of, size_t at, int word, uint32_t mask,
				 uint16_t *seen)
{
	while (at < of->n && !(seen[at] >> (word + 1) & 1)) {
		const struct sock_filter *f = &of->v[at];

		seen[at++] |= (uint16_t)(1U << (word + 1));
		if (BPF_CLASS(f->code) == BPF_LD) {
			word = f->k >= PROVE_ARGS_AT ? (int)(f->k - PROVE_ARGS_AT) / 4 : -1;
			mask = UINT32_MAX;
		} else if (BPF_CLASS(f->code) == BPF_ALU) {
			mask &= f->k;
		} else if (f->code == (BPF_JMP | BPF_JA)) {
			at += f->k;
		} else if (BPF_CLASS(f->code) == BPF_JMP) {
			bool set = BPF_OP(f->code) == BPF_JSET;

			if (word >= 0) {
				prove_constant(p, word, set ? f->k : mask, set ? 0 : f->k);
				prove_candidate(p, word, f->k);
			}
			prove_collect(p, of, at + f->jt, word, mask, seen);
			at += f->jf;
		} else {
			return;
		}
	}
}

/* A run of P from its beginning with SETS. */
static inline void prove_start(struct prover *p, const struct program *of, const struct prove_set *sets)
{
	struct prove_run r = {.p = of, .word = -1};

	memcpy(r.sets, sets, sizeof(r.sets));
	prove_run(p, &r);
}

/* Notes that the programs differ on what is left of the sets. */
static inline void prove_differ(struct prover *p, const struct prove_run *r, uint32_t b)
{
	int n = snprintf(p->report, sizeof(p->report), "arch %x number %x: %x and %x; words", p->arch, p->number,
			 p->answer, b);

	for (int w = 0; w < PROVE_WORDS && n > 0 && (size_t)n < sizeof(p->report); w++) {
		size_t i = 0;

		while (i < p->words[w].n && !(r->sets[w].bits[i / PROVE_BITS] >> i % PROVE_BITS & 1))
			i++;
		n += snprintf(p->report + n, sizeof(p->report) - (size_t)n, " %x", p->words[w].v[i]);
	}
}

/* A run has come to its end with ANSWER. */
static inline void prove_end(struct prover *p, const struct prove_run *r, uint32_t answer)
{
	if (r->p == &p->a) {
		p->answer = answer;
		prove_start(p, &p->b, r->sets);
		return;
	}
	p->asked++;
	if ((answer != p->answer || answer == SIM_BROKEN) && !p->report[0])
		prove_differ(p, r, answer);
}

/* True if V passes the comparison CODE with K. */
static inline bool prove_holds(uint16_t code, uint32_t v, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return v == k;
	case BPF_JGT:
		return v > k;
	case BPF_JGE:
		return v >= k;
	default:
		return v & k;
	}
}

/* Goes both ways at the comparison F of a word, each with the candidates that go there. */
static inline void prove_split(struct prover *p, const struct prove_run *r, const struct sock_filter *f)
{
	struct prove_run ways[2] = {*r, *r};
	bool any[2] = {false, false};

	for (size_t i = 0; i < p->words[r->word].n; i++) {
		uint64_t bit = UINT64_C(1) << i % PROVE_BITS;

		if (!(r->sets[r->word].bits[i / PROVE_BITS] & bit))
			continue;
		bool yes = prove_holds(f->code, p->words[r->word].v[i] & r->mask, f->k);
		any[yes] = true;
		ways[!yes].sets[r->word].bits[i / PROVE_BITS] &= ~bit;
	}
	ways[1].at += f->jt;
	ways[0].at += f->jf;
	for (int yes = 0; yes < 2; yes++)
		if (any[yes])
			prove_run(p, &ways[yes]);
}

/* Runs R to its ends. */
static inline void prove_run(struct prover *p, struct prove_run *r)
{
	while (r->at < r->p->n) {
		const struct sock_filter *f = &r->p->v[r->at++];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			r->word = f->k >= PROVE_ARGS_AT ? (int)(f->k - PROVE_ARGS_AT) / 4 : -1;
			r->value = f->k == 0 ? p->number : p->arch;
			r->mask = UINT32_MAX;
			break;
		case BPF_RET | BPF_K:
			prove_end(p, r, f->k);
			return;
		case BPF_ALU | BPF_AND | BPF_K:
			r->value &= f->k;
			r->mask &= f->k;
			break;
		case BPF_JMP | BPF_JA:
			r->at += f->k;
			break;
		default:
			if (r->word >= 0) {
				prove_split(p, r, f);
				return;
			}
			r->at += prove_holds(f->code, r->value, f->k) ? f->jt : f->jf;
		}
	}
	prove_end(p, r, SIM_BROKEN);
}

/* Asks both about one call with all arguments. */
static inline void prove_number(struct prover *p, uint32_t arch, uint32_t number)
{
	struct prove_set all[PROVE_WORDS];

	memset(all, 0, sizeof(all));
	for (int w = 0; w < PROVE_WORDS; w++)
		for (size_t i = 0; i < p->words[w].n; i++)
			all[w].bits[i / PROVE_BITS] |= UINT64_C(1) << i % PROVE_BITS;
	p->arch = arch;
	p->number = number;
	prove_start(p, &p->a, all);
}

/* For qsort(3). */
static inline int prove_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Asks both about every class of numbers of ARCH: the constants of the programs and their neighbours, also with BIT. */
static inline void prove_arch(struct prover *p, uint32_t arch, uint32_t bit)
{
	static uint32_t numbers[PROVE_NUMBERS];
	const struct program *both[] = {&p->a, &p->b};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(both); i++)
		for (size_t j = 0; j < both[i]->n && n + 6 <= PROVE_NUMBERS; j++)
			for (uint32_t d = 0; BPF_CLASS(both[i]->v[j].code) == BPF_JMP && d < 3; d++) {
				numbers[n++] = both[i]->v[j].k + d - 1;
				numbers[n++] = (both[i]->v[j].k + d - 1) ^ bit;
			}
	qsort(numbers, n, sizeof(*numbers), prove_order);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || numbers[i] != numbers[i - 1])
			prove_number(p, arch, numbers[i]);
}

/* Prepares to compare A and B. */
static inline void prove_begin(struct prover *p, struct program a, struct program b)
{
	memset(p, 0, sizeof(*p));
	p->a = a;
	p->b = b;
	for (int w = 0; w < PROVE_WORDS; w++) {
		prove_candidate(p, w, 0);
		prove_candidate(p, w, UINT32_MAX);
	}
	for (size_t i = 0; i < 2; i++) {
		uint16_t seen[BPF_MAXINSNS] = {0};

		prove_collect(p, i ? &p->b : &p->a, 0, -1, UINT32_MAX, seen);
	}
}

#endif
