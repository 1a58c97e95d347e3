/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user wants: the OCI runtime spec in memory, with its words and its nesting, and nothing else.
 *
 * Every door (run flags, config.json, toolbox flags) fills in this structure; the launcher reads it and never changes
 * it. All memory belongs to the arena that the filler used.  Where the spec leaves a value out, a pointer is NULL, a
 * list is empty, and a number has its 'has_' flag unset, so that printing gives back what was read.
 * Source: opencontainers/runtime-spec, config.md and config-linux.md.
 */
#ifndef ISLE_CORE_SPEC_H
#define ISLE_CORE_SPEC_H

#include "base/json.h"
#include "base/opt_value.h"
#include "core/ns.h"

#include <sys/types.h>

struct spec_pair { /* annotations, sysctl, labels */
	char *key, *value;
};
struct spec_pairs {
	struct spec_pair *v;
	size_t n, room;
};

struct spec_ids { /* additionalGids */
	uint32_t *v;
	size_t n, room;
};

struct spec_user {
	uint32_t uid, gid;
	struct opt_u64 umask; /* mode bits; absent: the caller's stays */
	struct spec_ids additional_gids;
	char *username; /* not on Linux; kept for the round trip */
};

/* Each set is a bit mask of 1 << CAP_…; 'has' false means process.capabilities is absent: no set is touched. */
struct spec_caps {
	bool has;
	uint64_t bounding, effective, inheritable, permitted, ambient;
	struct strs unknown; /* names that no capability has, of any set, maybe twice: only worth a warning */
};

struct spec_rlimit {
	int resource; /* RLIMIT_… */
	uint64_t soft, hard;
};
struct spec_rlimits {
	struct spec_rlimit *v;
	size_t n, room;
};

/* sched_setattr(2); the numbers are the kernel's SCHED_… and SCHED_FLAG_… */
struct spec_scheduler {
	bool has;
	int policy;
	int nice, priority;
	unsigned int flags;
	uint64_t runtime, deadline, period; /* nanoseconds; SCHED_DEADLINE */
};

/* ioprio_set(2); the classes are the kernel's: 1 real time, 2 best effort, 3 idle. */
struct spec_io_priority {
	bool has;
	int class;
	int priority; /* 0 to 7 */
};

/* The processors of a process that enters a container: "0-3,7". */
struct spec_cpu_affinity {
	bool has;
	char *initial; /* before it enters the container's cgroup */
	char *final;   /* behind */
};

/* Without cwd, args and env: process is absent. */
struct spec_process {
	bool terminal;
	uint16_t rows, cols; /* consoleSize; 0: unknown */
	struct spec_user user;
	struct strs args;
	struct strs env; /* "NAME=value" */
	char *cwd;
	struct spec_caps caps;
	struct spec_rlimits rlimits;
	bool no_new_privileges;
	char *apparmor_profile;
	char *selinux_label;
	struct opt_i64 oom_score_adj;
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	struct spec_cpu_affinity exec_cpu_affinity;
};

struct spec_idmap { /* one line of /proc/PID/uid_map */
	uint32_t container_id, host_id, size;
};
struct spec_idmaps {
	struct spec_idmap *v;
	size_t n, room;
};

struct spec_mount {
	char *destination;
	char *type;	     /* "bind", "tmpfs", "proc"…; NULL with a bind option means bind */
	char *source;	     /* NULL: the type stands in */
	struct strs options; /* mount(8) words: "ro", "rbind", "size=64k"… */
	/* Its own shift of owners; empty, with the word "idmap": the container's. */
	struct spec_idmaps uid_map, gid_map;
	int source_fd; /* an open O_PATH descriptor of the source, taken early; FD_NONE: by path (never printed) */
};
struct spec_mounts {
	struct spec_mount *v;
	size_t n, room;
};

enum ns_mode {
	NS_KEEP, /* stay in the caller's: the kind is absent from linux.namespaces */
	NS_NEW,
	NS_JOIN, /* the one at 'path' */
};
struct spec_ns {
	enum ns_mode mode;
	char *path;
	int fd; /* an open descriptor of it, taken early; FD_NONE: by path (never printed) */
};

