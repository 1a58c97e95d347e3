/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict readers of small texts: numbers, sizes, times, signals, lists.
 *
 * Every reader answers whether TEXT is exactly what was asked for, from its first byte to its last, and writes its
 * result only then.  There is no leading space, no sign where none makes sense, no octal by a leading zero, no
 * overflow. The readers that begin with 'take_' are for the parts of a longer text: they move *P past what they have
 * read.
 */
#ifndef ISLE_BASE_PARSE_H
#define ISLE_BASE_PARSE_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- numbers ---- */
/* Decimal digits, at most MAX. */
bool take_u64(const char **p, uint64_t max, uint64_t *ret) MUST_USE;
/* The character C. */
bool take_char(const char **p, char c) MUST_USE;

/* Decimal digits, at most MAX. */
bool parse_u64(const char *text, uint64_t max, uint64_t *ret) MUST_USE;
/* Decimal digits behind an optional '-', from MIN to MAX. */
bool parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret) MUST_USE;
bool parse_int(const char *text, int min, int max, int *ret) MUST_USE;
/* A user or group id: 0 to 4294967294.  The number after that means "no id" to the kernel and is none. */
bool parse_id(const char *text, uint32_t *ret) MUST_USE;
/* Whether TEXT is digits only: then it is an id, good or bad, and must not be looked up as a name. */
bool text_is_number(const char *text);
/* Octal digits, with or without a leading 0, at most MAX: a file mode. */
bool parse_octal(const char *text, uint32_t max, uint32_t *ret) MUST_USE;
/* "true", "false", "yes", "no", "on", "off", "1", "0". */
bool parse_bool(const char *text, bool *ret) MUST_USE;

/* ---- quantities ---- */
/* Bytes: digits and one of b, k, m, g, t (1024 each; upper case, and "kb", "KiB" too); fractions as in "1.5g". */
bool parse_size(const char *text, int64_t *ret) MUST_USE;
/* Seconds: "90", "90s", "2m", "1h30m", "1d"; at most INT_MAX. */
bool parse_seconds(const char *text, int *ret) MUST_USE;
/* A number of processors, such as "1.5", in millionths; greater than 0, at most 1000000 processors. */
bool parse_cpus(const char *text, int64_t *ret_millionths) MUST_USE;

/* ---- lists of processors and memory nodes: "0-3,8" (cpuset(7)) ---- */
enum { RANGES_MAX = 8192 }; /* the kernel's greatest CONFIG_NR_CPUS */
struct ranges {
	uint64_t bits[RANGES_MAX / 64];
};
/* Numbers and ranges, each below RANGES_MAX, at least one; a range must not run backwards. */
bool parse_ranges(const char *text, struct ranges *ret) MUST_USE;
/* Whether all of A is in B. */
bool ranges_within(const struct ranges *a, const struct ranges *b);

/* ---- signals ---- */
enum { SIGNAL_RT_MIN = 34, SIGNAL_RT_MAX = 64 }; /* as glibc, docker and kill(1) count */
/* "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3", "RTMAX-1"; 1 to 64. */
bool parse_signal(const char *text, int *ret) MUST_USE;

#endif
