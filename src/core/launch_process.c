/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process is given besides its rights: clocks, shares of the machine, its ways to be scheduled.
 *
 * The host side sets what may take more rights than the container has, and before the box is anybody else: so a plain
 * user may still do it, too.  The program inherits it; for an exec it is the go-between that does (launch_join.c).
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/memory_policy.h"
#include "core/scheduler.h"
#include "core/seccomp_listener.h"
#include "core/time_offsets.h"

#include <errno.h>
#include <sys/personality.h>
#include <unistd.h>

/* ---- clocks ---- */

bool launch_shifts_clocks(const struct launch *l)
{
	return launch_new_ns(l, NS_TIME) &&
	       (l->spec->lin.time_offsets.monotonic.has || l->spec->lin.time_offsets.boottime.has);
}

static bool time_offsets_wanted(const void *ctx)
{
	return launch_shifts_clocks(ctx);
}

static int time_offsets_run(void *ctx, struct err *e)
{
	const struct spec *s = ((struct launch *)ctx)->spec;

	return time_offsets_enter(&s->lin.time_offsets.monotonic, &s->lin.time_offsets.boottime, e);
}

static void time_offsets_explain(const void *ctx, struct explain *x)
{
	const struct spec *s = ((const struct launch *)ctx)->spec;

	explain_say(x, "make a time namespace, shift its clocks, and enter it");
	explain_shell(x, "unshare --time --monotonic=%lld --boottime=%lld",
		      (long long)s->lin.time_offsets.monotonic.secs, (long long)s->lin.time_offsets.boottime.secs);
}

const struct step step_time_offsets = {"time-offsets",	 SIDE_BOX, time_offsets_wanted,
				       time_offsets_run, NULL,	   time_offsets_explain};

/* ---- shares of caches and memory bandwidth ---- */

static bool rdt_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->lin.intel_rdt.has;
}

static int rdt_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct spec_intel_rdt *rdt = &l->spec->lin.intel_rdt;
	char *root;
	int r = rdt_root(l->arena, &root, e);

	if (r < 0)
		return r;
	return l->joining ? rdt_join(root, rdt, l->id, l->pid, l->arena, e)
			  : rdt_enter(root, rdt, l->id, l->pid, l->arena, &l->rdt, e);
}

static void rdt_undo(void *ctx)
{
	struct launch *l = ctx;

	if (l->rdt.monitor)
		rmdir(l->rdt.monitor);
	if (l->rdt.made)
		rmdir(l->rdt.dir);
	l->rdt = (struct rdt_group){0};
}

static void rdt_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	const char *name = l->spec->lin.intel_rdt.clos_id ? l->spec->lin.intel_rdt.clos_id : l->id;

	explain_say(x, "give it a share of the caches and of the memory bandwidth");
	explain_shell(x, "echo $PID > /sys/fs/resctrl/%s/tasks", name ? name : "ID");
}

const struct step step_rdt = {"rdt", SIDE_HOST, rdt_wanted, rdt_run, rdt_undo, rdt_explain};

/* ---- scheduling ---- */

static bool schedule_wanted(const void *ctx)
{
	const struct spec_process *p = &((const struct launch *)ctx)->spec->process;

	return p->scheduler.has || p->io_priority.has;
}

static int schedule_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct spec_process *p = &l->spec->process;
	int r = 0;

	if (p->scheduler.has)
		r = l->joining ? scheduler_set_parent(l->pid, &p->scheduler, e)
			       : scheduler_set(l->pid, &p->scheduler, e);
	return r < 0 || !p->io_priority.has ? r : io_priority_set(l->pid, &p->io_priority, e);
}

static void schedule_explain(const void *ctx, struct explain *x)
{
	const struct spec_process *p = &((const struct launch *)ctx)->spec->process;

	explain_say(x, "tell the kernel how to schedule it");
	if (p->scheduler.has)
		explain_shell(x, "chrt --pid %d $PID && renice %d $PID", p->scheduler.priority, p->scheduler.nice);
	if (p->io_priority.has)
		explain_shell(x, "ionice -c %d -n %d -p $PID", p->io_priority.class, p->io_priority.priority);
}

