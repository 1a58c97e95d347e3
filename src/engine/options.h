/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user typed for 'isle run', as it was typed: text; compose.h checks it and makes a record and a spec of it.
 */
#ifndef ISLE_ENGINE_OPTIONS_H
#define ISLE_ENGINE_OPTIONS_H

#include "base/mem.h"

#include <stdbool.h>

struct run_options {
	/* the root and the command */
	char *root; /* ROOT */
	struct strs command;
	char *entrypoint;
	char *mirror; /* for debootstrap:SUITE */
	bool rw, host_private, rebuild;
	char *layer; /* "memory" or "disk": where the throw-away layer lives */
	/* how it runs */
	bool interactive, tty, detach, rm, init, read_only, privileged;
	char *name, *hostname, *domainname, *workdir, *user, *umask;
	struct strs env, env_file, label, label_file, group_add;
	char *stop_signal, *stop_timeout, *timeout, *cidfile, *pidfile;
	/* files */
	struct strs volume, mount, tmpfs, device;
	char *shm_size;
	/* namespaces: private | host | container:NAME | ns:PATH, and none for net */
	char *net, *pid, *ipc, *uts, *userns, *cgroupns, *time;
	/* limits */
	char *memory, *memory_swap, *memory_reservation, *cpus, *cpu_shares, *cpu_period, *cpu_quota, *cpuset_cpus,
		*cpuset_mems;
	char *pids_limit, *blkio_weight, *oom_score_adj;
	struct strs device_read_bps, device_write_bps, device_read_iops, device_write_iops;
	struct strs ulimit, sysctl;
	/* rights */
	struct strs cap_add, cap_drop, security_opt;
	/* logs of a detached container */
	struct strs log_opt; /* max-size=10m, max-file=3 */
};

#endif
