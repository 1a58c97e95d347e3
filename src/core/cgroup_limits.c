/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits and the files that set them: one row for each, with what it is called, where it lives, and how it is written.
 *
 * A limit in the spec is one of three wishes: nothing (absent, or the zero by which other tools mean "the default"), no
 * limit (-1), or a limit.  Only the last needs a controller; "no limit" is what a new group has anyway, and for a group
 * that lives it is written where there is a file for it.
 *
 * Sources: Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/{memory,cpusets,blkio-controller,pids}.rst,
 * scheduler/sched-bwc.rst; the runtime spec's config-linux.md counts as v1 does, so v2 needs conversion.
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Writes a formatted value into FILE of the open group DIR. */
static int put(int dir, const char *file, struct err *e, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Writes a formatted value into FILE of the group; the error names the file. */
static int put(int dir, const char *file, struct err *e, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof(text))
		return err_set(e, E2BIG, "write %s", file);
	return file_write(dir, file, text, e);
}

/* Writes a number into FILE; one below zero means no limit, which LIFTED says in the file's own word. */
static int put_number(int dir, const char *file, int64_t v, const char *lifted, struct err *e)
{
	return v < 0 ? put(dir, file, e, "%s", lifted) : put(dir, file, e, "%" PRId64, v);
}

/* A number's wish, where zero means the default and less than zero no limit. */
static enum cgroup_wish wish_of(struct opt_i64 n)
{
	return !n.has || n.v == 0 ? CGROUP_WISH_NONE : n.v < 0 ? CGROUP_WISH_LIFT : CGROUP_WISH_SET;
}

/* Whether the number asks for anything at all. */
static bool given(struct opt_i64 n)
{
	return wish_of(n) != CGROUP_WISH_NONE;
}

/* Whether FILE is there. */
static bool has_file(int dir, const char *file)
{
	return faccessat(dir, file, F_OK, 0) == 0;
}

/* ---- memory ---- */

/* Memory and swap are set together; it is enough that one of them is asked for. */
static enum cgroup_wish memory_wish(const struct spec_resources *res)
{
	return MAX(wish_of(res->memory.limit), wish_of(res->memory.swap));
}

/* The limit on swap alone, which v2 counts, from memory + swap, which the spec counts; -1: none. */
static int swap_alone(int dir, const struct spec_resources *res, int64_t *ret, struct err *e)
{
	uint64_t limit = (uint64_t)res->memory.limit.v;

	*ret = -1;
	if (res->memory.swap.v < 0)
		return 0;
	int r = given(res->memory.limit) ? 0 : cgroup_number(dir, "memory.max", &limit);
	if (r < 0)
		return err_set(e, -r, "read memory.max");
	if (limit > INT64_MAX) {
		err_set(e, EINVAL, "limit memory and swap to %" PRId64, res->memory.swap.v);
		return err_why(e, "memory itself has no limit");
	}
	if ((uint64_t)res->memory.swap.v < limit) {
		err_set(e, EINVAL, "limit memory and swap together to %" PRId64, res->memory.swap.v);
		return err_why(e, "that is less than the limit of memory alone, %" PRIu64, limit);
	}
	*ret = res->memory.swap.v - (int64_t)limit;
	return 0;
}

/* Lifting the limit on memory lifts the one on swap, too. */
static int memory_write_v2(int dir, const struct spec_resources *res, struct err *e)
{
	bool unlimited = wish_of(res->memory.limit) == CGROUP_WISH_LIFT;
	int64_t swap = -1;
	int r = 0;

	if (given(res->memory.swap) || unlimited) {
		r = given(res->memory.swap) ? swap_alone(dir, res, &swap, e) : 0;
		if (r == 0)
			r = put_number(dir, "memory.swap.max", swap, "max", e);
		/* A kernel without swap has no such file, and gives none and sets no bounds to it. */
		if (r == -ENOENT && swap <= 0)
			r = 0;
	}
	if (r == 0 && given(res->memory.limit))
		r = put_number(dir, "memory.max", res->memory.limit.v, "max", e);
	return r;
}

