/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle oci create', 'run' and 'restore': containers out of bundles; and 'start'. */
#include "cli/oci.h"

struct create_args {
	char *bundle, *config, *console_socket, *pid_file;
	int preserve_fds;
	bool no_pivot, no_subreaper, no_new_keyring, detach, keep, explain, timings;
};

#define BUNDLE_ROW OPT_STR('b', "bundle", "DIR", struct create_args, bundle, "the bundle [the working directory]")
#define CONFIG_ROW \
	OPT_STR('f', "config", "FILE", struct create_args, config, "read FILE of the bundle instead of config.json")
#define PID_FILE_ROW \
	OPT_STR(0, "pid-file", "FILE", struct create_args, pid_file, "write the first process' id into FILE")
#define CONSOLE_ROW \
	OPT_STR(0, "console-socket", "PATH", struct create_args, console_socket, "send the terminal to the socket PATH")
#define DETACH_ROW OPT_FLAG('d', "detach", struct create_args, detach, "don't wait for the program's end")
#define PIVOT_ROW                                             \
	OPT_FLAG(0, "no-pivot", struct create_args, no_pivot, \
		 "don't use pivot_root(2): for a root on the initial ramdisk")
#define KEYRING_ROW \
	OPT_FLAG(0, "no-new-keyring", struct create_args, no_new_keyring, "keep the caller's session keyring")
#define SUBREAPER_ROW                                                 \
	OPT_FLAG(0, "no-subreaper", struct create_args, no_subreaper, \
		 "don't become the parent of the container's orphans")

static const struct opt create_opts[] = {
	BUNDLE_ROW,
	CONFIG_ROW,
	PID_FILE_ROW,
	CONSOLE_ROW,
	OCI_PRESERVE_ROW(struct create_args),
	KEYRING_ROW,
	PIVOT_ROW,
	OPT_FLAG(0, "no-subreaper", struct create_args, no_subreaper, "as crun knows it: create has none",
		 .hidden = true),
	OCI_LOOK_ROWS(struct create_args),
	OPT_END,
};

static const struct opt run_opts[] = {
	BUNDLE_ROW,
	CONFIG_ROW,
	DETACH_ROW,
	OPT_FLAG(0, "keep", struct create_args, keep, "don't delete the container when its program has ended"),
	PID_FILE_ROW,
	CONSOLE_ROW,
	OCI_PRESERVE_ROW(struct create_args),
	KEYRING_ROW,
	PIVOT_ROW,
	SUBREAPER_ROW,
	OCI_LOOK_ROWS(struct create_args),
	OPT_END,
};

/* Opens the runtime, and gives the options as it has them. */
static int create_begin(struct cli *c, const struct create_args *a, struct oci_runtime **ret_rt,
			struct oci_create_options *ret, struct err *e)
{
	int r = oci_begin(c, true, ret_rt, e);

	if (r < 0)
		return r;
	(*ret_rt)->explain = a->explain;
	(*ret_rt)->timings |= a->timings;
	*ret = (struct oci_create_options){
		.process =
			{
				.console_socket = a->console_socket,
				.pid_file = a->pid_file,
				.detach = a->detach,
				.no_new_keyring = a->no_new_keyring,
			},
		.bundle = a->bundle,
		.config = a->config,
		.no_pivot = a->no_pivot,
		.keep = a->keep,
		.no_subreaper = a->no_subreaper,
	};
	return oci_preserve(a->preserve_fds, &ret->process, e);
}

/* Does 'isle oci create'. */
static int create_run(struct cli *c, void *args, struct err *e)
{
	struct oci_runtime *rt;
	struct oci_create_options o;
	int r = create_begin(c, args, &rt, &o, e);

	return r < 0 ? r : oci_create(rt, oci_id(c), &o, e);
}

/* Does 'isle oci run'. */
static int run_run(struct cli *c, void *args, struct err *e)
{
	struct oci_runtime *rt;
	struct oci_create_options o;
	int r = create_begin(c, args, &rt, &o, e);

	return r < 0 ? r : oci_run(rt, oci_id(c), &o, &c->status, e);
}

/* Does 'isle oci start'. */
static int start_run(struct cli *c, void *args, struct err *e)
{
	struct oci_runtime *rt;
	int r = oci_begin(c, false, &rt, e);

	(void)args;
	return r < 0 ? r : oci_start(rt, oci_id(c), e);
}

const struct verb oci_verb_create = {
	.name = "create",
	.heading = HEADING_OCI_LIFE,
	.summary = "make a container, whose program waits for start",
	.operands = "CONTAINER",
	.description =
		"Makes everything that the bundle's _config.json_ asks for, and the first process, which waits for "
		"*start* before it executes the program.",
	.opts = create_opts,
	.args_size = sizeof(struct create_args),
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = create_run,
};

const struct verb oci_verb_start = {
	.name = "start",
	.heading = HEADING_OCI_LIFE,
	.summary = "execute the program of a container that was created",
	.operands = "CONTAINER",
	.description = "Returns when the program runs, or could not be executed.",
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = start_run,
};

const struct verb oci_verb_run = {
	.name = "run",
	.heading = HEADING_OCI_LIFE,
	.summary = "create and start a container, wait for its end and delete it",
	.operands = "CONTAINER",
	.description =
		"Ends as the program does. With *--detach* it returns when the program runs, and the container stays "
		"until *delete*.",
	.opts = run_opts,
	.args_size = sizeof(struct create_args),
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = run_run,
};
