/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generator against libseccomp: the same profile goes through both, for every machine that isle knows, and the two
 * programs must answer alike for every call (bpf_prove.h): random profiles, podman's, and isle's own default.
 *
 * With a number N as its argument the program compares N random profiles, and the first 2^20 numbers of podman's.
 */
#include "base/fd.h"
#include "core/seccomp_default.h"
#include "core/seccomp_verdict.h"
#include "seccomp_random.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>

enum { NUMBERS_SWEPT = 1 << 11, PROFILE_MAX = 1 << 20 };

static unsigned int profiles = 500;
static uint32_t swept = NUMBERS_SWEPT;
static struct prover prover;

/* Fails if the programs differ for any call of machine M; JSON is told. */
static void must_agree(size_t m, struct program ours, struct program theirs, const char *json)
{
	const struct seccomp_machine *machine = machines[m].machine;

	prove_begin(&prover, ours, theirs);
	for (size_t abi = 0; abi < machine->n; abi++)
		prove_arch(&prover, machine->abis[abi]->audit, X32_BIT);
	prove_arch(&prover, AUDIT_ARCH_MIPS, 0);
	if (!prover.report[0])
		return;
	fprintf(stderr, "# %s: %s\n# %s\n", machine->docker, prover.report, json); /* cmocka would cut it */
	fail();
}

/* Asks, besides, about every number below 'swept', the last ones, and those around each power of two. */
static void must_agree_everywhere(size_t m, struct program ours, struct program theirs)
{
	const struct seccomp_machine *machine = machines[m].machine;

	must_agree(m, ours, theirs, "podman's or the default profile");
	for (size_t abi = 0; abi < machine->n; abi++) {
		uint32_t audit = machine->abis[abi]->audit;

		for (uint32_t i = 0; i < swept; i++)
			prove_number(&prover, audit, i);
		for (uint32_t i = 0; i < NUMBERS_SWEPT; i++) {
			prove_number(&prover, audit, UINT32_MAX - i);
			for (unsigned int bit = 12; bit < 32; bit++)
				if (i < 64)
					prove_number(&prover, audit, (1U << bit) - 32 + i);
		}
	}
	if (prover.report[0])
		fail_msg("%s: %s", machine->docker, prover.report);
}

static struct program compile(const struct json *profile, size_t m, uint64_t caps, struct arena *a)
{
	struct seccomp_filter f;
	struct err e;

	if (seccomp_compile_for(machines[m].machine, profile, caps, a, &f, &e) < 0)
		fail_msg("%s %s", e.what, e.why);
	return (struct program){f.v, f.n};
}

static void random_profiles_answer_as_with_libseccomp(void **state)
{
	size_t compared = 0;

	(void)state;
	for (unsigned int i = 0; i < profiles; i++) {
		static struct random_profile p;
		struct arena a = {0};
		struct json *profile;

		random_profile(&p, i, true);
		char *text = random_json(&p, &a);
		assert_int_equal(json_parse(text, strlen(text), &a, &profile, NULL), 0);
		struct program theirs = their_compile(profile, p.machine, 0, &a);
		if (theirs.n)
			must_agree(p.machine, compile(profile, p.machine, 0, &a), theirs, text);
		compared += theirs.n != 0;
		arena_free(&a);
	}
	print_message("# %zu of %u profiles were compared\n", compared, profiles);
	assert_true(compared > profiles * 3 / 4);
}

/* PROFILE without the names that libseccomp does not know: the runtimes that use it leave them out, and isle does not. */
static void forget_new_names(struct json *profile)
{
	json_foreach (rule, json_get(profile, "syscalls")) {
		struct json *names = (struct json *)(uintptr_t)json_get(rule, "names");

		for (struct json **at = &names->first; *at;)
			if (!theirs_has((*at)->text)) {
				*at = (*at)->next;
				names->n--;
			} else {
				at = &(*at)->next;
			}
	}
}

