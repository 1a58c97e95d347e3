/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict readers: what is accepted, what is refused, and that a refusal leaves the result as it was. */
#include "base/parse.h"
#include "unit.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

static void numbers_are_digits_from_end_to_end(void **state)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "0x1", "1e3", "1.0", "1\n", "99999999999999999999", "a"};
	uint64_t v = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_u64(bad[i], UINT64_MAX, &v) || v != 77)
			fail_msg("\"%s\" was taken for %" PRIu64, bad[i], v);
	assert_true(parse_u64("18446744073709551615", UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_false(parse_u64("18446744073709551616", UINT64_MAX, &v));
	assert_true(parse_u64("010", 100, &v));
	assert_int_equal(v, 10);
	assert_false(parse_u64("101", 100, &v));
}

static void signed_numbers_reach_both_ends(void **state)
{
	int64_t v = 77;
	int n = 5;

	(void)state;
	assert_true(parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &v));
	assert_true(v == INT64_MIN);
	assert_true(parse_i64("9223372036854775807", INT64_MIN, INT64_MAX, &v));
	assert_true(v == INT64_MAX);
	assert_false(parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &v));
	assert_false(parse_i64("-9223372036854775809", INT64_MIN, INT64_MAX, &v));
	assert_false(parse_i64("--1", INT64_MIN, INT64_MAX, &v));
	assert_false(parse_i64("-", INT64_MIN, INT64_MAX, &v));
	assert_true(v == INT64_MAX);
	assert_false(parse_int("-2", -1, 10, &n));
	assert_int_equal(n, 5);
	assert_true(parse_int("-1", -1, 10, &n));
	assert_int_equal(n, -1);
}

static void ids_stop_before_no_id(void **state)
{
	uint32_t id = 7;

	(void)state;
	assert_true(parse_id("4294967294", &id));
	assert_true(id == UINT32_C(4294967294));
	assert_false(parse_id("4294967295", &id));
	assert_false(parse_id("4294967296", &id));
	assert_false(parse_id("-1", &id));
	assert_false(parse_id("1000 ", &id));
	assert_true(text_is_number("99999999999999999999"));
	assert_false(text_is_number("1a"));
	assert_false(text_is_number(""));
}

static void modes_are_octal(void **state)
{
	uint32_t v = 9;

	(void)state;
	assert_true(parse_octal("0755", 07777, &v));
	assert_int_equal(v, 0755);
	assert_true(parse_octal("1777", 07777, &v));
	assert_false(parse_octal("8", 07777, &v));
	assert_false(parse_octal("", 07777, &v));
	assert_false(parse_octal("10000", 07777, &v));
	assert_false(parse_octal("777777777777777777777777", 07777, &v));
	assert_int_equal(v, 01777);
}

static void sizes_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t v;
	} good[] = {
		{"0", 0},	 {"512", 512},
		{"1b", 1},	 {"1k", 1024},
		{"1K", 1024},	 {"2kb", 2048},
		{"2KiB", 2048},	 {"64m", 64 << 20},
		{"1g", 1 << 30}, {"1.5k", 1536},
		{".5k", 512},	 {"1t", INT64_C(1) << 40},
		{"0.001k", 1},	 {"9223372036854775807", INT64_MAX},
	};
	static const char *const bad[] = {"",
					  "k",
					  "1x",
					  "1kk",
					  "1 k",
					  "-1",
					  "1.",
					  "1.5.5k",
					  "1bb",
					  "1ibk",
					  "1ki",
					  "9223372036854775808",
					  "9999999999g",
					  "99999999999999999999k",
					  "."};
	int64_t v = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!parse_size(good[i].text, &v) || v != good[i].v)
			fail_msg("%s is %" PRId64, good[i].text, v);
	v = 77;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_size(bad[i], &v) || v != 77)
			fail_msg("\"%s\" was taken for %" PRId64, bad[i], v);
}

