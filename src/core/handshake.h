/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two sides of a launch say to each other: named words on one SOCK_SEQPACKET pair.
 *
 *     host                                   box
 *      | ---------- MAPPED ------------------> |  ids are mapped, cgroups joined: become the container's root
 *      | <--------- NETWORK ------------------ |  its network namespace is made (only where interfaces are to move)
 *      | ---------- MOVED -------------------> |  they have moved
 *      | <--------- SHOW + descriptor -------- |  send there what shows its network (only if none was made ahead)
 *      | ---------- MOUNTS + descriptors ----> |  the root and what else was made for the box, as detached mounts
 *      | ---------- NETWORK + descriptors ---> |  its network, and what shows that (only where the host side makes it)
 *      | ---------- FILTER, bytes -----------> |  its system call filter, compiled (only beside such a network)
 *      | <--------- TERMINAL + descriptor ---- |  the master of the container's terminal (only with a terminal)
 *      | <--------- WARNING ------------------ |  a sentence for the user; any number of them, at any time
 *      | <--------- LISTENER + descriptor ---- |  where its filter asks about system calls (only with a listener)
 *      | <--------- ROOTED ------------------- |  mounts are attached (only where hooks want to know)
 *      | ---------- HOOKED ------------------> |  the hooks have run
 *      | ---------- RULED -------------------> |  its limits are in force, and it is noted down (only before it parks)
 *      | <--------- PARKED ------------------- |  all is ready; GO comes later, from another process (launch_park.c)
 *      | ---------- GO ----------------------> |  the state is written down: begin
 *      | <--------- READY -------------------- |  exec is all that is left
 *      | <--------- (end of file) ------------ |  exec succeeded and closed the socket
 *      | <--------- FAILED ------------------- |  a step failed; the error is inside; at any time
 *      | <--------- REFUSED ------------------ |  the same, from isle-spawn (spawn_order.h)
 *
 * Each wait names the word it expects.  A peer that goes away is an error with a sentence, never a hang.
 */
#ifndef ISLE_CORE_HANDSHAKE_H
#define ISLE_CORE_HANDSHAKE_H

#include "base/err.h"

#include <stdint.h>

#define HS_WORDS(X) \
	X(MAPPED)   \
	X(MOUNTS)   \
	X(TERMINAL) \
	X(WARNING)  \
	X(NETWORK)  \
	X(MOVED)    \
	X(SHOW) X(FILTER) X(LISTENER) X(ROOTED) X(HOOKED) X(RULED) X(PARKED) X(READY) X(GO) X(FAILED) X(REFUSED)
enum hs_word {
#define X(w) HS_##w,
	HS_WORDS(X)
#undef X
		HS_WORD_COUNT,
	HS_END, /* never sent: the peer closed its end */
};

enum { HS_FDS_MAX = 250 }; /* descriptors in one message; the kernel allows 253 (SCM_MAX_FD) */

/* What goes over the wire; 'err' only with the words that carry one. */
struct hs_packet {
	enum hs_word word;
	int64_t value;
	struct err err;
};

struct hs_msg {
	enum hs_word word;
	int64_t value;	/* READY of an exec: the pid of the program, as the sender sees it; FILTER: launch_filter.c */
	struct err err; /* FAILED, REFUSED; WARNING uses err.what */
	int fds[HS_FDS_MAX];
	int n_fds;
};

/* Makes the pair; both ends close on exec. */
int hs_pair(int *ret_host, int *ret_box, struct err *e) MUST_USE;
/* Sends WORD with N descriptors (kept open here). */
int hs_send(int sock, enum hs_word word, const int *fds, int n, struct err *e) MUST_USE;
/* The same with a number. */
int hs_send_value(int sock, enum hs_word word, int64_t value, const int *fds, int n, struct err *e) MUST_USE;
/* What follows WORD, which announces it: SIZE bytes, one message. */
int hs_send_bytes(int sock, enum hs_word word, const void *data, size_t size, struct err *e) MUST_USE;
int hs_recv_bytes(int sock, void *data, size_t size, struct err *e) MUST_USE;
/* Sends FAILED or WARNING; best effort, for a peer that may be gone. */
void hs_send_err(int sock, enum hs_word word, const struct err *err);
/* Receives one message, whatever it is; HS_END when the peer has closed. */
int hs_recv(int sock, struct hs_msg *m, struct err *e) MUST_USE;
/* Receives WORD; FAILED becomes the error; another word or the end is an error that names both. */
int hs_expect(int sock, enum hs_word word, struct hs_msg *m, struct err *e) MUST_USE;

#endif
