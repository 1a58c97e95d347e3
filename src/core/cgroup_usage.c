/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the kernel counts for a group: see cgroup_usage.h.
 * Sources: cgroup-v2.rst, cgroup-v1/{memory,cpuacct,blkio-controller,hugetlb,rdma}.rst, accounting/psi.rst.
 */
#include "core/cgroup_usage.h"

#include "core/cgroup_priv.h"

#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STAT_TEXT_MAX = 1 << 20, NS_PER_US = 1000, NS_PER_SECOND = 1000000000 };

/* One controller's directory of the group. */
struct place {
	int dir; /* negative: the group has none */
	bool v2;
	struct arena *arena;
};

/* Opens the directory in which controller C counts for the group; below zero: the v2 tree, whatever is in it. */
static struct place open_place(const struct cgroup *cg, int c, struct arena *a)
{
	bool v2 = c < 0 || cgroup_place(cg->host, (enum cgroup_controller)c) == PLACE_V2;
	struct place p = {.dir = FD_NONE, .v2 = v2, .arena = a};

	if (v2 && cg->v2_fd >= 0)
		p.dir = cgroup_dir(cg->host->v2, cg->path);
	else if (!v2 && cg->v1_used & 1u << c)
		p.dir = cgroup_dir(cg->host->v1[c], cg->path);
	return p;
}

/* Closes it. */
static void close_place(struct place *p)
{
	fd_close(&p->dir);
}
#define AUTO_PLACE CLEANUP(close_place) struct place

/* The number in FILE; 0 if there is none. */
static uint64_t number(const struct place *p, const char *file)
{
	uint64_t v;

	return p->dir >= 0 && cgroup_number(p->dir, file, &v) == 0 ? v : 0;
}

/* The text of FILE, "" if there is none. */
static char *text_of(const struct place *p, const char *file)
{
	char *text;

	if (p->dir < 0 || file_read(p->dir, file, p->arena, STAT_TEXT_MAX, &text, NULL, NULL) < 0)
		return arena_strdup(p->arena, "");
	return text;
}

/* Reads a file of lines "NAME number". */
static void read_named(const struct place *p, const char *file, struct cgroup_nameds *ret)
{
	char *text = text_of(p, file);

	for (char *line; (line = strsep(&text, "\n"));) {
		char *name = strsep(&line, " ");
		uint64_t v;

		if (!line || !parse_u64(line, UINT64_MAX, &v))
			continue;
		struct cgroup_named *slot = list_add(ret, p->arena);
		*slot = (struct cgroup_named){name, v};
	}
}

/* The number of the line NAME; 0 if there is none. */
static uint64_t named(const struct cgroup_nameds *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return l->v[i].v;
	return 0;
}

/* Appends numbers between blanks. */
static void read_numbers(const struct place *p, const char *file, struct cgroup_numbers *ret)
{
	char *text = text_of(p, file);

	for (char *word; (word = strsep(&text, " \n"));) {
		uint64_t v, *slot;

		if (!parse_u64(word, UINT64_MAX, &v))
			continue;
		slot = list_add(ret, p->arena);
		*slot = v;
	}
}

/* ---- pressure ---- */

/* Reads "avg10=1.23" and the like as hundredths; "total=5" as it is. */
static uint64_t pressure_value(const char *line, const char *key)
{
	const char *at = strstr(line, key);
	uint64_t whole = 0, part = 0;

	if (!at)
		return 0;
	at += strlen(key);
	if (!take_u64(&at, UINT64_MAX / 100 - 1, &whole))
		return 0;
	if (!take_char(&at, '.'))
		return whole;
	return take_u64(&at, 99, &part) ? whole * 100 + part : whole * 100;
}

/* Reads a pressure file. */
static void read_pressure(const struct place *p, const char *file, struct cgroup_pressure *some,
			  struct cgroup_pressure *full)
{
	char *text = p->v2 ? text_of(p, file) : NULL;

	for (char *line; (line = strsep(&text, "\n"));) {
		struct cgroup_pressure *to = strncmp(line, "some ", 5) == 0   ? some
					     : strncmp(line, "full ", 5) == 0 ? full
									      : NULL;

		if (to)
			*to = (struct cgroup_pressure){true, pressure_value(line, "avg10="),
						       pressure_value(line, "avg60="), pressure_value(line, "avg300="),
						       pressure_value(line, "total=")};
	}
}

/* ---- processors ---- */

