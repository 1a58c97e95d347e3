/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words between host and box: see handshake.h. */
#include "core/handshake.h"

#include "base/fd.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static const char *const word_names[] = {
#define X(w) [HS_##w] = #w,
	HS_WORDS(X)
#undef X
		[HS_WORD_COUNT] = "(nothing)",
	[HS_END] = "the end of the conversation",
};
static_assert(ARRAY_LEN(word_names) == HS_END + 1, "word_names[] does not match enum hs_word");

/* What goes over the wire; 'err' only with the words that carry one. */
struct packet {
	enum hs_word word;
	int64_t value;
	struct err err;
};

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int) * HS_FDS_MAX)];
};

int hs_pair(int *ret_host, int *ret_box, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "make the socket between isle and the container's first process");
	*ret_host = pair[0];
	*ret_box = pair[1];
	return 0;
}

/* The peer's failure, as our own. */
static int failure(const struct hs_msg *m, struct err *e)
{
	if (e)
		*e = m->err;
	return m->err.code ? -m->err.code : -EINVAL;
}

/* Sends SIZE bytes of P with N descriptors; MSG_NOSIGNAL: a dead peer must not kill us. */
static ssize_t packet_send(int sock, const struct packet *p, size_t size, const int *fds, int n)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)p, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control c;
	ssize_t r;

	if (n > 0) {
		memset(&c, 0, sizeof(c));
		msg.msg_control = &c;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n);
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
		memcpy(CMSG_DATA(&c.head), fds, sizeof(int) * (size_t)n);
	}
	do
		r = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r;
}

/* The peer has left before it was told WORD: what it said on its way out is the reason. */
static int last_words(int sock, enum hs_word word, struct err *e)
{
	struct hs_msg m;
	int r;

	do
		r = hs_recv(sock, &m, e);
	while (r == 0 && m.word != HS_FAILED && m.word != HS_END);
	if (r < 0)
		return r;
	if (m.word == HS_FAILED)
		return failure(&m, e);
	err_set(e, 0, "the container's first process ended while it was being set up");
	return err_why(e, "it did not wait for the word %s", word_names[word]);
}

int hs_send(int sock, enum hs_word word, const int *fds, int n, struct err *e)
{
	return hs_send_value(sock, word, 0, fds, n, e);
}

int hs_send_value(int sock, enum hs_word word, int64_t value, const int *fds, int n, struct err *e)
{
	struct packet p = {.word = word, .value = value};

	assert(n <= HS_FDS_MAX);
	if (packet_send(sock, &p, offsetof(struct packet, err), fds, n) >= 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return last_words(sock, word, e);
	return err_set(e, errno, "send %s to the other side of the launch", word_names[word]);
}

void hs_send_err(int sock, enum hs_word word, const struct err *err)
{
	struct packet p = {.word = word, .err = *err};

	if (packet_send(sock, &p, sizeof(p), NULL, 0) < 0)
		return; /* nobody is there to hear it */
}

/* Takes over the descriptors that came with MSG. */
static void fds_take(struct msghdr *msg, struct hs_msg *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		m->n_fds = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(m->fds, CMSG_DATA(h), sizeof(int) * (size_t)m->n_fds);
	}
}

/* A message that is not to be used: closes what came with it. */
static void message_drop(struct hs_msg *m)
{
	while (m->n_fds > 0)
		fd_close(&m->fds[--m->n_fds]);
}

int hs_recv(int sock, struct hs_msg *m, struct err *e)
{
	struct packet p = {.word = HS_WORD_COUNT};
	struct iovec iov = {.iov_base = &p, .iov_len = sizeof(p)};
	union control c;
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)};
	int ends = 0; /* how often we were told that the peer has left */
	ssize_t n;

	/*
	 * Its last words may still come after that: a peer that left without reading everything resets the connection,
	 * which is told first; and one that leaves at the very moment that we begin to wait looks gone before it looks
	 * heard (__skb_wait_for_more_packets).
	 */
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
		ends += n == 0 || (n < 0 && errno == ECONNRESET);
	} while ((n < 0 && errno == EINTR) || (n <= 0 && (ends == 1 || ends == 2)));
	if (n < 0 && errno != ECONNRESET)
		return err_set(e, errno, "hear from the other side of the launch");
	m->n_fds = 0;
	m->word = HS_END;
	if (n <= 0)
		return 0;
	fds_take(&msg, m);
	if ((size_t)n < offsetof(struct packet, err) || p.word >= HS_WORD_COUNT) {
		message_drop(m);
		return err_set(e, EPROTO, "understand the other side of the launch");
	}
	/* The kernel hands over as many as we may have open, and drops the rest without an error. */
	if (msg.msg_flags & MSG_CTRUNC) {
		message_drop(m);
		err_set(e, EMFILE, "take the descriptors that came with %s", word_names[p.word]);
		return err_cure(e, "raise the limit on open files (ulimit -n)");
	}
	m->word = p.word;
	m->value = p.value;
	m->err = p.err;
	m->err.step[sizeof(m->err.step) - 1] = '\0';
	m->err.what[sizeof(m->err.what) - 1] = '\0';
	m->err.why[sizeof(m->err.why) - 1] = '\0';
	m->err.cure[sizeof(m->err.cure) - 1] = '\0';
	return 0;
}

int hs_expect(int sock, enum hs_word word, struct hs_msg *m, struct err *e)
{
	int r = hs_recv(sock, m, e);

	if (r < 0)
		return r;
	if (m->word == word)
		return 0;
	if (m->word == HS_FAILED)
		return failure(m, e);
	return err_set(e, EPROTO, "waited for %s from the other side of the launch and got %s", word_names[word],
		       word_names[m->word]);
}
