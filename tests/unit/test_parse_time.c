/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times: what is written is read back, users' forms are understood, and nonsense is refused. */
#include "base/parse_time.h"
#include "unit.h"

#include <string.h>
#include <time.h>

static const int64_t second = 1000000000;

/* Against the C library's own calendar, over all years that fit. */
static void formats_like_the_c_library(void **state)
{
	(void)state;
	for (int64_t s = -9223372036; s <= 9223372036; s += 12345678) {
		char ours[TIME_TEXT_SIZE], theirs[64];
		time_t t = s;
		struct tm tm;
		int64_t back;

		time_format(s * second + (s >= 0 ? 123456789 : 0), ours);
		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S", &tm);
		strcat(theirs, s >= 0 ? ".123456789Z" : ".000000000Z");
		assert_string_equal(ours, theirs);
		assert_true(time_parse_rfc3339(ours, strlen(ours), &back));
		assert_int_equal(back, s * second + (s >= 0 ? 123456789 : 0));
	}
}

static void extremes_and_fractions_before_1970(void **state)
{
	char text[TIME_TEXT_SIZE];

	(void)state;
	time_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
	time_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000000Z");
	time_format(INT64_MAX, text);
	assert_string_equal(text, "2262-04-11T23:47:16.854775807Z");
	time_format(INT64_MIN, text);
	assert_string_equal(text, "1677-09-21T00:12:43.145224192Z");
}

static const int64_t noon = 1795348800; /* 2026-11-22T12:00:00Z */

static void users_forms_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{"2026-11-22T12:00:00Z", noon * second},
		{"2026-11-22t12:00:00z", noon * second},
		{"2026-11-22 12:00:00", noon * second},
		{"2026-11-22T12:00", noon * second},
		{"2026-11-22T14:30:00+02:30", noon * second},
		{"2026-11-22T07:00:00-05:00", noon * second},
		{"2026-11-22T12:00:00.5Z", noon * second + second / 2},
		{"2026-11-22T12:00:00.1234567891Z", noon * second + 123456789},
		{"2026-11-22", (noon - 43200) * second},
		{"2024-02-29T00:00:00Z", 1709164800 * second},
		{"1795348800", noon * second},
		{"1795348800.000000001", noon * second + 1},
		{"10m", (noon - 600) * second},
		{"1h30m", (noon - 5400) * second},
		{"1.5s", noon * second - 3 * second / 2},
		{"0.25h", (noon - 900) * second},
		{"2d", (noon - 172800) * second},
		{"3ms", noon * second - 3000000},
		{"0s", noon * second},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ns = -1;
		struct err e;

		if (time_parse_point(rows[i].text, noon * second, &ns, &e) < 0 || ns != rows[i].ns)
			fail_msg("%s: got %lld, want %lld", rows[i].text, (long long)ns, (long long)rows[i].ns);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"x",
		"-1",
		"+5",
		"5x",
		"m",
		"1.m",
		".5s",
		"1h30",
		"1 h",
		"10m ",
		"2026-13-01",
		"2026-00-01",
		"2026-02-30",
		"2023-02-29",
		"1900-02-29",
		"2026-11-22T24:00:00Z",
		"2026-11-22T12:60:00Z",
		"2026-11-22T12",
		"2026-11-22T",
		"2026-11-22T12:00:00.Z",
		"2026-11-22T12:00:00Zx",
		"2026-11-22T12:00:00+2:00",
		"0000-01-01",
		"9999-12-31T00:00:00Z",
		"99999999999999999999",
		"9999999999999",
		"300000h300000h300000d300000d",
		"1795348800.",
		"99999999999999d",
		"2026-11-22T12:00:00+24:00",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e;
		int64_t ns;

		if (time_parse_point(bad[i], noon * second, &ns, &e) == 0)
			fail_msg("\"%s\" was taken for %lld", bad[i], (long long)ns);
		assert_true(e.what[0] && e.cure[0]);
	}
}

/* A time in the middle of other text ends where its size says. */
static void size_bounds_the_text(void **state)
{
	const char *text = "2026-11-22T12:00:00.000000000Z stdout";
	int64_t ns;

	(void)state;
	assert_true(time_parse_rfc3339(text, 30, &ns));
	assert_int_equal(ns, noon * second);
	assert_false(time_parse_rfc3339(text, 31, &ns));
	assert_false(time_parse_rfc3339(text, 9, &ns));
	assert_false(time_parse_rfc3339("2026-11-22\0T", 12, &ns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_like_the_c_library), cmocka_unit_test(extremes_and_fractions_before_1970),
		cmocka_unit_test(users_forms_are_read),	      cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(size_bounds_the_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
