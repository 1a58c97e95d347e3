/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few macros that every room uses. */
#ifndef ISLE_BASE_MACROS_H
#define ISLE_BASE_MACROS_H

#include <assert.h>
#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The result of a call that must not be thrown away. */
#define MUST_USE __attribute__((warn_unused_result))
/* A function that reads a printf format at argument F and its values from argument A. */
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
/* Runs FN on the variable's address when it goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
