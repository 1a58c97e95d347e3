/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detach keys: found wherever the sequence is, and no other byte is lost or held back for ever. */
#include "base/macros.h"
#include "engine/keys.h"
#include "unit.h"

#include <string.h>

static void sequences_are_read(void **state)
{
	struct keys k;

	(void)state;
	assert_int_equal(keys_parse(&k, "ctrl-p,ctrl-q", NULL), 0);
	assert_int_equal(k.n, 2);
	assert_int_equal(k.v[0], 0x10);
	assert_int_equal(k.v[1], 0x11);
	assert_int_equal(keys_parse(&k, "a,ctrl-@,ctrl-[,ctrl-_", NULL), 0);
	assert_int_equal(k.n, 4);
	assert_memory_equal(k.v, "a\0\033\037", 4);
	assert_int_equal(keys_parse(&k, "", NULL), 0);
	assert_int_equal(k.n, 0);
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {",",	  "a,", ",a", "ctrl-", "ctrl-1",   "ctrl-pp",
					  "ctrl", "ab", " ",  "a,,b",  "\xc3\xa4", "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"};
	struct keys k;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (keys_parse(&k, bad[i], &e) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
}

/* Types TEXT in pieces of STEP bytes; gives what came through before the sequence, and whether it was found. */
static bool type(const char *keys, const char *text, size_t step, char *out)
{
	struct keys k;
	size_t n = 0, size = strlen(text);

	assert_int_equal(keys_parse(&k, keys, NULL), 0);
	for (size_t i = 0; i < size; i += step) {
		size_t got;
		bool found = keys_filter(&k, text + i, size - i < step ? size - i : step, out + n, &got);

		n += got;
		out[n] = '\0';
		if (found)
			return true;
	}
	return false;
}

static void bytes_pass_until_the_sequence(void **state)
{
	static const struct {
		const char *keys, *text, *out;
		bool found;
	} rows[] = {
		{"p,q", "hello", "hello", false},  {"p,q", "apq rest", "a", true},
		{"p,q", "ppq", "p", true},	   {"p,q", "papbpq", "papb", true},
		{"p,q", "pap", "pa", false},	   {"p,p,q", "pppq", "p", true},
		{"a,b,a,c", "ababac", "ab", true}, {"a,b,a,c", "abab", "ab", false},
		{"", "pq", "pq", false},	   {"x", "x", "", true},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t step = 1; step < 9; step++) {
			out[0] = '\0';
			bool found = type(rows[i].keys, rows[i].text, step, out);

			if (found != rows[i].found || strcmp(out, rows[i].out) != 0)
				fail_msg("%s in \"%s\" by %zu: \"%s\"", rows[i].keys, rows[i].text, step, out);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_are_read),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(bytes_pass_until_the_sequence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