/* v1 keeps "memory <= memory + swap" at all times, so the one that makes room for the other goes first. */
static int memory_write_v1(int dir, const struct spec_resources *res, struct err *e)
{
	static const char memory[] = "memory.limit_in_bytes", both[] = "memory.memsw.limit_in_bytes";
	struct opt_i64 limit = res->memory.limit, swap = res->memory.swap;
	uint64_t now = 0;
	int r = 0;

	if (!given(swap) && wish_of(limit) == CGROUP_WISH_LIFT)
		swap = (struct opt_i64){true, -1};
	if (given(swap) && swap.v < 0 && !has_file(dir, both))
		swap.has = false;
	if (given(swap)) {
		r = cgroup_number(dir, both, &now);
		if (r < 0)
			return err_set(e, -r, "read %s", both);
		if (given(limit) && swap.v > 0 && (limit.v < 0 || limit.v > swap.v)) {
			err_set(e, EINVAL, "limit memory and swap together to %" PRId64, swap.v);
			return err_why(e, "that is less than the limit of memory alone");
		}
	}
	bool both_first = given(swap) && (swap.v < 0 || (uint64_t)swap.v > now);
	if (both_first)
		r = put_number(dir, both, swap.v, "-1", e);
	if (r == 0 && given(limit))
		r = put_number(dir, memory, limit.v, "-1", e);
	if (r == -EINVAL && !given(swap))
		return err_why(e, "it may be more than the limit of memory and swap together, which was not changed");
	if (r == 0 && given(swap) && !both_first)
		r = put_number(dir, both, swap.v, "-1", e);
	return r == -EBUSY ? err_why(e, "the container uses more than that now") : r;
}

/* The two versions count swap differently, so each has its own way. */
static int memory_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	return v2 ? memory_write_v2(dir, res, e) : memory_write_v1(dir, res, e);
}

/* What the group keeps when memory is short elsewhere. */
static enum cgroup_wish reservation_wish(const struct spec_resources *res)
{
	return wish_of(res->memory.reservation);
}

/* The same value under two names. */
static int reservation_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	return put_number(dir, v2 ? "memory.low" : "memory.soft_limit_in_bytes", res->memory.reservation.v,
			  v2 ? "max" : "-1", e);
}

/* ---- processors ---- */

/* 0 shares mean that nobody asked. */
static enum cgroup_wish shares_wish(const struct spec_resources *res)
{
	return res->cpu.shares.has && res->cpu.shares.v > 0 ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* v2 counts in weights: see cgroup_weight.c. */
static int shares_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	uint64_t shares = res->cpu.shares.v;

	return v2 ? put(dir, "cpu.weight", e, "%" PRIu64, cgroup_weight_of_shares(shares))
		  : put(dir, "cpu.shares", e, "%" PRIu64, shares);
}

/* A period alone is a wish, too. */
static enum cgroup_wish quota_wish(const struct spec_resources *res)
{
	return res->cpu.period.has && res->cpu.period.v > 0 ? CGROUP_WISH_SET : wish_of(res->cpu.quota);
}

/* v2 has quota and period in one file, where a lone first word leaves the period as it is. */
static int quota_write_v2(int dir, const struct spec_resources *res, struct err *e)
{
	char quota[64] = "max";

	if (wish_of(res->cpu.quota) == CGROUP_WISH_SET) {
		snprintf(quota, sizeof(quota), "%" PRId64, res->cpu.quota.v);
	} else if (!given(res->cpu.quota)) {
		int r = cgroup_text(dir, "cpu.max", quota, sizeof(quota));

		if (r < 0)
			return err_set(e, -r, "read cpu.max");
		quota[strcspn(quota, " \n")] = '\0';
	}
	if (!res->cpu.period.has || res->cpu.period.v == 0)
		return put(dir, "cpu.max", e, "%s", quota);
	return put(dir, "cpu.max", e, "%s %" PRIu64, quota, res->cpu.period.v);
}

