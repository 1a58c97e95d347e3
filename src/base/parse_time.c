/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times and durations: see parse_time.h.  Dates are computed in the proleptic Gregorian calendar, without leap seconds.
 */
#include "base/parse_time.h"

#include <string.h>
#include <time.h>

static const int64_t ns_per_s = 1000000000;

/*
 * Years are counted from 1 March, in eras of 400 years: then a leap day is the last of a year, and every era is alike.
 */
enum { DAYS_PER_ERA = 146097, DAYS_0000_03_01_TO_1970 = 719468 };

/* The number of days from 1970-01-01 to the date; Y is at least 0. */
static int64_t days_from_date(int y, int m, int d)
{
	y -= m <= 2;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year = y - era * 400;
	int day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return (int64_t)era * DAYS_PER_ERA + year * 365 + year / 4 - year / 100 + day - DAYS_0000_03_01_TO_1970;
}

/* The date that is DAYS after 1970-01-01, which may be negative. */
static void date_from_days(int64_t days, int *ret_y, int *ret_m, int *ret_d)
{
	days += DAYS_0000_03_01_TO_1970;
	int64_t era = (days >= 0 ? days : days - DAYS_PER_ERA + 1) / DAYS_PER_ERA;
	int in_era = (int)(days - era * DAYS_PER_ERA);
	int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int day = in_era - (365 * year + year / 4 - year / 100);
	int month = (5 * day + 2) / 153;

	*ret_d = day - (153 * month + 2) / 5 + 1;
	*ret_m = month < 10 ? month + 3 : month - 9;
	*ret_y = (int)(year + era * 400) + (*ret_m <= 2);
}

/* Writes N decimal digits of V at TO and gives what follows them. */
static char *put_digits(char *to, int n, int64_t v)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		to[i] = (char)('0' + v % 10);
	return to + n;
}

void time_format(int64_t ns, char text[TIME_TEXT_SIZE])
{
	int64_t s = ns / ns_per_s, frac = ns % ns_per_s;
	int y, m, d;

	if (frac < 0) {
		frac += ns_per_s;
		s--;
	}
	int64_t days = (s >= 0 ? s : s - 86399) / 86400;
	int64_t in_day = s - days * 86400;
	/* int64_t nanoseconds end in 1677 and 2262, so that a year always has four digits. */
	date_from_days(days, &y, &m, &d);
	const struct {
		int digits;
		int64_t v;
		char after;
	} parts[] = {
		{4, y, '-'},	       {2, m, '-'},   {2, d, 'T'}, {2, in_day / 3600, ':'}, {2, in_day / 60 % 60, ':'},
		{2, in_day % 60, '.'}, {9, frac, 'Z'}};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		text = put_digits(text, parts[i].digits, parts[i].v);
		*text++ = parts[i].after;
	}
	*text = '\0';
}

/* The present time of CLOCK. */
static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * ns_per_s + ts.tv_nsec;
}

