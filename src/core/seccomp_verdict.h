/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts: what the rules added so far say to a call.
 *
 * Most calls of a profile have the same rules, so verdicts are shared: they form a tree whose root is "no rule yet",
 * and to add a rule to a call is to step from its verdict to that one's child for the rule.  Calls with the same rules
 * have the same verdict.  There is a tree for arguments of 64 and one for those of 32 bits.
 */
#ifndef ISLE_CORE_SECCOMP_VERDICT_H
#define ISLE_CORE_SECCOMP_VERDICT_H

#include "core/seccomp_build.h"

struct verdict {
	struct verdict *before; /* without 'rule'; NULL: no rule has conditions, it is 'action' for all arguments */
	const struct seccomp_rule *rule; /* the last that was added */
	struct verdict *children, *next; /* with one rule more; the next child of the same parent */
	uint32_t action;		 /* where no rule matches */
	bool decided;			 /* a rule without conditions has spoken: no later one counts */
	bool args32;
	size_t at; /* where its code was written (seccomp_emit.h); 0: not yet */
};

struct verdicts {
	struct arena *arena;
	struct verdict roots[2]; /* by 'args32' */
	struct verdict *decided; /* a list by 'next' */
};

/* Verdicts whose roots give DEFAULT_ACTION. */
struct verdicts *verdicts_new(uint32_t default_action, struct arena *a);
/* The verdict of one action, whatever the arguments and the later rules. */
struct verdict *verdict_decided(struct verdicts *all, uint32_t action);
/* The verdict that V becomes when R is added. */
struct verdict *verdict_add(struct verdicts *all, struct verdict *v, const struct seccomp_rule *r);
/* V, or the one verdict for all that have its action whatever the arguments. */
struct verdict *verdict_canonical(struct verdicts *all, struct verdict *v);
/* True if C can not be false in an ABI of that kind (a mask that covers none of the bits compared). */
bool cond_is_void(const struct seccomp_cond *c, bool args32);

#endif
