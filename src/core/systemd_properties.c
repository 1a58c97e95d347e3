/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits as properties of a unit, so that systemd keeps them when it writes a group's files anew.
 *
 * The files are written by us as well and have the last word; here is only what systemd would otherwise set back.
 * Sources: systemd.resource-control(5), and the type of each property as busctl introspect tells it.
 */
#include "core/cgroup_priv.h"
#include "core/device_program.h"
#include "core/systemd.h"

#include "base/parse.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* The versions of systemd that first had something. */
enum { HAS_PERIOD = 242, HAS_CPUSETS = 244, HAS_IDLE = 252 };
enum { DEFAULT_PERIOD = 100000, SECOND = 1000000, PERCENT = SECOND / 100 };

void systemd_add(struct systemd_properties *l, struct arena *a, const char *name, struct dbus_value value)
{
	struct systemd_property *p = list_add(l, a);

	*p = (struct systemd_property){.name = arena_strdup(a, name), .value = value};
}

/* A property that is a number of 64 bits. */
static void add_number(struct systemd_properties *l, struct arena *a, const char *name, uint64_t v)
{
	systemd_add(l, a, name, dbus_number('t', v));
}

/* The same for a limit: nothing where nobody asked, all bits for none. */
static void add_limit(struct systemd_properties *l, struct arena *a, const char *name, struct opt_i64 v)
{
	if (cgroup_wish_of(v) != CGROUP_WISH_NONE)
		add_number(l, a, name, v.v < 0 ? UINT64_MAX : (uint64_t)v.v);
}

/* ---- processors ---- */

/* Quota and period; systemd counts in microseconds a second, and rounds to whole percents: we round up. */
static void add_quota(struct systemd_properties *l, struct arena *a, struct opt_i64 quota, struct opt_u64 period,
		      int version)
{
	uint64_t us = period.has && period.v > 0 ? period.v : DEFAULT_PERIOD, per_second = UINT64_MAX;

	if (cgroup_wish_of(quota) == CGROUP_WISH_NONE)
		return; /* a period alone would make systemd reckon the quota anew */
	if (period.has && period.v > 0 && version >= HAS_PERIOD)
		add_number(l, a, "CPUQuotaPeriodUSec", period.v);
	if (quota.v > 0 && !__builtin_mul_overflow((uint64_t)quota.v, (uint64_t)SECOND, &per_second))
		per_second = (per_second / us + PERCENT - 1) / PERCENT * PERCENT;
	add_number(l, a, "CPUQuotaPerSecUSec", per_second);
}

/* A list of processors or memory nodes as bits, the lowest first. */
static int add_ranges(struct systemd_properties *l, struct arena *a, const char *name, const char *list, int version,
		      struct err *e)
{
	struct dbus_value bytes = dbus_array(a, "y");
	struct ranges r;
	size_t last = 0;

	if (!list || !*list || version < HAS_CPUSETS)
		return 0;
	if (!parse_ranges(list, &r))
		return err_set(e, 0, "\"%s\" is not a list like 0-3,7 (for systemd's %s)", list, name);
	for (size_t i = 0; i < RANGES_MAX; i++)
		if (r.bits[i / 64] >> i % 64 & 1)
			last = i / 8;
	for (size_t i = 0; i <= last; i++)
		dbus_add(&bytes, a, dbus_number('y', r.bits[i / 8] >> i % 8 * 8 & 0xff));
	systemd_add(l, a, name, bytes);
	return 0;
}

/* ---- unified ---- */

/* Files that are one number, or "max", in systemd as well. */
static const struct {
	const char *file, *property;
} numbers[] = {
	{"cpu.weight", "CPUWeight"}, {"memory.high", "MemoryHigh"},
	{"memory.low", "MemoryLow"}, {"memory.min", "MemoryMin"},
	{"memory.max", "MemoryMax"}, {"memory.swap.max", "MemorySwapMax"},
	{"pids.max", "TasksMax"},    {"memory.zswap.max", "MemoryZSwapMax"},
};

