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

#include "base/mem.h"
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
	struct opt_u64 umask; /* mode bits */
	struct spec_ids additional_gids;
	char *username; /* not on Linux; kept for the round trip */
};

/* Each set is a bit mask of 1 << CAP_…; 'has' false means process.capabilities is absent: no set is touched. */
struct spec_caps {
	bool has;
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct spec_rlimit {
	int resource; /* RLIMIT_… */
	uint64_t soft, hard;
};
struct spec_rlimits {
	struct spec_rlimit *v;
	size_t n, room;
};

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
};

struct spec_mount {
	char *destination;
	char *type;	     /* "bind", "tmpfs", "proc"…; NULL with a bind option means bind */
	char *source;	     /* NULL: the type stands in */
	struct strs options; /* mount(8) words: "ro", "rbind", "size=64k"… */
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

struct spec_idmap { /* one line of /proc/PID/uid_map */
	uint32_t container_id, host_id, size;
};
struct spec_idmaps {
	struct spec_idmap *v;
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

struct spec_resources {
	struct {					 /* bytes; -1 means no limit */
		struct opt_i64 limit, reservation, swap; /* swap is memory + swap, as v1 counts */
	} memory;
	struct {
		struct opt_u64 shares, period;
		struct opt_i64 quota; /* microseconds in a period */
		char *cpus, *mems;
	} cpu;
	struct opt_i64 pids_limit; /* <= 0: no limit */
	struct {
		struct opt_u64 weight;
		struct spec_throttles read_bps, write_bps, read_iops, write_iops;
	} block_io;
	struct spec_device_rules devices;
	struct spec_pairs unified; /* cgroup v2 file = value */
};

/* What system calls are allowed; SECCOMP_DEFAULT is isle's own profile, computed from the capabilities. */
enum seccomp_mode { SECCOMP_NONE, SECCOMP_DEFAULT, SECCOMP_PROFILE };
struct spec_seccomp {
	enum seccomp_mode mode;
	char *profile; /* SECCOMP_PROFILE: the text of linux.seccomp (an object of the runtime spec), as JSON */
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
	struct spec_pairs annotations;
	struct { /* "linux" */
		struct spec_ns ns[NS_KIND_COUNT];
		struct spec_idmaps uid_map, gid_map;
		struct spec_devices devices;
		char *cgroups_path;
		struct spec_resources resources;
		struct spec_pairs sysctl;
		struct spec_seccomp seccomp;
		struct strs masked_paths, readonly_paths;
		char *rootfs_propagation;
		char *mount_label;
	} lin; /* 'linux' is a macro of gnu17 compilers */
};

/* An empty spec: no descriptor open, every namespace kept. */
void spec_init(struct spec *s);
/* The value of NAME in the environment of P, or NULL. */
const char *spec_env(const struct spec_process *p, const char *name);
/* Sets NAME=VALUE in the environment of P, replacing an older value. */
void spec_env_set(struct spec_process *p, struct arena *a, const char *name, const char *value);

#endif