/* v1 checks the pair at each write: where the new period does not go with the old quota, the quota goes first. */
static int quota_write_v1(int dir, const struct spec_resources *res, struct err *e)
{
	bool period = res->cpu.period.has && res->cpu.period.v > 0;
	int r = period ? put(dir, "cpu.cfs_period_us", e, "%" PRIu64, res->cpu.period.v) : 0;
	bool again = r == -EINVAL && given(res->cpu.quota);

	if ((r == 0 || again) && given(res->cpu.quota))
		r = put_number(dir, "cpu.cfs_quota_us", res->cpu.quota.v, "-1", e);
	if (r == 0 && again)
		r = put(dir, "cpu.cfs_period_us", e, "%" PRIu64, res->cpu.period.v);
	return r;
}

/* One file or two, depending on the version. */
static int quota_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	return v2 ? quota_write_v2(dir, res, e) : quota_write_v1(dir, res, e);
}

/* An empty list means that nobody asked. */
static enum cgroup_wish cpuset_wish(const struct spec_resources *res)
{
	bool cpus = res->cpu.cpus && *res->cpu.cpus, mems = res->cpu.mems && *res->cpu.mems;

	return cpus || mems ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* The files have the same names in both versions. */
static int cpuset_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = 0;

	(void)v2;
	if (res->cpu.cpus && *res->cpu.cpus)
		r = put(dir, "cpuset.cpus", e, "%s", res->cpu.cpus);
	if (r == 0 && res->cpu.mems && *res->cpu.mems)
		r = put(dir, "cpuset.mems", e, "%s", res->cpu.mems);
	return r;
}

/* ---- processes ---- */

/* -1 lifts the limit. */
static enum cgroup_wish pids_wish(const struct spec_resources *res)
{
	return wish_of(res->pids_limit);
}

/* The file has the same name in both versions. */
static int pids_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	return put_number(dir, "pids.max", res->pids_limit.v, "max", e);
}

/* ---- disks ---- */

/* 0 means that nobody asked. */
static enum cgroup_wish weight_wish(const struct spec_resources *res)
{
	return res->block_io.weight.has && res->block_io.weight.v > 0 ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* The spec's weight is 10 to 1000, which is what bfq and v1 count in; v2's io.weight goes from 1 to 10000. */
static int weight_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	uint64_t w = res->block_io.weight.v;

	if (w < 10 || w > 1000)
		return err_set(e, ERANGE, "set the io weight to %" PRIu64, w);
	const char *file = v2 ? "io.bfq.weight" : "blkio.bfq.weight";
	if (has_file(dir, file))
		return put(dir, file, e, "%" PRIu64, w);
	return v2 ? put(dir, "io.weight", e, "%" PRIu64, 1 + (w - 10) * 9999 / 990)
		  : put(dir, "blkio.weight", e, "%" PRIu64, w);
}

/* The four throttles: the list in the spec, the key in v2's io.max, the file on v1. */
struct throttle {
	size_t offset;
	const char *key, *v1;
};
#define THROTTLE(field) offsetof(struct spec_resources, block_io.field)
static const struct throttle throttles[] = {
	{THROTTLE(read_bps), "rbps", "blkio.throttle.read_bps_device"},
	{THROTTLE(write_bps), "wbps", "blkio.throttle.write_bps_device"},
	{THROTTLE(read_iops), "riops", "blkio.throttle.read_iops_device"},
	{THROTTLE(write_iops), "wiops", "blkio.throttle.write_iops_device"},
};

/* The list of the spec that belongs to row T. */
static const struct spec_throttles *throttle_list(const struct spec_resources *res, const struct throttle *t)
{
	return (const struct spec_throttles *)((const char *)res + t->offset);
}

/* A rate of 0 lifts the limit of that device. */
static enum cgroup_wish throttle_wish(const struct spec_resources *res)
{
	enum cgroup_wish wish = CGROUP_WISH_NONE;

	for (size_t i = 0; i < ARRAY_LEN(throttles); i++) {
		const struct spec_throttles *list = throttle_list(res, &throttles[i]);

		for (size_t k = 0; k < list->n; k++)
			wish = MAX(wish, list->v[k].rate > 0 ? CGROUP_WISH_SET : CGROUP_WISH_LIFT);
	}
	return wish;
}

