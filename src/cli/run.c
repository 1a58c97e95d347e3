/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle run': a program on an island of its own. */
#include "engine/run.h"

#include "cli/verbs.h"

#include <stdio.h>

struct run_args {
	struct run_options o;
	bool explain, timings, json;
};

/* Rows for the fields of run_options, by their names. */
#define FLAG(l, n, f, ...) OPT_FLAG(l, n, struct run_args, o.f, __VA_ARGS__)
#define STR(l, n, m, f, ...) OPT_STR(l, n, m, struct run_args, o.f, __VA_ARGS__)
#define LIST(l, n, m, f, ...) OPT_LIST(l, n, m, struct run_args, o.f, __VA_ARGS__)

static const struct opt run_opts[] = {
	OPT_HEADING("How it runs"),
	FLAG('i', "interactive", interactive, "pass standard input on"),
	FLAG('t', "tty", tty, "give it a terminal of its own"),
	FLAG('d', "detach", detach, "run it in the background, and print its id"),
	FLAG(0, "rm", rm, "forget the container when it has ended"),
	STR(0, "name", "NAME", name, "call it NAME; two containers never have the same name"),
	FLAG(0, "init", init, "let isle be process 1, which reaps and passes signals on"),
	STR(0, "stop-signal", "SIGNAL", stop_signal, "what isle stop sends [SIGTERM]"),
	STR(0, "stop-timeout", "SECONDS", stop_timeout, "how long isle stop waits before it kills [10]; -1: for ever"),
	STR(0, "timeout", "SECONDS", timeout, "kill it after so long"),
	LIST('l', "label", "KEY=VALUE", label, "note something about it"),
	LIST(0, "label-file", "FILE", label_file, "notes from a file, one in a line"),
	STR(0, "cidfile", "FILE", cidfile, "write its id into a new FILE"),
	STR(0, "pidfile", "FILE", pidfile, "write the pid of its first process into FILE"),
	LIST(0, "log-opt", "KEY=VALUE", log_opt, "the log of -d: max-size=SIZE [10m], max-file=NUMBER [3]"),

	OPT_HEADING("The root"),
	FLAG(0, "rw", rw, "use the directory ROOT itself, without a throw-away layer"),
	OPT_WORD(0, "layer", NULL, "memory|disk", struct run_args, o.layer,
		 "where what it writes is kept [memory with --rm in the foreground, else disk]"),
	FLAG(0, "read-only", read_only, "let nothing be written"),
	FLAG(0, "host-private", host_private, "ROOT host: show what only root may read (passwords, keys), too"),
	STR(0, "mirror", "URL", mirror, "ROOT debootstrap:SUITE: fetch packages from there"),
	FLAG(0, "rebuild", rebuild, "build or unpack ROOT again, although it is kept"),

	OPT_HEADING("The program"),
	LIST('e', "env", "NAME[=VALUE]", env, "set a variable; without VALUE to what it is here"),
	LIST(0, "env-file", "FILE", env_file, "variables from a file, one in a line"),
	STR('w', "workdir", "DIR", workdir, "where it starts [/]"),
	STR('u', "user", "USER[:GROUP]", user, "whom it runs as: names or numbers of the container [root]"),
	LIST(0, "group-add", "GROUP", group_add, "give it one more group"),
	STR(0, "umask", "MODE", umask, "which rights its new files do not get [022]"),
	STR(0, "entrypoint", "PROGRAM", entrypoint, "the program; COMMAND are its arguments"),

	OPT_HEADING("Files and devices"),
	LIST('v', "volume", "SOURCE:TARGET[:WORDS]", volume,
	     "share a file or directory; words: ro, noexec, nosuid, nodev, dev, noidmap, rslave, bind, ..."),
	LIST(0, "mount", "KEY=VALUE,...", mount,
	     "type=bind|tmpfs, source=, target=, readonly, bind-propagation=, tmpfs-size=, tmpfs-mode="),
	LIST(0, "tmpfs", "TARGET[:WORDS]", tmpfs, "a place in memory; words: size=, mode=, exec, ..."),
	LIST(0, "device", "DEVICE[:PATH][:rwm]", device, "give it a device"),
	STR(0, "shm-size", "SIZE", shm_size, "size of /dev/shm [64m]"),

	OPT_HEADING("Namespaces: private, host, container:NAME or ns:PATH [private]"),
	STR(0, "net", "MODE", net, "network; also none, which is private", .words = "none|private|host"),
	STR(0, "network", "MODE", net, "the same", .hidden = true),
	STR(0, "pid", "MODE", pid, "processes", .words = "private|host"),
	STR(0, "ipc", "MODE", ipc, "shared memory and message queues", .words = "private|host"),
	STR(0, "uts", "MODE", uts, "host name", .words = "private|host"),
	STR(0, "userns", "MODE", userns, "users", .words = "private|host"),
	STR(0, "cgroupns", "MODE", cgroupns, "control groups", .words = "private|host"),
	STR(0, "time", "MODE", time, "clocks", .words = "private|host"),
	STR('h', "hostname", "NAME", hostname, "its host name [the beginning of its id]"),
	STR(0, "domainname", "NAME", domainname, "its NIS domain name"),
	LIST(0, "sysctl", "NAME=VALUE", sysctl, "a kernel parameter of its own namespaces"),

	OPT_HEADING("Limits"),
	STR('m', "memory", "SIZE", memory, "memory: 512m, 2g"),
	STR(0, "memory-swap", "SIZE", memory_swap, "memory and swap together [as --memory: no swap]; -1: no limit"),
	STR(0, "memory-reservation", "SIZE", memory_reservation, "what it may keep when memory is short"),
	STR(0, "cpus", "NUMBER", cpus, "processors: 1.5"),
	STR('c', "cpu-shares", "NUMBER", cpu_shares, "its weight against others [1024]"),
	STR(0, "cpu-period", "MICROSECONDS", cpu_period, "period of the quota"),
	STR(0, "cpu-quota", "MICROSECONDS", cpu_quota, "processor time in a period"),
	STR(0, "cpuset-cpus", "LIST", cpuset_cpus, "which processors: 0-3,8"),
	STR(0, "cpuset-mems", "LIST", cpuset_mems, "which memory nodes"),
	STR(0, "pids-limit", "NUMBER", pids_limit, "processes and threads [2048]; -1: no limit"),
	STR(0, "blkio-weight", "NUMBER", blkio_weight, "its weight for block devices, 10 to 1000"),
	LIST(0, "device-read-bps", "DEVICE:SIZE", device_read_bps, "bytes read in a second"),
	LIST(0, "device-write-bps", "DEVICE:SIZE", device_write_bps, "bytes written in a second"),
	LIST(0, "device-read-iops", "DEVICE:NUMBER", device_read_iops, "reads in a second"),
	LIST(0, "device-write-iops", "DEVICE:NUMBER", device_write_iops, "writes in a second"),
	LIST(0, "ulimit", "NAME=SOFT[:HARD]", ulimit, "a limit of each process: nofile=1024:4096"),
	STR(0, "oom-score-adj", "NUMBER", oom_score_adj,
	    "how readily it is killed when memory runs out, -1000 to 1000"),

	OPT_HEADING("Rights"),
	LIST(0, "cap-add", "CAPABILITY", cap_add, "give its root a capability; ALL"),
	LIST(0, "cap-drop", "CAPABILITY", cap_drop, "take one away; ALL"),
	LIST(0, "security-opt", "OPTION", security_opt,
	     "no-new-privileges=false, seccomp=unconfined|FILE, apparmor=PROFILE, label=PART, mask=PATH, "
	     "unmask=PATH|ALL"),
	FLAG(0, "privileged", privileged, "all capabilities, all devices, no filter, nothing hidden"),

	OPT_HEADING("What isle tells"),
	OPT_FLAG(0, "explain", struct run_args, explain,
		 "tell each step and the shell command that does it; do nothing"),
	OPT_FLAG(0, "timings", struct run_args, timings, "tell what each step took, on standard error"),
	OPT_FLAG(0, "json", struct run_args, json, "either of them as JSON"),
	OPT_END,
};

