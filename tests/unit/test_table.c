/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and text for terminals: columns stand below each other, and strangers' bytes do nothing. */
#include "base/table.h"
#include "unit.h"

#include <string.h>

static void columns_are_aligned(void **state)
{
	struct arena a = {0};
	struct table t = {.arena = &a, .right = 1u << 1};
	static const char *const heads[] = {"NAME", "PID", "COMMAND"};
	static const char *const cells[] = {"wéb", "7", "sleep  1", "database", "12345", "db"};

	(void)state;
	table_heads(&t, heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		table_add(&t, cells[i]);
	assert_string_equal(table_format(&t), "NAME        PID  COMMAND\n"
					      "wéb           7  sleep  1\n"
					      "database  12345  db\n");
	arena_free(&a);
}

static void unfinished_and_empty_tables(void **state)
{
	struct arena a = {0};
	struct table t = {.arena = &a, .columns = 3};

	(void)state;
	assert_string_equal(table_format(&t), "");
	table_add(&t, "a");
	table_add(&t, NULL);
	table_add(&t, "");
	table_addf(&t, "%d%s", 5, "x");
	assert_string_equal(table_format(&t), "a\n5x\n");
	arena_free(&a);
}

static void harmful_bytes_are_shown(void **state)
{
	static const struct {
		const char *raw, *shown;
	} texts[] = {
		{"plain ünïcödé 漢字 😀", "plain ünïcödé 漢字 😀"},
		{"", ""},
		{"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f"},
		{"\033[2J", "\\x1b[2J"},
		{"\xc2\x9b"
		 "2J",
		 "\\xc2\\x9b2J"}, /* C1: the one-byte ESC [ */
		{"\xe2\x80\xae"
		 "txt",
		 "\\xe2\\x80\\xaetxt"},		     /* U+202E turns the direction */
		{"\xff\xc3", "\\xff\\xc3"},	     /* no UTF-8; cut off */
		{"\xc0\xaf", "\\xc0\\xaf"},	     /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_string_equal(text_escape(&a, texts[i].raw), texts[i].shown);

	struct table t = {.arena = &a, .columns = 2};
	table_add(&t, "x\ny");
	table_add(&t, "z");
	assert_string_equal(table_format(&t), "x\\x0ay  z\n");
	arena_free(&a);
}

static void text_is_cut_between_characters(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(text_cut(&a, "äöü", 3), "äöü");
	assert_string_equal(text_cut(&a, "äöüß", 3), "äö…");
	assert_string_equal(text_cut(&a, "abcdef", 1), "…");
	assert_int_equal(text_width("äö…"), 3);
	arena_free(&a);
}

static void text_is_wrapped(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(text_wrap(&a, "one two three", 9, 0), "one two\nthree");
	assert_string_equal(text_wrap(&a, "one two three", 9, 2), "one two\n  three");
	assert_string_equal(text_wrap(&a, "averylongword b", 5, 1), "averylongword\n b");
	assert_string_equal(text_wrap(&a, "", 5, 1), "");
	assert_string_equal(text_wrap(&a, "a  \n b", 80, 0), "a b");
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),	   cmocka_unit_test(unfinished_and_empty_tables),
		cmocka_unit_test(harmful_bytes_are_shown), cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(text_is_wrapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
