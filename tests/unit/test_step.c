/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans: order, sides, what is undone and what is not, the faults asked for, and what is told of it all. */
#include "core/step.h"
#include "jail.h"

#include <sys/mman.h>

/* What the steps did, letter by letter: the first to fifth step run as "1" to "5", and undone they are "A" to "E". */
struct story {
	char text[64];
	bool skip;    /* h2 is not wanted */
	int fail;     /* the number of the step that fails half-way */
	char *report; /* the same text in shared memory */
};

static void tell(struct story *s, char c)
{
	s->text[strlen(s->text)] = c;
	if (s->report)
		s->report[strlen(s->report)] = c;
}

static int run_number(struct story *s, int number, struct err *e)
{
	tell(s, (char)('0' + number));
	return s->fail == number ? err_set(e, EIO, "do what step %d does", number) : 0;
}

#define STEP_RUN(number)                                  \
	static int run_##number(void *ctx, struct err *e) \
	{                                                 \
		return run_number(ctx, number, e);        \
	}
#define STEP_UNDO(number)                            \
	static void undo_##number(void *ctx)         \
	{                                            \
		tell(ctx, (char)('A' + number - 1)); \
	}
STEP_RUN(1)
STEP_RUN(2)
STEP_RUN(3)
STEP_RUN(4)
STEP_RUN(5)
STEP_UNDO(1)
STEP_UNDO(2)
STEP_UNDO(3)
STEP_UNDO(5)

static bool wanted_2(const void *ctx)
{
	return !((const struct story *)ctx)->skip;
}

static void explain_1(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "make the %s", "first thing");
	explain_shell(x, "mkdir %s", "first");
	explain_shell(x, "cd first");
}

static void explain_2(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "make the second");
}

/* Has nothing to say this time. */
static void explain_3(const void *ctx, struct explain *x)
{
	(void)ctx;
	(void)x;
}

static const struct step h1 = {"first", SIDE_HOST, NULL, run_1, undo_1, explain_1};
static const struct step h2 = {"second", SIDE_HOST, wanted_2, run_2, undo_2, explain_2};
static const struct step b3 = {"third", SIDE_BOX, NULL, run_3, undo_3, explain_3};
static const struct step h4 = {"fourth", SIDE_HOST, NULL, run_4, NULL, NULL};
static const struct step h5 = {"fifth", SIDE_HOST, NULL, run_5, undo_5, NULL};
static const struct step *const steps[] = {&h1, &h2, &b3, &h4, &h5};

static struct plan plan_of(struct story *s)
{
	return (struct plan){.steps = steps, .n = ARRAY_LEN(steps), .ctx = s};
}

static void each_side_walks_its_own_steps_in_order(void **state)
{
	struct story host = {0}, box = {0};
	struct plan p = plan_of(&host), q = plan_of(&box);
	struct err e = {0};

	(void)state;
	must(plan_run(&p, SIDE_HOST, 0, p.n, &e), &e);
	assert_string_equal(host.text, "1245");
	must(plan_run(&q, SIDE_BOX, 0, q.n, &e), &e);
	assert_string_equal(box.text, "3");
	plan_undo(&p);
	assert_string_equal(host.text, "1245EBA");
	plan_undo(&p); /* once is enough */
	assert_string_equal(host.text, "1245EBA");
	plan_undo(&q); /* nothing of the box is undone */
	assert_string_equal(box.text, "3");
}

static void a_walk_in_parts(void **state)
{
	struct story s = {0};
	struct plan p = plan_of(&s);
	struct err e = {0};

	(void)state;
	must(plan_run(&p, SIDE_HOST, 0, 1, &e), &e);
	assert_string_equal(s.text, "1");
	must(plan_run(&p, SIDE_HOST, 1, 4, &e), &e);
	assert_string_equal(s.text, "124");
	must(plan_run(&p, SIDE_HOST, 4, 1000, &e), &e);
	assert_string_equal(s.text, "1245");
	plan_undo_from(&p, 1);
	assert_string_equal(s.text, "1245EB");
	plan_undo(&p);
	assert_string_equal(s.text, "1245EBA");
	assert_int_equal(plan_find(&p, "first"), 0);
	assert_int_equal(plan_find(&p, "fifth"), 4);
	assert_int_equal(plan_find(&p, "fif"), p.n);
	assert_int_equal(plan_find(&p, ""), p.n);
}

static void what_is_not_wanted_is_neither_done_nor_undone(void **state)
{
	struct story s = {.skip = true};
	struct plan p = plan_of(&s);
	struct err e = {0};

	(void)state;
	must(plan_run(&p, SIDE_HOST, 0, p.n, &e), &e);
	plan_undo(&p);
	assert_string_equal(s.text, "145EA");
}

