/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and truth values that may be absent. */
#ifndef ISLE_BASE_OPT_VALUE_H
#define ISLE_BASE_OPT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct opt_i64 {
	bool has;
	int64_t v;
};
struct opt_u64 {
	bool has;
	uint64_t v;
};
struct opt_bool {
	bool has, v;
};

#endif
