/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits on memory.
 *
 * The spec counts as v1 does: "swap" is memory and swap together.  v2 counts swap alone, so that it is converted, and
 * has nothing for kernel memory, swappiness and the out-of-memory killer.
 * Sources: cgroup-v2.rst, cgroup-v1/memory.rst; config-linux.md, "Memory".
 */
#include "core/cgroup_priv.h"
#include "core/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Whether the number asks for anything at all. */
static bool given(struct opt_i64 n)
{
	return cgroup_wish_of(n) != CGROUP_WISH_NONE;
}

/* Memory and swap are written together, by the row of memory where there is one. */
static enum cgroup_wish memory_wish(const struct spec_resources *res)
{
	enum cgroup_wish memory = cgroup_wish_of(res->memory.limit);
	enum cgroup_wish swap = res->memory.no_swap ? CGROUP_WISH_SET : cgroup_wish_of(res->memory.swap);

	return memory == CGROUP_WISH_NONE ? memory : MAX(memory, swap);
}

/* Swap alone. */
static enum cgroup_wish swap_wish(const struct spec_resources *res)
{
	if (given(res->memory.limit))
		return CGROUP_WISH_NONE;
	return res->memory.no_swap ? CGROUP_WISH_SET : cgroup_wish_of(res->memory.swap);
}

/* The limit on swap alone, which v2 counts, from memory + swap, which the spec counts; -1: none. */
static int swap_alone(int dir, const struct spec_resources *res, int64_t *ret, struct err *e)
{
	uint64_t limit = (uint64_t)res->memory.limit.v;

	*ret = res->memory.no_swap ? 0 : -1;
	if (res->memory.no_swap || res->memory.swap.v < 0)
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
	bool unlimited = cgroup_wish_of(res->memory.limit) == CGROUP_WISH_LIFT;
	bool has_swap = res->memory.no_swap || given(res->memory.swap);
	int64_t swap = -1;
	int r = 0;

	if (has_swap || unlimited) {
		r = has_swap ? swap_alone(dir, res, &swap, e) : 0;
		if (r == 0)
			r = cgroup_put_number(dir, "memory.swap.max", swap, "max", e);
		/* A kernel without swap has no such file, and gives none and sets no bounds to it. */
		if (r == -ENOENT && swap <= 0)
			r = 0;
	}
	if (r == 0 && given(res->memory.limit))
		r = cgroup_put_number(dir, "memory.max", res->memory.limit.v, "max", e);
	return r;
}

/* v1 keeps "memory <= memory + swap" at all times, so the one that makes room for the other goes first. */
static int memory_write_v1(int dir, const struct spec_resources *res, struct err *e)
{
	static const char memory[] = "memory.limit_in_bytes", both[] = "memory.memsw.limit_in_bytes";
	struct opt_i64 limit = res->memory.limit, swap = res->memory.swap;
	uint64_t now = 0;
	int r = 0;

	if (res->memory.no_swap)
		swap = limit;
	if (!given(swap) && cgroup_wish_of(limit) == CGROUP_WISH_LIFT)
		swap = (struct opt_i64){true, -1};
	if (given(swap) && (swap.v < 0 || res->memory.no_swap) && !cgroup_has_file(dir, both))
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
		r = cgroup_put_number(dir, both, swap.v, "-1", e);
	if (r == 0 && given(limit))
		r = cgroup_put_number(dir, memory, limit.v, "-1", e);
	if (r == -EINVAL && !given(swap))
		return err_why(e, "it may be more than the limit of memory and swap together, which was not changed");
	if (r == 0 && given(swap) && !both_first)
		r = cgroup_put_number(dir, both, swap.v, "-1", e);
	return r == -EBUSY ? err_why(e, "the container uses more than that now") : r;
}

/*
 * Refuses a limit below what the container uses now, where checkBeforeUpdate asks for it: the kernel would try to free
 * memory, and on v2 kill.
 */
