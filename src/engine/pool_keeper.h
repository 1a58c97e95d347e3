/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A keeper and what it gives away: between pool_keeper.c and pool_give.c. */
#ifndef ISLE_ENGINE_POOL_KEEPER_H
#define ISLE_ENGINE_POOL_KEEPER_H

#include "engine/pool_priv.h"

struct keeper {
	struct pool_keeper *k;
	struct start s;
	int order_fd; /* to the box */
	int epoll;    /* while it is parked */
	int conn;     /* to the command that takes the island */
	int listen_attach;
	const char *entrypoint; /* the pool's: a word of the command line, which outlives the arena */
	bool rm;		/* the pool's: its containers are forgotten in any case */
	struct pool_message message;
	struct pool_request r;
	int stdio[3];  /* that the command sent; the message's */
	char *made_up; /* the name that it had while it was parked; NULL: it keeps that */
	struct plan give;
};

/*
 * Gives the island to who sent P->message.  Until *RET_USED is set a failure leaves it what it was, and everything that
 * the request brought is given back; afterwards the box has heard it, and must end.
 */
int pool_give(struct keeper *p, bool *ret_used, struct err *e) MUST_USE;

#endif
