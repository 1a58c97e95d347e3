/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a container: the engine's steps around the core's, and what follows when the program has ended.
 *
 * The process that calls start_run becomes the owner (box.h): the foreground 'isle run', or a monitor.
 */
#ifndef ISLE_ENGINE_START_H
#define ISLE_ENGINE_START_H

#include "core/launch.h"
#include "engine/box.h"
#include "engine/run.h"

struct start {
	struct home *home;
	const struct run_options *o; /* NULL: an existing box is started again */
	const char *ref;	     /* which one */
	const struct run_mode *mode;
	const char *pool;		 /* it is parked, as an island of this one (pool.h); NULL: it is none */
	bool detached;			 /* a monitor owns it: output goes through pipes */
	bool cidfile_ours, pidfile_ours; /* they were written: a failure later removes them */

	struct box box;
	struct spec spec; /* what is launched: the box's, with what this machine and this start add */
	struct launch launch;
	struct plan plan;
	const struct cgroup_host *cgroups;
	uint32_t root_uid, root_gid; /* the container's root as the machine sees it */
	int ours[3];		     /* our ends of the pipes to descriptors 0 to 2; FD_NONE: none */
	sigset_t signals;	     /* the mask before we blocked what is passed on … */
	bool blocked;		     /* … which is done */
};

/* Fills in S; nothing is opened yet. */
void start_init(struct start *s, struct home *h, const struct run_mode *mode);
/*
 * Whether the first process of O will be seen by others, whose root is the machine's, before it runs the program; not
 * if isle runs from a copy (core/self.h).
 */
bool start_seen(const struct run_options *o);
/* Walks the whole plan: a running container, or an error and nothing left. */
int start_run(struct start *s, struct err *e) MUST_USE;
/* Tells what start_run would do: composes the spec without making anything. */
int start_explain(struct start *s, struct err *e) MUST_USE;
/* The program has ended with STATUS: removes what is in the world, then records the end or forgets the box. */
int start_finish(struct start *s, int status, struct err *e) MUST_USE;
/* Finds the box's cgroup again, from its path. */
int start_find_cgroup(struct start *s, struct err *e) MUST_USE;
/* Closes everything. */
void start_release(struct start *s);

/* Steps that write down that there will be a container, and that there is one: start_state.c. */
extern const struct step step_intent, step_state;
/* Writes TEXT into a file of the user's choice; *RET_OURS tells that there is a file now that we may remove again. */
int start_note_file(const char *path, const char *text, int flags, bool *ret_ours, struct err *e) MUST_USE;
/* Finds the root; makes the launch of it: for start_explain.c, which does no more of the plan. */
int start_resolve(void *ctx, struct err *e) MUST_USE;
int start_prepare(void *ctx, struct err *e) MUST_USE;
/* The ids of the container on this machine, for start.c: see start_ids.c. */
int start_ids_claim(struct start *s, struct err *e) MUST_USE;
/* The next safest way where a layer can't be idmapped; false if there is none.  TELL hears about it. */
bool start_ids_fall_back(struct start *s, const struct err *why);
/* Descriptors 0 to 2 of the program: pipes, /dev/null, or ours.  See start_stdio.c. */
int start_stdio_open(struct start *s, struct err *e) MUST_USE;
/* Descriptor I alone: ours if it may be given away, else a pipe. */
int start_stdio_one(struct start *s, int i, struct err *e) MUST_USE;
/*
 * Gives a pipe to the container's root, so that /dev/stdout can be opened by name (nginx does).  Only one without a
 * name: a FIFO stays its owner's.
 */
void start_stdio_own(const struct start *s, int fd);
/*
 * Descriptor I of any program in a container: ours, where it MAY_INHERIT that and it is safe, or a pipe, of which
 * *RET_OURS is our end.
 */
int stdio_open(int i, bool may_inherit, int *ret_theirs, int *ret_ours, struct err *e) MUST_USE;
/* Closes the program's ends of pipes, and its /dev/null; what we have handed in stays open. */
void stdio_close(int stdio[3]);

#endif