/* From v2's cpu.stat, which is there without the controller, too. */
static void read_cpu_v2(const struct place *p, struct cgroup_usage *u)
{
	struct cgroup_nameds l = {0};

	read_named(p, "cpu.stat", &l);
	u->cpu.has = l.n > 0;
	u->cpu.total = named(&l, "usage_usec") * NS_PER_US;
	u->cpu.user = named(&l, "user_usec") * NS_PER_US;
	u->cpu.kernel = named(&l, "system_usec") * NS_PER_US;
	u->cpu.periods = named(&l, "nr_periods");
	u->cpu.throttled_periods = named(&l, "nr_throttled");
	u->cpu.throttled = named(&l, "throttled_usec") * NS_PER_US;
	u->cpu.bursts = named(&l, "nr_bursts");
	u->cpu.burst = named(&l, "burst_usec") * NS_PER_US;
	read_pressure(p, "cpu.pressure", &u->cpu.some, &u->cpu.full);
}

/* From v1's cpuacct, where the container is in it. */
static void read_cpuacct(const struct place *p, struct cgroup_usage *u)
{
	struct cgroup_nameds l = {0};
	char *all = text_of(p, "cpuacct.usage_all");
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	if (p->dir < 0)
		return;
	u->cpu.has = true;
	u->cpu.total = number(p, "cpuacct.usage");
	read_named(p, "cpuacct.stat", &l);
	u->cpu.user = named(&l, "user") * (NS_PER_SECOND / hz);
	u->cpu.kernel = named(&l, "system") * (NS_PER_SECOND / hz);
	read_numbers(p, "cpuacct.usage_percpu", &u->cpu.percpu);
	for (char *line; (line = strsep(&all, "\n"));) {
		unsigned int cpu;
		uint64_t user, kernel, *slot;

		if (sscanf(line, "%u %" SCNu64 " %" SCNu64, &cpu, &user, &kernel) != 3)
			continue;
		slot = list_add(&u->cpu.percpu_user, p->arena);
		*slot = user;
		slot = list_add(&u->cpu.percpu_kernel, p->arena);
		*slot = kernel;
	}
}

/* From v1's cpu, which counts what the quota did. */
static void read_cpu_v1(const struct place *p, struct cgroup_usage *u)
{
	struct cgroup_nameds l = {0};

	if (p->dir < 0)
		return;
	read_named(p, "cpu.stat", &l);
	u->cpu.periods = named(&l, "nr_periods");
	u->cpu.throttled_periods = named(&l, "nr_throttled");
	u->cpu.throttled = named(&l, "throttled_time");
	u->cpu.bursts = named(&l, "nr_bursts");
	u->cpu.burst = named(&l, "burst_time");
}

/* All of it; the v2 tree first, as it counts from the container's first moment. */
static void read_cpu(const struct cgroup *cg, struct arena *a, struct cgroup_usage *u)
{
	AUTO_PLACE tree = open_place(cg, -1, a), acct = open_place(cg, CGC_CPUACCT, a),
		   cpu = open_place(cg, CGC_CPU, a);

	if (tree.dir >= 0)
		read_cpu_v2(&tree, u);
	if (!u->cpu.has)
		read_cpuacct(&acct, u);
	if (!cpu.v2)
		read_cpu_v1(&cpu, u);
}

/* A list like "0-3,7" as numbers. */
static void read_list(const struct place *p, const char *file, struct cgroup_numbers *ret)
{
	char *text = text_of(p, file);
	struct ranges r;

	text[strcspn(text, "\n")] = '\0';
	if (!parse_ranges(text, &r))
		return;
	for (size_t i = 0; i < RANGES_MAX; i++) {
		uint64_t *slot = r.bits[i / 64] >> i % 64 & 1 ? list_add(ret, p->arena) : NULL;

		if (slot)
			*slot = i;
	}
}

/* ---- memory ---- */

/* One amount of v1: the files beginning with STEM. */
static struct cgroup_amount amount_v1(const struct place *p, const char *stem)
{
	static const char *const ends[] = {"usage_in_bytes", "max_usage_in_bytes", "failcnt", "limit_in_bytes"};
	uint64_t v[ARRAY_LEN(ends)];

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		v[i] = number(p, arena_printf(p->arena, "%s.%s", stem, ends[i]));
	return (struct cgroup_amount){v[0], v[1], v[2], v[3]};
}

