/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container as the engine knows it: its record, its state, and who is responsible for it.
 *
 * Responsibility.  Exactly one process owns a live container: the foreground 'isle run', or the monitor of a detached
 * one. It holds the lock of RUN/boxes/ID/owner (lock.h) from before anything exists in the world until all of it is
 * gone. So "is it alive?" is one question about a lock, which disturbs nobody; no pid number is trusted.  A lock that
 * is free while there is a state.json means the owner was killed: whoever sees that sweeps (sweep.h).
 *
 * Order.  State first, world second: the directory, the name and the id range are claimed before the first cgroup or
 * process is made, and are given up after the last one is gone; of what is given up, RUN/boxes/ID is the last, so that
 * what a killed remover left is always found from there.  The container's cgroup is box_cgroup_path(): it is noted in
 * state.json before it is made, and for root it can be found and killed with nothing but the id.
 *
 * Who writes what.  The owner: state.json, the exit record.  Whoever pauses: 'paused'.  Whoever renames: record.json
 * and the name, under a lock on the directory RUN/boxes/ID.
 */
#ifndef ISLE_ENGINE_BOX_H
#define ISLE_ENGINE_BOX_H

#include "core/rootfs.h"
#include "core/spec.h"
#include "engine/home.h"

#include <sys/types.h>

enum { BOX_ID_LEN = 32 }; /* hexadecimal digits */

enum box_status { BOX_CREATED, BOX_RUNNING, BOX_PAUSED, BOX_EXITED, BOX_STATUS_COUNT };
extern const char *const box_status_names[BOX_STATUS_COUNT]; /* "created", "running", … */

/* What outlives a run; record.json.  Never changed by the container. */
struct box_record {
	char *name;
	char *root;    /* the ROOT argument, as given */
	char *command; /* the program and its arguments joined by spaces, for ps */
	struct rootfs rootfs;
	int64_t created_ns; /* since 1970 */
	bool rm, detach, tty, stdin_open, init;
	char *pool;	   /* it is parked in this one (pool.h); NULL: it is not, or no more */
	bool persistent;   /* lives in DATA, not only in RUN */
	bool pids_default; /* nobody asked for a number of processes: DEFAULT_PIDS, met without a v1 cgroup */
	struct spec_pairs labels;
	int stop_signal, stop_timeout_s; /* SIGTERM, 10 */
	int timeout_s;			 /* --timeout; 0: none */
	int64_t log_max_size;		 /* bytes in one log file; default 10 MiB */
	int log_max_files;		 /* default 3 */
	int id_slot;			 /* claimed range of ids, -1: none */
	struct strs warnings;		 /* told at create, kept for inspect */
	char *net_mode, *pid_mode, *ipc_mode, *uts_mode, *user_mode, *cgroup_mode,
		*time_mode; /* as given, for inspect and start */
	char *cidfile, *pidfile;
};

/* The present or last run; state.json while it runs, the content of 'owner' once it ended. */
struct box_state {
	enum box_status status;
	pid_t pid;	       /* of the first process, in the owner's pid namespace; 0: none */
	uint64_t pid_identity; /* pidfs inode of its pidfd (6.9+), else start time in ticks: see core/process.h */
	pid_t owner_pid;
	int64_t started_ns, finished_ns; /* since 1970; 0: not yet */
	int exit_status;		 /* as the shell has it: 0-255 */
	bool oom_killed;
	char *error;	   /* why it could not start, or NULL */
	char *cgroup_path; /* relative, as given to cgroup_open */
	int restarts;
};

struct box {
	struct home *home;
	char id[BOX_ID_LEN + 1];
	int run_fd;   /* RUN/boxes/ID */
	int data_fd;  /* where config.json and record.json are: DATA/containers/ID, or a duplicate of run_fd */
	int owner_fd; /* the owner file */
	bool ours;    /* owner_fd holds the lock: since box_create or box_own */
	struct box_record record;
	struct box_state state;
	struct spec spec;
};
struct boxes {
	struct box **v;
	size_t n, room;
};