static void a_step_that_fails_is_undone_too_and_none_after_it(void **state)
{
	struct story s = {.fail = 2};
	struct plan p = plan_of(&s);
	struct err e = {0};

	(void)state;
	must_fail(plan_run(&p, SIDE_HOST, 0, p.n, &e), EIO, &e, "second: do what step 2 does");
	assert_string_equal(e.step, "second");
	assert_string_equal(s.text, "12");
	plan_undo(&p);
	assert_string_equal(s.text, "12BA");

	s = (struct story){.fail = 1};
	p = plan_of(&s);
	assert_int_equal(plan_run(&p, SIDE_HOST, 0, p.n, NULL), -EIO);
	plan_undo(&p);
	assert_string_equal(s.text, "1A");
}

/* An error that came from the other side names its own step already. */
static int run_peer(void *ctx, struct err *e)
{
	(void)ctx;
	int r = err_set(e, EIO, "hear");
	snprintf(e->step, sizeof(e->step), "theirs");
	return r;
}

static void the_step_named_is_the_innermost(void **state)
{
	static const struct step await = {"await", SIDE_HOST, NULL, run_peer, NULL, NULL};
	static const struct step long_name = {"a-name-longer-than-its-room-is", SIDE_HOST, NULL, run_1, NULL, NULL};
	static const struct step *const two[] = {&await, &long_name};
	struct story s = {.fail = 1};
	struct plan p = {.steps = two, .n = 2, .ctx = &s};
	struct err e = {0};

	(void)state;
	assert_int_equal(plan_run(&p, SIDE_HOST, 0, 1, &e), -EIO);
	assert_string_equal(e.step, "theirs");
	assert_int_equal(plan_run(&p, SIDE_HOST, 1, 2, &e), -EIO);
	assert_int_equal(strlen(e.step), sizeof(e.step) - 1);
}

/* What happens by ISLE_FAULT: the end of the process, and the story that it told until then. */
static const struct {
	const char *fault;
	int end;
	const char *story;
} faults[] = {
	{"fail=second", 0, "1BA"}, /* it does not run, and is undone as if it had failed half-way */
	{"kill=second", 128 + SIGKILL, "1"},
	{"kill-after=second", 128 + SIGKILL, "12"},
	{"fail=first", 0, "A"},
	{"fail=fifth", 0, "124EBA"},
	{"kill-after=fifth", 128 + SIGKILL, "1245"},
	{"kill=third", 1, "1245"}, /* the other side's */
	{"fail=secon", 1, "1245"},
	{"fail=second2", 1, "1245"},
	{"fail=", 1, "1245"},
	{"kill", 1, "1245"},
	{"second", 1, "1245"},
	{"", 1, "1245"},
};

static void faults_happen_where_they_are_asked_for(void **state)
{
	char *report = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		memset(report, 0, 4096);
		pid_t pid = child_start();
		if (pid == 0) {
			struct story s = {.report = report};
			struct plan p = plan_of(&s);
			struct err e = {0};

			setenv("ISLE_FAULT", faults[i].fault, 1);
			if (plan_run(&p, SIDE_HOST, 0, p.n, &e) == 0)
				_exit(1);
			assert_int_equal(e.code, ECANCELED);
			assert_string_equal(e.step, strchr(faults[i].fault, '=') + 1);
			plan_undo(&p);
			_exit(0);
		}
		int end = child_end(pid);
		if (end != faults[i].end || strcmp(report, faults[i].story) != 0)
			fail_msg("%s: ended with %d after \"%s\"", faults[i].fault, end, report);
	}
	munmap(report, 4096);
}

static void what_would_be_done_is_told(void **state)
{
	struct story s = {0};
	struct plan p = plan_of(&s);
	struct step_lines lines = {0};
	struct arena a = {0};

	(void)state;
	plan_explain(&p, &a, &lines);
	assert_string_equal(s.text, ""); /* and nothing is done */
	assert_int_equal(lines.n, 2);	 /* those without words are left out */
	assert_string_equal(lines.v[0].name, "first");
	assert_string_equal(lines.v[0].sentence, "make the first thing");
	assert_int_equal(lines.v[0].shell.n, 2);
	assert_string_equal(lines.v[0].shell.v[0], "mkdir first");
	assert_string_equal(lines.v[0].shell.v[1], "cd first");
	assert_int_equal(lines.v[0].side, SIDE_HOST);
	assert_true(lines.v[0].start_us == -1 && lines.v[0].took_us == -1);
	assert_int_equal(lines.v[1].shell.n, 0);

	s.skip = true;
	lines = (struct step_lines){0};
	plan_explain(&p, &a, &lines);
	assert_int_equal(lines.n, 1);
	arena_free(&a);
}

/* Counts the lines that are told. */
static void count_lines(void *ctx, const struct step_lines *lines)
{
	*(size_t *)ctx += lines->n;
}

static void who_asked_is_told(void **state)
{
	struct story s = {0};
	struct plan p = plan_of(&s);
	struct arena a = {0};
	struct err e;
	size_t told = 0;

	(void)state;
	plan_tell(&p, &a, count_lines, &told);
	assert_int_equal(told, 2); /* what it would do… */
	plan_tell(&p, &a, NULL, NULL);
	must(plan_time(&p, &e), &e);
	plan_tell(&p, &a, count_lines, &told);
	assert_int_equal(told, 2); /* …and what it did: nothing yet */
	munmap(p.times, sizeof(*p.times) * PLAN_STEPS_MAX);
	arena_free(&a);
}

