/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to a D-Bus peer: systemd itself on its private socket, or a bus.
 *
 * Calls are made one at a time.  Signals that arrive meanwhile are kept until they are asked for.
 */
#ifndef ISLE_CORE_DBUS_H
#define ISLE_CORE_DBUS_H

#include "core/dbus_wire.h"

#include <stdbool.h>

struct dbus {
	int fd;
	bool bus; /* a bus with names, not one peer alone */
	uint32_t serial;
	struct arena *arena; /* everything that was read lives there */
	struct {	     /* signals that nobody has asked for yet */
		struct dbus_message *v;
		size_t n, room;
	} signals;
};

/*
 * Connects to ADDRESS, "unix:path=…" or "unix:abstract=…", several joined by ';', and proves who the caller is by the
 * socket's credentials (SASL EXTERNAL).  BUS: says hello, as a bus wants it.
 */
int dbus_open(struct dbus *c, const char *address, bool bus, struct arena *a, struct err *e) MUST_USE;
/* Calls a method; the answer is in REPLY.  An error of the peer is -EREMOTEIO, its name in REPLY->error. */
int dbus_call(struct dbus *c, const struct dbus_message *call, struct dbus_message *reply, int timeout_ms,
	      struct err *e) MUST_USE;
/* Waits for the next signal MEMBER of INTERFACE; -ETIMEDOUT. */
int dbus_signal(struct dbus *c, const char *interface, const char *member, struct dbus_message *ret, int timeout_ms,
		struct err *e) MUST_USE;
void dbus_close(struct dbus *c);

#endif
