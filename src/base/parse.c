/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict readers of small texts: see parse.h. */
#include "base/parse.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

/* isdigit(3) without a locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

bool take_u64(const char **p, uint64_t max, uint64_t *ret)
{
	const char *s = *p;
	uint64_t v = 0;

	if (!is_digit(*s))
		return false;
	for (; is_digit(*s); s++)
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	if (v > max)
		return false;
	*p = s;
	*ret = v;
	return true;
}

bool parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v;

	if (!take_u64(&text, max, &v) || *text)
		return false;
	*ret = v;
	return true;
}

bool parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = take_char(&text, '-');
	uint64_t v;

	if (!parse_u64(text, (uint64_t)INT64_MAX + negative, &v))
		return false;
	/* Subtracted from 0 as unsigned numbers, so that the least of all numbers has no overflow on its way. */
	int64_t n = (int64_t)(negative ? 0 - v : v);
	if (n < min || n > max)
		return false;
	*ret = n;
	return true;
}

bool parse_int(const char *text, int min, int max, int *ret)
{
	int64_t v;

	if (!parse_i64(text, min, max, &v))
		return false;
	*ret = (int)v;
	return true;
}

bool parse_id(const char *text, uint32_t *ret)
{
	uint64_t v;

	if (!parse_u64(text, UINT32_MAX - 1, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

bool text_is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

bool parse_octal(const char *text, uint32_t max, uint32_t *ret)
{
	uint32_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '7' || v > UINT32_MAX / 8)
			return false;
		v = v * 8 + (uint32_t)(*text - '0');
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

bool parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i % 2;
			return true;
		}
	return false;
}

/* Digits with an optional fraction ("2", "1.5", ".5"), times UNIT, rounded down; at most INT64_MAX. */
static bool scale(const char *text, size_t len, uint64_t unit, int64_t *ret)
{
	const char *p = text, *end = text + len;
	uint64_t whole = 0, sum;

	if (*p != '.' && !take_u64(&p, INT64_MAX, &whole))
		return false;
	if (__builtin_mul_overflow(whole, unit, &sum))
		return false;
	if (p < end && *p == '.') {
		uint64_t part = unit; /* what one more digit is worth, times ten */

		if (!is_digit(*++p))
			return false;
		for (; p < end && is_digit(*p); p++) {
			uint64_t digit = (uint64_t)(*p - '0');

			if (__builtin_add_overflow(sum, part / 10 * digit + part % 10 * digit / 10, &sum))
				return false;
			part /= 10;
		}
	}
	if (p != end || sum > INT64_MAX)
		return false;
	*ret = (int64_t)sum;
	return true;
}

bool parse_size(const char *text, int64_t *ret)
{
	static const char letters[] = "bkmgtp";
	size_t len = strspn(text, "0123456789.");
	const char *unit = text + len;
	unsigned int power = 0;

	if (*unit) {
		const char *at = strchr(letters, *unit | 0x20);

		if (!at || !*at)
			return false;
		power = (unsigned int)(at - letters);
		if (unit[1] && (power == 0 || (strcasecmp(unit + 1, "b") != 0 && strcasecmp(unit + 1, "ib") != 0)))
			return false;
	}
	return scale(text, len, (uint64_t)1 << (10 * power), ret);
}

bool parse_seconds(const char *text, int *ret)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
	size_t next = 0; /* units must come from great to small, each once */
	uint64_t sum = 0, v;

	if (parse_u64(text, INT_MAX, &sum)) {
		*ret = (int)sum;
		return true;
	}
	do {
		if (!take_u64(&text, INT_MAX, &v))
			return false;
		while (next < ARRAY_LEN(units) && units[next].letter != *text)
			next++;
		if (next == ARRAY_LEN(units))
			return false;
		sum += v * units[next++].seconds;
		text++;
	} while (*text);
	if (sum > INT_MAX)
		return false;
	*ret = (int)sum;
	return true;
}

bool parse_cpus(const char *text, int64_t *ret_millionths)
{
	int64_t v;

	if (!scale(text, strlen(text), 1000000, &v) || v <= 0 || v > INT64_C(1000000) * 1000000)
		return false;
	*ret_millionths = v;
	return true;
}

bool parse_ranges(const char *text, struct ranges *ret)
{
	struct ranges r = {0};
	uint64_t first, last;

	do {
		if (!take_u64(&text, RANGES_MAX - 1, &first))
			return false;
		last = first;
		if (take_char(&text, '-') && !take_u64(&text, RANGES_MAX - 1, &last))
			return false;
		if (last < first)
			return false;
		for (uint64_t i = first; i <= last; i++)
			r.bits[i / 64] |= UINT64_C(1) << i % 64;
	} while (take_char(&text, ','));
	if (*text)
		return false;
	*ret = r;
	return true;
}

bool ranges_within(const struct ranges *a, const struct ranges *b)
{
	for (size_t i = 0; i < ARRAY_LEN(a->bits); i++)
		if (a->bits[i] & ~b->bits[i])
			return false;
	return true;
}

/* signal(7); the first name of a number is the one that is shown. */
static const struct {
	const char *name;
	int sig;
} signals[] = {
	{"SIGHUP", SIGHUP},	  {"SIGINT", SIGINT},	  {"SIGQUIT", SIGQUIT}, {"SIGILL", SIGILL},
	{"SIGTRAP", SIGTRAP},	  {"SIGABRT", SIGABRT},	  {"SIGIOT", SIGABRT},	{"SIGBUS", SIGBUS},
	{"SIGFPE", SIGFPE},	  {"SIGKILL", SIGKILL},	  {"SIGUSR1", SIGUSR1}, {"SIGSEGV", SIGSEGV},
	{"SIGUSR2", SIGUSR2},	  {"SIGPIPE", SIGPIPE},	  {"SIGALRM", SIGALRM}, {"SIGTERM", SIGTERM},
	{"SIGSTKFLT", SIGSTKFLT}, {"SIGCHLD", SIGCHLD},	  {"SIGCLD", SIGCHLD},	{"SIGCONT", SIGCONT},
	{"SIGSTOP", SIGSTOP},	  {"SIGTSTP", SIGTSTP},	  {"SIGTTIN", SIGTTIN}, {"SIGTTOU", SIGTTOU},
	{"SIGURG", SIGURG},	  {"SIGXCPU", SIGXCPU},	  {"SIGXFSZ", SIGXFSZ}, {"SIGVTALRM", SIGVTALRM},
	{"SIGPROF", SIGPROF},	  {"SIGWINCH", SIGWINCH}, {"SIGIO", SIGIO},	{"SIGPOLL", SIGIO},
	{"SIGPWR", SIGPWR},	  {"SIGSYS", SIGSYS},
};

bool parse_signal(const char *text, int *ret)
{
	uint64_t n;

	if (text_is_number(text)) {
		if (!parse_u64(text, SIGNAL_RT_MAX, &n) || n == 0)
			return false;
		*ret = (int)n;
		return true;
	}
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (strcasecmp(text, signals[i].name + 3) == 0) {
			*ret = signals[i].sig;
			return true;
		}

	bool from_min = strncasecmp(text, "RTMIN", 5) == 0;
	if (!from_min && strncasecmp(text, "RTMAX", 5) != 0)
		return false;
	text += 5;
	n = 0;
	if (*text && (*text++ != (from_min ? '+' : '-') || !parse_u64(text, SIGNAL_RT_MAX - SIGNAL_RT_MIN, &n)))
		return false;
	*ret = from_min ? SIGNAL_RT_MIN + (int)n : SIGNAL_RT_MAX - (int)n;
	return true;
}