/* cpu.max: "max", or a quota; and maybe a period. */
static void unified_quota(struct systemd_properties *l, struct arena *a, const char *value, int version)
{
	struct opt_i64 quota = {true, -1};
	struct opt_u64 period = {0};
	uint64_t n;

	if (strncmp(value, "max", 3) == 0)
		value += 3;
	else if (take_u64(&value, INT64_MAX, &n))
		quota.v = (int64_t)n;
	else
		return; /* the kernel will say what is wrong with it */
	if (*value == ' ') {
		value++;
		period.has = take_u64(&value, SECOND, &period.v);
	}
	add_quota(l, a, quota, period, version);
}

/* One file of "unified". */
static int unified_add(struct systemd_properties *l, const struct spec_pair *p, int version, struct arena *a,
		       struct err *e)
{
	uint64_t n;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(p->key, numbers[i].file) == 0 && cgroup_number_parse(p->value, &n) == 0)
			add_number(l, a, numbers[i].property, n);
	if (strcmp(p->key, "cpu.max") == 0)
		unified_quota(l, a, p->value, version);
	if (strcmp(p->key, "cpu.idle") == 0 && strcmp(p->value, "1") == 0 && version >= HAS_IDLE)
		add_number(l, a, "CPUWeight", 0);
	if (strcmp(p->key, "cpuset.cpus") == 0)
		return add_ranges(l, a, "AllowedCPUs", p->value, version, e);
	if (strcmp(p->key, "cpuset.mems") == 0)
		return add_ranges(l, a, "AllowedMemoryNodes", p->value, version, e);
	return 0;
}

/* ---- devices ---- */

/* The name in /proc/devices of the drivers of MAJOR; "" if there is none. */
static char *driver_name(bool block, int64_t major, struct arena *a)
{
	char *text, name[64];
	bool in_block = false;
	long long n;

	if (file_read(AT_FDCWD, "/proc/devices", a, 65536, &text, NULL, NULL) < 0)
		return arena_strdup(a, "");
	for (char *line; (line = strsep(&text, "\n"));) {
		if (strncmp(line, "Block", 5) == 0)
			in_block = true;
		else if (in_block == block && sscanf(line, "%lld %63s", &n, name) == 2 && n == major)
			return arena_strdup(a, name);
	}
	return arena_strdup(a, "");
}

