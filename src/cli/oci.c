/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle oci': the door for container engines, which call a runtime as they call runc and crun.
 *
 * Where the two agree on an option, a default, an output or a text, isle has it; see docs/oci.md.  The verbs are rows
 * in the oci_*.c beside; what they do is in the room oci.
 */
#include "cli/oci.h"

#include "cli/show_steps.h"
#include "cli/verbs.h"
#include "core/preserved.h"
#include "isle-commit.h"
#include "isle-config.h"
#include "oci/features.h"
#include "oci/spec_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct opt oci_opts[] = {
	OPT_STR(0, "root", "DIR", struct oci_door, root,
		"where containers are noted [/run/isle-oci, $XDG_RUNTIME_DIR/isle-oci for plain users]"),
	OPT_HEADING("What goes wrong"),
	OPT_STR(0, "log", "FILE", struct oci_door, log_path,
		"also note it in FILE, file:FILE, syslog:IDENT or journald:IDENT"),
	OPT_WORD(0, "log-format", NULL, "text|json", struct oci_door, log_format,
		 "how the log's lines are written [text]"),
	OPT_WORD(0, "log-level", NULL, "error|warning|debug", struct oci_door, log_level,
		 "what is worth a line [warning]"),
	OPT_FLAG(0, "debug", struct oci_door, debug, "the same as --log-level=debug: note the time of every step, too"),
	OPT_HEADING("Control groups"),
	OPT_WORD(0, "cgroup-manager", NULL, "cgroupfs|systemd|disabled", struct oci_door, cgroup_manager,
		 "who makes them [cgroupfs]"),
	OPT_FLAG(0, "systemd-cgroup", struct oci_door, systemd_cgroup, "the same as --cgroup-manager=systemd"),
	OPT_HEADING("And"),
	OPT_WORD(0, "rootless", NULL, "true|false|auto", struct oci_door, rootless,
		 "accepted, as runc has it: isle always finds out itself"),
	OPT_FLAG('v', "version", struct oci_door, version, "tell the versions of isle and of the runtime spec"),
	OPT_FLAG('V', NULL, struct oci_door, version, "the same, as crun has it", .hidden = true),
	OPT_STR(0, "criu", "PATH", struct oci_door, criu, "as older engines give it", .hidden = true),
	OPT_END,
};

static const struct verb *const oci_verbs[] = {
	/* life */
	&oci_verb_create,
	&oci_verb_start,
	&oci_verb_run,
	&oci_verb_exec,
	&oci_verb_delete,
	/* look */
	&oci_verb_state,
	&oci_verb_list,
	&oci_verb_ps,
	&oci_verb_events,
	/* steer */
	&oci_verb_kill,
	&oci_verb_pause,
	&oci_verb_resume,
	&oci_verb_update,
	&oci_verb_checkpoint,
	&oci_verb_restore,
	/* make */
	&oci_verb_spec,
	&oci_verb_features,
	NULL,
};

/* In lines that docker, containerd and crun's tests know how to read. */
static void print_version(struct arena *a)
{
	puts("isle version " ISLE_VERSION);
	if (strcmp(ISLE_COMMIT, "unknown") != 0)
		puts("commit: " ISLE_COMMIT);
	puts("spec: " SPEC_OCI_VERSION);
	puts(features_here(a));
}

/* An error's sentence on its way out. */
static bool note_error(struct cli *c, const struct err *e, char *sentence)
{
	const struct oci_door *d = c->door_args;

	oci_log_lower(sentence, e->code);
	return oci_log_line(&d->log, OCI_LOG_ERROR, sentence, &c->arena);
}

/* A word by the way. */
static void note_warning(void *ctx, const char *sentence)
{
	struct cli *c = ctx;
	const struct oci_door *d = c->door_args;

	if (oci_log_line(&d->log, OCI_LOG_WARNING, sentence, &c->arena))
		cli_tell(c, sentence);
}

/* --explain and --timings as everywhere; with --debug alone the times go to the log. */
static void note_steps(void *ctx, const struct step_lines *lines)
{
	struct cli *c = ctx;
	const struct oci_door *d = c->door_args;

	if (d->log.level < OCI_LOG_DEBUG || d->runtime.explain) {
		show_steps_tell(ctx, lines);
		return;
	}
	for (size_t i = 0; i < lines->n; i++) {
		const struct step_line *l = &lines->v[i];
		const char *text = arena_printf(&c->arena, "step %s took %lld us", l->name, (long long)l->took_us);

		if (l->took_us >= 0 && oci_log_line(&d->log, OCI_LOG_DEBUG, text, &c->arena))
			cli_tell(c, text);
	}
}