static void times_go_from_great_to_small(void **state)
{
	int s = 77;

	(void)state;
	assert_false(parse_seconds("", &s));
	assert_false(parse_seconds("m", &s));
	assert_false(parse_seconds("1s1m", &s));
	assert_false(parse_seconds("1m1m", &s));
	assert_false(parse_seconds("1m1", &s));
	assert_false(parse_seconds("-1", &s));
	assert_false(parse_seconds("2147483648", &s));
	assert_false(parse_seconds("2147483647d", &s));
	assert_int_equal(s, 77);
	assert_true(parse_seconds("1h30m", &s));
	assert_int_equal(s, 5400);
	assert_true(parse_seconds("90s", &s));
	assert_int_equal(s, 90);
	assert_true(parse_seconds("0", &s));
	assert_int_equal(s, 0);
}

static void cpus_are_positive(void **state)
{
	int64_t v = 77;

	(void)state;
	assert_false(parse_cpus("0", &v));
	assert_false(parse_cpus("0.0000001", &v));
	assert_false(parse_cpus("-1", &v));
	assert_false(parse_cpus("1,5", &v));
	assert_false(parse_cpus("nan", &v));
	assert_false(parse_cpus("1e9", &v));
	assert_false(parse_cpus("99999999999", &v));
	assert_int_equal(v, 77);
	assert_true(parse_cpus("1.5", &v));
	assert_int_equal(v, 1500000);
	assert_true(parse_cpus(".5", &v));
	assert_int_equal(v, 500000);
}

static void ranges_are_bounded(void **state)
{
	static const char *const bad[] = {"",	  ",",	  "0-", "-1",	"3-1", "0-9999999999", "0-4294967295",
					  "8192", "1,,2", "1,", "0-3:2"};
	struct ranges a = {{77}}, b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_ranges(bad[i], &a) || a.bits[0] != 77)
			fail_msg("\"%s\" was accepted", bad[i]);
	assert_true(parse_ranges("0-2,65,8191", &a));
	assert_int_equal(a.bits[0], 7);
	assert_int_equal(a.bits[1], 2);
	assert_true(a.bits[127] == UINT64_C(1) << 63);
	assert_true(parse_ranges("1", &b));
	assert_true(ranges_within(&b, &a));
	assert_false(ranges_within(&a, &b));
}

static void signals_have_many_names(void **state)
{
	static const struct {
		const char *text;
		int sig;
	} good[] = {
		{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"sigkill", SIGKILL}, {"9", 9},      {"64", 64},
		{"RTMIN", 34},	   {"SIGRTMIN+3", 37},	 {"rtmax-1", 63},      {"RTMAX", 64}, {"RTMIN+30", 64},
	};
	static const char *const bad[] = {"",	     "0",	 "65",	   "-9",      "SIG",   "SIGSIGTERM", "TERMS",
					  "RTMIN-1", "RTMIN+31", "RTMIN+", "RTMAX+1", " TERM", "15 "};
	int sig = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!parse_signal(good[i].text, &sig) || sig != good[i].sig)
			fail_msg("%s is %d", good[i].text, sig);
	sig = 77;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_signal(bad[i], &sig) || sig != 77)
			fail_msg("\"%s\" was taken for %d", bad[i], sig);
}

static void truth_has_words(void **state)
{
	bool v = true;

	(void)state;
	assert_true(parse_bool("false", &v) && !v);
	assert_true(parse_bool("YES", &v) && v);
	assert_true(parse_bool("0", &v) && !v);
	assert_false(parse_bool("", &v));
	assert_false(parse_bool("2", &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_from_end_to_end),
		cmocka_unit_test(signed_numbers_reach_both_ends),
		cmocka_unit_test(ids_stop_before_no_id),
		cmocka_unit_test(modes_are_octal),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(times_go_from_great_to_small),
		cmocka_unit_test(cpus_are_positive),
		cmocka_unit_test(ranges_are_bounded),
		cmocka_unit_test(signals_have_many_names),
		cmocka_unit_test(truth_has_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