/* Adds what the rule R allows for one kind of device; false where systemd has no words for it. */
static bool allow_add(struct dbus_value *list, const struct device_rule *r, bool block, struct arena *a)
{
	const char *kind = block ? "block" : "char";
	char *node, *access;

	if (r->major == DEVICE_ANY && r->minor == DEVICE_ANY) {
		node = arena_printf(a, "%s-*", kind);
	} else if (r->major == DEVICE_ANY) {
		return false;
	} else if (r->minor == DEVICE_ANY) {
		const char *name = driver_name(block, r->major, a);

		if (!*name)
			return false;
		node = arena_printf(a, "%s-%s", kind, name);
	} else {
		node = arena_printf(a, "/dev/%s/%lld:%lld", kind, (long long)r->major, (long long)r->minor);
	}
	access = arena_printf(a, "%s%s%s", r->access & BPF_DEVCG_ACC_READ ? "r" : "",
			      r->access & BPF_DEVCG_ACC_WRITE ? "w" : "", r->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	struct dbus_value pair = dbus_container('(');
	dbus_add(&pair, a, dbus_text(a, 's', node));
	dbus_add(&pair, a, dbus_text(a, 's', access));
	dbus_add(list, a, pair);
	return true;
}

/*
 * The rules as systemd's list of what is allowed, where they are such a list; a device must pass systemd's rules and
 * ours.  Rules that it has no words for are left to ours alone: the list would deny too much.
 */
static int devices_add(struct systemd_properties *l, const struct spec_device_rules *rules, struct arena *a,
		       struct err *e)
{
	struct dbus_value list = dbus_array(a, "(ss)");
	bool strict = true;

	for (size_t i = 0; i < rules->n; i++) {
		struct device_rule r;
		int code = device_rule_read(&rules->v[i], &r, e);
		bool all = r.type == DEVICE_ANY && r.major == DEVICE_ANY && r.minor == DEVICE_ANY &&
			   r.access == DEVICE_ACCESS_ALL;

		if (code < 0)
			return code;
		if (all) {
			list = dbus_array(a, "(ss)");
			strict = !r.allow;
			continue;
		}
		strict = strict && r.allow;
		if (strict && r.type != BPF_DEVCG_DEV_CHAR)
			strict = allow_add(&list, &r, true, a);
		if (strict && r.type != BPF_DEVCG_DEV_BLOCK)
			strict = allow_add(&list, &r, false, a);
	}
	systemd_add(l, a, "DevicePolicy", dbus_text(a, 's', strict ? "strict" : "auto"));
	systemd_add(l, a, "DeviceAllow", dbus_array(a, "(ss)")); /* what was there before is cleared by an empty list */
	if (strict && list.n > 0)
		systemd_add(l, a, "DeviceAllow", list);
	return 0;
}

/* ---- all ---- */

/* Memory and processors under the names of the unified hierarchy. */
static void add_v2(struct systemd_properties *l, const struct spec_resources *res, int version, struct arena *a)
{
	struct opt_i64 limit = res->memory.limit, swap = res->memory.swap;

	add_limit(l, a, "MemoryMax", limit);
	add_limit(l, a, "MemoryLow", res->memory.reservation);
	if (res->memory.no_swap)
		add_number(l, a, "MemorySwapMax", 0);
	else if (cgroup_wish_of(limit) == CGROUP_WISH_LIFT || cgroup_wish_of(swap) == CGROUP_WISH_LIFT)
		add_number(l, a, "MemorySwapMax", UINT64_MAX);
	else if (cgroup_wish_of(limit) == CGROUP_WISH_SET && cgroup_wish_of(swap) == CGROUP_WISH_SET &&
		 swap.v >= limit.v)
		add_number(l, a, "MemorySwapMax", (uint64_t)(swap.v - limit.v));
	if (res->cpu.idle.has && res->cpu.idle.v == 1 && version >= HAS_IDLE)
		add_number(l, a, "CPUWeight", 0);
	else if (cgroup_wish_above_zero(res->cpu.shares) == CGROUP_WISH_SET)
		add_number(l, a, "CPUWeight", cgroup_weight_of_shares(res->cpu.shares.v));
}

/* The same under the older names. */
static void add_v1(struct systemd_properties *l, const struct spec_resources *res, struct arena *a)
{
	add_limit(l, a, "MemoryLimit", res->memory.limit);
	if (cgroup_wish_above_zero(res->cpu.shares) == CGROUP_WISH_SET)
		add_number(l, a, "CPUShares", res->cpu.shares.v);
	if (cgroup_wish_above_zero(res->block_io.weight) == CGROUP_WISH_SET)
		add_number(l, a, "BlockIOWeight", res->block_io.weight.v);
}

int systemd_limits(struct systemd_properties *l, const struct spec_resources *res, bool v2, int version,
		   struct arena *a, struct err *e)
{
	int r = 0;

	if (v2)
		add_v2(l, res, version, a);
	else
		add_v1(l, res, a);
	add_quota(l, a, res->cpu.quota, res->cpu.period, version);
	add_limit(l, a, "TasksMax", res->pids_limit);
	r = add_ranges(l, a, "AllowedCPUs", res->cpu.cpus, version, e);
	if (r == 0)
		r = add_ranges(l, a, "AllowedMemoryNodes", res->cpu.mems, version, e);
	for (size_t i = 0; r == 0 && i < res->unified.n; i++)
		r = unified_add(l, &res->unified.v[i], version, a, e);
	return r == 0 && res->devices.n > 0 ? devices_add(l, &res->devices, a, e) : r;
}