/* A line for each device and kind; v2 has all kinds in one file. */
static int throttle_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(throttles); i++) {
		const struct spec_throttles *list = throttle_list(res, &throttles[i]);

		for (size_t k = 0; r == 0 && k < list->n; k++) {
			const struct spec_throttle *t = &list->v[k];
			char rate[24] = "max";

			if (t->rate > 0 || !v2)
				snprintf(rate, sizeof(rate), "%" PRIu64, t->rate);
			r = put(dir, v2 ? "io.max" : throttles[i].v1, e, "%" PRId64 ":%" PRId64 " %s%s%s", t->major,
				t->minor, v2 ? throttles[i].key : "", v2 ? "=" : "", rate);
		}
	}
	return r;
}

/* ---- the table ---- */

const struct cgroup_limit cgroup_limits[] = {
	{"memory limit", "it takes bytes, at least a page", CGC_MEMORY, memory_wish, memory_write},
	{"memory reservation", "it takes bytes", CGC_MEMORY, reservation_wish, reservation_write},
	{"cpu shares", "they go from 2 to 262144", CGC_CPU, shares_wish, shares_write},
	{"cpu quota", "periods go from 1000 to 1000000 us, quotas from 1000 us", CGC_CPU, quota_wish, quota_write},
	{"cpuset", "it takes lists like 0-3,7 of what the groups above have", CGC_CPUSET, cpuset_wish, cpuset_write},
	{"pids limit", "it goes from 1 to the kernel's pid_max", CGC_PIDS, pids_wish, pids_write},
	{"io weight", "it goes from 10 to 1000", CGC_BLKIO, weight_wish, weight_write},
	{"io throttle", "it takes whole disks by major and minor number", CGC_BLKIO, throttle_wish, throttle_write},
};
const size_t cgroup_limits_n = ARRAY_LEN(cgroup_limits);

/* Writes one limit into the group, wherever its controller is. */
static int limit_write(const struct cgroup *cg, const struct cgroup_limit *l, enum cgroup_wish wish,
		       const struct spec_resources *res, struct err *e)
{
	bool v2 = cgroup_place(cg->host, l->controller) == PLACE_V2;
	bool in_group = v2 ? cg->v2_fd >= 0 : (cg->v1_used & 1u << l->controller) != 0;

	if (!in_group && wish == CGROUP_WISH_LIFT)
		return 0;
	if (!in_group) {
		err_set(e, 0, "set the %s of the control group %s", l->name, cg->path);
		err_why(e, "the container was started without one, so it is not in the v1 hierarchy \"%s\"",
			cgroup_facts[l->controller].name);
		return err_cure(e, "stop it and start it with the limit");
	}
	auto_fd dir = v2 ? cgroup_dir(cg->host->v2, cg->path) : cgroup_dir(cg->host->v1[l->controller], cg->path);
	int r = dir < 0 ? err_set(e, -dir, "open the control group %s", cg->path) : l->write(dir, v2, res, e);
	if (r == 0 || (r == -ENOENT && wish == CGROUP_WISH_LIFT)) /* a controller that is not enabled sets no limit */
		return 0;
	if (r == -ENOENT)
		err_why(e, "this kernel's \"%s\" controller has no such file", cgroup_facts[l->controller].name);
	if ((r == -EINVAL || r == -ERANGE || r == -ENODEV) && (!e || !*e->why))
		err_why(e, "%s", l->takes);
	return err_context(e, "set the %s", l->name);
}

int cgroup_limits_write(const struct cgroup *cg, const struct spec_resources *res, bool fresh, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < cgroup_limits_n; i++) {
		enum cgroup_wish wish = cgroup_limits[i].wish(res);

		if (wish == CGROUP_WISH_SET || (wish == CGROUP_WISH_LIFT && !fresh))
			r = limit_write(cg, &cgroup_limits[i], wish, res, e);
	}
	for (size_t i = 0; r == 0 && i < res->unified.n; i++) {
		const struct spec_pair *p = &res->unified.v[i];

		r = cg->v2_fd < 0 ? err_set(e, ENOENT, "open the control group %s", cg->path)
				  : file_write(cg->v2_fd, p->key, p->value, e);
		if (r == -ENOENT)
			err_why(e, "this kernel has no such control group file");
		if (r < 0)
			err_context(e, "set %s, as unified says", p->key);
	}
	return r;
}
