/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits on processors: weight, quota, real time, cpusets.
 * Sources: cgroup-v2.rst, scheduler/sched-bwc.rst, scheduler/sched-rt-group.rst, cgroup-v1/cpusets.rst;
 * config-linux.md, "CPU".
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Whether the number asks for anything at all. */
static bool given(struct opt_i64 n)
{
	return cgroup_wish_of(n) != CGROUP_WISH_NONE;
}

/* Whether a period is given. */
static bool positive(struct opt_u64 n)
{
	return n.has && n.v > 0;
}

/* ---- weight ---- */

/* 0 shares mean that nobody asked; idle 0 takes back an idle 1. */
static enum cgroup_wish weight_wish(const struct spec_resources *res)
{
	if (positive(res->cpu.shares) || (res->cpu.idle.has && res->cpu.idle.v != 0))
		return CGROUP_WISH_SET;
	return res->cpu.idle.has ? CGROUP_WISH_LIFT : CGROUP_WISH_NONE;
}

/* The kernel takes no weight for an idle group, so it is woken first and sent back last.  Weights: cgroup_weight.c. */
static int weight_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	uint64_t shares = res->cpu.shares.v;
	struct opt_i64 idle = res->cpu.idle;
	bool wake = idle.has && cgroup_has_file(dir, "cpu.idle");
	int r = 0;

	if (idle.has && (idle.v < 0 || idle.v > 1))
		return err_set(e, ERANGE, "set linux.resources.cpu.idle to %" PRId64 ", which is neither 0 nor 1",
			       idle.v);
	if (wake)
		r = cgroup_put(dir, "cpu.idle", e, "0");
	if (r == 0 && positive(res->cpu.shares))
		r = v2 ? cgroup_put(dir, "cpu.weight", e, "%" PRIu64, cgroup_weight_of_shares(shares))
		       : cgroup_put(dir, "cpu.shares", e, "%" PRIu64, shares);
	if (r == 0 && idle.has && idle.v == 1)
		r = cgroup_put(dir, "cpu.idle", e, "1");
	return r;
}

/* ---- quota ---- */

/* A period alone is a wish, too; a burst of 0 takes one back. */
static enum cgroup_wish quota_wish(const struct spec_resources *res)
{
	enum cgroup_wish quota = positive(res->cpu.period) ? CGROUP_WISH_SET : cgroup_wish_of(res->cpu.quota);
	struct opt_u64 burst = res->cpu.burst;

	return MAX(quota, !burst.has ? CGROUP_WISH_NONE : burst.v > 0 ? CGROUP_WISH_SET : CGROUP_WISH_LIFT);
}

/* v2 has quota and period in one file, where a lone first word leaves the period as it is. */
static int quota_write_v2(int dir, const struct spec_resources *res, struct err *e)
{
	char quota[64] = "max";

	if (cgroup_wish_of(res->cpu.quota) == CGROUP_WISH_SET) {
		snprintf(quota, sizeof(quota), "%" PRId64, res->cpu.quota.v);
	} else if (!given(res->cpu.quota)) {
		int r = cgroup_text(dir, "cpu.max", quota, sizeof(quota));

		if (r < 0)
			return err_set(e, -r, "read cpu.max");
		quota[strcspn(quota, " \n")] = '\0';
	}
	if (!res->cpu.period.has || res->cpu.period.v == 0)
		return cgroup_put(dir, "cpu.max", e, "%s", quota);
	return cgroup_put(dir, "cpu.max", e, "%s %" PRIu64, quota, res->cpu.period.v);
}

/* v1 checks the pair at each write: where the new period does not go with the old quota, the quota goes first. */
static int quota_write_v1(int dir, const struct spec_resources *res, struct err *e)
{
	bool period = res->cpu.period.has && res->cpu.period.v > 0;
	int r = period ? cgroup_put(dir, "cpu.cfs_period_us", e, "%" PRIu64, res->cpu.period.v) : 0;
	bool again = r == -EINVAL && given(res->cpu.quota);

	if ((r == 0 || again) && given(res->cpu.quota))
		r = cgroup_put_number(dir, "cpu.cfs_quota_us", res->cpu.quota.v, "-1", e);
	if (r == 0 && again)
		r = cgroup_put(dir, "cpu.cfs_period_us", e, "%" PRIu64, res->cpu.period.v);
	return r;
}

