/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From rules to a program: what overlaps, what is far away, and what is too long. */
#include "bpf_sim.h"
#include "core/seccomp_build.h"
#include "unit.h"

#include <errno.h>
#include <linux/audit.h>

enum { DEFAULT = SECCOMP_RET_ERRNO | 38, DENY = SECCOMP_RET_ERRNO | 1, MANY = 700 };
enum { X86_64, X32, I386 }; /* the ABIs of the machine */

struct fixture {
	struct arena arena;
	struct seccomp_policy policy;
	struct seccomp_filter filter;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	f.policy = seccomp_policy(&seccomp_machine_x86_64, DEFAULT, SECCOMP_RET_KILL_PROCESS, &f.arena);
	seccomp_policy_use(&f.policy, X86_64);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	arena_free(&((struct fixture *)*state)->arena);
	return 0;
}

/* The number of the call with RANK in ABI. */
static uint32_t number(size_t abi, int rank)
{
	return seccomp_machine_x86_64.abis[abi]->calls->numbers[rank];
}

/* Adds a rule for the call with RANK in ABI; with OP >= 0 it has a condition on argument 0. */
static void rule_in(struct fixture *f, size_t abi, int rank, uint32_t action, int op, uint64_t value, uint64_t value2)
{
	struct seccomp_cond *c = arena_new(&f->arena, struct seccomp_cond, 1);
	struct seccomp_rule *r = arena_new(&f->arena, struct seccomp_rule, 1);

	*c = (struct seccomp_cond){0, op < 0 ? OP_EQ : (enum seccomp_op)op, value, value2};
	*r = (struct seccomp_rule){.action = action, .conds = c, .n = op >= 0};
	seccomp_policy_add(&f->policy, abi, rank, r);
}

/* The same in x86_64, whose ranks are the numbers, as far as they are used here. */
static void rule(struct fixture *f, int rank, uint32_t action, int op, uint64_t value, uint64_t value2)
{
	rule_in(f, X86_64, rank, action, op, value, value2);
}

static uint32_t ask(struct fixture *f, uint32_t audit, uint32_t number, uint64_t arg0)
{
	struct seccomp_data d = {.nr = (int)number, .arch = audit, .args = {arg0}};

	return bpf_sim(f->filter.v, f->filter.n, &d);
}

static void build(struct fixture *f)
{
	struct err e;

	assert_int_equal(seccomp_build(&f->policy, &f->filter, &e), 0);
}

static void other_abis_are_killed(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 0, 0), DEFAULT);
	assert_int_equal(ask(f, AUDIT_ARCH_I386, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(f, AUDIT_ARCH_AARCH64, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, X32_BIT, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, UINT32_MAX - 1, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, UINT32_MAX, 0), DEFAULT); /* a tracer's "skip" */
}

static void strictest_of_the_rules_that_match_wins(void **state)
{
	struct fixture *f = *state;

	rule(f, 1, SECCOMP_RET_ALLOW, OP_LT, 100, 0);
	rule(f, 1, DENY, OP_EQ, 5, 0);
	rule(f, 1, SECCOMP_RET_KILL_PROCESS, OP_EQ, 6, 0);
	rule(f, 1, SECCOMP_RET_LOG, OP_GE, 0, 0);
	build(f);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 1, 4), SECCOMP_RET_LOG);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 1, 5), DENY);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 1, 6), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 1, UINT64_MAX), SECCOMP_RET_LOG);
}

static void otherwise_replaces_the_default_of_one_call(void **state)
{
	struct fixture *f = *state;

	static const struct seccomp_rule otherwise = {.action = SECCOMP_RET_ALLOW, .otherwise = true};

	rule(f, 7, DENY, OP_MASKED_EQ, UINT32_MAX, 38);
	seccomp_policy_add(&f->policy, X86_64, 7, &otherwise);
	build(f);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 7, 38), DENY);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 7, 38 | 1ULL << 40), DENY);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 7, 39), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 8, 38), DEFAULT);
}

