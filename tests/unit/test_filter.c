/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filter expressions: what they mean for a row, as libsmartcols 2.42 has it, and which are refused. */
#include "inspect/filter.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* The columns of the tests, and one row. */
enum { NS, TYPE, PID, NETNSID, EMPTY, SHARE };
static const struct {
	const char *name;
	enum filter_type type;
	const char *cell;
} columns[] = {
	[NS] = {"NS", FILTER_NUMBER, "4026531840"}, [TYPE] = {"TYPE", FILTER_TEXT, "net"},
	[PID] = {"PID", FILTER_NUMBER, NULL},	    [NETNSID] = {"NETNSID", FILTER_TEXT, "unassigned"},
	[EMPTY] = {"EMPTY", FILTER_TEXT, NULL},	    [SHARE] = {"SHARE", FILTER_NUMBER, "7"},
};

static int find(const char *name, size_t n, enum filter_type *ret_type)
{
	for (int i = 0; i < (int)ARRAY_LEN(columns); i++)
		if (strlen(columns[i].name) == n && memcmp(columns[i].name, name, n) == 0) {
			*ret_type = columns[i].type;
			return i;
		}
	return -1;
}

static const char *cell(void *row, int column)
{
	(void)row;
	return columns[column].cell;
}

struct fixture {
	struct arena arena;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	arena_free(&((struct fixture *)*state)->arena);
	return 0;
}

/* Whether the row passes TEXT, which must be good. */
static bool passes(void **state, const char *text)
{
	struct filter *f;
	struct err e = {0};

	if (filter_parse(text, find, &((struct fixture *)*state)->arena, &f, &e) < 0)
		fail_msg("%s: %s: %s", text, e.what, e.why);
	bool is = filter_passes(f, cell, NULL);
	filter_free(f);
	return is;
}

/* Expressions, and whether the line of the test passes them. */
static const struct {
	const char *text;
	bool passes;
} good_ones[] = {
	{"", true},
	{"TYPE == 'net'", true},
	{"TYPE == \"net\"", true},
	{"TYPE=='net'", true},
	{"TYPE != 'net'", false},
	{"TYPE eq 'net' AND NS GT 5", true},
	{"TYPE EQ 'net' and NS le 5", false},
	{"NS == 4026531840", true},
	{"NS >= 4026531841", false},
	{"NS > 3G", true},
	{"NS > 4GiB", false},
	{"SHARE > 6.5", true},
	{"SHARE < 6.5", false},
	{"6.5 < SHARE", true},
	{"SHARE == 7.0", true},
	{"SHARE == '7'", true},
	{"SHARE > '10'", true}, /* as texts */
	{"NS", true},
	{"EMPTY", false},
	{"! EMPTY", true},
	{"not EMPTY", true},
	{"NOT NOT TYPE", true},
	{"true", true},
	{"FALSE", false},
	{"0", false},
	{"''", false},
	{"'x'", true},
	/* and and or bind alike, from the left. */
	{"true or true and false", false},
	{"true or (true and false)", true},
	{"false && false || true", true},
	/* ! binds stronger than ==. */
	{"!TYPE == 'net'", true}, /* false == false: 'net' is no word for true */
	{"!(TYPE == 'net')", false},
	{"!TYPE == false", true},
	{"1 == 1 == true", true},
	{"true == !false", true},
	{"TYPE =~ '^n'", true},
	{"TYPE !~ '^n'", false},
	{"TYPE =~ ('e')", true},
	{"SHARE =~ '^7$'", true},
	{"EMPTY =~ '^$'", true},
	{"EMPTY !~ '.'", true},
	/* What is missing compares as false, but as a text it is before all others. */
	{"PID == 0", false},
	{"PID != 0", false},
	{"PID < 5.5", false},
	{"EMPTY == ''", false},
	{"EMPTY < ''", true},
	{"EMPTY == EMPTY", true},
	/* What is no number is none. */
	{"NETNSID == 5", false},
	{"NETNSID != 5", false},
	{"NETNSID == 'unassigned'", true},
	{"TYPE == true", false},
	{"\n\tNS\n", true},
	{"18446744073709551615 > NS", true},
};

static void good_ones_mean_what_they_say(void **state)
{

	for (size_t i = 0; i < ARRAY_LEN(good_ones); i++)
		if (passes(state, good_ones[i].text) != good_ones[i].passes)
			fail_msg("%s: not %d", good_ones[i].text, good_ones[i].passes);
}

