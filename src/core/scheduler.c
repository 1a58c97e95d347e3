/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies of the scheduler: see scheduler.h. */
#include "core/scheduler.h"

#include "core/sys.h"

#include <errno.h>

enum { POLICY_DEADLINE = 6, FLAG_RESET_ON_FORK = 1, UTIL_CLAMP_NONE = 1024 };

static const char *const policy_words[] = {"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",	 "SCHED_BATCH",
					   "SCHED_ISO",	  "SCHED_IDLE", "SCHED_DEADLINE"};

/* Says why the kernel refused S with CODE. */
static int refused(const struct spec_scheduler *s, int code, struct err *e)
{
	size_t i = (size_t)s->policy;

	err_set(e, code, "process.scheduler: set %s", i < ARRAY_LEN(policy_words) ? policy_words[i] : "the policy");
	switch (code) {
	case EPERM:
		err_why(e,
			"more than the caller has takes CAP_SYS_NICE on the machine; real-time policies need a "
			"cgroup with real-time budget, and SCHED_DEADLINE a process that may run on every processor");
		return err_cure(e, "set linux.resources.cpu.realtimeRuntime, or ask for another policy");
	case EINVAL:
		return err_why(e,
			       "the kernel does not know the policy or one of the flags 0x%x, or a number is out of "
			       "its bounds (sched_rt_*, sched_deadline_* in /proc/sys/kernel)",
			       s->flags);
	case EBUSY:
		return err_why(e, "so much time of the processors is not to be had any more");
	default:
		return -code;
	}
}

int scheduler_set(pid_t pid, const struct spec_scheduler *s, struct err *e)
{
	const struct sys_sched_attr a = {
		.size = sizeof(a),
		.policy = (uint32_t)s->policy,
		.flags = s->flags,
		.nice = s->nice,
		.priority = (uint32_t)s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
		/* The runtime spec has flags for these and no numbers: no clamp. */
		.util_max = UTIL_CLAMP_NONE,
	};

	return sys_sched_setattr(pid, &a) == 0 ? 0 : refused(s, errno, e);
}

bool scheduler_partial(const struct spec_scheduler *s)
{
	return s->has && (s->policy == POLICY_DEADLINE || (s->flags & FLAG_RESET_ON_FORK));
}

int scheduler_set_parent(pid_t pid, const struct spec_scheduler *s, struct err *e)
{
	struct spec_scheduler inherited = *s;

	/* A process with this policy may not fork. */
	if (s->policy == POLICY_DEADLINE)
		return 0;
	inherited.flags &= ~(unsigned int)FLAG_RESET_ON_FORK;
	return scheduler_set(pid, &inherited, e);
}
