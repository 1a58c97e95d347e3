/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random profiles, the same for the same seed on every machine. */
#ifndef ISLE_TESTS_SECCOMP_RANDOM_H
#define ISLE_TESTS_SECCOMP_RANDOM_H

#include "seccomp_theirs.h"

enum { RULES_MAX = 40 };

struct random_rule {
	const char *name;
	struct { /* by ABI: the call's number; and number and first argument of socketcall or ipc that stand for it */
		int64_t number, through;
		uint32_t call;
	} in[SECCOMP_ABIS_MAX];
	unsigned int action; /* index into random_actions[] */
	size_t n;
	struct scmp_arg_cmp args[3];
};

struct random_profile {
	size_t machine;	   /* index into machines[] */
	unsigned int used; /* ABIs of it, a bit each; its own is always used */
	unsigned int default_action;
	struct random_rule v[RULES_MAX];
	size_t n;
};

static const struct {
	const char *word;
	int errno_ret; /* -1: not given */
	uint32_t value;
} random_actions[] = {
	{"ALLOW", -1, SCMP_ACT_ALLOW},	  {"ERRNO", 38, SCMP_ACT_ERRNO(38)},
	{"ERRNO", -1, SCMP_ACT_ERRNO(1)}, {"KILL_PROCESS", -1, SCMP_ACT_KILL_PROCESS},
	{"TRAP", -1, SCMP_ACT_TRAP},	  {"TRACE", 7, SCMP_ACT_TRACE(7)},
	{"LOG", -1, SCMP_ACT_LOG},
};

static uint64_t seed;
static inline uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % below;
}

/* Values whose halves are interesting alone and together. */
static inline uint64_t rnd_value(void)
{
	static const uint64_t halves[] = {0, 1, 2, 3, 7, 8, 0x80, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

	return halves[rnd(ARRAY_LEN(halves))] << 32 | halves[rnd(ARRAY_LEN(halves))];
}

/* A value for a condition: mostly small, as in real profiles. */
static inline uint64_t rnd_datum(void)
{
	return rnd(3) ? rnd(9) : rnd_value();
}

/* A name that libseccomp knows too. */
static inline const char *rnd_name(void)
{
	static const char *const favourites[] = {
		"socket", "personality", "clone", "accept", "semop", "socketcall", "ipc", "ioctl",
	};
	const char *name;

	if (rnd(4) == 0)
		return favourites[rnd(ARRAY_LEN(favourites))];
	do
		name = syscall_name((int)rnd((uint32_t)syscall_count()));
	while (!theirs_has(name));
	return name;
}

/* Fills in the numbers of the call named in R on machine M. */
static inline void random_numbers(struct random_rule *r, const struct seccomp_machine *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct seccomp_abi *abi = m->abis[i];
		int index = syscall_by_name(r->name), rank;

		r->in[i].number = syscall_number(index, abi);
		r->in[i].through = -1;
		if (syscall_multiplexed(index, abi, &rank, &r->in[i].call))
			r->in[i].through = abi->calls->numbers[rank];
	}
}

static inline void random_rule(struct random_rule *r, const struct seccomp_machine *m)
{
	*r = (struct random_rule){
		.name = rnd_name(), .action = rnd(ARRAY_LEN(random_actions)), .n = rnd(2) ? rnd(4) : 0};
	random_numbers(r, m);
	for (size_t i = 0; i < r->n; i++) {
		unsigned int op = rnd(ARRAY_LEN(their_ops));

		r->args[i] =
			(struct scmp_arg_cmp){(unsigned int)i + rnd(2) * 3, their_ops[op].op, rnd_datum(), rnd_datum()};
	}
}

/* True if the call of R is made in more than one way on some ABI. */
static inline bool random_is_multiplexed(const struct random_rule *r)
{
	return syscall_may_be_multiplexed(syscall_by_name(r->name)) || strcmp(r->name, "socketcall") == 0 ||
	       strcmp(r->name, "ipc") == 0;
}