static int check_usage(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	uint64_t used;

	if (!res->memory.check_before_update.v || cgroup_wish_of(res->memory.limit) != CGROUP_WISH_SET)
		return 0;
	int r = cgroup_number(dir, v2 ? "memory.current" : "memory.usage_in_bytes", &used);
	if (r < 0)
		return err_set(e, -r, "read how much memory the container uses");
	if (used <= (uint64_t)res->memory.limit.v)
		return 0;
	err_set(e, EBUSY, "limit memory to %" PRId64, res->memory.limit.v);
	return err_why(e, "the container uses %" PRIu64 " now, and checkBeforeUpdate is set", used);
}

int cgroup_check_usage(const struct cgroup *cg, const struct spec_resources *res, struct err *e)
{
	bool v2 = cgroup_place(cg->host, CGC_MEMORY) == PLACE_V2;

	if (!v2 && !(cg->v1_used & 1u << CGC_MEMORY))
		return 0;
	auto_fd dir = cgroup_dir(v2 ? cg->host->v2 : cg->host->v1[CGC_MEMORY], cg->path);
	return dir < 0 ? err_set(e, -dir, "open the control group %s", cg->path) : check_usage(dir, v2, res, e);
}

/* The two versions count swap differently, so each has its own way. */
static int memory_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = check_usage(dir, v2, res, e);

	if (r < 0)
		return r;
	return v2 ? memory_write_v2(dir, res, e) : memory_write_v1(dir, res, e);
}

/* What the group keeps when memory is short elsewhere. */
static enum cgroup_wish reservation_wish(const struct spec_resources *res)
{
	return cgroup_wish_of(res->memory.reservation);
}

/* The same value under two names. */
static int reservation_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	return cgroup_put_number(dir, v2 ? "memory.low" : "memory.soft_limit_in_bytes", res->memory.reservation.v,
				 v2 ? "max" : "-1", e);
}

/* ---- v1 alone ---- */

/* Kernel memory; 0 and -1 are what others write for none. */
static enum cgroup_wish kernel_wish(const struct spec_resources *res)
{
	return cgroup_wish_of(res->memory.kernel);
}

/* Kernels from 5.16 on refuse it, or take it and do nothing: so it is read back. */
static int kernel_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	static const char file[] = "memory.kmem.limit_in_bytes";
	uint64_t now;
	int r = cgroup_put_number(dir, file, res->memory.kernel.v, "-1", e);

	(void)v2;
	if (r < 0 || res->memory.kernel.v < 0)
		return r;
	r = cgroup_number(dir, file, &now);
	if (r == 0 && now > (uint64_t)res->memory.kernel.v)
		r = -EOPNOTSUPP;
	return r < 0 ? err_set(e, -r, "write %s", file) : 0;
}

/* The buffers of TCP. */
static enum cgroup_wish kernel_tcp_wish(const struct spec_resources *res)
{
	return cgroup_wish_of(res->memory.kernel_tcp);
}

/* A file of its own. */
static int kernel_tcp_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	return cgroup_put_number(dir, "memory.kmem.tcp.limit_in_bytes", res->memory.kernel_tcp.v, "-1", e);
}

const char *cgroup_waive(const struct cgroup_host *h, struct spec_resources *res)
{
	bool v1 = cgroup_place(h, CGC_MEMORY) == PLACE_V1;
	const char *waived = NULL;

	if (kernel_tcp_wish(res) == CGROUP_WISH_SET && !v1) {
		res->memory.kernel_tcp.has = false;
		waived = "linux.resources.memory.kernelTCP is ignored: control groups of version 2 have no such limit";
	}
	if (kernel_wish(res) == CGROUP_WISH_SET && !(v1 && sys_kernel_before(5, 16))) {
		res->memory.kernel.has = false;
		waived = "linux.resources.memory.kernel is ignored: this kernel has no limit on kernel memory";
	}
	return waived;
}

