/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time and durations as people write them; in memory they are nanoseconds, points since 1970 UTC. */
#ifndef ISLE_BASE_PARSE_TIME_H
#define ISLE_BASE_PARSE_TIME_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIME_TEXT_SIZE = 31 };

/* "2026-11-22T10:00:00.123456789Z", always 30 bytes. */
void time_format(int64_t ns, char text[TIME_TEXT_SIZE]);
/* The present time. */
int64_t time_now(void);
/* A fixed clock for deadlines (CLOCK_MONOTONIC). */
int64_t time_monotonic(void);
/* The same in milliseconds. */
int64_t time_monotonic_ms(void);

/*
 * Reads an RFC 3339 time: date, 'T' (or 't', or a space), time, optional fraction, and "Z" or "+02:00".  Without a
 * zone, or without seconds or the whole time of day, it is UTC and the missing part is zero.  SIZE bytes of TEXT; no
 * other bytes.
 */
bool time_parse_rfc3339(const char *text, size_t size, int64_t *ret_ns);
/* Reads a duration: numbers with a unit (ns us ms s m h d), as in "1h30m", "1.5s", "10m". */
bool time_parse_duration(const char *text, int64_t *ret_ns);
/*
 * Reads what a user gives as --since or --until: an RFC 3339 time, seconds since 1970 with an optional fraction, or a
 * duration, which means that long before NOW_NS.
 */
int time_parse_point(const char *text, int64_t now_ns, int64_t *ret_ns, struct err *e) MUST_USE;

#endif