/*
 * Makes rule I of V tame: what libseccomp answers correctly.  It merges the rules for one call into one tree, and with
 * several conditions, or comparisons of order, that tree forgets alternatives; so a call gets either one rule with any
 * conditions, or any number of rules with one condition of equality on the same argument.  Their action is one.
 */
static inline void random_tame(struct random_rule *v, size_t i)
{
	v[i].action = (unsigned int)strlen(v[i].name) % ARRAY_LEN(random_actions);
	if (random_is_multiplexed(&v[i])) {
		/* All these have rules for socketcall or ipc in common. */
		v[i].action = 0;
		v[i].n = MIN(v[i].n, 1);
		v[i].args[0] = SCMP_CMP64(0, SCMP_CMP_EQ, rnd_datum());
	}
	for (size_t j = 0; j < i; j++) {
		if (strcmp(v[j].name, v[i].name) != 0)
			continue;
		if (v[j].n == 1 && v[j].args[0].op == SCMP_CMP_EQ && v[i].n) {
			v[i].n = 1;
			v[i].args[0] = SCMP_CMP64(v[j].args[0].arg, SCMP_CMP_EQ, rnd_datum());
		} else {
			v[i].n = 0;
		}
	}
}

/* The profile with number SEED; TAMED: one that libseccomp answers correctly. */
static inline void random_profile(struct random_profile *p, uint64_t number, bool tamed)
{
	seed = number;
	p->machine = rnd(2) ? 0 : rnd(ARRAY_LEN(machines));
	const struct seccomp_machine *m = machines[p->machine].machine;
	p->used = 1 | rnd(1U << m->n);
	p->n = 1 + rnd(RULES_MAX);
	p->default_action = rnd(ARRAY_LEN(random_actions));
	p->v[0] = (struct random_rule){.name = "read", .action = p->default_action ? 0 : 1};
	random_numbers(&p->v[0], m);
	for (size_t j = 1; j < p->n; j++) {
		random_rule(&p->v[j], m);
		if (tamed)
			random_tame(p->v, j);
	}
}

/* "KEY": the action, and its error number as ERRNO_KEY. */
static inline char *random_action_json(const char *key, const char *errno_key, unsigned int action, struct arena *a)
{
	char *text = arena_printf(a, "\"%s\":\"SCMP_ACT_%s\"", key, random_actions[action].word);

	if (random_actions[action].errno_ret < 0)
		return text;
	return arena_printf(a, "%s,\"%s\":%d", text, errno_key, random_actions[action].errno_ret);
}

/* P as text. */
static inline char *random_json(const struct random_profile *p, struct arena *a)
{
	const struct seccomp_machine *m = machines[p->machine].machine;
	char *text = arena_printf(a, "{%s,\"architectures\":[\"SCMP_ARCH_MIPS\"",
				  random_action_json("defaultAction", "defaultErrnoRet", p->default_action, a));

	for (size_t i = 0; i < m->n; i++)
		if (p->used >> i & 1)
			text = arena_printf(a, "%s,\"%s\"", text, m->abis[i]->oci);
	text = arena_printf(a, "%s],\"syscalls\":[", text);
	for (size_t i = 0; i < p->n; i++) {
		const struct random_rule *r = &p->v[i];

		text = arena_printf(a, "%s%s{\"names\":[\"%s\"],%s,\"args\":[", text, i ? "," : "", r->name,
				    random_action_json("action", "errnoRet", r->action, a));
		for (size_t j = 0; j < r->n; j++)
			text = arena_printf(a, "%s%s{\"index\":%u,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"%s\"}",
					    text, j ? "," : "", r->args[j].arg, (unsigned long long)r->args[j].datum_a,
					    (unsigned long long)r->args[j].datum_b, their_ops[r->args[j].op - 1].word);
		text = arena_printf(a, "%s]}", text);
	}
	return arena_printf(a, "%s]}", text);
}

#endif