/* v2's memory; its swap is counted alone, and is told together with memory. */
static void read_memory_v2(const struct place *p, struct cgroup_usage *u)
{
	struct cgroup_nameds events = {0};
	struct cgroup_amount *m = &u->memory.usage, *s = &u->memory.swap;

	read_named(p, "memory.events", &events);
	*m = (struct cgroup_amount){number(p, "memory.current"), number(p, "memory.peak"), named(&events, "max"),
				    number(p, "memory.max")};
	u->memory.cache = named(&u->memory.raw, "file");
	u->memory.use_hierarchy = true;
	if (cgroup_has_file(p->dir, "memory.swap.current")) {
		uint64_t limit = number(p, "memory.swap.max");

		s->usage = m->usage + number(p, "memory.swap.current");
		s->max = number(p, "memory.swap.peak");
		s->limit = limit == UINT64_MAX || m->limit == UINT64_MAX ? UINT64_MAX : m->limit + limit;
	}
	read_pressure(p, "memory.pressure", &u->memory.some, &u->memory.full);
}

/* Memory in either version. */
static void read_memory(const struct cgroup *cg, struct arena *a, struct cgroup_usage *u)
{
	AUTO_PLACE p = open_place(cg, CGC_MEMORY, a);

	if (p.dir < 0 || !cgroup_has_file(p.dir, p.v2 ? "memory.current" : "memory.usage_in_bytes"))
		return;
	u->memory.has = true;
	read_named(&p, "memory.stat", &u->memory.raw);
	if (p.v2) {
		read_memory_v2(&p, u);
		return;
	}
	u->memory.cache = named(&u->memory.raw, "cache");
	u->memory.use_hierarchy = number(&p, "memory.use_hierarchy") == 1;
	u->memory.usage = amount_v1(&p, "memory");
	u->memory.swap = amount_v1(&p, "memory.memsw");
	u->memory.kernel = amount_v1(&p, "memory.kmem");
	u->memory.kernel_tcp = amount_v1(&p, "memory.kmem.tcp");
}

/* ---- disks ---- */

/* Adds an entry. */
static void io_add(struct cgroup_ios *l, struct arena *a, uint64_t major, uint64_t minor, const char *op, uint64_t v)
{
	struct cgroup_io *slot = list_add(l, a);

	*slot = (struct cgroup_io){major, minor, v, arena_strdup(a, op)};
}

/* v2's lines "8:0 rbytes=1 wbytes=2 rios=3 …". */
static void read_io_v2(const struct place *p, struct cgroup_usage *u)
{
	static const struct {
		const char *key, *op;
		enum cgroup_io_kind kind;
	} keys[] = {
		{"rbytes=", "Read", IO_SERVICE_BYTES},	  {"wbytes=", "Write", IO_SERVICE_BYTES},
		{"dbytes=", "Discard", IO_SERVICE_BYTES}, {"rios=", "Read", IO_SERVICED},
		{"wios=", "Write", IO_SERVICED},	  {"dios=", "Discard", IO_SERVICED},
	};
	char *text = text_of(p, "io.stat");

	for (char *line; (line = strsep(&text, "\n"));) {
		uint64_t major, minor, v;

		if (sscanf(line, "%" SCNu64 ":%" SCNu64, &major, &minor) != 2)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			const char *at = strstr(line, keys[k].key);

			if (at && sscanf(at + strlen(keys[k].key), "%" SCNu64, &v) == 1)
				io_add(&u->blkio.list[keys[k].kind], p->arena, major, minor, keys[k].op, v);
		}
	}
	read_pressure(p, "io.pressure", &u->blkio.some, &u->blkio.full);
}

/* v1's lines "8:0 Read 5", or "8:0 5"; the line of the total has no device and is left out. */
static bool read_io_file(const struct place *p, const char *file, struct cgroup_ios *ret)
{
	char *text = text_of(p, file);

	for (char *line; (line = strsep(&text, "\n"));) {
		uint64_t major, minor, v;
		char op[16] = "";

		if (sscanf(line, "%" SCNu64 ":%" SCNu64 " %15[A-Za-z] %" SCNu64, &major, &minor, op, &v) == 4)
			io_add(ret, p->arena, major, minor, op, v);
		else if (sscanf(line, "%" SCNu64 ":%" SCNu64 " %" SCNu64, &major, &minor, &v) == 3)
			io_add(ret, p->arena, major, minor, "", v);
	}
	return ret->n > 0;
}

