/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of 'events': see events_json.h.  As runc has it, most members that are 0 are left out. */
#include "oci/events_json.h"

#include "base/json_out.h"

#include <stdio.h>
#include <string.h>

/* A number that is left out where it is 0. */
static void some_u64(struct json_out *o, const char *key, uint64_t v)
{
	if (v)
		json_u64(o, key, v);
}

/* A list that is left out where it is empty. */
static void numbers(struct json_out *o, const char *key, const struct cgroup_numbers *l)
{
	if (l->n == 0)
		return;
	json_open_list(o, key);
	for (size_t i = 0; i < l->n; i++)
		json_u64(o, NULL, l->v[i]);
	json_close_list(o);
}

/* An average, kept in hundredths of a percent. */
static void percent(struct json_out *o, const char *key, uint64_t v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%llu.%02u", (unsigned long long)(v / 100), (unsigned int)(v % 100));

	json_raw(o, key, text, (size_t)n);
}

/* One line of a pressure file. */
static void pressure_line(struct json_out *o, const char *key, const struct cgroup_pressure *p)
{
	if (!p->has)
		return;
	json_open_object(o, key);
	percent(o, "avg10", p->avg10);
	percent(o, "avg60", p->avg60);
	percent(o, "avg300", p->avg300);
	json_u64(o, "total", p->total);
	json_close_object(o);
}

static void pressure(struct json_out *o, const struct cgroup_pressure *some, const struct cgroup_pressure *full)
{
	if (!some->has && !full->has)
		return;
	json_open_object(o, "psi");
	pressure_line(o, "some", some);
	pressure_line(o, "full", full);
	json_close_object(o);
}

static void write_cpu(struct json_out *o, const struct cgroup_usage *u)
{
	json_open_object(o, "cpu");
	json_open_object(o, "usage");
	some_u64(o, "total", u->cpu.total);
	numbers(o, "percpu", &u->cpu.percpu);
	numbers(o, "percpu_kernel", &u->cpu.percpu_kernel);
	numbers(o, "percpu_user", &u->cpu.percpu_user);
	json_u64(o, "kernel", u->cpu.kernel);
	json_u64(o, "user", u->cpu.user);
	json_close_object(o);
	json_open_object(o, "throttling");
	some_u64(o, "periods", u->cpu.periods);
	some_u64(o, "throttledPeriods", u->cpu.throttled_periods);
	some_u64(o, "throttledTime", u->cpu.throttled);
	json_close_object(o);
	pressure(o, &u->cpu.some, &u->cpu.full);
	json_close_object(o);
}

static void write_cpuset(struct json_out *o, const struct cgroup_usage *u)
{
	json_open_object(o, "cpuset");
	numbers(o, "cpus", &u->cpuset.cpus);
	numbers(o, "mems", &u->cpuset.mems);
	json_close_object(o);
}

static void amount(struct json_out *o, const char *key, const struct cgroup_amount *m)
{
	json_open_object(o, key);
	json_u64(o, "limit", m->limit);
	some_u64(o, "usage", m->usage);
	some_u64(o, "max", m->max);
	json_u64(o, "failcnt", m->failcnt);
	json_close_object(o);
}

static void write_memory(struct json_out *o, const struct cgroup_usage *u)
{
	json_open_object(o, "memory");
	if (u->memory.has) {
		some_u64(o, "cache", u->memory.cache);
		amount(o, "usage", &u->memory.usage);
		amount(o, "swap", &u->memory.swap);
		amount(o, "kernel", &u->memory.kernel);
		amount(o, "kernelTCP", &u->memory.kernel_tcp);
		json_open_object(o, "raw");
		for (size_t i = 0; i < u->memory.raw.n; i++)
			json_u64(o, u->memory.raw.v[i].name, u->memory.raw.v[i].v);
		json_close_object(o);
		pressure(o, &u->memory.some, &u->memory.full);
	}
	json_close_object(o);
}

static void write_pids(struct json_out *o, const struct cgroup_usage *u)
{
	json_open_object(o, "pids");
	some_u64(o, "current", u->pids.current);
	some_u64(o, "limit", u->pids.limit);
	json_close_object(o);
}

static void write_blkio(struct json_out *o, const struct cgroup_usage *u)
{
	/* runc's own spelling, the odd "Queue" too. */
	static const char *const keys[IO_KIND_COUNT] = {
		[IO_SERVICE_BYTES] = "ioServiceBytesRecursive",
		[IO_SERVICED] = "ioServicedRecursive",
		[IO_QUEUED] = "ioQueueRecursive",
		[IO_SERVICE_TIME] = "ioServiceTimeRecursive",
		[IO_WAIT_TIME] = "ioWaitTimeRecursive",
		[IO_MERGED] = "ioMergedRecursive",
		[IO_TIME] = "ioTimeRecursive",
		[IO_SECTORS] = "sectorsRecursive",
	};

	json_open_object(o, "blkio");
	for (int k = 0; k < IO_KIND_COUNT; k++) {
		const struct cgroup_ios *l = &u->blkio.list[k];

		if (l->n == 0)
			continue;
		json_open_list(o, keys[k]);
		for (size_t i = 0; i < l->n; i++) {
			json_open_object(o, NULL);
			some_u64(o, "major", l->v[i].major);
			some_u64(o, "minor", l->v[i].minor);
			if (l->v[i].op && *l->v[i].op)
				json_string(o, "op", l->v[i].op);
			some_u64(o, "value", l->v[i].value);
			json_close_object(o);
		}
		json_close_list(o);
	}
	pressure(o, &u->blkio.some, &u->blkio.full);
	json_close_object(o);
}

static void write_hugetlb(struct json_out *o, const struct cgroup_usage *u)
{
	json_open_object(o, "hugetlb");
	for (size_t i = 0; i < u->hugetlb.n; i++) {
		const struct cgroup_hugepages *h = &u->hugetlb.v[i];

		json_open_object(o, h->size);
		some_u64(o, "usage", h->usage);
		some_u64(o, "max", h->max);
		json_u64(o, "failcnt", h->failcnt);
		json_close_object(o);
	}
	json_close_object(o);
}

char *event_stats(const char *id, const struct cgroup_usage *u, struct arena *a)
{
	struct json_out o;

	json_out_init(&o, a, JSON_COMPACT);
	json_open_object(&o, NULL);
	json_string(&o, "type", "stats");
	json_string(&o, "id", id);
	json_open_object(&o, "data");
	write_cpu(&o, u);
	write_cpuset(&o, u);
	write_memory(&o, u);
	write_pids(&o, u);
	write_blkio(&o, u);
	write_hugetlb(&o, u);
	json_close_object(&o);
	json_close_object(&o);
	return arena_printf(a, "%s\n", json_out_text(&o));
}

char *event_oom(const char *id, struct arena *a)
{
	struct json_out o;

	json_out_init(&o, a, JSON_COMPACT);
	json_open_object(&o, NULL);
	json_string(&o, "type", "oom");
	json_string(&o, "id", id);
	json_close_object(&o);
	return arena_printf(a, "%s\n", json_out_text(&o));
}
