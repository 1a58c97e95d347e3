/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One container of the runtime: its directory in the runtime's root, and what is noted there.
 *
 *     ROOT/ID/record.json   what this file calls the record; replaced as a whole, so a reader sees the old or the new
 *     ROOT/ID/config.json   the bundle's, as it was read by create
 *     ROOT/ID/start         a socket on which the parked first process waits for the word to begin (launch.h)
 *
 * Theory.  The directory is the claim on the id: mkdir(2) gives it to one caller.  What will be in the world is noted
 * before it is made, so that delete finds it even if create was killed at any moment.  The status is never noted as
 * such but seen in the world: whether the first process (known by more than its number) lives, whether it still listens
 * on the socket, whether its group is frozen.
 *
 * The lock is for who changes the container: create, start and delete hold it.  Readers and kill take none, so a hook
 * may call them.
 */
#ifndef ISLE_OCI_CONTAINER_H
#define ISLE_OCI_CONTAINER_H

#include "core/cgroup_manager.h"
#include "core/place.h"
#include "oci/runtime.h"
#include "oci/state_json.h"

/* What is noted of a container. */
struct oci_record {
	char *bundle, *rootfs; /* absolute */
	bool creating;	       /* create has not come to its end */
	pid_t creator;	       /* the process that creates it, and its identity (core/process.h) */
	uint64_t creator_identity;
	pid_t pid; /* its first process; 0: none yet */
	uint64_t identity;
	char *cgroup;	    /* the path of its group; NULL: it has none of its own */
	char *unit;	    /* systemd's; NULL: the group is made by the files */
	bool user_manager;  /* by the user's systemd */
	int64_t created_ns; /* CLOCK_REALTIME */
	struct place place; /* of its root among the machine's mounts; without a path: it isn't there */
	uint32_t owner;	    /* who created it */
	bool rootless;
};

struct oci_container {
	struct oci_runtime *rt;
	char *id;
	int dir_fd;  /* ROOT/ID */
	int lock_fd; /* FD_NONE: not locked */
	int pidfd;   /* of the first process, proved to be it; FD_NONE: it is gone, or there is none yet */
	struct oci_record record;
	enum oci_status status; /* without PAUSED: see container_status */
};

/* Everything that must be closed is FD_NONE. */
void container_init(struct oci_container *c, struct oci_runtime *rt, const char *id);
/*
 * Finds the container: record, pidfd and status are filled in; -ENOENT "container does not exist" if there is none.
 * LOCK: also locks it, waiting for who has the lock at most half a minute.
 */
int container_open(struct oci_container *c, struct oci_runtime *rt, const char *id, bool lock, struct err *e) MUST_USE;
void container_close(struct oci_container *c);
/* The parts of container_open: the directory and the lock; the record, which may be unreadable; a look at the world. */
int container_reach(struct oci_container *c, struct oci_runtime *rt, const char *id, bool lock, struct err *e) MUST_USE;
int container_read(struct oci_container *c, struct err *e) MUST_USE;
void container_look(struct oci_container *c);
/* The same for who doesn't ask whether it was started: one that was only created counts as running. */
void container_glance(struct oci_container *c);
/* The last two of them. */
int container_load(struct oci_container *c, struct err *e) MUST_USE;

/* Claims the id by making the directory, and locks it; -EEXIST: "container with given ID already exists". */
int container_claim(struct oci_container *c, struct oci_runtime *rt, const char *id, struct err *e) MUST_USE;
/* The record as text and back: what container_save() writes and container_load() reads, for tests and fuzzing. */
char *container_record_print(const struct oci_record *record, struct arena *a);
int container_record_parse(const char *text, size_t size, struct arena *a, struct oci_record *ret, struct err *e)
	MUST_USE;
/* Writes the record. */
int container_save(const struct oci_container *c, struct err *e) MUST_USE;
/* Removes the directory. */
int container_forget(struct oci_container *c, struct err *e) MUST_USE;

/* The status of an open container with PAUSED: looks at its group, too. */
enum oci_status container_status(struct oci_container *c);
/* Its config.json, parsed. */
int container_spec(const struct oci_container *c, struct spec *ret, struct err *e) MUST_USE;
/*
 * Its group and who makes such; M and CG must live as long as each other.  Without a group CG->path is NULL, no error.
 * To be released by cgroup_release().
 */
int container_cgroup(const struct oci_container *c, struct cgroup_manager *m, struct cgroup *cg, struct err *e)
	MUST_USE;
/* The same for a TASK ("pause") that can't be done without one of its own. */
int container_own_cgroup(const struct oci_container *c, const char *task, struct cgroup_manager *m, struct cgroup *cg,
			 struct err *e) MUST_USE;
/* Its state for hooks: SPEC's version and annotations, STATUS and PID; without what runc and crun add. */
void container_hook_state(const struct oci_container *c, const struct spec *spec, enum oci_status status, pid_t pid,
			  struct oci_state *ret);
/* What goes with the listener of SPEC's filter: the state of the process PID. */
char *container_listener_text(const struct oci_container *c, const struct spec *spec, pid_t pid);

/* A socket in the directory for the parked first process; and the way to it (-ECONNREFUSED: nobody waits). */
int container_listen(const struct oci_container *c, int *ret_fd, struct err *e) MUST_USE;
int container_connect(const struct oci_container *c, int *ret_fd) MUST_USE;

/* The ids in the runtime's root, sorted. */
int container_ids(struct oci_runtime *rt, struct strs *ret, struct err *e) MUST_USE;

#endif
