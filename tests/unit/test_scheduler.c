/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies, turns at the disks and processors, as the kernel tells them of a process that was given them. */
#include "core/scheduler.h"

#include "core/sys.h"
#include "jail.h"

enum { DEADLINE = 6, RESET_ON_FORK = 1, RECLAIM = 2, MS = 1000000 };

/* What sched_getattr(2) tells of the caller. */
static struct sys_sched_attr told(void)
{
	struct sys_sched_attr a = {0};

	must_call(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0));
	return a;
}

/* Sets ARG for the caller, and compares; what this machine does not allow (real time in its cgroup) is left out. */
static void set_and_compare(void *arg)
{
	const struct spec_scheduler *s = arg;
	struct err e = {0};
	int r = scheduler_set(0, s, &e);

	if (r == -EPERM && s->policy != SCHED_OTHER) {
		must_have(e.why, "CAP_SYS_NICE");
		return;
	}
	must(r, &e);
	struct sys_sched_attr a = told();
	assert_int_equal(a.policy, s->policy);
	assert_int_equal(a.flags, s->flags);
	assert_int_equal(a.priority, s->priority);
	if (s->policy == SCHED_OTHER || s->policy == SCHED_BATCH)
		assert_int_equal(a.nice, s->nice);
	if (s->policy == DEADLINE) {
		assert_int_equal(a.runtime, s->runtime);
		assert_int_equal(a.deadline, s->deadline);
		assert_int_equal(a.period, s->period);
	}
}