int64_t time_now(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int64_t time_monotonic(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t time_monotonic_ms(void)
{
	return time_monotonic() / 1000000;
}

/* What is still to be read. */
struct scan {
	const char *at, *end;
};

/* Like isdigit(3), but of ASCII alone, whatever the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes the next byte if it is one of SET; gives it, or 0. */
static char take_one_of(struct scan *s, const char *set)
{
	if (s->at < s->end && *s->at && strchr(set, *s->at))
		return *s->at++;
	return 0;
}

/* Takes exactly N digits, which must make a number from MIN to MAX. */
static bool take_number(struct scan *s, int n, int min, int max, int *ret)
{
	int v = 0;

	if (s->end - s->at < n)
		return false;
	for (int i = 0; i < n; i++, s->at++) {
		if (!is_digit(*s->at))
			return false;
		v = v * 10 + (*s->at - '0');
	}
	*ret = v;
	return v >= min && v <= max;
}

/* Takes the digits of a fraction of UNIT nanoseconds; those too small to count are read and dropped. */
static bool take_fraction(struct scan *s, int64_t unit, int64_t *ret_ns)
{
	const char *begin = s->at;
	int64_t place = unit;

	for (*ret_ns = 0; s->at < s->end && is_digit(*s->at); s->at++) {
		place /= 10;
		*ret_ns += (*s->at - '0') * place;
	}
	return s->at > begin;
}

/* Takes "Z", "+hh:mm" or "-hh:mm", in minutes east. */
static bool take_zone(struct scan *s, int *ret_minutes)
{
	int hours, minutes;

	*ret_minutes = 0;
	if (take_one_of(s, "Zz"))
		return true;
	char sign = take_one_of(s, "+-");
	if (!sign || !take_number(s, 2, 0, 23, &hours) || !take_one_of(s, ":") || !take_number(s, 2, 0, 59, &minutes))
		return false;
	*ret_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
	return true;
}

/* S seconds and NS more as nanoseconds; false if int64_t can't hold them. */
static bool join_seconds(int64_t s, int64_t ns, int64_t *ret)
{
	return !__builtin_mul_overflow(s, ns_per_s, ret) && !__builtin_add_overflow(*ret, ns, ret);
}

bool time_parse_rfc3339(const char *text, size_t size, int64_t *ret_ns)
{
	static const char month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct scan s = {text, text + size};
	int year, month, day, hour = 0, minute = 0, second = 0, zone = 0;
	int64_t frac = 0;

	if (!take_number(&s, 4, 0, 9999, &year) || !take_one_of(&s, "-") || !take_number(&s, 2, 1, 12, &month) ||
	    !take_one_of(&s, "-") || !take_number(&s, 2, 1, month_days[month - 1], &day))
		return false;
	if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
		return false;
	if (take_one_of(&s, "Tt ")) {
		if (!take_number(&s, 2, 0, 23, &hour) || !take_one_of(&s, ":") || !take_number(&s, 2, 0, 59, &minute))
			return false;
		if (take_one_of(&s, ":") && !take_number(&s, 2, 0, 60, &second))
			return false;
		if (take_one_of(&s, ".") && !take_fraction(&s, ns_per_s, &frac))
			return false;
	}
	if (s.at < s.end && !take_zone(&s, &zone))
		return false;
	int64_t seconds = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone * 60;
	return s.at == s.end && join_seconds(seconds, frac, ret_ns);
}

/* Takes a whole number with at least one digit; false if it is none or too large. */
static bool take_whole(struct scan *s, int64_t *ret)
{
	const char *begin = s->at;

	for (*ret = 0; s->at < s->end && is_digit(*s->at); s->at++)
		if (__builtin_mul_overflow(*ret, 10, ret) || __builtin_add_overflow(*ret, *s->at - '0', ret))
			return false;
	return s->at > begin;
}

/* Takes a unit of time and gives its nanoseconds; 0 if there is none.  The longer names are asked first. */
static int64_t take_unit(struct scan *s)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{"ns", 1},	    {"us", 1000},	  {"ms", 1000000},	 {"s", 1000000000},
		{"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000},
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t n = strlen(units[i].name);

		if ((size_t)(s->end - s->at) >= n && memcmp(s->at, units[i].name, n) == 0) {
			s->at += n;
			return units[i].ns;
		}
	}
	return 0;
}

bool time_parse_duration(const char *text, int64_t *ret_ns)
{
	struct scan s = {text, text + strlen(text)};
	int64_t sum = 0;

	do {
		int64_t whole, part, frac = 0;
		struct scan after_point = {NULL, NULL};

		if (!take_whole(&s, &whole))
			return false;
		if (take_one_of(&s, ".")) {
			after_point = s;
			if (!take_fraction(&s, 1, &frac))
				return false;
		}
		int64_t unit = take_unit(&s);
		if (!unit || (after_point.at && !take_fraction(&after_point, unit, &frac)))
			return false;
		if (__builtin_mul_overflow(whole, unit, &part) || __builtin_add_overflow(part, frac, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return false;
	} while (s.at < s.end);
	*ret_ns = sum;
	return true;
}

/* Reads seconds since 1970, with an optional fraction. */
static bool parse_unix_seconds(const char *text, int64_t *ret_ns)
{
	struct scan s = {text, text + strlen(text)};
	int64_t seconds, frac = 0;

	if (!take_whole(&s, &seconds))
		return false;
	if (take_one_of(&s, ".") && !take_fraction(&s, ns_per_s, &frac))
		return false;
	return s.at == s.end && join_seconds(seconds, frac, ret_ns);
}

int time_parse_point(const char *text, int64_t now_ns, int64_t *ret_ns, struct err *e)
{
	int64_t ago;

	if (parse_unix_seconds(text, ret_ns) || time_parse_rfc3339(text, strlen(text), ret_ns))
		return 0;
	if (time_parse_duration(text, &ago) && !__builtin_sub_overflow(now_ns, ago, ret_ns))
		return 0;
	err_set(e, 0, "the time \"%s\" is not understood", text);
	return err_cure(e, "use a date such as 2026-11-22T10:00:00Z, seconds since 1970, or a duration such as 10m");
}
