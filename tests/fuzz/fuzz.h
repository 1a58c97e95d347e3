/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one function of a fuzz target: takes SIZE bytes, returns 0, and aborts when something that must hold does not. */
#ifndef ISLE_TESTS_FUZZ_H
#define ISLE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
