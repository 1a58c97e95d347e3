/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as sentences: see err.h for the theory. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * The code of the last error that nobody wanted to hear of (E is NULL): its why and cure must still return its number.
 */
static _Thread_local int unheard_code;

/* The number a function returns for E: never 0, so that an error can't be taken for success. */
static int err_number(const struct err *e)
{
	int code = e ? e->code : unheard_code;

	return code ? -code : -EINVAL;
}

int err_copy(struct err *e, const struct err *from)
{
	if (e)
		*e = *from;
	else
		unheard_code = from->code;
	return err_number(from);
}

/* Formats into BUF; a text that doesn't fit ends with "..." so that a reader sees it was cut. */
static void format_cut(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, size, fmt, ap);

	if (n >= 0 && (size_t)n >= size)
		memcpy(buf + size - 4, "...", 4);
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e) {
		unheard_code = code;
		return err_number(e);
	}
	*e = (struct err){.code = code};
	va_start(ap, fmt);
	format_cut(e->what, sizeof(e->what), fmt, ap);
	va_end(ap);
	return err_number(e);
}

int err_context(struct err *e, const char *fmt, ...)
{
	char front[sizeof(e->what)];
	char rest[sizeof(e->what)];
	va_list ap;

	if (!e)
		return err_number(e);
	va_start(ap, fmt);
	format_cut(front, sizeof(front), fmt, ap);
	va_end(ap);
	memcpy(rest, e->what, sizeof(rest));
	int n = snprintf(e->what, sizeof(e->what), "%s%s%s", front, rest[0] ? ": " : "", rest);
	if (n >= (int)sizeof(e->what))
		memcpy(e->what + sizeof(e->what) - 4, "...", 4);
	return err_number(e);
}

int err_why(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return err_number(e);
	va_start(ap, fmt);
	format_cut(e->why, sizeof(e->why), fmt, ap);
	va_end(ap);
	return err_number(e);
}

int err_cure(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return err_number(e);
	va_start(ap, fmt);
	format_cut(e->cure, sizeof(e->cure), fmt, ap);
	va_end(ap);
	return err_number(e);
}

int err_status(struct err *e, int status)
{
	if (e)
		e->status = status;
	return err_number(e);
}

/* Replaces control characters in place by '?', keeping the length: paths and names may come from an attacker. */
static void scrub(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

void err_format(const struct err *e, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s%s%s%s%s%s%s%s", e->step, e->step[0] ? ": " : "", e->what, e->code ? ": " : "",
		 e->code ? strerror(e->code) : "", e->why[0] ? ": " : "", e->why, e->cure[0] ? " (" : "", e->cure,
		 e->cure[0] ? ")" : "");
	scrub(buf);
}
