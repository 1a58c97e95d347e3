/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle unshare': a program in new namespaces, as unshare(1) makes them. */
#include "toolbox/unshare.h"

#include "cli/show_steps.h"
#include "cli/verbs.h"

struct unshare_args {
	struct unshare_options o;
	struct show_steps show;
};

/* Rows for the fields of unshare_options, by their names. */
#define FLAG(l, n, f, ...) OPT_FLAG(l, n, struct unshare_args, o.f, __VA_ARGS__)
#define STR(l, n, m, f, ...) OPT_STR(l, n, m, struct unshare_args, o.f, __VA_ARGS__)
#define LIST(l, n, m, f, ...) OPT_LIST(l, n, m, struct unshare_args, o.f, __VA_ARGS__)
#define MAYBE(l, n, m, f, ...) OPT_MAYBE(l, n, m, struct unshare_args, o.f, __VA_ARGS__, .bundled = true)
#define MAP(l, n, m, ...) OPT_NOTE(l, n, m, struct unshare_args, o.maps, __VA_ARGS__)
#define MAP_MARK(l, n, ...) OPT_MARK(l, n, struct unshare_args, o.maps, __VA_ARGS__)

static const struct opt unshare_opts[] = {
	OPT_HEADING("Namespaces; FILE keeps one when the program has ended"),
	MAYBE('m', "mount", "FILE", ns[NS_MNT], "mounts"),
	MAYBE('u', "uts", "FILE", ns[NS_UTS], "host name"),
	MAYBE('i', "ipc", "FILE", ns[NS_IPC], "System V IPC and POSIX message queues"),
	MAYBE('n', "net", "FILE", ns[NS_NET], "network"),
	MAYBE('p', "pid", "FILE", ns[NS_PID], "process numbers: for its children, see --fork"),
	MAYBE('U', "user", "FILE", ns[NS_USER], "users and groups"),
	MAYBE('C', "cgroup", "FILE", ns[NS_CGROUP], "the root of the control groups"),
	MAYBE('T', "time", "FILE", ns[NS_TIME], "clocks since boot: for its children"),

	OPT_HEADING("How it runs"),
	FLAG('f', "fork", fork, "run the program as a child, and end as it ends"),
	MAYBE(0, "kill-child", "SIGNAL", kill_child, "when unshare dies, send the child SIGNAL [KILL]; implies --fork"),
	FLAG(0, "forward-signals", forward_signals, "pass SIGTERM and SIGINT on to the child; implies --fork"),
	STR('R', "root", "DIR", root, "make DIR the root directory"),
	STR('w', "wd", "DIR", wd, "start in DIR"),
	STR('S', "setuid", "UID", setuid, "become user UID of the new namespace"),
	STR('G', "setgid", "GID", setgid, "become group GID, and give up all other groups"),
	FLAG(0, "keep-caps", keep_caps, "let the program keep its capabilities in the new user namespace"),
	FLAG(0, "clear-env", clear_env, "pass no environment on"),
	LIST(0, "whitelist-env", "NAME,...", whitelist_env, "pass only these variables on"),

	OPT_HEADING("Users and groups; each implies --user, but --setgroups"),
	MAP_MARK('r', "map-root-user", "be root inside: --map-user=0 --map-group=0"),
	MAP_MARK('c', "map-current-user", "be the same user and group inside"),
	MAP(0, "map-user", "USER", "be USER inside, a name or an id"),
	MAP(0, "map-group", "GROUP", "be GROUP inside"),
	MAP(0, "map-users", "INNER:OUTER:COUNT", "map a range of users; or auto, subids, all",
	    .words = "auto|subids|all"),
	MAP(0, "map-groups", "INNER:OUTER:COUNT", "map a range of groups; or auto, subids, all",
	    .words = "auto|subids|all"),
	MAP_MARK(0, "map-auto", "--map-users=auto --map-groups=auto: what /etc/subuid gives, from 0 on"),
	MAP_MARK(0, "map-subids", "--map-users=subids --map-groups=subids: the same ids, unchanged"),
	STR(0, "owner", "UID:GID", owner, "make the user namespace belong to them"),
	STR(0, "setgroups", "allow|deny", setgroups, "whether groups may be given up inside", .words = "allow|deny"),

	OPT_HEADING("Mounts and clocks"),
	MAYBE(0, "mount-proc", "DIR", mount_proc, "mount a proc [/proc]; implies --mount"),
	MAYBE(0, "mount-binfmt", "DIR", mount_binfmt,
	      "mount a binfmt_misc [/proc/sys/fs/binfmt_misc]; implies --mount and --user"),
	STR('l', "load-interp", "STRING", load_interp,
	    "register :NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS; implies --mount-binfmt"),
	STR(0, "propagation", "MODE", propagation, "how its mounts are shared with those outside [private]",
	    .words = "private|shared|slave|unchanged"),
	STR(0, "monotonic", "SECONDS", monotonic, "shift CLOCK_MONOTONIC; with --time"),
	STR(0, "boottime", "SECONDS", boottime, "shift CLOCK_BOOTTIME; with --time"),

	SHOW_STEPS_ROWS(struct unshare_args, .whole = true),
	OPT_END,
};

