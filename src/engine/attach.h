/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching to a detached container: a socket in its directory, on which its monitor listens.
 *
 * The socket keeps packets apart (SOCK_SEQPACKET).  A packet is one byte that tells its type, and its data.  Only root
 * and the user who started the monitor may connect.  File descriptors are never taken from the other side.
 *
 * A client that does not read is disconnected when ATTACH_QUEUE bytes wait for it: neither the container nor the log
 * nor another client waits for it longer than a moment.
 */
#ifndef ISLE_ENGINE_ATTACH_H
#define ISLE_ENGINE_ATTACH_H

#include "engine/box.h"

enum attach_type {
	/* client to monitor */
	ATTACH_STDIN = 'i',  /* bytes for the container's standard input */
	ATTACH_EOF = 'e',    /* the input has ended: closes a pipe; a terminal gets its end of file as a byte */
	ATTACH_RESIZE = 'w', /* struct attach_size */
	/* monitor to client */
	ATTACH_STDOUT = 'o',
	ATTACH_STDERR = 'r',
	ATTACH_REFUSED = 'n', /* a sentence for the user: why the monitor will close the connection */
	ATTACH_EXIT = 'x',    /* int32_t: the exit status of the first process; the last packet */
};
struct attach_size {
	uint16_t rows, cols;
};

enum {
	ATTACH_PACKET_MAX = 8 * 1024 + 1,
	ATTACH_QUEUE = 64 * 1024,
	ATTACH_CLIENTS_MAX = 16,
};

/* Makes the socket "attach" in the directory RUN_FD and listens on it; replaces an old one. */
int attach_listen(int run_fd, int *ret_fd, struct err *e) MUST_USE;
/* Connects to the socket "attach" in the directory RUN_FD. */
int attach_connect(int run_fd, int *ret_fd, struct err *e) MUST_USE;

struct attach_options {
	bool no_stdin;		 /* show the output only */
	bool sig_proxy;		 /* pass our signals on to the container's first process; otherwise they end us */
	const char *detach_keys; /* "ctrl-p,ctrl-q" form (keys.h); NULL: the default; "": none */
};

/*
 * Relays between our descriptors 0 to 2 and the running container B until it ends, is detached from, or an error.
 * *RET_STATUS is the container's exit status; 0 after the detach keys, with *RET_DETACHED (may be NULL) set.
 * After the container's end it waits until its owner has cleaned up, so that the caller may remove it at once.
 */
int attach_client(struct box *b, const struct attach_options *o, int *ret_status, bool *ret_detached, struct err *e)
	MUST_USE;

#endif
