/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the machine a container may use: memory, processors, processes, block devices, rlimits. */
#include "engine/compose_priv.h"

#include "base/parse.h"
#include "core/defaults.h"
#include "core/rlimit_names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	MEMORY_MIN = 6 << 20, /* with less, a start alone could be killed */
	CPU_PERIOD = 100000,  /* microseconds: what the kernel takes when nobody says */
	CPU_QUOTA_MIN = 1000, /* microseconds: what the kernel accepts */
};

/* ---- memory ---- */

/* Bytes, or -1 for no limit (0 means that, too, as docker has it). */
static int memory_size(const char *text, const char *option, struct opt_i64 *ret, struct err *e)
{
	if (strcmp(text, "-1") == 0)
		ret->v = -1;
	else if (!parse_size(text, &ret->v))
		return compose_bad(e, option, text, "it must be a size such as 512m or 2g; -1 means no limit");
	if (ret->v == 0)
		ret->v = -1;
	ret->has = true;
	return 0;
}

/* Memory; and swap, of which there is none beside a limit on memory unless asked for. */
static int limits_memory(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	struct opt_i64 *limit = &c->spec->lin.resources.memory.limit, *swap = &c->spec->lin.resources.memory.swap;
	struct opt_i64 *soft = &c->spec->lin.resources.memory.reservation;
	int r = o->memory ? memory_size(o->memory, "--memory", limit, e) : 0;

	if (r == 0 && o->memory_swap)
		r = memory_size(o->memory_swap, "--memory-swap", swap, e);
	if (r == 0 && o->memory_reservation)
		r = memory_size(o->memory_reservation, "--memory-reservation", soft, e);
	if (r < 0)
		return r;
	if (limit->has && limit->v > 0 && limit->v < MEMORY_MIN)
		return compose_bad(e, "--memory", o->memory, "at least 6m are needed");
	if (swap->has && swap->v > 0 && !(limit->has && limit->v > 0))
		return compose_bad(e, "--memory-swap", o->memory_swap,
				   "it is memory and swap together, and needs --memory");
	if (swap->has && swap->v > 0 && swap->v < limit->v)
		return compose_bad(e, "--memory-swap", o->memory_swap,
				   "it is memory and swap together, and can't be less than --memory");
	if (soft->has && soft->v > 0 && limit->has && limit->v > 0 && soft->v > limit->v)
		return compose_bad(e, "--memory-reservation", o->memory_reservation, "it can't be more than --memory");
	if (limit->has && limit->v > 0 && !swap->has)
		*swap = *limit;
	return 0;
}

/* ---- processors ---- */

/* --cpus, which is a quota in a period. */
static int limits_cpus(struct compose *c, struct err *e)
{
	const char *text = c->o->cpus;
	struct spec_resources *res = &c->spec->lin.resources;
	int64_t millionths, online = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->o->cpu_period || c->o->cpu_quota)
		return err_set(e, 0, "--cpus does not go with --cpu-period and --cpu-quota, which say the same");
	if (!parse_cpus(text, &millionths))
		return compose_bad(e, "--cpus", text, "it must be a number of processors greater than 0, such as 1.5");
	if (online > 0 && millionths > online * 1000000) {
		compose_bad(e, "--cpus", text, "");
		return err_why(e, "this machine has %d processors", (int)online);
	}
	res->cpu.period = (struct opt_u64){true, CPU_PERIOD};
	res->cpu.quota = (struct opt_i64){true, millionths * CPU_PERIOD / 1000000};
	if (res->cpu.quota.v < CPU_QUOTA_MIN)
		return compose_bad(e, "--cpus", text, "it must be at least 0.01");
	return 0;
}

/* --cpu-shares, --cpu-period, --cpu-quota; 0 means "the default", as docker has it. */
static int limits_cpu_raw(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	struct spec_resources *res = &c->spec->lin.resources;
	uint64_t v;
	int64_t q;

	if (o->cpu_shares) {
		if (!parse_u64(o->cpu_shares, 262144, &v) || v == 1)
			return compose_bad(e, "--cpu-shares", o->cpu_shares, "it goes from 2 to 262144");
		res->cpu.shares = (struct opt_u64){v > 0, v};
	}
	if (o->cpu_period) {
		if (!parse_u64(o->cpu_period, 1000000, &v) || (v > 0 && v < 1000))
			return compose_bad(e, "--cpu-period", o->cpu_period,
					   "it goes from 1000 to 1000000 microseconds");
		res->cpu.period = (struct opt_u64){v > 0, v};
	}
	if (o->cpu_quota) {
		if (!parse_i64(o->cpu_quota, -1, INT64_MAX / 1000, &q) || (q > 0 && q < CPU_QUOTA_MIN))
			return compose_bad(e, "--cpu-quota", o->cpu_quota,
					   "it must be at least 1000 microseconds; -1 means no limit");
		res->cpu.quota = (struct opt_i64){q != 0, q};
	}
	return 0;
}

