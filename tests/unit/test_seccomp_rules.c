/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles against their own text: what the program answers, and what comes of reading the rules one by one, for random
 * profiles of any kind, also those that libseccomp gets wrong.
 *
 * With a number N as its argument the program reads N profiles.
 */
#include "seccomp_random.h"

#include <linux/audit.h>

enum { NUMBERS = 620, PROBES = 20 };

static unsigned int profiles = 700;

/* Arguments to ask about: sometimes near those of a rule. */
static void rnd_args(struct seccomp_data *d, const struct random_profile *p)
{
	for (size_t i = 0; i < SECCOMP_ARGS; i++)
		d->args[i] = rnd(3) ? rnd(9) : rnd_value();
	const struct random_rule *r = &p->v[rnd((uint32_t)p->n)];
	for (size_t i = 0; i < r->n; i++)
		if (rnd(4)) {
			const struct scmp_arg_cmp *c = &r->args[i];
			uint64_t near = c->op == SCMP_CMP_MASKED_EQ && rnd(2) ? c->datum_b : c->datum_a;

			d->args[c->arg] = near + rnd(3) - 1 + ((uint64_t)(rnd(4) == 0) << 32);
		}
}

/* Whether condition C holds for D; of one that stands for socketcall's or ipc's first argument see rule_asks(). */
static bool cond_holds(const struct scmp_arg_cmp *c, uint64_t value, bool args32)
{
	uint64_t a = c->datum_a, b = c->datum_b;

	if (args32) {
		value = (uint32_t)value;
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (c->op) {
	case SCMP_CMP_NE:
		return value != a;
	case SCMP_CMP_LT:
		return value < a;
	case SCMP_CMP_LE:
		return value <= a;
	case SCMP_CMP_EQ:
		return value == a;
	case SCMP_CMP_GE:
		return value >= a;
	case SCMP_CMP_GT:
		return value > a;
	default:
		return (value & a) == (b & a);
	}
}

/* A condition that no value fails. */
static bool cond_void(const struct scmp_arg_cmp *c, bool args32)
{
	return c->op == SCMP_CMP_MASKED_EQ && (args32 ? (uint32_t)c->datum_a : c->datum_a) == 0;
}

/* Whether R is about call D of ABI, whether it holds, and whether it has no condition at all. */
static bool rule_asks(const struct random_rule *r, const struct seccomp_machine *m, size_t abi,
		      const struct seccomp_data *d, bool *holds, bool *plain)
{
	bool args32 = m->abis[abi]->args32, direct = r->in[abi].number == (uint32_t)d->nr;

	if (!direct && r->in[abi].through != (uint32_t)d->nr)
		return false;
	*holds = direct || (args32 ? (uint32_t)d->args[0] : d->args[0]) == r->in[abi].call;
	*plain = direct;
	for (size_t i = 0; i < r->n; i++) {
		if (cond_void(&r->args[i], args32) || (!direct && r->args[i].arg == 0))
			continue;
		*plain = false;
		*holds = *holds && cond_holds(&r->args[i], d->args[r->args[i].arg], args32);
	}
	return true;
}

/* The ABI of call D on M; m->n if it is of none. */
static size_t abi_of(const struct seccomp_machine *m, const struct seccomp_data *d)
{
	for (size_t abi = 0; abi < m->n; abi++) {
		bool shared = m->abis[abi]->shares || (abi + 1 < m->n && m->abis[abi + 1]->shares);

		if (m->abis[abi]->audit == d->arch && (!shared || m->abis[abi]->shares == ((uint32_t)d->nr >= X32_BIT)))
			return abi;
	}
	return m->n;
}

/* What the rules of P say to D, by reading them. */
static uint32_t rules_answer(const struct random_profile *p, const struct seccomp_data *d)
{
	const struct seccomp_machine *m = machines[p->machine].machine;
	uint32_t default_action = random_actions[p->default_action].value, answer = 0;
	size_t abi = abi_of(m, d);
	bool any = false;

	if (abi == m->n)
		return SCMP_ACT_KILL_PROCESS;
	if (m->abis[abi]->shares && d->nr == -1) /* what a tracer leaves to have a call skipped */
		return default_action;
	if (!(p->used >> abi & 1))
		return SCMP_ACT_KILL_PROCESS;
	for (size_t i = 0; i < p->n; i++) {
		uint32_t action = random_actions[p->v[i].action].value;
		bool holds, plain;

		if (action == default_action || !rule_asks(&p->v[i], m, abi, d, &holds, &plain))
			continue;
		if (plain)
			return action;
		if (holds && (!any || seccomp_leniency(action) < seccomp_leniency(answer)))
			answer = action;
		any = any || holds;
	}
	return any ? answer : default_action;
}

/* Asks about one call with some arguments. */
static void ask(const struct random_profile *p, const struct seccomp_filter *f, uint32_t audit, uint32_t number)
{
	struct seccomp_data d = {.nr = (int)number, .arch = audit}, there;

	rnd_args(&d, p);
	there = d;
	for (size_t i = 0; i < SECCOMP_ARGS && machines[p->machine].machine->big_endian; i++)
		there.args[i] = d.args[i] << 32 | d.args[i] >> 32;
	uint32_t ours = bpf_sim(f->v, f->n, &there), expected = rules_answer(p, &d);
	if (ours == expected)
		return;
	print_error("audit %x nr %x args %llx %llx %llx %llx %llx %llx: %x, expected %x\n", d.arch, number, d.args[0],
		    d.args[1], d.args[2], d.args[3], d.args[4], d.args[5], ours, expected);
	fail();
}

/* Asks about every number of every ABI, and about those with rules several times. */
static void ask_all(const struct random_profile *p, const struct seccomp_filter *f)
{
	const struct seccomp_machine *m = machines[p->machine].machine;

	for (size_t abi = 0; abi < m->n; abi++) {
		uint32_t audit = m->abis[abi]->audit;

		for (uint32_t i = 0; i < NUMBERS; i++)
			ask(p, f, audit, i | (m->abis[abi]->shares ? X32_BIT : 0));
		for (uint32_t i = 0; i < 3; i++) {
			ask(p, f, audit, UINT32_MAX - i);
			ask(p, f, audit, X32_BIT - i);
		}
		for (size_t i = 0; i < p->n; i++)
			for (int probe = 0; p->v[i].n && probe < PROBES; probe++) {
				if (p->v[i].in[abi].number >= 0)
					ask(p, f, audit, (uint32_t)p->v[i].in[abi].number);
				if (p->v[i].in[abi].through >= 0)
					ask(p, f, audit, (uint32_t)p->v[i].in[abi].through);
			}
	}
	ask(p, f, AUDIT_ARCH_MIPS, 0);
}

static void programs_answer_as_written(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < profiles; i++) {
		static struct random_profile p;
		struct seccomp_filter f;
		struct arena a = {0};
		struct json *profile;
		struct err e;

		random_profile(&p, i, i % 4 == 0);
		char *text = random_json(&p, &a);
		assert_int_equal(json_parse(text, strlen(text), &a, &profile, NULL), 0);
		if (seccomp_compile_for(machines[p.machine].machine, profile, 0, &a, &f, &e) < 0)
			fail_msg("%s %s", e.what, e.why);
		ask_all(&p, &f);
		arena_free(&a);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_answer_as_written),
	};

	if (argc > 1)
		profiles = (unsigned int)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
