/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory policies, as get_mempolicy(2) tells them. */
#include "core/memory_policy.h"

#include "base/parse.h"
#include "jail.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>

/* Sets MODE for NODES ("" for none), and compares with what the kernel has. */
static void policy(int mode, unsigned int flags, const char *nodes)
{
	char copy[32];
	const struct spec_memory_policy p = {.has = true, .mode = mode, .flags = flags, .nodes = copy};
	struct ranges have = {0}, want = {0};
	struct err e = {0};
	int now;

	snprintf(copy, sizeof(copy), "%s", nodes);
	must(memory_policy_set(&p, &e), &e);
	must_call(syscall(SYS_get_mempolicy, &now, have.bits, (unsigned long)RANGES_MAX, 0, 0));
	assert_int_equal(now, mode | (int)flags);
	if (*nodes)
		assert_true(parse_ranges(nodes, &want));
	assert_memory_equal(&have, &want, sizeof(have));
}

static void policies(void *arg)
{
	(void)arg;
	policy(MPOL_BIND, 0, "0");
	policy(MPOL_INTERLEAVE, 0, "0");
	policy(MPOL_PREFERRED, 0, "0");
	policy(MPOL_BIND, MPOL_F_STATIC_NODES, "0");
	policy(MPOL_LOCAL, 0, "");
	policy(MPOL_DEFAULT, 0, "");
}

/* Modes, flags and nodes that the kernel does not have. */
static void refused(void *arg)
{
	char none[] = "8191", bad[] = "0-", zero[] = "0";
	struct spec_memory_policy p = {.has = true, .mode = MPOL_BIND, .nodes = none};
	struct err e = {0};

	(void)arg;
	must_fail(memory_policy_set(&p, &e), EINVAL, &e, "MPOL_BIND for the nodes \"8191\"");
	must_have(e.why, "none of these nodes");
	p.nodes = bad;
	must_fail(memory_policy_set(&p, &e), EINVAL, &e, "linux.memoryPolicy.nodes: \"0-\"");
	p = (struct spec_memory_policy){.has = true, .mode = 99, .nodes = zero};
	must_fail(memory_policy_set(&p, &e), EINVAL, &e, "the mode");
	p = (struct spec_memory_policy){.has = true, .mode = MPOL_BIND};
	must_fail(memory_policy_set(&p, &e), EINVAL, &e, "MPOL_BIND for the nodes \"\"");
}

/* Kernels for small machines know no nodes. */
static bool has_nodes(void)
{
	return syscall(SYS_get_mempolicy, NULL, NULL, 0, 0, 0) == 0 || errno != ENOSYS;
}

static void policies_are_set(void **state)
{
	(void)state;
	if (!has_nodes())
		skip();
	in_child(policies, NULL);
}

static void what_there_is_not_is_refused(void **state)
{
	(void)state;
	if (!has_nodes())
		skip();
	in_child(refused, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_set),
		cmocka_unit_test(what_there_is_not_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