/* A list of processors or memory nodes, checked against what the machine has (FILE of sysfs, where it can be read). */
static int limits_set(struct compose *c, const char *text, const char *option, const char *file, char **ret,
		      struct err *e)
{
	struct ranges want, have;
	char *online;

	if (!parse_ranges(text, &want))
		return compose_bad(e, option, text, "it must be a list such as 0-3,8 of numbers below 8192");
	if (file_read(AT_FDCWD, file, c->a, 65536, &online, NULL, NULL) == 0) {
		online[strcspn(online, "\n")] = '\0';
		if (parse_ranges(online, &have) && !ranges_within(&want, &have)) {
			compose_bad(e, option, text, "");
			return err_why(e, "this machine has %s", online);
		}
	}
	*ret = arena_strdup(c->a, text);
	return 0;
}

/* Everything about processors. */
static int limits_cpu(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	struct spec_resources *res = &c->spec->lin.resources;
	int r = o->cpus ? limits_cpus(c, e) : 0;

	if (r == 0)
		r = limits_cpu_raw(c, e);
	if (r == 0 && o->cpuset_cpus)
		r = limits_set(c, o->cpuset_cpus, "--cpuset-cpus", "/sys/devices/system/cpu/online", &res->cpu.cpus, e);
	if (r == 0 && o->cpuset_mems)
		r = limits_set(c, o->cpuset_mems, "--cpuset-mems", "/sys/devices/system/node/online", &res->cpu.mems,
			       e);
	return r;
}

/* ---- limits of a process ---- */

/* Replaces or adds one limit. */
static void rlimit_set(struct compose *c, int resource, uint64_t soft, uint64_t hard)
{
	struct spec_rlimits *all = &c->spec->process.rlimits;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].resource == resource) {
			all->v[i].soft = soft;
			all->v[i].hard = hard;
			return;
		}
	*list_add(all, c->a) = (struct spec_rlimit){resource, soft, hard};
}

/* A default limit: at most what the caller has, since raising needs a privilege. */
static void rlimit_default(struct compose *c, int resource, uint64_t soft, uint64_t hard)
{
	struct rlimit own = {RLIM_INFINITY, RLIM_INFINITY};

	(void)getrlimit(resource, &own);
	hard = MIN(hard, (uint64_t)own.rlim_max);
	rlimit_set(c, resource, MIN(soft, hard), hard);
}

/* One value of --ulimit: a number, or no limit. */
static bool ulimit_value(const char *text, uint64_t *ret)
{
	if (strcmp(text, "-1") == 0 || strcasecmp(text, "unlimited") == 0) {
		*ret = UINT64_MAX;
		return true;
	}
	return parse_u64(text, UINT64_MAX - 1, ret);
}

/* One --ulimit NAME=SOFT[:HARD]. */
static int limits_ulimit(struct compose *c, const char *text, struct err *e)
{
	const char *eq = strchr(text, '='), *colon = eq ? strchr(eq, ':') : NULL;
	uint64_t soft, hard;

	if (!eq)
		return compose_bad(e, "--ulimit", text, "it must be NAME=SOFT or NAME=SOFT:HARD, as nofile=1024:4096");
	int resource = rlimit_by_name(arena_strndup(c->a, text, (size_t)(eq - text)));
	if (resource < 0)
		return compose_bad(e, "--ulimit", text, "there is no such limit");
	const char *first = colon ? arena_strndup(c->a, eq + 1, (size_t)(colon - eq - 1)) : eq + 1;
	if (!ulimit_value(first, &soft) || !ulimit_value(colon ? colon + 1 : first, &hard))
		return compose_bad(e, "--ulimit", text, "a limit is a number, or unlimited");
	if (soft > hard)
		return compose_bad(e, "--ulimit", text, "the soft limit can't be above the hard one");
	rlimit_set(c, resource, soft, hard);
	return 0;
}

