/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON reader and writer: what is read is exact, what is wrong is refused, and round trips lose nothing. */
#include "base/json.h"
#include "base/json_out.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* Parses a copy of exactly its size, so that a sanitizer sees every byte read too far. */
static const struct json *parse(const char *text, size_t size, struct err *e)
{
	char *copy = malloc(size ? size : 1);
	struct json *j = NULL;

	memcpy(copy, text, size);
	int r = json_parse(copy, size, &arena, &j, e);
	free(copy);
	assert_int_equal(r < 0, j == NULL);
	return j;
}

static const struct json *good(const char *text)
{
	struct err e = {0};
	const struct json *j = parse(text, strlen(text), &e);

	if (!j)
		fail_msg("%s: %s", text, e.what);
	return j;
}

static void bad(const char *text, const char *sentence)
{
	struct err e = {0};

	if (parse(text, strlen(text), &e))
		fail_msg("accepted: %s", text);
	if (strcmp(e.what, sentence) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", text, e.what, sentence);
	assert_int_equal(e.code, 0);
}

/* The tree of TEXT, printed. */
static const char *again(const char *text, enum json_style style)
{
	struct json_out out;

	json_out_init(&out, &arena, style);
	json_tree(&out, NULL, good(text));
	assert_int_equal(strlen(json_out_text(&out)), out.n);
	return json_out_text(&out);
}

static void integers_are_exact(void **state)
{
	(void)state;
	assert_true(good("18446744073709551615")->u == UINT64_MAX);
	assert_int_equal(good("18446744073709551615")->kind, JSON_UINT);
	assert_true(good("-9223372036854775808")->i == INT64_MIN);
	assert_int_equal(good("-9223372036854775808")->kind, JSON_INT);
	assert_true(good("9223372036854775807")->i == INT64_MAX);
	assert_int_equal(good("-0")->kind, JSON_UINT);
	assert_int_equal(good("18446744073709551616")->kind, JSON_REAL);
	assert_string_equal(good("18446744073709551616")->text, "18446744073709551616");
	assert_int_equal(good("-9223372036854775809")->kind, JSON_REAL);
	assert_string_equal(good("1.50e+03")->text, "1.50e+03");
}

static void strings_are_decoded(void **state)
{
	(void)state;
	assert_string_equal(good("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"")->text, "a\"\\/\b\f\n\r\tz");
	assert_string_equal(good("\"\\u00e9\\u20AC\\ud83d\\ude00\"")->text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_string_equal(good("\"\\udcff\\udc80\"")->text, "\xff\x80");
	assert_int_equal(good("\"\xf4\x8f\xbf\xbf\"")->n, 4);
	assert_string_equal(good("\"\"")->text, "");
}

static void order_and_places_are_kept(void **state)
{
	const char *text = " {\"z\": [1, {}], \"a\" : null}\n";
	const struct json *j = good(text);

	(void)state;
	assert_int_equal(j->n, 2);
	assert_string_equal(j->first->key, "z");
	assert_string_equal(j->first->next->key, "a");
	assert_memory_equal(text + j->first->begin, "[1, {}]", j->first->end - j->first->begin);
	assert_int_equal(j->first->end - j->first->begin, 7);
	assert_int_equal(json_get(j, "a")->kind, JSON_NULL);
	assert_null(json_get(j, "b"));
	assert_null(json_get(NULL, "b"));
	assert_null(json_get(j->first, "b"));
	assert_null(json_text(json_get(j, "z")));
}

static void wrong_text_is_refused_at_its_place(void **state)
{
	(void)state;
	bad("", "1:1: a value was expected, but the text ends");
	bad("\n ", "2:2: a value was expected, but the text ends");
	bad("tru", "1:1: a value was expected");
	bad("nul", "1:1: a value was expected");
	bad("[1,]", "1:4: a value was expected");
	bad("[1 2]", "1:4: ',' or ']' was expected");
	bad("[", "1:2: a value was expected, but the text ends");
	bad("{\"a\":1,}", "1:8: a key in quotes was expected");
	bad("{\"a\" 1}", "1:6: ':' was expected after a key");
	bad("{\n  \"a\": 1\n  \"b\": 2\n}", "3:3: ',' or '}' was expected");
	bad("{a:1}", "1:2: a key in quotes was expected");
	bad("1 2", "1:3: something follows the end of the document");
	bad("01", "1:1: a number must not begin with 0");
	bad("-", "1:1: '-' without a number");
	bad("+1", "1:1: a value was expected");
	bad(".5", "1:1: a value was expected");
	bad("1.", "1:1: a number with no digit behind the point");
	bad("1e", "1:1: a number with no digit in the exponent");
	bad("NaN", "1:1: a value was expected");
	bad("\"a", "1:1: a string without an end");
	bad("\"\\", "1:2: an escape that JSON does not have");
	bad("\"\\x41\"", "1:2: an escape that JSON does not have");
	bad("\"\\u12", "1:2: \\u needs four hexadecimal digits");
	bad("\"\\u12g4\"", "1:2: \\u needs four hexadecimal digits");
	bad("\"\\u0000\"", "1:2: a string must not hold the character NUL");
	bad("\"\\ud800\"", "1:2: half of a surrogate pair");
	bad("\"\\ud800\\n\"", "1:2: half of a surrogate pair");
	bad("\"\\ud800\\ud800\"", "1:2: half of a surrogate pair");
	bad("\"\\udc7f\"", "1:2: half of a surrogate pair");
	bad("\"a\nb\"", "1:3: a control character in a string");
	bad("\"\xc0\xaf\"", "1:2: invalid UTF-8");
	bad("\"\xed\xa0\x80\"", "1:2: invalid UTF-8");
	bad("\"\xf4\x90\x80\x80\"", "1:2: invalid UTF-8");
	bad("\"\xe2\x82\"", "1:2: invalid UTF-8");
	bad("\"\xe2\x82", "1:2: invalid UTF-8");
	bad("\xef\xbb\xbf{}", "1:1: a value was expected");
	bad("{\"a\":1,\n\"b\":2, \"\\u0061\":3}", "2:17: the key \"a\" appears twice");
}

static void a_raw_nul_is_refused(void **state)
{
	struct err e;

	(void)state;
	assert_null(parse("\"a\0b\"", 5, &e));
	assert_string_equal(e.what, "1:3: a control character in a string");
	assert_null(parse("{}\0", 3, &e));
	assert_null(parse("\"\\\0\"", 4, NULL));
}

static void double_keys_are_found_in_large_objects(void **state)
{
	char *text = arena_strdup(&arena, "{");
	struct err e;

	(void)state;
	for (int i = 0; i < 200; i++)
		text = arena_printf(&arena, "%s\"k%d\":0,", text, i);
	good(arena_printf(&arena, "%s\"x\":0}", text));
	char *twice = arena_printf(&arena, "%s\n\"k77\":0}", text);
	assert_null(parse(twice, strlen(twice), &e));
	assert_string_equal(e.what, "2:7: the key \"k77\" appears twice");
}

static void depth_is_bounded(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 3] = "";

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	good(text);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	bad(text, "1:65: nested too deeply");
	/* Siblings do not add up. */
	for (size_t i = 0; i < 400; i++)
		good("[[],[],{},{},[[[]]],[]]");
}

static void every_truncation_is_refused(void **state)
{
	static const char text[] = "{\"a\": [1.5e3, -2, \"x\\u20ac\\ud83d\\ude00\xe2\x82\xac\"],"
				   "\"b\": {\"c\": null, \"d\": true}}";

	(void)state;
	good(text);
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_null(parse(text, n, NULL));
}

static void writing_reverses_reading(void **state)
{
	static const char *const same[] = {
		"{\"a\":[1,-2,3.50,true,false,null,\"\"],\"b\":{},\"c\":[],\"d\":{\"e\":[[],{}]}}",
		"18446744073709551615",
		"-9223372036854775808",
		"123456789012345678901234567890",
		"0",
		"\"\\\"\\\\\\b\\f\\n\\r\\t/\"",
		"\"\\u0001\\u001b\\u007f\\u009b\\u202e\\u2066\"",
		"\"\\udcff\\udc80\"",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		assert_string_equal(again(same[i], JSON_COMPACT), same[i]);
	assert_string_equal(again(" { \"a\" : [ ] } ", JSON_COMPACT), "{\"a\":[]}");
}

static void indented_text_is_readable(void **state)
{
	(void)state;
	assert_string_equal(again("{\"a\":[1,{\"b\":2}],\"c\":{},\"d\":[]}", JSON_INDENTED),
			    "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}");
}

static void any_bytes_survive(void **state)
{
	char every[256] = "";
	struct json_out out;

	(void)state;
	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	json_out_init(&out, &arena, JSON_COMPACT);
	json_string(&out, NULL, every);
	for (const char *p = json_out_text(&out); *p; p++)
		assert_in_range((unsigned char)*p, 0x20, 0x7e);
	assert_string_equal(good(out.text)->text, every);
}

static void the_buffer_grows(void **state)
{
	char *big = arena_new(&arena, char, 100001);
	struct json_out out;

	(void)state;
	memset(big, 'x', 100000);
	json_out_init(&out, &arena, JSON_COMPACT);
	json_open_list(&out, NULL);
	for (int i = 0; i < 20; i++)
		json_string(&out, NULL, big);
	json_close_list(&out);
	const struct json *j = good(json_out_text(&out));
	assert_int_equal(j->n, 20);
	json_foreach (item, j)
		assert_string_equal(item->text, big);
}

static void what_was_rewound_never_was(void **state)
{
	struct json_out out;

	(void)state;
	json_out_init(&out, &arena, JSON_COMPACT);
	json_open_object(&out, NULL);
	struct json_mark mark = json_mark(&out);
	json_open_list(&out, "a");
	json_null(&out, NULL);
	json_rewind(&out, mark);
	json_i64(&out, "b", -1);
	json_close_object(&out);
	assert_string_equal(json_out_text(&out), "{\"b\":-1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(integers_are_exact, teardown),
		cmocka_unit_test_teardown(strings_are_decoded, teardown),
		cmocka_unit_test_teardown(order_and_places_are_kept, teardown),
		cmocka_unit_test_teardown(wrong_text_is_refused_at_its_place, teardown),
		cmocka_unit_test_teardown(a_raw_nul_is_refused, teardown),
		cmocka_unit_test_teardown(double_keys_are_found_in_large_objects, teardown),
		cmocka_unit_test_teardown(depth_is_bounded, teardown),
		cmocka_unit_test_teardown(every_truncation_is_refused, teardown),
		cmocka_unit_test_teardown(writing_reverses_reading, teardown),
		cmocka_unit_test_teardown(indented_text_is_readable, teardown),
		cmocka_unit_test_teardown(any_bytes_survive, teardown),
		cmocka_unit_test_teardown(the_buffer_grows, teardown),
		cmocka_unit_test_teardown(what_was_rewound_never_was, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