/* v1's files; those of the scheduler where there is one, else those of the throttle. */
static void read_io_v1(const struct place *p, struct cgroup_usage *u)
{
	static const struct {
		enum cgroup_io_kind kind;
		const char *files[3];
	} lists[] = {
		{IO_SERVICE_BYTES,
		 {"blkio.bfq.io_service_bytes_recursive", "blkio.throttle.io_service_bytes_recursive",
		  "blkio.throttle.io_service_bytes"}},
		{IO_SERVICED,
		 {"blkio.bfq.io_serviced_recursive", "blkio.throttle.io_serviced_recursive",
		  "blkio.throttle.io_serviced"}},
		{IO_QUEUED, {"blkio.bfq.io_queued_recursive"}},
		{IO_SERVICE_TIME, {"blkio.bfq.io_service_time_recursive"}},
		{IO_WAIT_TIME, {"blkio.bfq.io_wait_time_recursive"}},
		{IO_MERGED, {"blkio.bfq.io_merged_recursive"}},
		{IO_TIME, {"blkio.bfq.time_recursive"}},
		{IO_SECTORS, {"blkio.bfq.sectors_recursive"}},
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (size_t k = 0; k < ARRAY_LEN(lists[i].files) && lists[i].files[k]; k++)
			if (read_io_file(p, lists[i].files[k], &u->blkio.list[lists[i].kind]))
				break;
}

/* ---- the rest ---- */

/* Each size of huge pages that the group has files for. */
static void read_hugepages(const struct place *p, struct cgroup_usage *u)
{
	const char *current = p->v2 ? ".current" : ".usage_in_bytes";
	DIR *d CLEANUP(cgroup_list_close) = p->dir < 0 ? NULL : cgroup_list(p->dir);

	for (struct dirent *entry; d && (entry = readdir(d));) {
		char size[16];
		int used = 0;

		if (sscanf(entry->d_name, "hugetlb.%15[0-9A-Z]%n", size, &used) != 1 ||
		    strcmp(entry->d_name + used, current) != 0)
			continue;
		struct cgroup_hugepages *h = list_add(&u->hugetlb, p->arena);
		struct cgroup_nameds events = {0};
		char *stem = arena_printf(p->arena, "hugetlb.%s", size);
		h->size = arena_strdup(p->arena, size);
		h->usage = number(p, entry->d_name);
		if (p->v2) {
			read_named(p, arena_printf(p->arena, "%s.events", stem), &events);
			h->failcnt = named(&events, "max");
			continue;
		}
		h->max = number(p, arena_printf(p->arena, "%s.max_usage_in_bytes", stem));
		h->failcnt = number(p, arena_printf(p->arena, "%s.failcnt", stem));
	}
}

/* Lines "mlx4_0 hca_handle=2 hca_object=max". */
static void read_rdma(const struct place *p, const char *file, struct cgroup_rdmas *ret)
{
	char *text = text_of(p, file);

	for (char *line; (line = strsep(&text, "\n"));) {
		struct cgroup_rdma one = {.device = strsep(&line, " ")};
		uint64_t *slots[] = {&one.handles, &one.objects};
		static const char *const keys[] = {"hca_handle=", "hca_object="};

		for (char *word; (word = strsep(&line, " "));)
			for (size_t k = 0; k < ARRAY_LEN(keys); k++)
				if (strncmp(word, keys[k], strlen(keys[k])) == 0)
					(void)!cgroup_number_parse(word + strlen(keys[k]), slots[k]);
		if (!*one.device)
			continue;
		struct cgroup_rdma *slot = list_add(ret, p->arena);
		*slot = one;
	}
}

void cgroup_usage_read(const struct cgroup *cg, struct arena *a, struct cgroup_usage *ret)
{
	AUTO_PLACE cpuset = open_place(cg, CGC_CPUSET, a), pids = open_place(cg, CGC_PIDS, a),
		   io = open_place(cg, CGC_BLKIO, a), huge = open_place(cg, CGC_HUGETLB, a),
		   rdma = open_place(cg, CGC_RDMA, a);

	*ret = (struct cgroup_usage){0};
	read_cpu(cg, a, ret);
	read_memory(cg, a, ret);
	read_list(&cpuset, cpuset.v2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus", &ret->cpuset.cpus);
	read_list(&cpuset, cpuset.v2 ? "cpuset.mems.effective" : "cpuset.effective_mems", &ret->cpuset.mems);
	ret->cpuset.has = ret->cpuset.cpus.n > 0;
	ret->pids.has = pids.dir >= 0 && cgroup_has_file(pids.dir, "pids.current");
	ret->pids.current = number(&pids, "pids.current");
	ret->pids.limit = number(&pids, "pids.max");
	if (ret->pids.limit == UINT64_MAX)
		ret->pids.limit = 0;
	ret->blkio.has = io.dir >= 0 && (!io.v2 || cgroup_has_file(io.dir, "io.stat"));
	if (ret->blkio.has && io.v2)
		read_io_v2(&io, ret);
	else if (ret->blkio.has)
		read_io_v1(&io, ret);
	read_hugepages(&huge, ret);
	read_rdma(&rdma, "rdma.current", &ret->rdma_current);
	read_rdma(&rdma, "rdma.max", &ret->rdma_limit);
}
