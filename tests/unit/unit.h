/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test includes: cmocka, in the order it wants; a directory for the test's files. */
#ifndef ISLE_TESTS_UNIT_H
#define ISLE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_DIR_MAX = 64 }; /* a socket in it has to have a short name (unix(7)) */

/*
 * Makes a directory for the test alone, whose name begins with NAME: in $TMPDIR, if that leaves room for the rest, else
 * in /tmp.  Who asks deletes it.  NULL and errno if it can't be made.
 */
static inline char *test_dir_make(char ret[static TEST_DIR_MAX], const char *name)
{
	enum { MADE_UP = 6 }; /* so many letters mkdtemp(3) puts in the place of X */
	const char *below = getenv("TMPDIR");

	if (!below || *below != '/' || strlen(below) + 1 + strlen(name) + MADE_UP >= TEST_DIR_MAX)
		below = "/tmp";
	int n = snprintf(ret, TEST_DIR_MAX, "%s/%s", below, name);
	assert_in_range(n, 1, TEST_DIR_MAX - MADE_UP - 1);
	memset(ret + n, 'X', MADE_UP);
	ret[n + MADE_UP] = '\0';
	return mkdtemp(ret);
}

#endif
