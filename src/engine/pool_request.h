/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command asks of a pool, and how it is said on the socket (pool.h): one message with everything in it.
 *
 * The message is a head of numbers and then texts, each ended by a zero byte.  One that is larger than POOL_INLINE is
 * in a file in memory whose descriptor comes last, and the message is its head alone.  It is read as untrusted bytes.
 */
#ifndef ISLE_ENGINE_POOL_REQUEST_H
#define ISLE_ENGINE_POOL_REQUEST_H

#include "core/spec.h"

#include <sys/types.h>

enum {
	POOL_INLINE = 16 * 1024,     /* bytes in one message */
	POOL_REQUEST_MAX = 8 << 20,  /* more than the kernel takes for arguments and environment */
	POOL_NO_TIMEOUT = INT32_MIN, /* stop_timeout_s: as the pool has it */
	POOL_FDS_MAX = 4,	     /* the program's descriptors 0 to 2, and the file of a large request */
};

/* What can be chosen when an island is taken.  0, NULL and empty: as the pool has it. */
struct pool_request {
	bool tty, interactive, detach, rm;
	uint16_t rows, cols; /* of the user's terminal */
	int stop_signal, stop_timeout_s, timeout_s, log_max_files;
	int64_t log_max_size;
	char *name, *workdir, *cidfile, *pidfile;
	char *entrypoint; /* "": none, as docker has it */
	struct strs command;
	struct strs env; /* "NAME=value", each name once; "NAME": it is taken out */
	struct spec_pairs labels;
};

/* The bytes that say R. */
void pool_request_print(const struct pool_request *r, struct arena *a, char **ret_bytes, size_t *ret_size);
/*
 * Reads SIZE bytes, into which the texts of R then point; -EPROTO with a sentence if they say nothing sensible.  With a
 * NULL arena all but the lists is read.
 */
int pool_request_parse(char *bytes, size_t size, struct arena *a, struct pool_request *ret, struct err *e) MUST_USE;

/* A message as it is on its way: a request that somebody else may read. */
struct pool_message {
	char bytes[POOL_INLINE];
	size_t size;
	int fds[POOL_FDS_MAX];
	int n_fds;
};

/* Sends R, with the descriptors of the program that are not FD_NONE, over the SOCK_SEQPACKET socket SOCK. */
int pool_request_send(int sock, const struct pool_request *r, const int stdio[3], struct arena *a, struct err *e)
	MUST_USE;
/*
 * Receives a message whatever it is; -ENODATA at the end, -ETIMEDOUT when none has come in TIMEOUT_MS (-1: for ever).
 * Its descriptors are the caller's.
 */
int pool_message_receive(int sock, int timeout_ms, struct pool_message *m, struct err *e) MUST_USE;
/* Sends M on, with STDIO in the place of the program's descriptors that it came with. */
int pool_message_forward(int sock, struct pool_message *m, const int stdio[3], struct err *e) MUST_USE;
/* The request that M says; STDIO gets its descriptors or FD_NONE.  They stay M's; texts may point into M. */
int pool_message_parse(struct pool_message *m, struct arena *a, struct pool_request *ret, int stdio[3], struct err *e)
	MUST_USE;
/* The same without the lists, so that a small request takes no memory. */
int pool_message_peek(struct pool_message *m, struct arena *a, struct pool_request *ret, int stdio[3], struct err *e)
	MUST_USE;
/* Closes the descriptors. */
void pool_message_release(struct pool_message *m);

#endif