static void x32_is_told_apart(void **state)
{
	struct fixture *f = *state;
	const struct seccomp_machine *m = &seccomp_machine_x86_64;

	seccomp_policy_use(&f->policy, X32);
	for (int rank = 0; rank < m->abis[X86_64]->calls->n; rank++)
		if (rank % 5)
			rule(f, rank, SECCOMP_RET_ALLOW, -1, 0, 0);
	for (int rank = 0; rank < m->abis[X32]->calls->n; rank++)
		if (rank % 7)
			rule_in(f, X32, rank, rank % 11 ? SECCOMP_RET_ALLOW : DENY, -1, 0, 0);
	build(f);
	for (int rank = 0; rank < m->abis[X86_64]->calls->n; rank++)
		assert_int_equal(ask(f, AUDIT_ARCH_X86_64, number(X86_64, rank), 0),
				 rank % 5 ? SECCOMP_RET_ALLOW : DEFAULT);
	for (int rank = 0; rank < m->abis[X32]->calls->n; rank++)
		assert_int_equal(ask(f, AUDIT_ARCH_X86_64, number(X32, rank), 0), rank % 7 == 0 ? DEFAULT
										  : rank % 11	? SECCOMP_RET_ALLOW
												: DENY);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, X32_BIT + 1000, 0), DEFAULT);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 0x80000001, 0), DEFAULT);
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, UINT32_MAX - 1, 0), DEFAULT);
}

/* What decides a call, and with it where its code is, differs from call to call. */
static void rule_of_its_own(struct fixture *f, size_t abi, int rank)
{
	if (rank % 2)
		rule_in(f, abi, rank, SECCOMP_RET_TRACE | (uint32_t)rank, -1, 0, 0);
	else
		rule_in(f, abi, rank, SECCOMP_RET_TRAP, OP_EQ, (uint64_t)rank << 1, 0);
}

/* Each call has a verdict of its own, so that the tree is far longer than a conditional jump reaches. */
static void jumps_reach_far(void **state)
{
	static const uint32_t audits[] = {[X86_64] = AUDIT_ARCH_X86_64, [I386] = AUDIT_ARCH_I386};
	struct fixture *f = *state;

	seccomp_policy_use(&f->policy, I386);
	for (size_t abi = X86_64; abi <= I386; abi += I386)
		for (int rank = 0; rank < seccomp_machine_x86_64.abis[abi]->calls->n; rank++)
			rule_of_its_own(f, abi, rank);
	build(f);
	assert_true(f->filter.n > 1500);
	for (size_t abi = X86_64; abi <= I386; abi += I386)
		for (int rank = 0; rank < seccomp_machine_x86_64.abis[abi]->calls->n; rank++) {
			uint32_t nr = number(abi, rank);

			assert_int_equal(ask(f, audits[abi], nr, (uint64_t)rank << 1),
					 rank % 2 ? SECCOMP_RET_TRACE | rank : SECCOMP_RET_TRAP);
			if (rank % 2 == 0)
				assert_int_equal(ask(f, audits[abi], nr, ((uint64_t)rank << 1) + 1), DEFAULT);
		}
	assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 1000, 0), DEFAULT);
}

/* One call with many alternatives: the code of one verdict is longer than a jump reaches. */
static void long_verdicts_work(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < MANY; i++)
		rule(f, 3, SECCOMP_RET_ALLOW, OP_EQ, (uint64_t)i * 3, 0);
	build(f);
	for (uint32_t i = 0; i < MANY * 3; i++)
		assert_int_equal(ask(f, AUDIT_ARCH_X86_64, 3, i), i % 3 ? DEFAULT : SECCOMP_RET_ALLOW);
}

static void too_long_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct err e;

	for (uint32_t i = 0; i < 2 * MANY; i++)
		rule(f, 3, SECCOMP_RET_ALLOW, OP_EQ, (uint64_t)i * 3, 0);
	assert_int_equal(seccomp_build(&f->policy, &f->filter, &e), -E2BIG);
	assert_non_null(strstr(e.why, "4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(other_abis_are_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(strictest_of_the_rules_that_match_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(otherwise_replaces_the_default_of_one_call, setup, teardown),
		cmocka_unit_test_setup_teardown(x32_is_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(jumps_reach_far, setup, teardown),
		cmocka_unit_test_setup_teardown(long_verdicts_work, setup, teardown),
		cmocka_unit_test_setup_teardown(too_long_is_an_error, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
