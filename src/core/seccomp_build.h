/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules in, a classic BPF program out.
 *
 * The meaning is libseccomp's, rule for rule (the unit tests compare the two):
 *   - the conditions of one rule must all hold; of several rules for one call, each that matches counts;
 *   - a rule without conditions decides alone: the first such rule for a call wins, rules with conditions are ignored;
 *   - a call that no rule matches gets the default;
 *   - arguments of a 32-bit ABI are compared as 32 bits.
 * Where rules with different actions match at once, libseccomp's answer depends on the order of its own tree; here the
 * strictest wins, in the kernel's order (kill process, kill thread, trap, errno, trace, log, allow).
 */
#ifndef ISLE_CORE_SECCOMP_BUILD_H
#define ISLE_CORE_SECCOMP_BUILD_H

#include "base/json.h"
#include "core/seccomp.h"
#include "core/seccomp_abi.h"

enum seccomp_op { OP_NE, OP_LT, OP_LE, OP_EQ, OP_GE, OP_GT, OP_MASKED_EQ, OP_COUNT };

enum { SECCOMP_ARGS = 6, SECCOMP_LENIENCY_MAX = 7 };

struct seccomp_cond {
	uint8_t arg;
	enum seccomp_op op;
	uint64_t value;	 /* OP_MASKED_EQ: the mask */
	uint64_t value2; /* OP_MASKED_EQ: what argument & mask must be */
};

struct seccomp_rule {
	uint32_t action; /* SECCOMP_RET_…, with its data */
	const struct seccomp_cond *conds;
	size_t n;
	bool otherwise; /* instead: the action where no other rule of this call matches ('conds' is empty) */
};

struct seccomp_policy {
	const struct seccomp_machine *machine;
	struct arena *arena;
	uint32_t default_action; /* for calls without a matching rule */
	uint32_t bad_action;	 /* for ABIs that are not used */
	struct verdicts *verdicts;
	struct verdict *
		*calls[SECCOMP_ABIS_MAX]; /* by rank, what the rules say; NULL: programs of that ABI are killed */
};

/* A policy without rules, in which no ABI is used. */
struct seccomp_policy seccomp_policy(const struct seccomp_machine *m, uint32_t default_action, uint32_t bad_action,
				     struct arena *a);
/* Marks ABI (an index of machine->abis) as used. */
void seccomp_policy_use(struct seccomp_policy *p, size_t abi);
/* Adds R to the call with RANK in ABI.  R and its conditions are kept; the same R for many calls makes few verdicts. */
void seccomp_policy_add(struct seccomp_policy *p, size_t abi, int rank, const struct seccomp_rule *r);
/* Adds R to call INDEX in every ABI used that has it by a number of its own. */
void seccomp_policy_add_call(struct seccomp_policy *p, int index, const struct seccomp_rule *r);
/* Builds the program of P.  -E2BIG if it would be longer than the kernel takes (4096 instructions). */
int seccomp_build(const struct seccomp_policy *p, struct seccomp_filter *ret, struct err *e) MUST_USE;
/* 0 for the strictest kind of action, counting up to "allow", as seccomp(2) orders them. */
unsigned int seccomp_leniency(uint32_t action);

/* seccomp_compile() for another machine than this one. */
int seccomp_compile_for(const struct seccomp_machine *m, const struct json *profile, uint64_t caps, struct arena *a,
			struct seccomp_filter *ret, struct err *e) MUST_USE;

#endif