static void bad_ones_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"NS ==", "a value is missing, at its end"},
		{"== 5", "a value is missing, at \"== 5\""},
		{"NS == 5)", "an operator is missing, at \")\""},
		{"(NS == 5", "a \")\" is missing, at its end"},
		{"NS 5", "an operator is missing, at \"5\""},
		{"WHAT == 5", "there is no such column, at \"WHAT == 5\""},
		{"And", "there is no such column"},
		{"NS = 5", "a character stands where none can, at \"= 5\""},
		{"NS == 5 $", "a character stands where none can"},
		{"NS == -5", "a character stands where none can"},
		{"TYPE == 'net", "the quotation mark is not closed"},
		{"TYPE == \"net'", "the quotation mark is not closed"},
		{"TYPE == 'a\nb'", "the quotation mark is not closed"},
		{"NS == 18446744073709551616", "the number is too large"},
		{"NS == 16E", "the number is too large"},
		{"NS == 99999999999999999999999", "the number is too large"},
		{"NS == 5KB", "an operator is missing, at \"B\""},
		{"NS == 5.", "a character stands where none can"},
		{"TYPE =~ TYPE", "stands a regular expression"},
		{"TYPE =~ 5", "stands a regular expression"},
		{"TYPE =~ !'x'", "stands a regular expression"},
		{"TYPE =~ '('", "at \"(\""},
		{"TYPE =~ '(a+)+'", "repeats what is repeated"},
		{"TYPE =~ 'a{1,9999}'", "repeats what is repeated"},
		{"!", "a value is missing"},
		{"()", "a value is missing"},
		{"\1", "a character stands where none can"},
		{"\303\244 == 5", "a character stands where none can"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f;
		struct err e = {0};

		assert_true(filter_parse(rows[i].text, find, &((struct fixture *)*state)->arena, &f, &e) < 0);
		if (!strstr(e.why, rows[i].why))
			fail_msg("%s: \"%s\" is not in \"%s\"", rows[i].text, rows[i].why, e.why);
		assert_non_null(strstr(e.what, "understand the filter"));
	}
}

static void there_are_limits(void **state)
{
	struct arena *a = &((struct fixture *)*state)->arena;
	struct filter *f;
	struct err e = {0};
	char text[FILTER_TEXT_MAX + 2];

	memset(text, '(', sizeof(text));
	text[FILTER_TEXT_MAX] = '\0';
	assert_true(filter_parse(text, find, a, &f, &e) < 0);
	text[FILTER_TEXT_MAX] = '(';
	text[FILTER_TEXT_MAX + 1] = '\0';
	assert_true(filter_parse(text, find, a, &f, &e) < 0);
	assert_non_null(strstr(e.why, "1024"));

	/* 255 times "!" and a value are 256 nodes. */
	memset(text, '!', sizeof(text));
	strcpy(text + FILTER_NODES_MAX - 1, "1");
	assert_int_equal(filter_parse(text, find, a, &f, &e), 0);
	assert_false(filter_passes(f, cell, NULL));
	memset(text, '!', sizeof(text));
	strcpy(text + FILTER_NODES_MAX, "1");
	assert_true(filter_parse(text, find, a, &f, &e) < 0);
	assert_non_null(strstr(e.why, "256"));

	memset(text, 'a', sizeof(text));
	memcpy(text, "TYPE =~ '", 9);
	strcpy(text + 9 + FILTER_REGEX_MAX, "'");
	assert_int_equal(filter_parse(text, find, a, &f, &e), 0);
	filter_free(f);
	text[9 + FILTER_REGEX_MAX] = 'a';
	strcpy(text + 9 + FILTER_REGEX_MAX + 1, "'");
	assert_true(filter_parse(text, find, a, &f, &e) < 0);
}

static void columns_that_are_named_are_known(void **state)
{
	struct filter *f;

	assert_int_equal(filter_parse("NS == 5 or !TYPE", find, &((struct fixture *)*state)->arena, &f, NULL), 0);
	assert_true(filter_names(f, NS));
	assert_true(filter_names(f, TYPE));
	assert_false(filter_names(f, PID));
	assert_false(filter_names(NULL, NS));
	assert_true(filter_passes(NULL, cell, NULL));
}

static void tame_regular_expressions(void **state)
{
	static const char *const tame[] = {"",	    "a+b*",  "^(ab|c)+$", "a{3}b{4}", "(a?)+",	      "a\\++",
					   "[+*]+", "[]*]*", "\\(a+)+",	  "x{,1024}", "[[:digit:]]+", "((a)b)*"};
	static const char *const wild[] = {
		"a**",	   "a++",     "a+*",	   "(a+)+",    "(a*)*",	     "((a+)b)*", "(a{2}){2}",
		"a{2}{2}", "a{1025}", "a{1,9999}", "{,32232}", "a{40}b{40}", "(a)\\1",	 "a{99999999999999999999}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tame); i++)
		if (!filter_regex_is_tame(tame[i]))
			fail_msg("%s is refused", tame[i]);
	for (size_t i = 0; i < ARRAY_LEN(wild); i++)
		if (filter_regex_is_tame(wild[i]))
			fail_msg("%s is not refused", wild[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_ones_mean_what_they_say, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_ones_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(there_are_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(columns_that_are_named_are_known, setup, teardown),
		cmocka_unit_test(tame_regular_expressions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
