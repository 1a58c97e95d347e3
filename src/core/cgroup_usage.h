/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the kernel counts for a group, in the terms that "runc events --stats" made customary: those of v1.
 *
 * What v2 counts otherwise is converted: microseconds to nanoseconds, swap to memory and swap together.  A part whose
 * controller does not count for the group has 'has' unset, and a number that this kernel does not tell is 0.
 */
#ifndef ISLE_CORE_CGROUP_USAGE_H
#define ISLE_CORE_CGROUP_USAGE_H

#include "core/cgroup.h"

struct cgroup_numbers {
	uint64_t *v;
	size_t n, room;
};

struct cgroup_named { /* a line of memory.stat */
	char *name;
	uint64_t v;
};
struct cgroup_nameds {
	struct cgroup_named *v;
	size_t n, room;
};

struct cgroup_amount { /* bytes */
	uint64_t usage, max, failcnt;
	uint64_t limit; /* UINT64_MAX: none on v2; v1 says so with a very large number of its own */
};

struct cgroup_io {
	uint64_t major, minor, value;
	char *op; /* "Read", "Write", "Sync"…; "" */
};
struct cgroup_ios {
	struct cgroup_io *v;
	size_t n, room;
};

struct cgroup_hugepages {
	char *size; /* "2MB" */
	uint64_t usage, max, failcnt;
};
struct cgroup_hugepage_list {
	struct cgroup_hugepages *v;
	size_t n, room;
};

struct cgroup_rdma {
	char *device;
	uint64_t handles, objects; /* UINT64_MAX: no limit */
};
struct cgroup_rdmas {
	struct cgroup_rdma *v;
	size_t n, room;
};

struct cgroup_pressure { /* one line of a pressure file; averages in hundredths of a percent */
	bool has;
	uint64_t avg10, avg60, avg300;
	uint64_t total; /* microseconds */
};

enum cgroup_io_kind { /* the lists of block IO */
		      IO_SERVICE_BYTES,
		      IO_SERVICED,
		      IO_QUEUED,
		      IO_SERVICE_TIME,
		      IO_WAIT_TIME,
		      IO_MERGED,
		      IO_TIME,
		      IO_SECTORS,
		      IO_KIND_COUNT
};

struct cgroup_usage {
	struct {
		bool has;
		uint64_t total, kernel, user; /* nanoseconds */
		struct cgroup_numbers percpu, percpu_kernel, percpu_user;
		uint64_t periods, throttled_periods, throttled; /* nanoseconds */
		uint64_t bursts, burst;				/* nanoseconds */
		struct cgroup_pressure some, full;
	} cpu;
	struct {
		bool has;
		struct cgroup_numbers cpus, mems;
	} cpuset;
	struct {
		bool has;
		uint64_t cache;
		bool use_hierarchy;
		struct cgroup_amount usage, swap, kernel, kernel_tcp; /* swap: memory and swap together */
		struct cgroup_nameds raw;
		struct cgroup_pressure some, full;
	} memory;
	struct {
		bool has;
		uint64_t current, limit; /* 0: none */
	} pids;
	struct {
		bool has;
		struct cgroup_ios list[IO_KIND_COUNT];
		struct cgroup_pressure some, full;
	} blkio;
	struct cgroup_hugepage_list hugetlb;
	struct cgroup_rdmas rdma_current, rdma_limit;
};

/* Reads it all; what vanishes meanwhile is absent. */
void cgroup_usage_read(const struct cgroup *cg, struct arena *a, struct cgroup_usage *ret);

#endif