/* Quota and period, where one of them is given. */
static int bandwidth_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	if (!given(res->cpu.quota) && !positive(res->cpu.period))
		return 0;
	return v2 ? quota_write_v2(dir, res, e) : quota_write_v1(dir, res, e);
}

/* A burst is at most the quota at all times, so a smaller one goes before the quota and a greater one after. */
static int quota_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	const char *file = v2 ? "cpu.max.burst" : "cpu.cfs_burst_us";
	struct opt_u64 burst = res->cpu.burst;
	uint64_t now = 0;
	bool known = burst.has && cgroup_number(dir, file, &now) == 0;
	bool first = known && burst.v < now;
	int r = 0;

	if (burst.has && !known && burst.v == 0)
		burst.has = false;
	if (first)
		r = cgroup_put(dir, file, e, "%" PRIu64, burst.v);
	if (r == 0)
		r = bandwidth_write(dir, v2, res, e);
	if (r == 0 && burst.has && !first)
		r = cgroup_put(dir, file, e, "%" PRIu64, burst.v);
	return r;
}

/* ---- real time ---- */

/* 0 is what others write for none; -1 means no bound. */
static enum cgroup_wish realtime_wish(const struct spec_resources *res)
{
	return positive(res->cpu.realtime_period) || given(res->cpu.realtime_runtime) ? CGROUP_WISH_SET
										      : CGROUP_WISH_NONE;
}

/* The kernel checks the pair at each write; the groups above must have as much. */
static int realtime_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	bool period = positive(res->cpu.realtime_period);
	uint64_t us = res->cpu.realtime_period.v;
	int r = period ? cgroup_put(dir, "cpu.rt_period_us", e, "%" PRIu64, us) : 0;
	bool again = r == -EINVAL && given(res->cpu.realtime_runtime);

	(void)v2;
	if ((r == 0 || again) && given(res->cpu.realtime_runtime))
		r = cgroup_put_number(dir, "cpu.rt_runtime_us", res->cpu.realtime_runtime.v, "-1", e);
	if (r == 0 && again)
		r = cgroup_put(dir, "cpu.rt_period_us", e, "%" PRIu64, us);
	return r;
}

/* ---- cpusets ---- */

/* Whether a list is given; an empty one means that nobody asked. */
static bool listed(const char *list)
{
	return list && *list;
}

/* Processors. */
static enum cgroup_wish cpus_wish(const struct spec_resources *res)
{
	return listed(res->cpu.cpus) ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* The file has the same name in both versions. */
static int cpus_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	return cgroup_put(dir, "cpuset.cpus", e, "%s", res->cpu.cpus);
}

/* Memory nodes. */
static enum cgroup_wish mems_wish(const struct spec_resources *res)
{
	return listed(res->cpu.mems) ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* The file has the same name in both versions. */
static int mems_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	return cgroup_put(dir, "cpuset.mems", e, "%s", res->cpu.mems);
}

static const struct cgroup_limit limits[] = {
	{"cpu shares", "cpu.shares", "shares go from 2 to 262144, and idle is 0 or 1", CGC_CPU, weight_wish,
	 weight_write},
	{"cpu quota", "cpu.quota", "periods go from 1000 to 1000000 us, quotas from 1000 us, bursts up to the quota",
	 CGC_CPU, quota_wish, quota_write},
	{"real-time quota", "cpu.realtimeRuntime", "the runtime is at most the period, and what the groups above have",
	 CGC_CPU, realtime_wish, realtime_write, .v1_only = true},
	{"cpuset", "cpu.cpus", "it takes lists like 0-3,7 of what the groups above have", CGC_CPUSET, cpus_wish,
	 cpus_write},
	{"cpuset's memory nodes", "cpu.mems", "it takes lists like 0-1 of what the groups above have", CGC_CPUSET,
	 mems_wish, mems_write},
};
const struct cgroup_limit_table cgroup_cpu_limits = {limits, ARRAY_LEN(limits)};
