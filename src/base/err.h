/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error as a value: one sentence that grows while it travels up.
 *
 * A function that can fail takes a 'struct err *' as its last parameter and returns 0, or a negative errno value with
 * the error filled in.  The sentence has four parts, kept apart so that they can also be printed as JSON:
 *
 *     isle: [step:] [context: …] what was attempted on which object: what the kernel said: why (what to do)
 *
 * The value is fixed in size and owns nothing, so that it can be sent over the handshake socket as it is, and works
 * after fork.  Only the cli room prints it.  A NULL 'struct err *' is allowed everywhere: the caller wants the number
 * alone.
 */
#ifndef ISLE_BASE_ERR_H
#define ISLE_BASE_ERR_H

#include "base/macros.h"

/* Exit statuses of isle itself; anything else is the program's own. */
enum {
	EXIT_ISLE = 125,	   /* isle failed, or was used wrongly */
	EXIT_NOT_EXECUTABLE = 126, /* the program was found but cannot be executed */
	EXIT_NOT_FOUND = 127,	   /* the program was not found */
};

struct err {
	int code;	/* positive errno, 0 where no system call failed */
	int status;	/* exit status for the user; 0 means EXIT_ISLE */
	char step[24];	/* the step that failed, or "" */
	char what[512]; /* what was attempted, on which object; context grows in front */
	char why[320];	/* the cause, where it can be known, or "" */
	char cure[320]; /* what the user can do, or "" */
};

/*
 * Fills E with CODE (positive errno; 0: no system call is to blame) and the sentence; returns -CODE, or -EINVAL for 0.
 */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/*
 * Puts "context: " in front of the sentence; returns the negative code, so that 'return err_context(e, …)' reads well.
 */
int err_context(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Says why it failed, in words beyond the kernel's; returns the negative code. */
int err_why(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Says what to do about it; returns the negative code. */
int err_cure(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Makes E the error FROM, which another process has sent; returns its negative code. */
int err_copy(struct err *e, const struct err *from);
/* Sets the exit status that the error stands for; returns the negative code. */
int err_status(struct err *e, int status);
/* Writes the sentence, without a newline, into BUF (always terminated); control characters are shown as "?". */
void err_format(const struct err *e, char *buf, size_t size);

#endif
