/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Priorities for input and output: see scheduler.h. */
#include "core/scheduler.h"

#include "core/sys.h"

#include <errno.h>

enum { WHO_PROCESS = 1, CLASS_SHIFT = 13 }; /* linux/ioprio.h, which Debian's headers lack */

int io_priority_set(pid_t pid, const struct spec_io_priority *p, struct err *e)
{
	static const char *const words[] = {"none", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"};
	size_t i = (size_t)p->class;

	if (syscall(SYS_ioprio_set, WHO_PROCESS, pid, p->class << CLASS_SHIFT | p->priority) == 0)
		return 0;
	int code = errno;
	err_set(e, code, "process.ioPriority: set %s, priority %d", i < ARRAY_LEN(words) ? words[i] : "the class",
		p->priority);
	switch (code) {
	case EPERM:
		return err_why(e, "this class takes CAP_SYS_NICE or CAP_SYS_ADMIN on the machine");
	case ENOSYS:
		return err_why(e, "the kernel has no block devices");
	default:
		return -code;
	}
}
