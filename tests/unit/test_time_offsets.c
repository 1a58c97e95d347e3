/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks of a time namespace, compared with the machine's. */
#include "core/time_offsets.h"

#include "core/ns.h"
#include "jail.h"

#include <sys/syscall.h>
#include <time.h>

enum { SLACK_S = 60 };

/* Seconds of CLOCK. */
static int64_t seconds(clockid_t clock)
{
	struct timespec t;

	must_call(clock_gettime(clock, &t));
	return t.tv_sec;
}

/* Fails unless CLOCK is OFFSET ahead of BEFORE, give or take what the test took. */
static void ahead(clockid_t clock, int64_t before, int64_t offset)
{
	int64_t now = seconds(clock);

	if (now < before + offset - SLACK_S || now > before + offset + SLACK_S)
		fail_msg("clock %d: %lld is not %lld + %lld", (int)clock, (long long)now, (long long)before,
			 (long long)offset);
}

static void both_clocks(void *arg)
{
	const struct spec_time_offset monotonic = {true, 1000000, 500000000}, boottime = {true, 7000000, 0};
	int64_t mono = seconds(CLOCK_MONOTONIC), boot = seconds(CLOCK_BOOTTIME), real = seconds(CLOCK_REALTIME);
	unsigned long ns = ns_inode(0, NS_TIME);
	struct err e = {0};

	(void)arg;
	must(time_offsets_enter(&monotonic, &boottime, &e), &e);
	assert_true(ns_inode(0, NS_TIME) != ns);
	/* In the caller itself, not only in its children. */
	ahead(CLOCK_MONOTONIC, mono, 1000000);
	ahead(CLOCK_BOOTTIME, boot, 7000000);
	ahead(CLOCK_REALTIME, real, 0);
	must_have(text_of("/proc/self/timens_offsets"), "1000000");
}

static void one_clock_backwards(void *arg)
{
	int64_t back = -(seconds(CLOCK_BOOTTIME) / 2), mono = seconds(CLOCK_MONOTONIC), boot = seconds(CLOCK_BOOTTIME);
	const struct spec_time_offset none = {0}, boottime = {true, back, 0};
	struct err e = {0};

	(void)arg;
	must(time_offsets_enter(&none, &boottime, &e), &e);
	ahead(CLOCK_MONOTONIC, mono, 0);
	ahead(CLOCK_BOOTTIME, boot, back);
}

static void a_clock_before_its_beginning(void *arg)
{
	const struct spec_time_offset none = {0}, early = {true, -100000000000, 0}, nanos = {true, 0, 1000000000};
	unsigned long ns = ns_inode(0, NS_TIME);
	struct err e = {0};

	(void)arg;
	must_fail(time_offsets_enter(&early, &none, &e), ERANGE, &e, "linux.timeOffsets");
	must_have(e.what, "monotonic -100000000000 0");
	must_have(e.why, "beginning");
	must_fail(time_offsets_enter(&none, &nanos, &e), EINVAL, &e, "boottime 0 1000000000");
	assert_true(ns_inode(0, NS_TIME) == ns);
}

static void without_rights(void *arg)
{
	const struct spec_time_offset one = {true, 1, 0};
	struct err e = {0};

	(void)arg;
	must_call(syscall(SYS_setresuid, 65534, 65534, 65534));
	must_fail(time_offsets_enter(&one, &one, &e), EPERM, &e, "make a time namespace");
}

/* As a plain user's container does. */
static void in_a_user_namespace(void *arg)
{
	const struct spec_time_offset one = {true, 1000000, 0};
	int64_t mono = seconds(CLOCK_MONOTONIC);
	struct err e = {0};

	(void)arg;
	must_call(unshare(CLONE_NEWUSER));
	must(time_offsets_enter(&one, &one, &e), &e);
	ahead(CLOCK_MONOTONIC, mono, 1000000);
}

static void clocks_are_shifted(void **state)
{
	(void)state;
	if (!ns_exists(NS_TIME))
		skip();
	in_child(both_clocks, NULL);
	in_child(one_clock_backwards, NULL);
	in_child(in_a_user_namespace, NULL);
}

static void what_can_not_be_is_refused(void **state)
{
	(void)state;
	if (!ns_exists(NS_TIME))
		skip();
	in_child(a_clock_before_its_beginning, NULL);
	in_child(without_rights, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_are_shifted),
		cmocka_unit_test(what_can_not_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
