/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time namespaces with clocks of their own: see time_offsets.h. */
#include "core/time_offsets.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* Writes the offset of CLOCK as a line behind TEXT. */
static void add_line(char *text, size_t size, const char *clock, const struct spec_time_offset *o)
{
	size_t used = strlen(text);

	if (o->has)
		snprintf(text + used, size - used, "%s %lld %u\n", clock, (long long)o->secs, o->nanosecs);
}

int time_offsets_enter(const struct spec_time_offset *monotonic, const struct spec_time_offset *boottime, struct err *e)
{
	char text[128] = "";

	if (unshare(CLONE_NEWTIME) < 0) {
		int code = errno;

		err_set(e, code, "linux.timeOffsets: make a time namespace");
		return code == EINVAL ? err_why(e, "the kernel has none (5.6, CONFIG_TIME_NS)") : -code;
	}
	add_line(text, sizeof(text), "monotonic", monotonic);
	add_line(text, sizeof(text), "boottime", boottime);
	int r = *text ? file_write(AT_FDCWD, "/proc/self/timens_offsets", text, e) : 0;
	if (r < 0) {
		text[strlen(text) - 1] = '\0';
		for (char *c = text; *c; c++)
			*c = *c == '\n' ? ',' : *c;
		err_context(e, "linux.timeOffsets: set \"%s\"", text);
		return r == -ERANGE ? err_why(e, "a clock would be before its beginning, or after 146 years") : r;
	}
	auto_fd fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		return err_set(e, errno, "linux.timeOffsets: enter the time namespace");
	return 0;
}
