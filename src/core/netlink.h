/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces, by route netlink (rtnetlink(7)): what it takes to move one into another namespace, and no more.
 *
 * A socket belongs to the network namespace in which it was opened, wherever its owner goes.
 */
#ifndef ISLE_CORE_NETLINK_H
#define ISLE_CORE_NETLINK_H

#include "base/err.h"
#include "base/fd.h"

#include <net/if.h>

/* An address of an interface. */
struct nl_address {
	uint8_t family, prefix;
	uint8_t size; /* of the addresses: 4 or 16 bytes */
	uint8_t local[16], peer[16], broadcast[16];
	bool has_local, has_broadcast;
};
struct nl_addresses {
	struct nl_address *v;
	size_t n, room;
};

/* A socket in the network namespace NS_FD; FD_NONE: in the caller's own. */
int netlink_open(int ns_fd, int *ret, struct err *e) MUST_USE;
/* The number of the interface NAME; 0: there is none. */
int netlink_find(int sock, const char *name, int *ret, struct err *e) MUST_USE;
/* The addresses of interface INDEX that are permanent and good everywhere. */
int netlink_addresses(int sock, int index, struct arena *a, struct nl_addresses *ret, struct err *e) MUST_USE;
int netlink_address_add(int sock, int index, const struct nl_address *x, struct err *e) MUST_USE;
/* Moves interface INDEX into the namespace NS_FD, where it is called NAME. */
int netlink_move(int sock, int index, int ns_fd, const char *name, struct err *e) MUST_USE;
int netlink_up(int sock, int index, struct err *e) MUST_USE;

#endif
