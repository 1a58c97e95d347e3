/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of 'isle oci' share: the door's options, and the runtime behind it. */
#ifndef ISLE_CLI_OCI_H
#define ISLE_CLI_OCI_H

#include "cli/cli.h"
#include "cli/oci_log.h"
#include "oci/runtime.h"

/* The headings of 'isle oci --help'. */
#define HEADING_OCI_LIFE "Life of a container"
#define HEADING_OCI_LOOK "Look"
#define HEADING_OCI_STEER "Steer"
#define HEADING_OCI_MAKE "Make"

/* runc and crun end with 1 when they fail themselves, and runc's exec, whose program may do so too, with 255. */
enum { OCI_FAILURE = 1, OCI_EXEC_FAILURE = 255 };

/* The greatest --preserve-fds. */
enum { OCI_FDS_MAX = 1 << 20 };

/* Rows that verbs with a program share, over their struct TYPE. */
#define OCI_PRESERVE_ROW(type)                                              \
	OPT_INT(0, "preserve-fds", "N", 0, OCI_FDS_MAX, type, preserve_fds, \
		"pass on what is open of the N descriptors from 3 on, besides those of $LISTEN_FDS")
#define OCI_LOOK_ROWS(type)                                                                               \
	OPT_HEADING("Look at it"), OPT_FLAG(0, "explain", type, explain, "tell every step, and do none"), \
		OPT_FLAG(0, "timings", type, timings, "tell on standard error what every step took")

struct oci_door {
	char *root, *log_path, *log_format, *log_level, *cgroup_manager, *rootless, *criu;
	bool debug, systemd_cgroup, version;
	struct oci_log log;
	struct oci_runtime runtime;
};

extern const struct verb oci_verb_create, oci_verb_start, oci_verb_run, oci_verb_exec, oci_verb_state, oci_verb_list,
	oci_verb_kill, oci_verb_delete, oci_verb_ps, oci_verb_pause, oci_verb_resume, oci_verb_update, oci_verb_events,
	oci_verb_features, oci_verb_spec, oci_verb_checkpoint, oci_verb_restore;

/*
 * Opens the runtime's root, makes it with MAKE, after a look at the id among the operands (the first of them, if there
 * are any).  It is closed by the door.
 */
int oci_begin(struct cli *c, bool make, struct oci_runtime **ret, struct err *e) MUST_USE;
/* The id among the operands. */
const char *oci_id(const struct cli *c);
/* Counts the descriptors that the program is to inherit, ASKED besides those of $LISTEN_FDS. */
int oci_preserve(int asked, struct oci_process_options *ret, struct err *e) MUST_USE;
/* Writes what a verb tells to standard output. */
int oci_print(const char *text, struct err *e) MUST_USE;

#endif