static void podmans_profile_answers_as_with_libseccomp(void **state)
{
	static const uint64_t caps[] = {0, UINT64_MAX};
	struct arena a = {0};
	struct json *profile;
	struct err e;
	char *text;
	size_t size;

	(void)state;
	if (file_read(AT_FDCWD, "/usr/share/containers/seccomp.json", &a, PROFILE_MAX, &text, &size, &e) < 0) {
		print_message("# golang-github-containers-common is not installed\n");
		skip();
	}
	assert_int_equal(json_parse(text, size, &a, &profile, &e), 0);
	forget_new_names(profile);
	for (size_t m = 0; m < ARRAY_LEN(machines); m++)
		for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
			struct program theirs = their_compile(profile, m, caps[i], &a);

			assert_true(theirs.n > 0);
			must_agree_everywhere(m, compile(profile, m, caps[i], &a), theirs);
		}
	arena_free(&a);
}

/* Adds the rules of verdict V for call NUMBER. */
static void add_verdict(scmp_filter_ctx ctx, int number, const struct verdict *v)
{
	if (!v->before)
		return;
	add_verdict(ctx, number, v->before);
	if (v->rule->otherwise)
		return;
	const struct seccomp_cond *c = v->rule->conds;
	assert_int_equal(v->rule->n, 1);
	assert_int_equal(c->op, OP_MASKED_EQ);
	assert_int_equal(seccomp_rule_add(ctx, v->rule->action, number, 1,
					  SCMP_CMP64(c->arg, SCMP_CMP_MASKED_EQ, c->value, c->value2)),
			 0);
}

/*
 * isle's default has calls with an answer of their own where no condition holds, which libseccomp has not: so each of
 * these is compared alone, with a filter that has this answer as its default.  How many there are.
 */
static size_t default_agrees(size_t m, size_t abi, const struct seccomp_policy *policy, struct program ours)
{
	const struct seccomp_abi *of = machines[m].machine->abis[abi];
	scmp_filter_ctx all = their_filter(m, 1U << abi, policy->default_action);
	bool *alone = arena_new(policy->arena, bool, (size_t)of->calls->n);
	size_t checked = 0;

	for (int index = 0; index < syscall_count(); index++) {
		int rank = syscall_rank(index, of), number = seccomp_syscall_resolve_name(syscall_name(index));
		const struct verdict *v = rank == SYSCALL_NONE ? NULL : policy->calls[abi][rank];

		if (!v)
			continue;
		alone[rank] = alone[rank] || v->before || !theirs_has(syscall_name(index));
		if (alone[rank] && v->before) {
			scmp_filter_ctx one = their_filter(m, 1U << abi, v->action);

			assert_int_equal(seccomp_rule_add(one, SCMP_ACT_LOG, seccomp_syscall_resolve_name("read"), 0),
					 0);
			add_verdict(one, number, v);
			prove_begin(&prover, ours, their_program(one, m, policy->arena));
			prove_number(&prover, of->audit, of->calls->numbers[rank]);
			assert_string_equal(prover.report, "");
			checked++;
		} else if (!alone[rank] && v->action != policy->default_action) {
			assert_int_equal(seccomp_rule_add_array(all, v->action, number, 0, NULL), 0);
		}
	}
	prove_begin(&prover, ours, their_program(all, m, policy->arena));
	for (int rank = 0; rank < of->calls->n; rank++) {
		uint32_t number = of->calls->numbers[rank];

		if (!alone[rank])
			prove_number(&prover, of->audit, number);
		if (rank + 1 == of->calls->n || number + 1 != of->calls->numbers[rank + 1])
			prove_number(&prover, of->audit, number + 1);
	}
	assert_string_equal(prover.report, "");
	return checked;
}

static void the_default_answers_as_with_libseccomp(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		const struct seccomp_machine *machine = machines[m].machine;
		struct seccomp_policy policy;
		struct seccomp_filter f;
		struct arena a = {0};
		struct err e;

		seccomp_default_policy(machine, 1ULL << CAP_SYS_CHROOT, &a, &policy);
		assert_int_equal(seccomp_build(&policy, &f, &e), 0);
		for (size_t abi = 0; abi < machine->n; abi++)
			assert_true(default_agrees(m, abi, &policy, (struct program){f.v, f.n}) >= 5);
		arena_free(&a);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_profiles_answer_as_with_libseccomp),
		cmocka_unit_test(podmans_profile_answers_as_with_libseccomp),
		cmocka_unit_test(the_default_answers_as_with_libseccomp),
	};

	if (argc > 1) {
		profiles = (unsigned int)strtoul(argv[1], NULL, 10);
		swept = 1 << 20;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
