/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor's side of attach.h: who is connected, what waits for them, and what they send.
 *
 * A packet goes straight into the client's socket; only when that is full does the client get a queue, which is given
 * back as soon as it is empty.  Nothing here waits.
 */
#ifndef ISLE_ENGINE_CLIENTS_H
#define ISLE_ENGINE_CLIENTS_H

#include "engine/attach.h"

#include <poll.h>

struct client {
	int fd;
	char *queue; /* ATTACH_QUEUE bytes: packets, each after its size (uint16_t); NULL while nothing waits */
	size_t queued;
};
struct clients {
	struct client v[ATTACH_CLIENTS_MAX];
	size_t n;
};

/*
 * Takes a connection that waits on LISTEN_FD, or refuses it; -EAGAIN: none waits, other negative errno: none could be.
 */
int clients_accept(struct clients *c, int listen_fd);
/* Sends a packet to everyone; who is too slow is disconnected. */
void clients_send(struct clients *c, enum attach_type type, const void *data, size_t size);
/* What to wait for, for each client; INPUT: their packets can be taken now.  Fills c->n of P. */
void clients_poll(const struct clients *c, bool input, struct pollfd *p);
/* Sends what waits for client I. */
void clients_flush(struct clients *c, size_t i);
/*
 * Takes one packet of client I into BUF (ATTACH_PACKET_MAX bytes): its size, type byte included; 0: there is none now,
 * or the client left.
 */
size_t clients_receive(struct clients *c, size_t i, char *buf);
/* Whether anything waits to be sent. */
bool clients_waiting(const struct clients *c);
/* Whether somebody's queue is more than half full. */
bool clients_behind(const struct clients *c);
/* Disconnects client I; the last one takes its place. */
void clients_drop(struct clients *c, size_t i);

#endif
