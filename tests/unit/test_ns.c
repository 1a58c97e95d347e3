/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of namespaces against the kernel: every row makes a namespace of its own kind and of no other. */
#include "core/ns.h"
#include "jail.h"

static void the_rows_are_whole_and_in_order(void **state)
{
	int flags = 0;

	(void)state;
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const struct ns_fact *f = &ns_facts[k];

		assert_true(f->proc && f->oci && f->shell && f->flag);
		assert_int_equal(flags & f->flag, 0);
		flags |= f->flag;
		assert_int_equal(ns_kind_by_name(f->proc), k);
		assert_int_equal(ns_kind_by_name(f->oci), k);
	}
	/* The order of joining: what gives rights first, what a later /proc depends on last. */
	assert_int_equal(NS_USER, 0);
	assert_int_equal(NS_PID, NS_KIND_COUNT - 1);
	assert_int_equal(NS_MNT, NS_PID - 1);
}

static void other_names_are_nothing(void **state)
{
	static const char *const wrong[] = {"", "Mount", "mount ", "moun", "networks", "cgroup2", "../user"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(ns_kind_by_name(wrong[i]), -1);
}

/* ARG is the kind: its own inode changes by its own flag; a new pid or time namespace is for the children only. */
static void unshare_one(void *arg)
{
	enum ns_kind kind = *(int *)arg;
	unsigned long before[NS_KIND_COUNT];

	for (int k = 0; k < NS_KIND_COUNT; k++)
		before[k] = ns_inode(0, (enum ns_kind)k);
	must_call(unshare(ns_facts[kind].flag));
	if (kind == NS_PID || kind == NS_TIME) {
		pid_t pid = child_start();

		if (pid == 0) {
			for (int k = 0; k < NS_KIND_COUNT; k++)
				assert_true((ns_inode(0, (enum ns_kind)k) == before[k]) == (k != (int)kind));
			_exit(0);
		}
		assert_int_equal(child_end(pid), 0);
		return;
	}
	for (int k = 0; k < NS_KIND_COUNT; k++)
		assert_true((ns_inode(0, (enum ns_kind)k) == before[k]) == (k != (int)kind));
}

static void each_flag_makes_its_own_kind(void **state)
{
	(void)state;
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (ns_exists((enum ns_kind)k))
			in_child(unshare_one, &k);
	assert_true(ns_exists(NS_USER) && ns_exists(NS_MNT) && ns_exists(NS_PID)); /* or nothing was tested */
}

static void the_inode_is_that_of_the_process_asked_for(void **state)
{
	int made[2], done[2];
	char byte;

	(void)state;
	must_call(pipe2(made, O_CLOEXEC));
	must_call(pipe2(done, O_CLOEXEC));
	pid_t pid = child_start();
	if (pid == 0) {
		close(done[1]);
		must_call(unshare(CLONE_NEWUTS));
		assert_int_equal(write(made[1], "", 1), 1);
		_exit(read(done[0], &byte, 1) != 0);
	}
	close(made[1]);
	assert_int_equal(read(made[0], &byte, 1), 1);
	unsigned long own = ns_inode(0, NS_UTS);
	assert_true(own != 0 && own == ns_inode(getpid(), NS_UTS));
	assert_true(ns_inode(pid, NS_UTS) != 0 && ns_inode(pid, NS_UTS) != own);
	assert_true(ns_inode(pid, NS_IPC) == ns_inode(0, NS_IPC));
	close(done[1]);
	assert_int_equal(child_end(pid), 0);
	assert_true(ns_inode(pid, NS_UTS) == 0);
	close(made[0]);
	close(done[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_are_whole_and_in_order),
		cmocka_unit_test(other_names_are_nothing),
		cmocka_unit_test(each_flag_makes_its_own_kind),
		cmocka_unit_test(the_inode_is_that_of_the_process_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
