/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words between host and box: see handshake.h. */
#include "core/handshake.h"

#include "base/fd.h"
#include "base/unix_socket.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static const char *const word_names[] = {
#define X(w) [HS_##w] = #w,
	HS_WORDS(X)
#undef X
		[HS_WORD_COUNT] = "(nothing)",
	[HS_END] = "the end of the conversation",
};
static_assert(ARRAY_LEN(word_names) == HS_END + 1, "word_names[] does not match enum hs_word");

int hs_pair(int *ret_host, int *ret_box, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "make the socket between isle and the container's first process");
	*ret_host = pair[0];
	*ret_box = pair[1];
	return 0;
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
		return err_copy(e, &m.err);
	err_set(e, 0, "the container's first process ended while it was being set up");
	return err_why(e, "it did not wait for the word %s", word_names[word]);
}

int hs_send(int sock, enum hs_word word, const int *fds, int n, struct err *e)
{
	return hs_send_value(sock, word, 0, fds, n, e);
}

/* What came of sending WORD, or what belongs to it: N bytes, or a negative errno. */
static int sent(int sock, enum hs_word word, ssize_t n, struct err *e)
{
	if (n >= 0)
		return 0;
	if (n == -EPIPE || n == -ECONNRESET)
		return last_words(sock, word, e);
	return err_set(e, (int)-n, "send %s to the other side of the launch", word_names[word]);
}

int hs_send_value(int sock, enum hs_word word, int64_t value, const int *fds, int n, struct err *e)
{
	struct hs_packet p = {.word = word, .value = value};

	assert(n <= HS_FDS_MAX);
	return sent(sock, word, fds_send(sock, &p, offsetof(struct hs_packet, err), fds, n), e);
}

int hs_send_bytes(int sock, enum hs_word word, const void *data, size_t size, struct err *e)
{
	return sent(sock, word, fds_send(sock, data, size, NULL, 0), e);
}

int hs_recv_bytes(int sock, void *data, size_t size, struct err *e)
{
	int none, n_fds;
	ssize_t n = fds_recv(sock, 0, data, size, &none, 0, &n_fds);

	if (n < 0)
		return err_set(e, (int)-n, "hear from the other side of the launch");
	return (size_t)n == size ? 0 : err_set(e, EPROTO, "understand the other side of the launch");
}

void hs_send_err(int sock, enum hs_word word, const struct err *err)
{
	struct hs_packet p = {.word = word, .err = *err};

	if (fds_send(sock, &p, sizeof(p), NULL, 0) < 0)
		return; /* nobody is there to hear it */
}

int hs_recv(int sock, struct hs_msg *m, struct err *e)
{
	struct hs_packet p = {.word = HS_WORD_COUNT};
	int ends = 0; /* how often we were told that the peer has left */
	ssize_t n;

	/*
	 * Its last words may still come after that: one that leaves at the very moment that we begin to wait looks gone
	 * before it looks heard (__skb_wait_for_more_packets).
	 */
	do
		n = fds_recv(sock, 0, &p, sizeof(p), m->fds, HS_FDS_MAX, &m->n_fds);
	while (n == 0 && ++ends < 3);
	m->word = HS_END;
	if (n == 0)
		return 0;
	if (n == -EMFILE) {
		err_set(e, EMFILE, "take the descriptors that came with %s", word_names[MIN(p.word, HS_WORD_COUNT)]);
		return err_cure(e, "raise the limit on open files (ulimit -n)");
	}
	if (n < 0 && n != -EMSGSIZE)
		return err_set(e, (int)-n, "hear from the other side of the launch");
	if (n < (ssize_t)offsetof(struct hs_packet, err) || p.word >= HS_WORD_COUNT) {
		while (m->n_fds > 0)
			fd_close(&m->fds[--m->n_fds]);
		return err_set(e, EPROTO, "understand the other side of the launch");
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
		return err_copy(e, &m->err);
	return err_set(e, EPROTO, "waited for %s from the other side of the launch and got %s", word_names[word],
		       word_names[m->word]);
}
