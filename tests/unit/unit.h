/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test includes: cmocka, in the order it wants. */
#ifndef ISLE_TESTS_UNIT_H
#define ISLE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