/* ---- making and finding ---- */
/* A new random id and its directories.  The box is owned by the caller at once.  PERSISTENT as in the record. */
int box_create(struct home *h, bool persistent, struct box *b, struct err *e) MUST_USE;
/* Whether NAME may be a container's name: a letter or digit, then letters, digits, '_', '.', '-', at most 64 in all. */
int box_name_check(const char *name, struct err *e) MUST_USE;
/* Claims record.name (makes one up if NULL); -EEXIST names the container that has it. */
int box_claim_name(struct box *b, struct err *e) MUST_USE;
/* Gives NAME back if it is this box's; a NULL name means every name of the box. */
void box_release_name(struct box *b, const char *name);
/* Claims a free range of 65536 ids (root only): sets record.id_slot and *RET_BASE, the first host id of the range. */
int box_claim_ids(struct box *b, uint32_t *ret_base, struct err *e) MUST_USE;
uint32_t box_ids_base(const struct home *h, int slot);
/* Writes config.json and record.json; the record alone. */
int box_save(struct box *b, struct err *e) MUST_USE;
int box_save_record(struct box *b, struct err *e) MUST_USE;
/* Finds by name, by id, or by an unambiguous beginning of an id; loads record and state, and the spec if WITH_SPEC. */
int box_find(struct home *h, const char *ref, bool with_spec, struct box *b, struct err *e) MUST_USE;
/* Finds in the same way and reads nothing: for commands that must work on a broken box.  owner_fd may be FD_NONE. */
int box_open(struct home *h, const char *ref, struct box *b, struct err *e) MUST_USE;
/* Reads record and state (and the spec) of a box that is open. */
int box_load(struct box *b, bool with_spec, struct err *e) MUST_USE;
/*
 * Every known container, oldest first; one that vanishes or is broken meanwhile is left out, never an error.  The
 * boxes have record and state but no open descriptors, for there may be more of them than a process may open: box_find
 * opens one.
 */
int box_list(struct home *h, struct boxes *ret, struct err *e) MUST_USE;
void box_close(struct box *b);
/* What to call it in messages: the name where it is known, else the beginning of the id. */
const char *box_called(const struct box *b);
/*
 * Where its cgroup is, relative to the hierarchies: as the state has it, else (not started yet) the home's base and
 * the id.
 */
int box_cgroup_path(const struct box *b, char **ret_path, struct err *e) MUST_USE;
/* Opens it; the caller releases it, after an error too. */
int box_cgroup_open(const struct box *b, struct cgroup *ret, struct err *e) MUST_USE;

/* ---- responsibility and state ---- */
/* Takes the owner lock; -EBUSY if somebody has it (the sentence says so), -ENOENT if the box was removed meanwhile. */
int box_own(struct box *b, struct err *e) MUST_USE;
/* Whether somebody else owns it now. */
bool box_owned(const struct box *b);
/*
 * Writes state.json (status running, created…).  The first time before there is a cgroup: the sweep goes by this file.
 */
int box_state_save(struct box *b, struct err *e) MUST_USE;
/*
 * Re-reads state.json and the owner file.  The status is what is true now: paused if it is frozen, exited (137) if its
 * owner was killed, created if it never ran.
 */
int box_state_load(struct box *b, struct err *e) MUST_USE;
/* The run is over: writes the exit record into 'owner', removes state.json and the socket.  The lock stays ours. */
int box_state_end(struct box *b, struct err *e) MUST_USE;
/* Blocks until no process owns the box (for wait); TIMEOUT_MS -1: for ever.  -ETIMEDOUT. */
int box_wait_free(struct box *b, int timeout_ms, struct err *e) MUST_USE;
/* A pidfd of the first process, after checking that it is still that process; -ESRCH if it is gone. */
int box_pidfd(const struct box *b, int *ret_fd, struct err *e) MUST_USE;
/*
 * Kills whatever runs in the box, by its cgroup and by its first process; needs no state file.  May remove the cgroup
 * too.
 */
int box_kill_all(struct box *b, bool remove_cgroup, int timeout_ms, struct err *e) MUST_USE;
/*
 * Finishes the run of a box that we own and whose former owner was killed: kills what is left, records the exit (137),
 * and removes a box that is to be forgotten; *RET_GONE tells that it is.
 */
int box_take_over(struct box *b, bool *ret_gone, struct err *e) MUST_USE;

/* ---- leaving ---- */
/* Forgets a box that we own and that has nothing in the world any more: name, ids, directories.  Can be repeated. */
int box_remove(struct box *b, struct err *e) MUST_USE;
/*
 * Its parts in their order, for a plan that names them.  Forgetting moves the records away: from there on every sweep
 * goes on with the removal.  Then name and ids are given back, and at last the directories deleted.
 */
int box_forget(struct box *b, struct err *e) MUST_USE;
void box_release_claims(struct box *b);
int box_discard(struct box *b, struct err *e) MUST_USE;

#endif