void cgroup_zero_swap(const struct cgroup_host *h, struct spec_resources *res)
{
	struct opt_i64 limit = res->memory.limit, swap = res->memory.swap;
	bool alone = cgroup_place(h, CGC_MEMORY) == PLACE_V2 && h->writable && (!limit.has || limit.v < 0);

	res->memory.no_swap = swap.has && swap.v == 0 && (cgroup_wish_of(limit) == CGROUP_WISH_SET || alone);
}

/* 0 is a wish of its own here; -1 as an unsigned number is what older engines write for none. */
static enum cgroup_wish swappiness_wish(const struct spec_resources *res)
{
	return res->memory.swappiness.has && res->memory.swappiness.v != UINT64_MAX ? CGROUP_WISH_SET
										    : CGROUP_WISH_NONE;
}

/* From 0 to 100, as the spec has it; newer kernels would take 200. */
static int swappiness_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	if (res->memory.swappiness.v > 100)
		return err_set(e, ERANGE, "set the swappiness to %" PRIu64, res->memory.swappiness.v);
	return cgroup_put(dir, "memory.swappiness", e, "%" PRIu64, res->memory.swappiness.v);
}

/* False is what a group has anyway. */
static enum cgroup_wish oom_wish(const struct spec_resources *res)
{
	struct opt_bool off = res->memory.disable_oom_killer;

	return !off.has ? CGROUP_WISH_NONE : off.v ? CGROUP_WISH_SET : CGROUP_WISH_LIFT;
}

/* With the killer off, who is out of memory waits. */
static int oom_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	if (v2)
		return 0;
	return cgroup_put(dir, "memory.oom_control", e, "%d", res->memory.disable_oom_killer.v);
}

/* Everything but an old kernel's v1 counts through the hierarchy, so only the opposite is a wish. */
static enum cgroup_wish hierarchy_wish(const struct spec_resources *res)
{
	struct opt_bool use = res->memory.use_hierarchy;

	return !use.has ? CGROUP_WISH_NONE : use.v ? CGROUP_WISH_LIFT : CGROUP_WISH_SET;
}

/* The file is left alone where it says already what is asked for: it can't be written when there are groups below. */
static int hierarchy_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	bool want = res->memory.use_hierarchy.v;
	uint64_t now;

	if (v2 || (cgroup_number(dir, "memory.use_hierarchy", &now) == 0 && now == want))
		return 0;
	return cgroup_put(dir, "memory.use_hierarchy", e, "%d", want);
}

static const struct cgroup_limit limits[] = {
	{"use of memory hierarchies", "memory.useHierarchy", "memory is always counted through the hierarchy",
	 CGC_MEMORY, hierarchy_wish, hierarchy_write, .v1_only = true},
	{"memory limit", "memory.limit", "it takes bytes, at least a page", CGC_MEMORY, memory_wish, memory_write},
	{"memory and swap limit", "memory.swap", "it takes bytes", CGC_MEMORY, swap_wish, memory_write},
	{"memory reservation", "memory.reservation", "it takes bytes", CGC_MEMORY, reservation_wish, reservation_write},
	{"kernel memory limit", "memory.kernel", "kernels from 5.16 on have none", CGC_MEMORY, kernel_wish,
	 kernel_write, .v1_only = true},
	{"kernel TCP memory limit", "memory.kernelTCP", "it takes bytes", CGC_MEMORY, kernel_tcp_wish, kernel_tcp_write,
	 .v1_only = true},
	{"swappiness", "memory.swappiness", "it goes from 0 to 100", CGC_MEMORY, swappiness_wish, swappiness_write,
	 .v1_only = true},
	{"switch of the out-of-memory killer", "memory.disableOOMKiller", "it is true or false", CGC_MEMORY, oom_wish,
	 oom_write, .v1_only = true},
};
const struct cgroup_limit_table cgroup_memory_limits = {limits, ARRAY_LEN(limits)};
