/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools: islands that are prepared before anybody asks for them.
 *
 * Theory.  A service, which the user starts ('isle pool serve'), keeps N islands parked.  Each has a process of its
 * own beside it, its keeper, which made it by the same plan as 'isle run' makes one (start.h), up to the step "park":
 * namespaces, root, mounts, cgroup, rights and filter are done, and its first process waits for what to execute
 * (launch_park.c).
 *
 *     service ──fork──► keeper ──clone──► box (parked)
 *        │ lifeline        │ order socket     │
 *        └─────────────────┴──────────────────┘
 *     isle run --pool ──connect──► the pool's socket, on which every keeper with a parked island waits
 *
 * The kernel gives a connection to one keeper (EPOLLEXCLUSIVE): the service has no part in it, and no lock is taken.
 * The keeper looks whose it is (SO_PEERCRED), claims the name if one is asked for, and passes the request on to the
 * box, which executes.  Then it writes down what the container is called now, and tells the service, which makes a new
 * one.  From the first byte that the box hears on the island is used; whatever happens, it is never parked again.
 *
 * The keeper is the owner of its container (box.h) from before there is one until it is gone: of a parked one, and of a
 * taken one as the monitor of 'isle run -d' is, or for a command in the foreground, to which it tells the exit status.
 *
 *   service killed   every keeper sees the end of its lifeline: the parked islands end, the taken ones live on
 *   command killed   its keeper sees the end of the connection and ends the container, as with 'isle run'
 *   keeper killed    its box dies with it (PR_SET_PDEATHSIG); the next sweep tidies up
 *
 * A pool without a parked island makes who asks wait: the connection stands in the socket's queue, and the service is
 * at work on the next island.  Only the service knows how its islands are made, so the command can't make one itself.
 *
 * On disk: RUN/pools/NAME/{owner (locked by the service), socket, pool.json}.  An island that is parked is a box like
 * any other, with the status "created" and the pool's name in its record; it is forgotten when it ends untaken.
 */
#ifndef ISLE_ENGINE_POOL_H
#define ISLE_ENGINE_POOL_H

#include "engine/run.h"

enum { POOL_SIZE_DEFAULT = 4, POOL_SIZE_MAX = 1024 };

struct pool_options {
	char *name;
	int size;
	bool detach;			   /* the service goes to the background when all islands are parked */
	const struct run_options *islands; /* how they are made */
};

/*
 * The service: returns when it was asked to end (SIGTERM, SIGINT, SIGHUP) and everything parked is gone; detached, when
 * the islands are parked.  The first island that can't be made is an error; later ones are tried again, ever more
 * rarely.
 */
int pool_serve(struct home *h, const struct pool_options *o, const struct run_mode *m, struct err *e) MUST_USE;
/* Ends the service of the pool NAME, and with it what is parked. */
int pool_stop(struct home *h, const char *name, struct err *e) MUST_USE;

/* One more container: an island of the pool NAME; as engine_run.  Of O that counts which pool_request.h has. */
int pool_take(struct home *h, const char *name, const struct run_options *o, const struct run_mode *m, int *ret_status,
	      char ret_id[BOX_ID_LEN + 1], struct err *e) MUST_USE;

/* What a parked island costs, in bytes; -1: not known. */
struct pool_island {
	const char *id;
	int64_t keeper_pss, box_pss; /* its two processes */
	int64_t charged;	     /* what the kernel counts for its cgroup, its own memory included */
};
struct pool_islands {
	struct pool_island *v;
	size_t n, room;
};

struct pool_row {
	const char *name, *root, *command;
	int size;
	pid_t service_pid;
	int64_t since_ns; /* when the service began */
	int64_t taken;	  /* islands since then */
	int64_t failed;	  /* islands that could not be made */
	char *error;	  /* why the last one could not be made; NULL: none, or one was made since */
	struct pool_islands parked;
};
struct pool_rows {
	struct pool_row *v;
	size_t n, room;
};
/* Every pool that is served, by name. */
int pool_rows(struct home *h, struct pool_rows *ret, struct err *e) MUST_USE;

/* Removes what services that were killed left in RUN/pools; for the sweep. */
void pool_sweep(struct home *h);
/* Whether the box, which is loaded, is parked; then E says so of what was attempted on it (E may be NULL). */
bool pool_parked(const struct box *b, struct err *e);

#endif