struct spec_time_offset { /* of one clock of a time namespace */
	bool has;
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_net_device { /* a network interface to move into the container */
	char *host_name;
	char *name; /* inside; NULL: the same; "%d" in it is a number that the kernel picks */
};
struct spec_net_devices {
	struct spec_net_device *v;
	size_t n, room;
};

struct spec_device { /* a device node to make */
	char *path;
	char type; /* 'c', 'b', 'p' */
	int64_t major, minor;
	struct opt_u64 mode; /* permission bits */
	struct opt_u64 uid, gid;
};
struct spec_devices {
	struct spec_device *v;
	size_t n, room;
};

struct spec_device_rule {
	bool allow;
	char type; /* 'a', 'b', 'c' */
	struct opt_i64 major, minor;
	char access[4]; /* "rwm" or less */
};
struct spec_device_rules {
	struct spec_device_rule *v;
	size_t n, room;
};

struct spec_throttle {
	int64_t major, minor;
	uint64_t rate;
};
struct spec_throttles {
	struct spec_throttle *v;
	size_t n, room;
};

struct spec_weight_device {
	int64_t major, minor;
	struct opt_u64 weight, leaf_weight;
};
struct spec_weight_devices {
	struct spec_weight_device *v;
	size_t n, room;
};

struct spec_hugepage_limit {
	char *page_size; /* "2MB", "1GB", "64KB" */
	uint64_t limit;	 /* bytes */
};
struct spec_hugepage_limits {
	struct spec_hugepage_limit *v;
	size_t n, room;
};

struct spec_priority {
	char *name; /* of a network interface */
	uint32_t priority;
};
struct spec_priorities {
	struct spec_priority *v;
	size_t n, room;
};

struct spec_rdma { /* one member of linux.resources.rdma */
	char *name;
	struct opt_u64 hca_handles, hca_objects;
};
struct spec_rdmas {
	struct spec_rdma *v;
	size_t n, room;
};

struct spec_resources {
	struct {					 /* bytes; -1 means no limit */
		struct opt_i64 limit, reservation, swap; /* swap is memory + swap, as v1 counts */
		struct opt_i64 kernel, kernel_tcp;
		struct opt_u64 swappiness; /* 0 to 100 */
		struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
		bool no_swap; /* in no JSON: none at all, whatever swap says (cgroup_zero_swap) */
	} memory;
	struct {
		struct opt_u64 shares, period, burst;
		struct opt_i64 quota; /* microseconds in a period */
		struct opt_i64 realtime_runtime;
		struct opt_u64 realtime_period;
		char *cpus, *mems;
		struct opt_i64 idle; /* 1: the group runs only when nothing else does */
	} cpu;
	struct opt_i64 pids_limit; /* <= 0: no limit */
	struct {
		struct opt_u64 weight, leaf_weight;
		struct spec_weight_devices weight_device;
		struct spec_throttles read_bps, write_bps, read_iops, write_iops;
	} block_io;
	struct spec_hugepage_limits hugepage_limits;
	struct {
		struct opt_u64 class_id; /* 32 bits */
		struct spec_priorities priorities;
	} network;
	struct spec_rdmas rdma;
	struct spec_device_rules devices;
	struct spec_pairs unified; /* cgroup v2 file = value */
};

/* What system calls are allowed; SECCOMP_DEFAULT is isle's own profile, computed from the capabilities. */
enum seccomp_mode { SECCOMP_NONE, SECCOMP_DEFAULT, SECCOMP_PROFILE };
struct spec_seccomp {
	enum seccomp_mode mode;
	const struct json *profile;		 /* SECCOMP_PROFILE: linux.seccomp (an object of the runtime spec) */
	char *listener_path, *listener_metadata; /* SCMP_ACT_NOTIFY: who gets the listener; out of 'profile' */
};

struct spec_intel_rdt { /* resctrl */
	bool has;
	char *clos_id;
	struct strs schemata;
	char *l3_cache_schema, *mem_bw_schema; /* written before 'schemata' */
	bool enable_monitoring;
};

/* set_mempolicy(2); the numbers are the kernel's MPOL_… and MPOL_F_… */
struct spec_memory_policy {
	bool has;
	int mode;
	unsigned int flags;
	char *nodes; /* "0-3,7" */
};

struct spec_personality {
	bool has;
	int domain; /* PER_LINUX, PER_LINUX32 */
};

struct spec_hook { /* a program to run at a moment of the container's life */
	char *path;
	struct strs args;	/* with argv[0] */
	struct strs env;	/* all of it: nothing is inherited */
	struct opt_i64 timeout; /* seconds */
};
struct spec_hooks {
	struct spec_hook *v;
	size_t n, room;
};
/* In the order in which they run. */
enum spec_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KIND_COUNT
};

struct spec {
	char *oci_version;
	struct {
		char *path;
		bool readonly;
	} root;
	char *hostname, *domainname;
	struct spec_process process;
	struct spec_mounts mounts;
	struct spec_hooks hooks[HOOK_KIND_COUNT];
	struct spec_pairs annotations;
	struct { /* "linux" */
		struct spec_ns ns[NS_KIND_COUNT];
		struct spec_idmaps uid_map, gid_map;
		struct {
			struct spec_time_offset monotonic, boottime;
		} time_offsets;
		struct spec_devices devices;
		struct spec_net_devices net_devices;
		char *cgroups_path;
		struct spec_resources resources;
		struct spec_pairs sysctl;
		struct spec_seccomp seccomp;
		struct strs masked_paths, readonly_paths;
		char *rootfs_propagation;
		char *mount_label;
		struct spec_intel_rdt intel_rdt;
		struct spec_memory_policy memory_policy;
		struct spec_personality personality;
	} lin; /* 'linux' is a macro of gnu17 compilers */
};

/* An empty spec: no descriptor open, every namespace kept. */
void spec_init(struct spec *s);
/* The value of NAME in the environment of P, or NULL. */
const char *spec_env(const struct spec_process *p, const char *name);
/* Sets NAME=VALUE in the environment of P, replacing an older value. */
void spec_env_set(struct spec_process *p, struct arena *a, const char *name, const char *value);

#endif