/* Opens the log; from here on every error goes there, too. */
static int begin_log(struct cli *c, struct oci_door *d, struct err *e)
{
	const char *level = d->debug ? "debug" : d->log_level ? d->log_level : "warning";

	d->log.level = *level == 'e' ? OCI_LOG_ERROR : *level == 'w' ? OCI_LOG_WARNING : OCI_LOG_DEBUG;
	d->log.json = d->log_format && strcmp(d->log_format, "json") == 0;
	int r = oci_log_open(&d->log, d->log_path, e);
	if (r == 0)
		c->door_error = note_error;
	return r;
}

/* What the options say of the runtime. */
static void fill_runtime(struct cli *c, struct oci_door *d)
{
	const char *manager = d->cgroup_manager ? d->cgroup_manager : "";

	d->runtime = (struct oci_runtime){
		.arena = &c->arena,
		.root = d->root,
		.systemd_cgroup = d->systemd_cgroup || strcmp(manager, "systemd") == 0,
		.no_cgroup = strcmp(manager, "disabled") == 0,
		.root_fd = FD_NONE,
		.umask = c->umask,
		.warn = note_warning,
		.ctx = c,
		.tell_steps = note_steps,
		.timings = d->log.level == OCI_LOG_DEBUG,
	};
}

/* Does 'isle oci': finds the verb, and goes on with it. */
static int door_run(struct cli *c, void *args, struct err *e)
{
	struct oci_door *d = args;

	if (d->version) {
		print_version(&c->arena);
		return 0;
	}
	c->door_args = d;
	int r = begin_log(c, d, e);
	if (r < 0)
		return r;
	if (c->operands.n == 0) {
		err_set(e, 0, "no verb was given");
		return err_cure(e, "see %s --help", cli_called(c, c->verb));
	}
	if (d->systemd_cgroup && d->cgroup_manager && strcmp(d->cgroup_manager, "systemd") != 0)
		return err_set(e, 0, "--systemd-cgroup and --cgroup-manager=%s exclude each other", d->cgroup_manager);
	const struct verb *v = verb_find_in(oci_verbs, c->operands.v[0]);
	if (!v)
		return cli_unknown_verb(c, c->verb, c->operands.v[0], e);
	fill_runtime(c, d);
	c->door = c->verb;
	r = cli_verb_run(c, v, c->operands.v + 1, e);
	oci_close(&d->runtime);
	return r;
}

const char *oci_id(const struct cli *c)
{
	return c->operands.v[0];
}

int oci_begin(struct cli *c, bool make, struct oci_runtime **ret, struct err *e)
{
	struct oci_door *d = c->door_args;
	int r = c->operands.n > 0 ? oci_id_check(c->operands.v[0], e) : 0;

	*ret = &d->runtime;
	return r < 0 ? r : oci_open(&d->runtime, make, e);
}

int oci_preserve(int asked, struct oci_process_options *ret, struct err *e)
{
	struct preserved p = {0};
	int r = preserved_take(asked, &p, e);

	ret->preserve_fds = p.n;
	ret->listen_fds = p.listen_fds;
	return r;
}

int oci_print(const char *text, struct err *e)
{
	fputs(text, stdout);
	return cli_flush(e);
}

const struct verb verb_oci = {
	.name = "oci",
	.heading = HEADING_TOOLS,
	.summary = "be the OCI runtime of a container engine, as runc and crun are",
	.operands = "VERB [ARGUMENT...]",
	.description =
		"Runs containers from bundles: directories with a _config.json_ (the OCI runtime spec, " SPEC_OCI_VERSION
		") and a root file system. Podman, containerd, docker and buildah call it as they call runc and crun: the verbs, "
		"options, outputs and texts on which these two agree are the same here. Containers of this door and those of "
		"*isle run* don't know each other.\n\n"
		"What goes wrong is told on standard error, and noted in the log of *--log*, the last line of which engines show "
		"to their users.\n\n"
		"The same program called by the name *isle-oci* takes the same words.",
	.exit_status =
		"0 if everything was done. *run*, *exec* and *restore* end as the program does: with its status, or with "
		"128+N if signal N ended it.",
	.examples =
		(const struct verb_example[]){
			{"isle oci spec && isle oci run web", "a shell in ./rootfs"},
			{"podman --runtime /usr/local/bin/isle-oci run alpine true", "podman on isle"},
			{0},
		},
	.opts = oci_opts,
	.args_size = sizeof(struct oci_door),
	.operands_max = -1,
	.operand_kind = OPERAND_VERB,
	.flags = VERB_FOREIGN_WORDS,
	.failure = OCI_FAILURE,
	.verbs = oci_verbs,
	.run = door_run,
};
