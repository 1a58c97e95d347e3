/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs that measure have in common: the clock, the order of a round, and lists of times. */
#ifndef ISLE_BENCH_MEASURE_H
#define ISLE_BENCH_MEASURE_H

#include <stdint.h>

enum { COMMANDS_MAX = 16, WARM_UP = 5 };

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t now_ns(void);
/* Ends the program with a sentence: a bench with a hole in it is none. */
_Noreturn void fail(const char *name, const char *what);
/* Sleeps as many milliseconds as PAUSE in the environment says: what begins then finds an idle machine. */
void rest(void);
/* Room for ROUNDS times. */
int64_t *times_new(int rounds);
/* The numbers 0 to N-1 in an order that is drawn anew. */
void order_draw(int *order, int n);
/* Sorts the times of V. */
void times_sort(int64_t *v, int rounds);
/* One group of columns: p10, median, least in microseconds; V is sorted. */
void times_print(const int64_t *v, int rounds);
/* Reads what the probe wrote, up to its line's end; 0: it wrote nothing. */
int64_t probe_read(int fd);

#endif
