/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle nsenter': a program among the namespaces of other processes, with the options of nsenter(1). */
#include "toolbox/nsenter.h"

#include "base/parse.h"
#include "cli/show_steps.h"
#include "cli/verbs.h"

#include <limits.h>

struct nsenter_args {
	struct nsenter_request r;
	struct strs target;
	char *net_socket, *uid, *gid;
	struct show_steps show;
};

/* Rows for the fields of the request, by their names. */
#define FLAG(l, n, f, ...) OPT_FLAG(l, n, struct nsenter_args, r.f, __VA_ARGS__)
#define MAYBE(l, n, m, f, ...) OPT_MAYBE(l, n, m, struct nsenter_args, r.f, __VA_ARGS__)
#define STR(l, n, m, f, ...) OPT_STR(l, n, m, struct nsenter_args, f, __VA_ARGS__)

static const struct opt nsenter_opts[] = {
	OPT_HEADING("Which namespaces: the target's, that of a FILE, or =:NUMBER"),
	FLAG('a', "all", all, "every kind, except a user namespace that is ours already"),
	OPT_LIST('t', "target", "PID[:INODE]", struct nsenter_args, target, "the process to follow"),
	MAYBE('m', "mount", "FILE", ns[NS_MNT], "files"),
	MAYBE('u', "uts", "FILE", ns[NS_UTS], "host name"),
	MAYBE('i', "ipc", "FILE", ns[NS_IPC], "shared memory and message queues"),
	MAYBE('n', "net", "FILE", ns[NS_NET], "network", .group = "net"),
	STR('N', "net-socket", "FD", net_socket, "the network of the target's socket FD", .group = "net"),
	MAYBE('p', "pid", "FILE", ns[NS_PID], "processes"),
	MAYBE('C', "cgroup", "FILE", ns[NS_CGROUP], "control groups"),
	MAYBE('U', "user", "FILE", ns[NS_USER], "users"),
	FLAG(0, "user-parent", user_parent, "the user namespace above that one"),
	MAYBE('T', "time", "FILE", ns[NS_TIME], "clocks"),

	OPT_HEADING("As whom"),
	STR('S', "setuid", "UID", uid, "user id, or follow for the target's [0 with --user]"),
	STR('G', "setgid", "GID", gid, "group id, or follow; drops the other groups [0 with --user]"),
	FLAG(0, "preserve-credentials", preserve_credentials, "leave user, group and groups as they are"),
	FLAG(0, "keep-caps", keep_caps, "with --user: keep the capabilities that it gives"),
	FLAG('Z', "follow-context", follow_context, "take on the target's SELinux context"),

	OPT_HEADING("Where"),
	MAYBE('r', "root", "DIR", root, "change the root directory [the target's]"),
	MAYBE('w', "wd", "DIR", wd, "change the working directory, to one of out here [the target's]", .group = "wd"),
	MAYBE('W', "wdns", "DIR", wdns, "change it to what is called DIR inside", .group = "wd"),
	FLAG('e', "env", env, "take the target's variables instead of ours"),
	FLAG('c', "join-cgroup", join_cgroup, "join the target's control groups"),
	FLAG('F', "no-fork", no_fork, "be the program itself, also with --pid"),

	SHOW_STEPS_ROWS(struct nsenter_args, .whole = true),
	OPT_END,
};

/* Reads what is a text on the command line and a number in the request. */
static int read_numbers(struct nsenter_args *a, struct err *e)
{
	int r = 0;

	a->r.net_socket = -1;
	if (a->target.n > 1)
		return err_set(e, 0, "--target is given more than once");
	if (a->target.n == 1 && (r = target_parse(a->target.v[0], &a->r.target, e)) < 0)
		return err_context(e, "--target");
	if (a->net_socket && !parse_int(a->net_socket, 0, INT_MAX, &a->r.net_socket))
		return err_set(e, 0, "--net-socket: \"%s\" is no number of a descriptor", a->net_socket);
	if (a->uid && (r = nsenter_id_parse(a->uid, &a->r.uid, e)) < 0)
		return err_context(e, "--setuid");
	if (a->gid && (r = nsenter_id_parse(a->gid, &a->r.gid, e)) < 0)
		return err_context(e, "--setgid");
	return 0;
}

/* Does 'isle nsenter'. */
static int nsenter_verb_run(struct cli *c, void *args, struct err *e)
{
	struct nsenter_args *a = args;
	const struct tool_mode mode = {
		.explain = a->show.explain, .timings = a->show.timings, .tell_steps = show_steps_tell, .ctx = c};
	int r = show_steps_check(c, &a->show, e);

	if (r == 0)
		r = read_numbers(a, e);
	if (r < 0)
		return r;
	a->r.argv = c->operands.v;
	r = nsenter_check(&a->r, e);
	return r < 0 ? r : nsenter_run(&a->r, &mode, &c->arena, &c->status, e);
}

const struct verb verb_nsenter = {
	.name = "nsenter",
	.heading = HEADING_TOOLS,
	.summary = "run a program among the namespaces of other processes",
	.operands = "[PROGRAM [ARGUMENT...]]",
	.description =
		"Enters namespaces that exist, and becomes PROGRAM there; without one, the login shell (*$SHELL*, else what "
		"the user's line in passwd says). Its options are those of *nsenter*(1) of util-linux, and isle is that "
		"program when it is called by the name nsenter.\n"
		"\n"
		"The options that name a kind of namespace stand for that of the _target_, the process that *--target* "
		"names. With a file (a name in /proc/PID/ns, or where such a one is bound to), the namespace is that one; "
		"with *=:*_NUMBER_ it is the one with that number of the kernel's. A value stands in the same word: "
		"*--net=*_FILE_, *-n*_FILE_. INODE is the number that *getino*(1) prints: with it, a process that has got "
		"the PID of another one is not entered.\n"
		"\n"
		"The user namespace is entered first or last, whichever gives the right to enter the others. Who enters "
		"one becomes user and group 0 there and loses his other groups, unless *--setuid*, *--setgid* or "
		"*--preserve-credentials* says otherwise.\n"
		"\n"
		"A pid namespace is one for children only. So *--pid* makes a child and waits for it: when it stops, so "
		"does nsenter, and when nsenter is continued, so is the child. *--no-fork* leaves that out.\n"
		"\n"
		"Directories given to *--root* and *--wd* are opened before anything is entered, that of *--wdns* after "
		"everything was. With *--root* alone the working directory stays where it was, also when that is outside "
		"of the new root.",
	.exit_status =
		"That of the program; 1 if nsenter failed; 126 if the program could not be executed; 127 if it was not "
		"found. A signal that kills the child kills nsenter, too.",
	.examples =
		(const struct verb_example[]){
			{"isle nsenter -t 1234 -a", "a shell among everything that process 1234 has"},
			{"isle nsenter -t 1234 -m -u -i -n -p ps aux", "what it sees of processes"},
			{"isle nsenter --net=/run/netns/blue ip address", "a network that has a name"},
			{"isle nsenter -t 1234 -U --preserve-credentials id", "how our ids are called there"},
			{"isle nsenter --explain -t 1234 -a", "what it consists of"},
			{0},
		},
	.opts = nsenter_opts,
	.args_size = sizeof(struct nsenter_args),
	.operands_max = -1,
	.operand_kind = OPERAND_COMMAND,
	.flags = VERB_FOREIGN_WORDS | VERB_TOOL,
	.failure = 1,
	.run = nsenter_verb_run,
};