/*
 * Processes and threads.  The default needs no cgroup, since a v1 cgroup costs milliseconds to enter: a container with
 * a user namespace of its own is bound by RLIMIT_NPROC, which the kernel counts for each user namespace.
 */
static int limits_pids(struct compose *c, struct err *e)
{
	struct opt_i64 *limit = &c->spec->lin.resources.pids_limit;

	c->record->pids_default = !c->o->pids_limit;
	if (!c->o->pids_limit && userns_is_host(c))
		*limit = (struct opt_i64){true, DEFAULT_PIDS};
	else if (!c->o->pids_limit)
		rlimit_default(c, RLIMIT_NPROC, DEFAULT_PIDS, DEFAULT_PIDS);
	else if (!parse_i64(c->o->pids_limit, -1, INT64_C(1) << 22, &limit->v))
		return compose_bad(e, "--pids-limit", c->o->pids_limit, "it goes from 1 to 4194304; -1 means no limit");
	else
		limit->has = true;
	if (limit->has && limit->v == 0)
		limit->v = -1;
	return 0;
}

/* Explicit limits for everything that would else be the calling shell's, then the user's. */
static int limits_rlimits(struct compose *c, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(default_rlimits); i++)
		rlimit_default(c, default_rlimits[i].resource, default_rlimits[i].soft, default_rlimits[i].hard);
	for (size_t i = 0; r == 0 && i < c->o->ulimit.n; i++)
		r = limits_ulimit(c, c->o->ulimit.v[i], e);
	return r;
}

/* ---- block devices ---- */

/* One DEVICE:RATE, in bytes or operations each second. */
static int limits_throttle(struct compose *c, const char *text, const char *option, bool bytes,
			   struct spec_throttles *to, struct err *e)
{
	const char *colon = strrchr(text, ':');
	struct stat st;
	int64_t rate;

	if (!colon || *text != '/')
		return compose_bad(e, option, text, "it must be DEVICE:RATE, as /dev/sda:10m");
	if (bytes ? !parse_size(colon + 1, &rate) : !parse_i64(colon + 1, 0, INT64_MAX, &rate))
		return compose_bad(e, option, text, bytes ? "the rate is a size, as 10m" : "the rate is a number");
	char *path = arena_strndup(c->a, text, (size_t)(colon - text));
	if (stat(path, &st) < 0)
		return err_set(e, errno, "%s: examine %s", option, path);
	if (!S_ISBLK(st.st_mode))
		return compose_bad(e, option, text, "that is not a block device");
	*list_add(to, c->a) = (struct spec_throttle){major(st.st_rdev), minor(st.st_rdev), (uint64_t)rate};
	return 0;
}

/* Everything about block devices. */
static int limits_block(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	struct spec_resources *res = &c->spec->lin.resources;
	const struct {
		const char *option;
		const struct strs *typed;
		bool bytes;
		struct spec_throttles *to;
	} rows[] = {
		{"--device-read-bps", &o->device_read_bps, true, &res->block_io.read_bps},
		{"--device-write-bps", &o->device_write_bps, true, &res->block_io.write_bps},
		{"--device-read-iops", &o->device_read_iops, false, &res->block_io.read_iops},
		{"--device-write-iops", &o->device_write_iops, false, &res->block_io.write_iops},
	};
	uint64_t weight;

	if (o->blkio_weight) {
		if (!parse_u64(o->blkio_weight, 1000, &weight) || (weight > 0 && weight < 10))
			return compose_bad(e, "--blkio-weight", o->blkio_weight, "it goes from 10 to 1000");
		res->block_io.weight = (struct opt_u64){weight > 0, weight};
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t j = 0; j < rows[i].typed->n; j++) {
			int r = limits_throttle(c, rows[i].typed->v[j], rows[i].option, rows[i].bytes, rows[i].to, e);

			if (r < 0)
				return r;
		}
	return 0;
}

int compose_limits(struct compose *c, struct err *e)
{
	static int (*const parts[])(struct compose *, struct err *) = {
		limits_memory, limits_cpu, limits_pids, limits_block, limits_rlimits,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(parts); i++)
		r = parts[i](c, e);
	return r;
}
