/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The OCI runtime's operations (runtime.md, "Operations"), and those that runc and crun have beside them; one function
 * for each verb of 'isle oci'.  No engine state is involved: a container is a directory of its own in the runtime's
 * root (container.h).
 *
 * Nothing here prints.  What a verb prints comes back as a text in the runtime's arena, or goes to a callback.
 */
#ifndef ISLE_OCI_RUNTIME_H
#define ISLE_OCI_RUNTIME_H

#include "core/cgroup.h"
#include "core/spec.h"
#include "core/step.h"

#include <stdio.h>

struct oci_runtime {
	struct arena *arena;
	/* Where containers are noted; NULL: /run/isle-oci, or $XDG_RUNTIME_DIR/isle-oci for plain users. */
	const char *root;
	bool systemd_cgroup; /* --systemd-cgroup, --cgroup-manager=systemd */
	bool no_cgroup;	     /* --cgroup-manager=disabled */
	bool rootless;	     /* no privilege over the machine; filled in by oci_open */
	int root_fd;
	struct cgroup_host *cgroups;		       /* NULL: not looked for yet, see oci_cgroups */
	mode_t umask;				       /* the caller's, which a program inherits whose spec has none */
	void (*warn)(void *ctx, const char *sentence); /* goes to the log and to stderr */
	void *ctx;
	/* --explain and --timings of create, run and exec; NULL: not asked for */
	void (*tell_steps)(void *ctx, const struct step_lines *lines);
	bool explain, timings;
};

/* What create, run and exec have in common. */
struct oci_process_options {
	const char *console_socket; /* AF_UNIX path that gets the terminal's master by SCM_RIGHTS; NULL: none */
	const char *pid_file;
	/* Descriptors that the program inherits, as core/preserved.h counts them: by the door, before it opens any. */
	int preserve_fds; /* from 3 on, those of LISTEN_FDS among them */
	int listen_fds;
	bool detach;
	bool no_new_keyring;
};

struct oci_create_options {
	struct oci_process_options process;
	const char *bundle; /* NULL: the working directory */
	const char *config; /* crun's --config: another file than BUNDLE/config.json */
	bool no_pivot;
	bool keep; /* run: do not delete the container at its end */
	bool no_subreaper;
};

struct oci_exec_options {
	struct oci_process_options process;
	const char *process_json; /* --process FILE; NULL: from the members below and the container's own process */
	struct strs args, env, caps;
	const char *cwd, *user, *apparmor, *process_label;
	struct strs additional_gids;
	struct strs
		cgroups; /* groups below the container's: one "PATH", or a "CONTROLLER[,CONTROLLER]:PATH" for each */
	bool tty, no_new_privs, ignore_paused;
};

struct oci_update_options {
	struct spec_resources resources;
	const char *l3_cache_schema, *mem_bw_schema; /* resctrl; NULL: as they are */
};

/* What checkpoint and restore tell criu; the words are those of its command line. */
struct oci_criu_options {
	const char *image_path;	    /* NULL: "checkpoint" in the working directory */
	const char *work_path;	    /* for criu's logs; NULL: the images' */
	const char *parent_path;    /* relative to image_path: an earlier pre-dump */
	const char *page_server;    /* ADDRESS:PORT */
	const char *manage_cgroups; /* "soft" (NULL), "full", "strict", "ignore" */
	const char *network_lock;   /* "iptables", "nftables", "skip"; NULL: criu's choice */
	const char *lsm_profile, *lsm_mount_context;
	struct strs empty_ns; /* namespaces that are made new, without what they hold */
	int status_fd;	      /* criu writes \0 to it when lazy pages can be fetched; -1: none */
	bool leave_running, tcp_established, tcp_skip_in_flight, tcp_close, link_remap, ext_unix_sk, shell_job;
	bool lazy_pages, file_locks, pre_dump, auto_dedup;
};

/* Opens (makes, with MAKE) the runtime's root. */
int oci_open(struct oci_runtime *rt, bool make, struct err *e) MUST_USE;
void oci_close(struct oci_runtime *rt);
/* The machine's control groups, looked for once in a command. */
int oci_cgroups(struct oci_runtime *rt, struct cgroup_host *ret, struct err *e) MUST_USE;
/* Whether ID is a good id: letters, digits, '_', '+', '-', '.', no dot at its beginning, at most 255 bytes. */
int oci_id_check(const char *id, struct err *e) MUST_USE;

int oci_create(struct oci_runtime *rt, const char *id, const struct oci_create_options *o, struct err *e) MUST_USE;
int oci_start(struct oci_runtime *rt, const char *id, struct err *e) MUST_USE;
/* *RET_STATUS is the program's, as the shell has it; 0 with process.detach. */
int oci_run(struct oci_runtime *rt, const char *id, const struct oci_create_options *o, int *ret_status, struct err *e)
	MUST_USE;
int oci_exec(struct oci_runtime *rt, const char *id, const struct oci_exec_options *o, int *ret_status, struct err *e)
	MUST_USE;
/* The state as JSON, terminated. */
int oci_state(struct oci_runtime *rt, const char *id, char **ret_text, struct err *e) MUST_USE;
/* The rows of 'list': "table", "json", or ids alone. */
int oci_list(struct oci_runtime *rt, const char *format, bool quiet, char **ret_text, struct err *e) MUST_USE;
/* The ids that the extended regular expression PATTERN (regex(7)) matches anywhere. */
int oci_match(struct oci_runtime *rt, const char *pattern, struct strs *ret, struct err *e) MUST_USE;
int oci_kill(struct oci_runtime *rt, const char *id, int sig, bool all, struct err *e) MUST_USE;
/* FORCE: also what runs, and whatever is left of a broken one; an id that is not there is no error then. */
int oci_delete(struct oci_runtime *rt, const char *id, bool force, struct err *e) MUST_USE;
/* 'ps': "table" runs ps(1) with ARGS and keeps the container's lines; "json" is a list of pids. */
int oci_ps(struct oci_runtime *rt, const char *id, const char *format, const struct strs *args, char **ret_text,
	   struct err *e) MUST_USE;
int oci_pause(struct oci_runtime *rt, const char *id, bool freeze, struct err *e) MUST_USE;
/* What is set in RES changes, the rest stays. */
int oci_update(struct oci_runtime *rt, const char *id, const struct oci_update_options *o, struct err *e) MUST_USE;
/* 'events': one JSON line each time through SAY, every INTERVAL_MS, and on out-of-memory; STATS_ONLY: once. */
int oci_events(struct oci_runtime *rt, const char *id, int interval_ms, bool stats_only,
	       int (*say)(void *ctx, const char *line, struct err *e), void *ctx, struct err *e) MUST_USE;
/* Writes the container's processes into criu's images; they end, but for leave_running and pre_dump. */
int oci_checkpoint(struct oci_runtime *rt, const char *id, const struct oci_criu_options *criu, struct err *e) MUST_USE;
/* Makes a container out of them, as oci_run does out of nothing. */
int oci_restore(struct oci_runtime *rt, const char *id, const struct oci_create_options *o,
		const struct oci_criu_options *criu, int *ret_status, struct err *e) MUST_USE;

#endif
