/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows that 'isle run' and 'isle pool serve' share: how an island is made.  Each macro is a part of a table of options
 * over struct run_args.
 */
#ifndef ISLE_CLI_RUN_ROWS_H
#define ISLE_CLI_RUN_ROWS_H

#include "cli/show_steps.h"
#include "engine/options.h"

struct run_args {
	struct run_options o;
	char *pool;
	struct show_steps show;
	/* pool serve: how many islands, and whether it goes to the background */
	int size;
	bool background;
};

/* Rows for the fields of run_options, by their names. */
#define FLAG(l, n, f, ...) OPT_FLAG(l, n, struct run_args, o.f, __VA_ARGS__)
#define STR(l, n, m, f, ...) OPT_STR(l, n, m, struct run_args, o.f, __VA_ARGS__)
#define LIST(l, n, m, f, ...) OPT_LIST(l, n, m, struct run_args, o.f, __VA_ARGS__)

/* What it sees as its files. */
#define RUN_ROOT_ROWS                                                                                            \
	OPT_HEADING("The root"), FLAG(0, "rw", rw, "use the directory ROOT itself, without a throw-away layer"), \
		OPT_WORD(0, "layer", NULL, "memory|disk", struct run_args, o.layer,                              \
			 "where what it writes is kept [memory with --rm in the foreground, else disk]"),        \
		FLAG(0, "read-only", read_only, "let nothing be written"),                                       \
		FLAG(0, "host-private", host_private,                                                            \
		     "ROOT host: show what only root may read (passwords, keys), too"),                          \
		STR(0, "mirror", "URL", mirror, "ROOT debootstrap:SUITE: fetch packages from there")

/* What is executed, and as whom. */
#define RUN_PROGRAM_ROWS                                                                                             \
	OPT_HEADING("The program"),                                                                                  \
		LIST('e', "env", "NAME[=VALUE]", env, "set a variable; without VALUE to what it is here"),           \
		LIST(0, "env-file", "FILE", env_file, "variables from a file, one in a line"),                       \
		STR('w', "workdir", "DIR", workdir, "where it starts [/]"),                                          \
		STR('u', "user", "USER[:GROUP]", user, "whom it runs as: names or numbers of the container [root]"), \
		LIST(0, "group-add", "GROUP", group_add, "give it one more group"),                                  \
		STR(0, "umask", "MODE", umask, "which rights its new files do not get [022]"),                       \
		STR(0, "entrypoint", "PROGRAM", entrypoint, "the program; COMMAND are its arguments")

/* What it is made of. */
#define RUN_ISLAND_ROWS                                                                                               \
	OPT_HEADING("Files and devices"),                                                                             \
		LIST('v', "volume", "SOURCE:TARGET[:WORDS]", volume,                                                  \
		     "share a file or directory; words: ro, noexec, nosuid, nodev, dev, noidmap, rslave, bind, ..."), \
		LIST(0, "mount", "KEY=VALUE,...", mount,                                                              \
		     "type=bind|tmpfs, source=, target=, readonly, bind-propagation=, tmpfs-size=, tmpfs-mode="),     \
		LIST(0, "tmpfs", "TARGET[:WORDS]", tmpfs, "a place in memory; words: size=, mode=, exec, ..."),       \
		LIST(0, "device", "DEVICE[:PATH][:rwm]", device, "give it a device"),                                 \
		STR(0, "shm-size", "SIZE", shm_size, "size of /dev/shm [64m]"),                                       \
		OPT_HEADING("Namespaces: private, host, container:NAME or ns:PATH [private]"),                        \
		STR(0, "net", "MODE", net, "network; also none, which is private", .words = "none|private|host"),     \
		STR(0, "network", "MODE", net, "the same", .hidden = true),                                           \
		STR(0, "pid", "MODE", pid, "processes", .words = "private|host"),                                     \
		STR(0, "ipc", "MODE", ipc, "shared memory and message queues", .words = "private|host"),              \
		STR(0, "uts", "MODE", uts, "host name", .words = "private|host"),                                     \
		STR(0, "userns", "MODE", userns, "users", .words = "private|host"),                                   \
		STR(0, "cgroupns", "MODE", cgroupns, "control groups", .words = "private|host"),                      \
		STR(0, "time", "MODE", time, "clocks", .words = "private|host"),                                      \
		STR('h', "hostname", "NAME", hostname, "its host name [the beginning of its id]"),                    \
		STR(0, "domainname", "NAME", domainname, "its NIS domain name"),                                      \
		LIST(0, "sysctl", "NAME=VALUE", sysctl, "a kernel parameter of its own namespaces"),                  \
		OPT_HEADING("Limits"), STR('m', "memory", "SIZE", memory, "memory: 512m, 2g"),                        \
		STR(0, "memory-swap", "SIZE", memory_swap,                                                            \
		    "memory and swap together [as --memory: no swap]; -1: no limit"),                                 \
		STR(0, "memory-reservation", "SIZE", memory_reservation, "what it may keep when memory is short"),    \
		STR(0, "cpus", "NUMBER", cpus, "processors: 1.5"),                                                    \
		STR('c', "cpu-shares", "NUMBER", cpu_shares, "its weight against others [1024]"),                     \
		STR(0, "cpu-period", "MICROSECONDS", cpu_period, "period of the quota"),                              \
		STR(0, "cpu-quota", "MICROSECONDS", cpu_quota, "processor time in a period"),                         \
		STR(0, "cpuset-cpus", "LIST", cpuset_cpus, "which processors: 0-3,8"),                                \
		STR(0, "cpuset-mems", "LIST", cpuset_mems, "which memory nodes"),                                     \
		STR(0, "pids-limit", "NUMBER", pids_limit, "processes and threads [2048]; -1: no limit"),             \
		STR(0, "blkio-weight", "NUMBER", blkio_weight, "its weight for block devices, 10 to 1000"),           \
		LIST(0, "device-read-bps", "DEVICE:SIZE", device_read_bps, "bytes read in a second"),                 \
		LIST(0, "device-write-bps", "DEVICE:SIZE", device_write_bps, "bytes written in a second"),            \
		LIST(0, "device-read-iops", "DEVICE:NUMBER", device_read_iops, "reads in a second"),                  \
		LIST(0, "device-write-iops", "DEVICE:NUMBER", device_write_iops, "writes in a second"),               \
		LIST(0, "ulimit", "NAME=SOFT[:HARD]", ulimit, "a limit of each process: nofile=1024:4096"),           \
		STR(0, "oom-score-adj", "NUMBER", oom_score_adj,                                                      \
		    "how readily it is killed when memory runs out, -1000 to 1000"),                                  \
		OPT_HEADING("Rights"), LIST(0, "cap-add", "CAPABILITY", cap_add, "give its root a capability; ALL"),  \
		LIST(0, "cap-drop", "CAPABILITY", cap_drop, "take one away; ALL"),                                    \
		LIST(0, "security-opt", "OPTION", security_opt,                                                       \
		     "no-new-privileges=false, seccomp=unconfined|FILE, apparmor=PROFILE, label=PART, mask=PATH, "    \
		     "unmask=PATH|ALL"),                                                                              \
		FLAG(0, "privileged", privileged, "all capabilities, all devices, no filter, nothing hidden")

#endif
