/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle oci checkpoint' and 'isle oci restore': a container's processes into criu's images, and back. */
#include "cli/oci.h"

#include <limits.h>

struct criu_args {
	struct oci_criu_options criu;
	char *image_path, *work_path, *parent_path, *page_server, *cgroups, *lock, *lsm_profile, *lsm_mount_context;
	char *bundle, *console_socket, *pid_file;
	bool detach, no_pivot, no_subreaper, keep;
};

static const struct criu_args defaults = {.criu = {.status_fd = -1}};

#define CRIU_FLAG(name, field, help) OPT_FLAG(0, name, struct criu_args, criu.field, help)
#define CRIU_TEXT(name, meta, field, help) OPT_STR(0, name, meta, struct criu_args, field, help)
#define IMAGE_ROWS                                                                                                \
	OPT_HEADING("Images"), CRIU_TEXT("image-path", "DIR", image_path, "where the images are [./checkpoint]"), \
		CRIU_TEXT("work-path", "DIR", work_path, "where criu writes its logs [the images' directory]")
#define WORLD_ROWS                                                                                             \
	OPT_HEADING("What is connected to the world"),                                                         \
		CRIU_FLAG("tcp-established", tcp_established, "keep open TCP connections"),                    \
		CRIU_FLAG("ext-unix-sk", ext_unix_sk, "keep unix sockets with a peer outside"),                \
		CRIU_FLAG("shell-job", shell_job, "keep the terminal of a shell that is outside"),             \
		CRIU_FLAG("file-locks", file_locks, "keep file locks"),                                        \
		OPT_WORD(0, "manage-cgroups-mode", NULL, "soft|full|strict|ignore", struct criu_args, cgroups, \
			 "how control groups and their limits are kept [soft]"),                               \
		OPT_WORD(0, "network-lock", NULL, "iptables|nftables|skip", struct criu_args, lock,            \
			 "how connections are held meanwhile"),                                                \
		OPT_LIST(0, "empty-ns", "network", struct criu_args, criu.empty_ns,                            \
			 "make this namespace new, without what it held")

static const struct opt checkpoint_opts[] = {
	IMAGE_ROWS,
	CRIU_TEXT("parent-path", "DIR", parent_path, "images of an earlier --pre-dump, relative to --image-path"),
	CRIU_FLAG("auto-dedup", auto_dedup, "drop from them what is written anew"),
	OPT_HEADING("How"),
	CRIU_FLAG("leave-running", leave_running, "the container goes on afterwards"),
	CRIU_FLAG("pre-dump", pre_dump, "only memory, and the container goes on"),
	CRIU_FLAG("lazy-pages", lazy_pages, "serve memory later, when it is asked for"),
	OPT_INT(0, "status-fd", "FD", 0, INT_MAX, struct criu_args, criu.status_fd,
		"descriptor that is told when it can be"),
	CRIU_TEXT("page-server", "ADDRESS:PORT", page_server, "send memory there"),
	WORLD_ROWS,
	CRIU_FLAG("tcp-skip-in-flight", tcp_skip_in_flight, "leave out TCP connections that are being made"),
	CRIU_FLAG("link-remap", link_remap, "give unlinked files a name again"),
	OPT_END,
};

static const struct opt restore_opts[] = {
	OPT_STR('b', "bundle", "DIR", struct criu_args, bundle, "the bundle [the working directory]"),
	OPT_FLAG('d', "detach", struct criu_args, detach, "don't wait for the program's end"),
	OPT_FLAG(0, "keep", struct criu_args, keep, "don't delete the container when its program has ended"),
	CRIU_TEXT("pid-file", "FILE", pid_file, "write the first process' id into FILE"),
	CRIU_TEXT("console-socket", "PATH", console_socket, "send the terminal to the socket PATH"),
	OPT_FLAG(0, "no-pivot", struct criu_args, no_pivot, "accepted, as runc has it: criu does it its own way"),
	OPT_FLAG(0, "no-subreaper", struct criu_args, no_subreaper,
		 "don't become the parent of the container's orphans"),
	IMAGE_ROWS,
	CRIU_FLAG("auto-dedup", auto_dedup, "drop from the images what has been restored"),
	CRIU_FLAG("lazy-pages", lazy_pages, "fetch memory when it is asked for"),
	WORLD_ROWS,
	CRIU_FLAG("tcp-close", tcp_close, "close TCP connections"),
	OPT_HEADING("Security modules"),
	CRIU_TEXT("lsm-profile", "TYPE:NAME", lsm_profile, "another profile"),
	CRIU_TEXT("lsm-mount-context", "CONTEXT", lsm_mount_context, "another context of mounts"),
	OPT_END,
};

/* What criu is told. */
static struct oci_criu_options criu_of(const struct criu_args *o)
{
	struct oci_criu_options criu = o->criu;

	criu.image_path = o->image_path;
	criu.work_path = o->work_path;
	criu.parent_path = o->parent_path;
	criu.page_server = o->page_server;
	criu.manage_cgroups = o->cgroups;
	criu.network_lock = o->lock;
	criu.lsm_profile = o->lsm_profile;
	criu.lsm_mount_context = o->lsm_mount_context;
	return criu;
}

/* Does 'isle oci checkpoint'. */
static int checkpoint_run(struct cli *c, void *args, struct err *e)
{
	const struct oci_criu_options criu = criu_of(args);
	struct oci_runtime *rt;
	int r = oci_begin(c, false, &rt, e);

	return r < 0 ? r : oci_checkpoint(rt, oci_id(c), &criu, e);
}

/* Does 'isle oci restore'. */
static int restore_run(struct cli *c, void *args, struct err *e)
{
	const struct criu_args *o = args;
	const struct oci_criu_options criu = criu_of(o);
	const struct oci_create_options create = {
		.process = {.console_socket = o->console_socket, .pid_file = o->pid_file, .detach = o->detach},
		.bundle = o->bundle,
		.no_pivot = o->no_pivot,
		.keep = o->keep,
		.no_subreaper = o->no_subreaper,
	};
	struct oci_runtime *rt;
	int r = oci_begin(c, true, &rt, e);

	return r < 0 ? r : oci_restore(rt, oci_id(c), &create, &criu, &c->status, e);
}

const struct verb oci_verb_checkpoint = {
	.name = "checkpoint",
	.heading = HEADING_OCI_STEER,
	.summary = "write a container's processes into files, by criu(8)",
	.operands = "CONTAINER",
	.description = "Needs the program *criu*(8), of a release that knows the running kernel.",
	.opts = checkpoint_opts,
	.args_size = sizeof(struct criu_args),
	.defaults = &defaults,
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = checkpoint_run,
};

const struct verb oci_verb_restore = {
	.name = "restore",
	.heading = HEADING_OCI_STEER,
	.summary = "make a container out of what checkpoint wrote",
	.operands = "CONTAINER",
	.description = "The container goes on where it was. The bundle must be as it was, too.",
	.opts = restore_opts,
	.args_size = sizeof(struct criu_args),
	.defaults = &defaults,
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = restore_run,
};