const struct step step_schedule = {"schedule", SIDE_HOST, schedule_wanted, schedule_run, NULL, schedule_explain};

/* ---- processors, for an exec ---- */

static bool affinity_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->joining && l->spec->process.exec_cpu_affinity.initial;
}

/* Goes there itself: what it makes is born there, and in the container's cgroup. */
static int affinity_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	l->own_cpus = arena_new(l->arena, struct ranges, 1);
	int r = affinity_get(0, l->own_cpus, e);
	return r < 0 ? r : affinity_set_list(0, l->spec->process.exec_cpu_affinity.initial, e);
}

/* Back to where the caller was. */
static void affinity_undo(void *ctx)
{
	struct launch *l = ctx;

	if (l->own_cpus)
		(void)!affinity_set(0, l->own_cpus, NULL);
	l->own_cpus = NULL;
}

static void affinity_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "choose the processors on which the program begins");
	explain_shell(x, "taskset -pc %s $$", ((const struct launch *)ctx)->spec->process.exec_cpu_affinity.initial);
}

const struct step step_affinity = {"affinity",	 SIDE_HOST,	affinity_wanted,
				   affinity_run, affinity_undo, affinity_explain};

static bool affinity_final_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->joining && l->spec->process.exec_cpu_affinity.has;
}

static int affinity_final_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const char *cpus = l->spec->process.exec_cpu_affinity.final;

	affinity_undo(l);
	return cpus ? affinity_set_list(l->pid, cpus, e) : 0;
}

static void affinity_final_explain(const void *ctx, struct explain *x)
{
	const char *cpus = ((const struct launch *)ctx)->spec->process.exec_cpu_affinity.final;

	if (!cpus)
		return;
	explain_say(x, "choose the processors on which it goes on");
	explain_shell(x, "taskset -pc %s $PID", cpus);
}

const struct step step_affinity_final = {"affinity-final",   SIDE_HOST, affinity_final_wanted,
					 affinity_final_run, NULL,	affinity_final_explain};

/* ---- personality ---- */

static bool personality_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->lin.personality.has;
}

static int personality_run(void *ctx, struct err *e)
{
	int domain = ((struct launch *)ctx)->spec->lin.personality.domain;

	if (personality((unsigned long)domain) < 0)
		return err_set(e, errno, "linux.personality: set the domain %#x", (unsigned int)domain);
	return 0;
}

static void personality_explain(const void *ctx, struct explain *x)
{
	bool linux32 = ((const struct launch *)ctx)->spec->lin.personality.domain == PER_LINUX32;

	explain_say(x, "let the machine look like one of %s bits", linux32 ? "32" : "its own");
	explain_shell(x, "setarch %s", linux32 ? "linux32" : "linux64");
}

const struct step step_personality = {"personality",   SIDE_BOX, personality_wanted,
				      personality_run, NULL,	 personality_explain};

/* ---- memory policy ---- */

static bool memory_policy_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->lin.memory_policy.has;
}

static int memory_policy_run(void *ctx, struct err *e)
{
	return memory_policy_set(&((struct launch *)ctx)->spec->lin.memory_policy, e);
}

static void memory_policy_explain(const void *ctx, struct explain *x)
{
	const struct spec_memory_policy *p = &((const struct launch *)ctx)->spec->lin.memory_policy;

	explain_say(x, "choose the nodes of the machine that its memory comes from");
	explain_shell(x, "numactl --membind=%s", p->nodes ? p->nodes : "all");
}

const struct step step_memory_policy = {"memory-policy",   SIDE_BOX, memory_policy_wanted,
					memory_policy_run, NULL,     memory_policy_explain};

/* ---- the listener of a filter ---- */

int launch_listener(struct launch *l, struct hs_msg *m, pid_t pid, struct err *e)
{
	int r = 0;

	if (m->n_fds > 0)
		r = seccomp_listener_send(l->spec->lin.seccomp.listener_path, m->fds[0],
					  l->listener_text(l->owner, pid), e);
	while (m->n_fds > 0)
		fd_close(&m->fds[--m->n_fds]);
	return r;
}
