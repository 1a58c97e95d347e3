/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast ways that can be turned off, so that the tests prove the long ones, too.
 *
 *     ISLE_WITHOUT=seed,shown,network-ahead,kept-rules isle …
 */
#ifndef ISLE_CORE_FAST_H
#define ISLE_CORE_FAST_H

#include <stdbool.h>

/* Whether the environment's ISLE_WITHOUT, a list with commas, does not have NAME. */
bool fast_way(const char *name);

#endif