/* Does 'isle run'. */
static int run_run(struct cli *c, void *args, struct err *e)
{
	struct run_args *a = args;
	const struct run_mode mode = {
		.explain = a->explain,
		.timings = a->timings,
		.tell_steps = cli_tell_steps,
		.tell = cli_tell,
		.ctx = c,
	};
	char id[BOX_ID_LEN + 1] = "";
	int r;

	if (a->json && !a->explain && !a->timings)
		return err_set(e, 0, "--json says how --explain or --timings are told, and none of them is given");
	if (a->explain && a->timings)
		return err_set(e, 0, "--explain does nothing, so there are no --timings");
	c->json = a->json;
	a->o.root = c->operands.v[0];
	for (size_t i = 1; i < c->operands.n; i++)
		strs_take(&a->o.command, &c->arena, c->operands.v[i]);
	r = engine_run(&c->home, &a->o, &mode, &c->status, id, e);
	if (r == 0 && a->o.detach && !a->explain)
		puts(id);
	return r;
}

const struct verb verb_run = {
	.name = "run",
	.heading = HEADING_RUN,
	.summary = "put a program on an island of its own",
	.operands = "ROOT [COMMAND [ARGUMENT...]]",
	.description =
		"Starts COMMAND in a new container: with its own files, processes, users, network, host name and "
		"limits. _ROOT_ is what it sees as its files:\n"
		"\n"
		"*host*, this machine's own root below a throw-away layer: nothing of the machine changes, and what "
		"belongs to root alone can't be read; a directory, used in the same way unless *--rw* is given; a "
		"root tarball (.tar, also with .gz, .xz or .zst), which is unpacked once and kept; or "
		"*debootstrap:*_SUITE_, a Debian or Ubuntu that is built once and kept.\n"
		"\n"
		"Without COMMAND a shell is started. A container that has ended is kept for *isle start* and *isle "
		"logs* unless *--rm* is given.\n"
		"\n"
		"Each container has users of its own: its root is an unprivileged user of the machine. A shared "
		"directory (*--volume*) shows the owners that it has here, and the container's root has the rights of "
		"the one who started it there; with the word noidmap its files belong to nobody inside.",
	.exit_status = "That of the program; 128+N if signal N killed it; 0 with *--detach*.",
	.examples =
		(const struct verb_example[]){
			{"isle run -it --rm host", "a shell on a copy of this machine"},
			{"isle run --rm --net none --read-only host make -C /src test", "code that nobody has read"},
			{"isle run -d --name db -v ./data:/data -m 512m debootstrap:bookworm /data/serve", "a service"},
			{"isle run --rm --net container:db host ss -ltn", "the network of another container"},
			{"isle run --explain --rm host true", "what a start consists of"},
			{0},
		},
	.opts = run_opts,
	.args_size = sizeof(struct run_args),
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_ROOT,
	.flags = VERB_HOME | VERB_FOREIGN_WORDS,
	.run = run_run,
};
