/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error value: sentences grow in front, are cut with a mark, and never return success. */
#include "base/err.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static void sentence_grows_in_front(void **state)
{
	struct err e;
	char text[2048];

	(void)state;
	assert_int_equal(err_set(&e, ENOENT, "open %s", "/x"), -ENOENT);
	assert_int_equal(err_context(&e, "join %s", "web"), -ENOENT);
	err_why(&e, "it is gone");
	err_cure(&e, "start it");
	strcpy(e.step, "join");
	err_format(&e, text, sizeof(text));
	assert_string_equal(text, "join: join web: open /x: No such file or directory: it is gone (start it)");
}

static void without_errno_it_still_fails(void **state)
{
	struct err e;
	char text[256];

	(void)state;
	assert_true(err_set(&e, 0, "bad name") < 0);
	err_format(&e, text, sizeof(text));
	assert_string_equal(text, "bad name");
	assert_true(err_set(NULL, 0, "x") < 0);
	assert_int_equal(err_set(NULL, EPERM, "x"), -EPERM);
	assert_int_equal(err_why(NULL, "y"), -EPERM);
	assert_int_equal(err_context(NULL, "z"), -EPERM);
}

static void the_error_of_another_process_becomes_ours(void **state)
{
	struct err e, from;

	(void)state;
	err_set(&from, EROFS, "write there");
	assert_int_equal(err_copy(&e, &from), -EROFS);
	assert_memory_equal(&e, &from, sizeof(e));
	assert_int_equal(err_copy(NULL, &from), -EROFS);
	assert_int_equal(err_why(NULL, "y"), -EROFS);
	from.code = 0;
	assert_true(err_copy(&e, &from) < 0);
}

static void long_text_is_cut_with_a_mark(void **state)
{
	struct err e;
	char big[2000];

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, 0, "%s", big);
	assert_int_equal(strlen(e.what), sizeof(e.what) - 1);
	assert_string_equal(e.what + strlen(e.what) - 3, "...");
	err_context(&e, "%s", big);
	assert_string_equal(e.what + strlen(e.what) - 3, "...");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	struct err e;
	char text[256];

	(void)state;
	err_set(&e, 0, "name \033[2J\n");
	err_format(&e, text, sizeof(text));
	assert_string_equal(text, "name ?[2J?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentence_grows_in_front),
		cmocka_unit_test(without_errno_it_still_fails),
		cmocka_unit_test(the_error_of_another_process_becomes_ours),
		cmocka_unit_test(long_text_is_cut_with_a_mark),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
