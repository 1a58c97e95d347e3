/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every container gets when nobody says otherwise: mounts, devices, hidden paths, capabilities, limits.
 *
 * Tables only.  Composing a spec from the command line copies them, and an audit compares a container with them.
 */
#ifndef ISLE_CORE_DEFAULTS_H
#define ISLE_CORE_DEFAULTS_H

#include <stdint.h>

struct default_mount {
	const char *destination, *type;
	const char *options; /* joined by ',' */
};
enum { DEFAULT_MOUNTS = 7 };
extern const struct default_mount default_mounts[DEFAULT_MOUNTS];

struct default_device {
	const char *path;
	int major, minor; /* a character device of mode 0666 */
};
enum { DEFAULT_DEVICES = 6 };
extern const struct default_device default_devices[DEFAULT_DEVICES];

/* Device numbers that may be opened besides: terminals of the container.  minor -1: every one. */
struct default_device_rule {
	int major, minor;
};
enum { DEFAULT_DEVICE_RULES = 3 };
extern const struct default_device_rule default_device_rules[DEFAULT_DEVICE_RULES];

/* NULL-terminated.  What does not exist is left out when the container starts. */
extern const char *const default_masked_paths[];
extern const char *const default_readonly_paths[];
/* On top of the masked ones, for each processor N that has it: before N, and behind it. */
extern const char default_masked_cpu[], default_masked_cpu_tail[];
/* Files below /proc on which something else may be mounted; everything else there is refused.  NULL-terminated. */
extern const char *const proc_mount_points[];

/* 1 << CAP_…: what a container's root may do within the container. */
extern const uint64_t default_caps;

/* A limit is what the caller has, but at most this. */
struct default_rlimit {
	int resource; /* RLIMIT_… */
	uint64_t soft, hard;
};
enum { DEFAULT_RLIMITS = 7 };
extern const struct default_rlimit default_rlimits[DEFAULT_RLIMITS];

enum {
	DEFAULT_PIDS = 2048,	     /* processes and threads */
	DEFAULT_SHM_SIZE = 64 << 20, /* bytes of /dev/shm; not in its row, since --shm-size replaces it */
	DEFAULT_UMASK = 022,
	DEFAULT_STOP_TIMEOUT = 10,   /* seconds */
	DEFAULT_LOG_SIZE = 10 << 20, /* bytes of one log file */
	DEFAULT_LOG_FILES = 3,
};
extern const char default_path[]; /* the environment's PATH */

#endif
