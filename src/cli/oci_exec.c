/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle oci exec': one more program in a container. */
#include "cli/oci.h"

struct exec_args {
	char *process, *cwd, *user, *apparmor, *process_label, *console_socket, *pid_file;
	struct strs env, caps, gids, cgroups;
	int preserve_fds;
	bool tty, detach, no_new_privs, ignore_paused, no_subreaper, explain, timings;
};

static const struct opt exec_opts[] = {
	OPT_HEADING("The process"),
	OPT_STR('p', "process", "FILE", struct exec_args, process,
		"read it from FILE, an object as \"process\" of config.json; then no COMMAND is given"),
	OPT_STR(0, "cwd", "DIR", struct exec_args, cwd, "working directory [the container's]"),
	OPT_LIST('e', "env", "NAME=VALUE", struct exec_args, env, "environment, besides the container's"),
	OPT_STR('u', "user", "UID[:GID]", struct exec_args, user, "user and group, by numbers [the container's]"),
	OPT_LIST('g', "additional-gids", "GID", struct exec_args, gids, "one more group"),
	OPT_LIST('c', "cap", "NAME", struct exec_args, caps, "one more capability, such as CAP_NET_ADMIN"),
	OPT_FLAG(0, "no-new-privs", struct exec_args, no_new_privs, "no program can give it more rights"),
	OPT_STR(0, "apparmor", "PROFILE", struct exec_args, apparmor, "AppArmor profile"),
	OPT_STR(0, "process-label", "LABEL", struct exec_args, process_label, "SELinux label"),
	OPT_LIST(0, "cgroup", "[CONTROLLER:]PATH", struct exec_args, cgroups,
		 "run in this existing group below the container's"),
	OPT_HEADING("How it is run"),
	OPT_FLAG('t', "tty", struct exec_args, tty, "give it a terminal"),
	OPT_FLAG('d', "detach", struct exec_args, detach, "don't wait for its end"),
	OPT_STR(0, "console-socket", "PATH", struct exec_args, console_socket, "send the terminal to the socket PATH"),
	OPT_STR(0, "pid-file", "FILE", struct exec_args, pid_file, "write its process id into FILE"),
	OCI_PRESERVE_ROW(struct exec_args),
	OPT_FLAG(0, "ignore-paused", struct exec_args, ignore_paused,
		 "also in a paused container: it begins when that is resumed"),
	OPT_FLAG(0, "no-subreaper", struct exec_args, no_subreaper, "as older runtimes know it", .hidden = true),
	OCI_LOOK_ROWS(struct exec_args),
	OPT_END,
};

/* Either a file says what to run, or the command line. */
static int check_words(const struct cli *c, const struct exec_args *o, struct err *e)
{
	if (o->process && c->operands.n > 1)
		return err_set(e, 0, "--process says what to run, and \"%s\" was given too", c->operands.v[1]);
	if (!o->process && c->operands.n < 2) {
		err_set(e, 0, "no COMMAND was given for the container %s", oci_id(c));
		return err_cure(e, "give one, or --process FILE");
	}
	return 0;
}

/* Does 'isle oci exec'. */
static int exec_run(struct cli *c, void *args, struct err *e)
{
	const struct exec_args *o = args;
	struct oci_runtime *rt;
	int r = check_words(c, o, e);

	r = r < 0 ? r : oci_begin(c, false, &rt, e);
	if (r < 0)
		return r;
	rt->explain = o->explain;
	rt->timings |= o->timings;
	struct oci_exec_options x = {
		.process =
			{
				.console_socket = o->console_socket,
				.pid_file = o->pid_file,
				.detach = o->detach,
			},
		.process_json = o->process,
		.env = o->env,
		.caps = o->caps,
		.cwd = o->cwd,
		.user = o->user,
		.apparmor = o->apparmor,
		.process_label = o->process_label,
		.additional_gids = o->gids,
		.cgroups = o->cgroups,
		.tty = o->tty,
		.no_new_privs = o->no_new_privs,
		.ignore_paused = o->ignore_paused,
	};
	for (size_t i = 1; i < c->operands.n; i++)
		strs_add(&x.args, &c->arena, c->operands.v[i]);
	r = oci_preserve(o->preserve_fds, &x.process, e);
	return r < 0 ? r : oci_exec(rt, oci_id(c), &x, &c->status, e);
}

const struct verb oci_verb_exec = {
	.name = "exec",
	.heading = HEADING_OCI_LIFE,
	.summary = "run one more program in a container",
	.operands = "CONTAINER [COMMAND [ARGUMENT...]]",
	.description =
		"Ends as the program does; 255 where it could not be run. The options stand before CONTAINER: what is "
		"behind it belongs to the program. It has the container's system call filter, and with *--process* "
		"nothing else of the container's own process.",
	.examples =
		(const struct verb_example[]){
			{"isle oci exec -t web sh", "a shell in a container"},
			{0},
		},
	.opts = exec_opts,
	.args_size = sizeof(struct exec_args),
	.operands_min = 1,
	.operands_max = -1,
	.flags = VERB_FOREIGN_WORDS,
	.failure = OCI_EXEC_FAILURE,
	.run = exec_run,
};