/* Does 'isle unshare'. */
static int unshare_verb(struct cli *c, void *args, struct err *e)
{
	struct unshare_args *a = args;
	const struct tool_mode mode = {
		.explain = a->show.explain, .timings = a->show.timings, .tell_steps = show_steps_tell, .ctx = c};
	int r = show_steps_check(c, &a->show, e);

	a->o.command = c->operands.v;
	return r < 0 ? r : unshare_run(&a->o, &mode, &c->arena, &c->status, e);
}

const struct verb verb_unshare = {
	.name = "unshare",
	.heading = HEADING_TOOLS,
	.summary = "run a program in new namespaces",
	.operands = "[PROGRAM [ARGUMENT...]]",
	.description =
		"Makes the namespaces that are asked for, and becomes PROGRAM in them; without PROGRAM, the login shell. All "
		"else stays as it is: there is no root of its own, no limit, no filter. It takes the options of util-linux's "
		"*unshare*(1) in the same meaning, and is that program when it is called by its name, as through a link "
		"_unshare_. Long options may be cut short.\n"
		"\n"
		"A namespace ends with its last process, unless it is bound to a FILE, which must exist: then *nsenter*(1) can "
		"enter it later, and *umount*(8) ends it. The program starts when all files are bound; if it can't be started, "
		"they are given back. A pid namespace lives only as long as its first process.\n"
		"\n"
		"Who makes a pid namespace is not in it, but its children are: *--fork* makes the program process 1. Without it, "
		"the program's first child is that, and when it ends, the program can't fork any more.\n"
		"\n"
		"*--map-users* and *--map-groups* may be given several times. The single id of *--map-user* and its kin goes "
		"first: it is taken out of the ranges on both sides, what is left is paired in order, and an id outside that "
		"is left over gets the next free id inside. Plain users need *newuidmap*(1) and *newgidmap*(1) for ranges.\n"
		"\n"
		"While it waits for the child, SIGINT and SIGTERM are left alone.",
	.exit_status =
		"That of the program; if a signal killed the child, the same signal kills unshare. 126 if the program "
		"can't be executed, 127 if it wasn't found.",
	.examples =
		(const struct verb_example[]){
			{"isle unshare --map-root-user --pid --fork --mount-proc sh",
			 "as a plain user, root of one's own"},
			{"isle unshare -r --map-auto sh", "the same with 65536 more users"},
			{"isle unshare --uts=/run/names hostname box",
			 "a host name that stays, for nsenter --uts=/run/names"},
			{"isle unshare --time --boottime 86400 -f uptime", "one day later"},
			{"isle unshare --explain -rpf --mount-proc true", "what it consists of"},
			{0},
		},
	.opts = unshare_opts,
	.args_size = sizeof(struct unshare_args),
	.operands_max = -1,
	.operand_kind = OPERAND_COMMAND,
	.flags = VERB_TOOL | VERB_FOREIGN_WORDS,
	.failure = 1,
	.run = unshare_verb,
};
