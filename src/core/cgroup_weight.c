/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cpu weight of v2 from the cpu shares of v1. */
#include "core/cgroup_priv.h"

/* The logarithm to the base 2 of V (not 0) with 32 bits behind the point, one bit per squaring. */
static uint64_t log2_fixed(uint64_t v)
{
	unsigned int whole = 63 - (unsigned int)__builtin_clzll(v);
	unsigned __int128 mantissa = v << (63 - whole); /* 1.0 is 1 << 63 */
	uint64_t log = whole;

	for (int i = 0; i < 32; i++) {
		mantissa = mantissa * mantissa >> 63;
		log = log << 1 | (uint64_t)(mantissa >> 64);
		mantissa >>= mantissa >> 64;
	}
	return log;
}

/*
 * The curve through (2, 1), (1024, 100) and (262144, 10000), quadratic in the logarithms, that other runtimes use too:
 *     weight = 10 ^ ((l*l + 125*l) / 612 - 7/34), rounded up, where l = log2(shares)
 * Here the smallest weight is sought whose logarithm is not less; whole numbers, so that no libm is linked.
 */
uint64_t cgroup_weight_of_shares(uint64_t shares)
{
	static const uint64_t log2_10 = 14267572527, tolerance = 8; /* 3.3219…, and the roundings, in 1/2^32 */
	uint64_t low = 1, high = 10000;

	if (shares <= 2)
		return low;
	if (shares >= 262144)
		return high;
	uint64_t l = log2_fixed(shares);
	uint64_t square = (uint64_t)((unsigned __int128)l * l >> 32);
	uint64_t exponent = (square + 125 * l - 126 * (1ull << 32)) / 612; /* 7/34 = 126/612 */
	uint64_t target = (uint64_t)((unsigned __int128)exponent * log2_10 >> 32);
	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (log2_fixed(middle) + tolerance >= target)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