static void every_policy_can_be_had(void **state)
{
	static struct spec_scheduler rows[] = {
		{.has = true, .policy = SCHED_OTHER, .nice = 7},
		{.has = true, .policy = SCHED_OTHER, .nice = -5, .flags = RESET_ON_FORK},
		{.has = true, .policy = SCHED_BATCH, .nice = 3},
		{.has = true, .policy = SCHED_IDLE},
		{.has = true, .policy = SCHED_FIFO, .priority = 1},
		{.has = true, .policy = SCHED_RR, .priority = 99, .flags = RESET_ON_FORK},
		{.has = true, .policy = DEADLINE, .runtime = 1 * MS, .deadline = 50 * MS, .period = 100 * MS},
		{.has = true,
		 .policy = DEADLINE,
		 .flags = RECLAIM,
		 .runtime = 1 * MS,
		 .deadline = 100 * MS,
		 .period = 100 * MS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		in_child(set_and_compare, &rows[i]);
}

static void what_the_kernel_refuses_is_explained(void *arg)
{
	struct spec_scheduler s = {.has = true, .policy = SCHED_OTHER, .priority = 5};
	struct err e = {0};

	(void)arg;
	must_fail(scheduler_set(0, &s, &e), EINVAL, &e, "SCHED_OTHER");
	s = (struct spec_scheduler){.has = true, .policy = DEADLINE, .runtime = 1, .deadline = 2, .period = 3};
	assert_true(scheduler_set(0, &s, &e) < 0);
	must_have(e.what, "SCHED_DEADLINE");
	s = (struct spec_scheduler){.has = true, .policy = 77};
	must_fail(scheduler_set(0, &s, &e), EINVAL, &e, "the policy");
	s = (struct spec_scheduler){.has = true, .policy = SCHED_OTHER, .flags = 1U << 20};
	must_fail(scheduler_set(0, &s, &e), EINVAL, &e, "0x100000");
	/* Without the right to. */
	must_call(syscall(SYS_setresuid, 65534, 65534, 65534));
	s = (struct spec_scheduler){.has = true, .policy = SCHED_OTHER, .nice = -10};
	must_fail(scheduler_set(0, &s, &e), EPERM, &e, "CAP_SYS_NICE");
	s = (struct spec_scheduler){.has = true, .policy = SCHED_OTHER, .nice = 10};
	must(scheduler_set(0, &s, &e), &e);
}

static void bad_policies_are_refused(void **state)
{
	(void)state;
	in_child(what_the_kernel_refuses_is_explained, NULL);
}

/* The parent is given what it can pass on, and the child, without rights, the rest. */
static void inherited(void *arg)
{
	const struct spec_scheduler s = {.has = true, .policy = SCHED_BATCH, .nice = -3, .flags = RESET_ON_FORK};
	const struct spec_scheduler d = {
		.has = true, .policy = DEADLINE, .runtime = MS, .deadline = 100 * MS, .period = 100 * MS};
	struct err e = {0};

	(void)arg;
	assert_true(scheduler_partial(&s) && scheduler_partial(&d));
	assert_false(scheduler_partial(&(struct spec_scheduler){.has = true, .policy = SCHED_RR}));
	must(scheduler_set_parent(0, &s, &e), &e);
	must(scheduler_set_parent(0, &d, &e), &e); /* nothing that can be done here */
	pid_t pid = child_start();
	if (pid == 0) {
		must_call(syscall(SYS_setresuid, 65534, 65534, 65534));
		assert_int_equal(told().policy, SCHED_BATCH);
		must(scheduler_set(0, &s, &e), &e);
		assert_int_equal(told().nice, -3);
		assert_int_equal(told().flags, RESET_ON_FORK);
		must_fail(scheduler_set(0, &d, &e), EPERM, &e, "SCHED_DEADLINE");
		_exit(0);
	}
	assert_int_equal(child_end(pid), 0);
}

static void a_program_that_enters_gets_all(void **state)
{
	(void)state;
	in_child(inherited, NULL);
}

static void turns_at_the_disks(void *arg)
{
	struct spec_io_priority p = {.has = true};
	struct err e = {0};

	(void)arg;
	for (p.class = 1; p.class <= 3; p.class ++) {
		p.priority = p.class == 3 ? 0 : 5;
		must(io_priority_set(0, &p, &e), &e);
		assert_int_equal(syscall(SYS_ioprio_get, 1, 0), p.class << 13 | p.priority);
	}
	p = (struct spec_io_priority){.has = true, .class = 7, .priority = 3};
	must_fail(io_priority_set(0, &p, &e), EINVAL, &e, "the class, priority 3");
	must_call(syscall(SYS_setresuid, 65534, 65534, 65534));
	p = (struct spec_io_priority){.has = true, .class = 1};
	must_fail(io_priority_set(0, &p, &e), EPERM, &e, "CAP_SYS_NICE");
}

static void disks_are_had_in_turns(void **state)
{
	(void)state;
	in_child(turns_at_the_disks, NULL);
}

static void processors(void *arg)
{
	struct ranges own, one = {0}, now;
	struct err e = {0};
	char text[16];
	int first = 0;

	(void)arg;
	must(affinity_get(0, &own, &e), &e);
	while (!(own.bits[first / 64] >> first % 64 & 1))
		first++;
	snprintf(text, sizeof(text), "%d", first);
	must(affinity_set_list(0, text, &e), &e);
	must(affinity_get(0, &now, &e), &e);
	one.bits[first / 64] = 1ULL << first % 64;
	assert_memory_equal(&now, &one, sizeof(now));
	must(affinity_set(0, &own, &e), &e);
	must(affinity_get(0, &now, &e), &e);
	assert_memory_equal(&now, &own, sizeof(now));
	/* More than there are is what there is of them; none at all is an error. */
	must(affinity_set_list(0, "0-8191", &e), &e);
	must_fail(affinity_set_list(0, "8191", &e), EINVAL, &e, "none of them");
	must_fail(affinity_set_list(0, "0-", &e), EINVAL, &e, "no list of processors");
	must_fail(affinity_set_list(0, "99999999999", &e), EINVAL, &e, "no list of processors");
	must_fail(affinity_set(0, &(struct ranges){0}, &e), EINVAL, &e, "processors");
}

static void processors_are_chosen(void **state)
{
	(void)state;
	in_child(processors, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_can_be_had),	  cmocka_unit_test(bad_policies_are_refused),
		cmocka_unit_test(a_program_that_enters_gets_all), cmocka_unit_test(disks_are_had_in_turns),
		cmocka_unit_test(processors_are_chosen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
