/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the pool (pool.h); for nobody else. */
#ifndef ISLE_ENGINE_POOL_PRIV_H
#define ISLE_ENGINE_POOL_PRIV_H

#include "engine/pool.h"
#include "engine/pool_request.h"
#include "engine/start.h"

/* ---- the directory: pool_dir.c ---- */

/* pool.json: what a service tells of itself; written by it alone. */
struct pool_state {
	char *root, *command, *error;
	int size;
	pid_t pid;
	uint64_t identity; /* of the service: core/process.h */
	int64_t since_ns, taken, failed;
};

struct pool_dir {
	int fd;	      /* RUN/pools/NAME */
	int owner_fd; /* locked while the service lives */
};

/* Whether NAME may be a pool's name: the same as a container's. */
int pool_name_check(const char *name, struct err *e) MUST_USE;
/* Makes the directory, locked by us; -EBUSY if the pool is being served. */
int pool_dir_make(struct home *h, const char *name, struct pool_dir *ret, struct err *e) MUST_USE;
/* Removes the directory, which we have locked, and closes it. */
void pool_dir_remove(struct home *h, const char *name, struct pool_dir *d);
void pool_dir_close(struct pool_dir *d);
/* Opens the directory of a pool that is being served; -ENOENT and a sentence if it is not. */
int pool_dir_open(struct home *h, const char *name, struct pool_dir *ret, struct err *e) MUST_USE;
int pool_state_save(const struct pool_dir *d, const struct pool_state *s, struct arena *a, struct err *e) MUST_USE;
int pool_state_load(const struct pool_dir *d, struct arena *a, struct pool_state *ret, struct err *e) MUST_USE;
/* The pool's socket: where keepers take connections; a connection. */
int pool_listen(const struct pool_dir *d, int *ret_fd, struct err *e) MUST_USE;
int pool_connect(struct home *h, const char *name, int *ret_fd, struct err *e) MUST_USE;

/* ---- keeper and service: what goes over the lifeline ---- */

enum pool_news { POOL_TOLD, POOL_PARKED, POOL_TAKEN, POOL_FAILED };
struct pool_report {
	enum pool_news news;
	struct err err; /* FAILED; TOLD: a line for the user in err.what */
};

struct pool_keeper {
	struct home *home;
	const struct pool_options *o;
	int listen_fd, lifeline;
	sigset_t signals; /* what was blocked when the service was started */
};
/* The life of a keeper, in a process of its own; its exit status. */
int pool_keep(struct pool_keeper *k) MUST_USE;
/* The box's part: hears what to execute (launch.await_order). */
int pool_box_await(struct launch *l, struct err *e) MUST_USE;

/* ---- keeper and command: what is answered on the connection ---- */

enum pool_word { POOL_GIVEN, POOL_REFUSED, POOL_ENDED };
struct pool_answer {
	enum pool_word word; /* GIVEN comes with the first process' pidfd, and the terminal where one is wanted */
	pid_t pid;	     /* GIVEN: as the keeper sees it */
	int status;	     /* ENDED */
	char id[BOX_ID_LEN + 1];
	struct err err; /* REFUSED; ENDED: what went wrong at the end, or all zero */
};
/* From the command: a container that was killed may be frozen. */
static const char pool_thaw_word = 'T';

#endif
