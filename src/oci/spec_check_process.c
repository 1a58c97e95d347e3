/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What config.json demands of "process" (config.md, section Process); see spec_check.h. */
#include "oci/spec_check_rules.h"

#include "core/rlimit_names.h"

#include <sched.h>
#include <string.h>

/* A program's name, and variables that have one. */
static int check_words(const struct spec_process *p, struct err *e)
{
	if (p->args.n == 0)
		return bind_fail_at(e, "args", 0, bind_fail(e, "must have at least one entry"));
	if (!*p->args.v[0])
		return bind_fail_at(e, "args[0]", 0, bind_fail(e, "must not be empty"));
	for (size_t i = 0; i < p->env.n; i++) {
		const char *eq = strchr(p->env.v[i], '=');

		if (!eq || eq == p->env.v[i])
			return bind_fail_at(e, "env", 0, bind_fail_at(e, NULL, i, bind_fail(e, "must be NAME=VALUE")));
	}
	return 0;
}

/* Each limit once, and none above its ceiling. */
static int check_rlimits(const struct spec_process *p, struct err *e)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct spec_rlimit *r = &p->rlimits.v[i];
		int bad = 0;

		if (seen >> r->resource & 1)
			bad = bind_fail_at(e, "type", 0,
					   bind_fail(e, "\"%s\" appears twice", rlimit_name(r->resource)));
		else if (r->soft > r->hard)
			bad = bind_fail_at(e, "soft", 0, bind_fail(e, "must not be above \"hard\""));
		if (bad < 0)
			return bind_fail_at(e, "rlimits", 0, bind_fail_at(e, NULL, i, bad));
		seen |= 1U << r->resource;
	}
	return 0;
}

/* What each policy needs (sched(7)); SCHED_ISO has a number and nothing behind it. */
static const struct policy {
	int priority_min, priority_max;
	bool exists, deadline;
} policies[] = {
	[SCHED_OTHER] = {0, 0, true, false}, [SCHED_FIFO] = {1, 99, true, false}, [SCHED_RR] = {1, 99, true, false},
	[SCHED_BATCH] = {0, 0, true, false}, [SCHED_IDLE] = {0, 0, true, false},  [6] = {0, 0, true, true},
};

/* The scheduler's numbers must belong to its policy. */
static int check_scheduler(const struct spec_process *p, struct err *e)
{
	const struct spec_scheduler *s = &p->scheduler;
	const struct policy *policy = &policies[s->policy];

	if (!s->has)
		return 0;
	if (!policy->exists)
		return bind_fail_at(e, "policy", 0, bind_fail(e, "SCHED_ISO is a name that Linux has no policy for"));
	if (s->priority < policy->priority_min || s->priority > policy->priority_max)
		return bind_fail_at(e, "priority", 0,
				    bind_fail(e, "must be between %d and %d with this policy", policy->priority_min,
					      policy->priority_max));
	if (!policy->deadline && (s->runtime || s->deadline || s->period))
		return bind_fail_at(e,
				    s->runtime	  ? "runtime"
				    : s->deadline ? "deadline"
						  : "period",
				    0, bind_fail(e, "goes with the policy SCHED_DEADLINE only"));
	if (policy->deadline && (!s->runtime || s->runtime > s->deadline || (s->period && s->deadline > s->period)))
		return bind_fail(e, "SCHED_DEADLINE needs 0 < runtime <= deadline <= period");
	return 0;
}

int spec_check_process(const struct spec_process *p, struct err *e)
{
	static const struct text_rule rules[] = {
		{"cwd", offsetof(struct spec_process, cwd), text_absolute, SAYS_ABSOLUTE, .required = true},
		{"execCPUAffinity.initial", offsetof(struct spec_process, exec_cpu_affinity.initial), text_ranges,
		 SAYS_RANGES},
		{"execCPUAffinity.final", offsetof(struct spec_process, exec_cpu_affinity.final), text_ranges,
		 SAYS_RANGES},
	};
	int bad;

	if ((bad = check_texts(rules, ARRAY_LEN(rules), p, e)) < 0 || (bad = check_words(p, e)) < 0 ||
	    (bad = check_rlimits(p, e)) < 0)
		return bad;
	if ((bad = check_scheduler(p, e)) < 0)
		return bind_fail_at(e, "scheduler", 0, bad);
	return 0;
}
