/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What isle-spawn is told, the small program that makes the process of an exec (src/init/spawn.c).
 *
 * It is executed by the go-between (launch_join.c), once that has joined the container's namespaces and has its rights:
 *
 *     isle-spawn DESCRIPTOR PATH NAME [ARGUMENT…]
 *
 * with the environment of the program PATH.  DESCRIPTOR is the file in memory that it is executed from, with the order
 * behind it.  What it has to say it says to the host side (handshake.h): READY, LISTENER, or REFUSED with its stage.
 */
#ifndef ISLE_CORE_SPAWN_ORDER_H
#define ISLE_CORE_SPAWN_ORDER_H

#include <linux/filter.h>
#include <signal.h>
#include <stdbool.h>

/* Where in the file the order is: a page's boundary behind the program. */
enum { SPAWN_ORDER_AT = 5 << 12 };

/* What can be refused, in this order. */
enum spawn_stage {
	SPAWN_CLONE,
	SPAWN_SESSION,
	SPAWN_TERMINAL,
	SPAWN_TIE,
	SPAWN_FILTER,
	SPAWN_FIND,    /* the packet has the path */
	SPAWN_EXECUTE, /* the same, and what the file begins with, if something that it needs is not there */
	SPAWN_STAGES,
};

struct spawn_order {
	int sock;	  /* to the host side */
	int terminal;	  /* becomes the controlling one, and the descriptors 0 to 2; -1: there is none */
	int listen_pid;	  /* which word of the environment is to tell the program's pid; -1: none */
	bool tied;	  /* the program ends with the host side */
	sigset_t signals; /* the program's blocked ones */
	unsigned int filter_flags, filter_n; /* SECCOMP_FILTER_FLAG_…; 0 instructions: no filter */
	struct sock_filter filter[BPF_MAXINSNS];
};

#endif
