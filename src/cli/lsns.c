/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle lsns': the machine's namespaces, as lsns(8) of util-linux lists them. */
#include "cli/report.h"
#include "cli/verbs.h"
#include "inspect/lsns_options.h"

/* Does 'isle lsns'. */
static int lsns_run(struct cli *c, void *args, struct err *e)
{
	return report_become(c, args, e);
}

const struct verb verb_lsns = {
	.name = "lsns",
	.heading = HEADING_TOOLS,
	.summary = "list the machine's namespaces",
	.operands = "[NAMESPACE]",
	.description =
		"Lists every namespace that /proc leads to, with the process in it that has the lowest pid; or, given the number "
		"of one _NAMESPACE_, the processes in it. The options, the columns and the form of the output are those of "
		"*lsns*(8) from util-linux 2.42, and isle is that program when it is called by the name lsns.\n\n"
		"A namespace without a process is found, too, when a mount, a descriptor, a socket, the process that is to be "
		"its parent's next child, or a namespace that it owns or is the parent of keeps it alive. What you may not read "
		"is left out.\n\n"
		"The columns are NS, TYPE, PATH, NPROCS, PID, PPID, COMMAND, UID, USER, NETNSID, NSFS, PNS (its parent), ONS "
		"(its owner) and CONTAINER, which names the container that PID is in: isle's by their names, those of docker, "
		"podman, containerd, CRI-O, Kubernetes, LXC and systemd by the names of their control groups. Mounts that only "
		"another mount namespace has are shown in NSFS below /proc/PID/root.\n\n"
		"An _EXPRESSION_ is made of column names, numbers (4K, 4KiB, 1.5), texts in quotation marks, true and false; of "
		"== != < <= > >= (or eq ne lt le gt ge), of =~ and !~ with a regular expression on the right, of && || ! (or "
		"and, or, not), and of parentheses. *and* and *or* bind alike, from left to right.",
	.exit_status = "0: it was done. 1: it was not. 2: the kernel cannot tell about namespaces.",
	.examples =
		(const struct verb_example[]){
			{"isle lsns -o +CONTAINER", "which container each is of"},
			{"isle lsns -t net", "network namespaces, and where ip netns keeps them"},
			{"isle lsns -T", "user namespaces, and what they own"},
			{"isle lsns -Q 'NPROCS == 0'", "those that no process is in"},
			{0},
		},
	.opts = lsns_opts,
	.args_size = sizeof(struct lsns_args),
	.operands_max = 1,
	.operand_kind = OPERAND_NONE,
	.flags = VERB_TOOL,
	.failure = 1,
	.run = lsns_run,
};
