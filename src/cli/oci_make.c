/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle oci spec' writes a config.json to begin with; 'isle oci features' tells what one may ask for. */
#include "cli/oci.h"
#include "oci/features.h"
#include "oci/spec_default.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct spec_args {
	char *bundle, *file;
	bool rootless;
};

static const struct opt spec_opts[] = {
	OPT_STR('b', "bundle", "DIR", struct spec_args, bundle, "where it is written [the working directory]"),
	OPT_STR('f', "file", "FILE", struct spec_args, file, "its name [config.json]"),
	OPT_FLAG(0, "rootless", struct spec_args, rootless, "for a plain user, who is root in a user namespace"),
	OPT_END,
};

/* Does 'isle oci spec'. */
static int spec_run(struct cli *c, void *args, struct err *e)
{
	const struct spec_args *o = args;
	const char *name = o->file ? o->file : "config.json";
	struct spec spec;

	if (o->rootless)
		spec_default_rootless(geteuid(), getegid(), &c->arena, &spec);
	else
		spec_default(&c->arena, &spec);
	const char *text = spec_default_text(&spec, &c->arena);
	auto_fd dir = o->bundle ? open(o->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC) : FD_NONE;
	if (o->bundle && dir < 0)
		return err_set(e, errno, "open the bundle %s", o->bundle);
	/* O_EXCL: what is there was written by somebody. */
	auto_fd file =
		openat(o->bundle ? dir : AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666 & ~c->umask);
	if (file < 0 && errno == EEXIST) {
		err_set(e, EEXIST, "write %s", name);
		return err_cure(e, "remove it first");
	}
	if (file < 0)
		return err_set(e, errno, "write %s", name);
	int r = fd_write_all(file, text, strlen(text));
	return r < 0 ? err_set(e, -r, "write %s", name) : 0;
}

/* Does 'isle oci features'. */
static int features_run(struct cli *c, void *args, struct err *e)
{
	(void)args;
	return oci_print(arena_printf(&c->arena, "%s\n", features_text(&c->arena)), e);
}

const struct verb oci_verb_spec = {
	.name = "spec",
	.heading = HEADING_OCI_MAKE,
	.summary = "write a config.json to begin with",
	.operands = "",
	.description = "A shell in the directory _rootfs_. A file that exists is never overwritten.",
	.opts = spec_opts,
	.args_size = sizeof(struct spec_args),
	.failure = OCI_FAILURE,
	.run = spec_run,
};

const struct verb oci_verb_features = {
	.name = "features",
	.heading = HEADING_OCI_MAKE,
	.summary = "tell what a config.json may ask for, as JSON",
	.operands = "",
	.description = "The document of the runtime spec for it (_features.md_).",
	.failure = OCI_FAILURE,
	.run = features_run,
};