static void some_steps_are_no_part_of_a_sentence(void **state)
{
	static const char *const quiet[] = {"first", "second", NULL};
	struct err e = {.step = "second"};

	(void)state;
	step_hush(&e, quiet);
	assert_string_equal(e.step, "");
	strcpy(e.step, "third");
	step_hush(&e, quiet);
	assert_string_equal(e.step, "third");
	step_hush(NULL, quiet);
}

static void a_command_walks_or_undoes(void **state)
{
	static const char *const quiet[] = {"first", NULL};
	struct story s = {0};
	struct plan p = plan_of(&s);
	struct err e = {0};

	(void)state;
	must(plan_walk(&p, 2, false, quiet, &e), &e); /* what --explain does, too */
	assert_string_equal(s.text, "12");
	assert_null(p.times);
	plan_undo(&p);
	s = (struct story){.fail = 4};
	must_fail(plan_walk(&p, p.n, true, quiet, &e), EIO, &e, "fourth: do what step 4 does");
	assert_string_equal(s.text, "124BA");
	assert_non_null(p.times);
	munmap(p.times, sizeof(*p.times) * PLAN_STEPS_MAX);
	p.times = NULL;
	s = (struct story){.fail = 1};
	must_fail(plan_walk(&p, p.n, false, quiet, &e), EIO, &e, "do what step 1 does");
	assert_string_equal(e.step, "");
}

static void a_command_told_is_never_cut(void **state)
{
	struct arena a = {0};
	struct explain x = {.arena = &a};
	char path[5001];

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	explain_say(&x, "%s.", path);
	assert_int_equal(strlen(x.sentence), 5001);
	explain_shell(&x, "rm %s", path);
	assert_int_equal(strlen(x.shell.v[0]), 5003);
	arena_free(&a);
}

static int run_slow(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	usleep(3000);
	return 0;
}

static int run_last(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	_exit(7);
}

static void times_of_both_sides_are_seen(void **state)
{
	static const struct step slow = {"slow", SIDE_HOST, NULL, run_slow, NULL, NULL};
	static const struct step box_slow = {"box-slow", SIDE_BOX, NULL, run_slow, NULL, NULL};
	static const struct step box_last = {"box-last", SIDE_BOX, NULL, run_last, NULL, NULL};
	static const struct step never = {"never", SIDE_BOX, NULL, run_slow, NULL, NULL};
	static const struct step *const four[] = {&slow, &box_slow, &box_last, &never};
	struct plan p = {.steps = four, .n = ARRAY_LEN(four)};
	struct step_lines lines = {0};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	plan_timings(&p, &a, &lines); /* not asked for */
	assert_int_equal(lines.n, 0);
	must(plan_time(&p, &e), &e);
	plan_timings(&p, &a, &lines); /* nothing ran */
	assert_int_equal(lines.n, 0);
	must(plan_run(&p, SIDE_HOST, 0, p.n, &e), &e);
	pid_t pid = child_start();
	if (pid == 0)
		_exit(plan_run(&p, SIDE_BOX, 0, p.n, NULL) != 0);
	assert_int_equal(child_end(pid), 7);

	plan_timings(&p, &a, &lines);
	assert_int_equal(lines.n, 3);
	assert_string_equal(lines.v[0].name, "slow");
	assert_int_equal(lines.v[0].start_us, 0);
	assert_in_range(lines.v[0].took_us, 3000, 5000000);
	assert_string_equal(lines.v[1].name, "box-slow");
	assert_int_equal(lines.v[1].side, SIDE_BOX);
	assert_true(lines.v[1].start_us >= lines.v[0].took_us);
	assert_in_range(lines.v[1].took_us, 3000, 5000000);
	assert_string_equal(lines.v[2].name, "box-last");
	assert_true(lines.v[2].start_us >= lines.v[1].start_us + lines.v[1].took_us);
	assert_true(lines.v[2].took_us == -1); /* it did not come back */
	munmap(p.times, sizeof(*p.times) * PLAN_STEPS_MAX);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_side_walks_its_own_steps_in_order),
		cmocka_unit_test(a_walk_in_parts),
		cmocka_unit_test(what_is_not_wanted_is_neither_done_nor_undone),
		cmocka_unit_test(a_step_that_fails_is_undone_too_and_none_after_it),
		cmocka_unit_test(the_step_named_is_the_innermost),
		cmocka_unit_test(faults_happen_where_they_are_asked_for),
		cmocka_unit_test(what_would_be_done_is_told),
		cmocka_unit_test(who_asked_is_told),
		cmocka_unit_test(some_steps_are_no_part_of_a_sentence),
		cmocka_unit_test(a_command_walks_or_undoes),
		cmocka_unit_test(a_command_told_is_never_cut),
		cmocka_unit_test(times_of_both_sides_are_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
