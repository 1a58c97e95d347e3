/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to a pool: what is said is what is heard, and nonsense is refused. */
#include "engine/pool_request.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* A request with something in every field. */
static struct pool_request full(struct arena *a)
{
	struct pool_request r = {
		.tty = true,
		.detach = true,
		.rows = 25,
		.cols = 80,
		.stop_signal = 15,
		.stop_timeout_s = -1,
		.timeout_s = 7,
		.log_max_files = 2,
		.log_max_size = 1LL << 40,
		.name = (char[]){"joe"},
		.entrypoint = (char[]){""},
	};

	r.name = arena_strdup(a, "joe");
	r.entrypoint = arena_strdup(a, "");
	strs_add(&r.command, a, "sh");
	strs_add(&r.command, a, "");
	strs_add(&r.env, a, "A=b");
	*list_add(&r.labels, a) = (struct spec_pair){.key = arena_strdup(a, "k"), .value = arena_strdup(a, "")};
	return r;
}

/* That B says what A said. */
static void assert_same(const struct pool_request *a, const struct pool_request *b)
{
	assert_int_equal(a->tty, b->tty);
	assert_int_equal(a->interactive, b->interactive);
	assert_int_equal(a->detach, b->detach);
	assert_int_equal(a->rm, b->rm);
	assert_int_equal(a->rows, b->rows);
	assert_int_equal(a->cols, b->cols);
	assert_int_equal(a->stop_signal, b->stop_signal);
	assert_int_equal(a->stop_timeout_s, b->stop_timeout_s);
	assert_int_equal(a->timeout_s, b->timeout_s);
	assert_int_equal(a->log_max_files, b->log_max_files);
	assert_true(a->log_max_size == b->log_max_size);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->entrypoint, b->entrypoint);
	assert_null(b->workdir);
	assert_null(b->cidfile);
	assert_int_equal(a->command.n, b->command.n);
	for (size_t i = 0; i < a->command.n; i++)
		assert_string_equal(a->command.v[i], b->command.v[i]);
	assert_int_equal(a->env.n, b->env.n);
	assert_int_equal(a->labels.n, b->labels.n);
	for (size_t i = 0; i < a->labels.n; i++)
		assert_string_equal(a->labels.v[i].value, b->labels.v[i].value);
}

static void prints_and_parses(void **state)
{
	struct arena a = {0};
	struct pool_request r = full(&a), back;
	char *bytes;
	size_t size;

	(void)state;
	pool_request_print(&r, &a, &bytes, &size);
	assert_int_equal(pool_request_parse(bytes, size, &a, &back, NULL), 0);
	assert_same(&r, &back);
	/* Without the lists. */
	assert_int_equal(pool_request_parse(bytes, size, NULL, &back, NULL), 0);
	assert_string_equal(back.name, "joe");
	assert_int_equal(back.command.n, 0);
	arena_free(&a);
}

/* The bytes of a full request. */
static char *full_bytes(struct arena *a, size_t *ret_size)
{
	struct pool_request r = full(a);
	char *bytes;

	pool_request_print(&r, a, &bytes, ret_size);
	return bytes;
}

/* Parses the first N of BYTES, with the bits of FLIP changed in byte AT, in memory that has not one byte more. */
static int parse_altered(const char *bytes, size_t n, size_t at, int flip, struct err *e)
{
	struct arena a = {0};
	struct pool_request back;
	char *copy = malloc(n + !n); /* a sanitizer sees what is read beyond */

	memcpy(copy, bytes, n);
	if (at < n)
		copy[at] ^= (char)flip;
	int r = pool_request_parse(copy, n, &a, &back, e);
	arena_free(&a);
	free(copy);
	return r;
}

static void refuses_every_other_length(void **state)
{
	struct arena a = {0};
	size_t size;
	const char *bytes = full_bytes(&a, &size);

	(void)state;
	for (size_t n = 0; n < size; n++) {
		struct err e = {0};

		assert_int_equal(parse_altered(bytes, n, 0, 0, &e), -EPROTO);
		assert_string_equal(e.what, "understand the request for an island");
	}
	arena_free(&a);
}

static void survives_every_wrong_byte(void **state)
{
	struct arena a = {0};
	size_t size;
	const char *bytes = full_bytes(&a, &size);

	(void)state;
	for (size_t at = 0; at < size; at++)
		for (int bit = 0; bit < 8; bit++) {
			int r = parse_altered(bytes, size, at, 1 << bit, NULL);

			assert_true(r == 0 || r == -EPROTO);
		}
	arena_free(&a);
}

/* Sends a request with TEXT as an argument over a socket pair, and on as a keeper does, and reads it at the end. */
static void sent_and_forwarded(const char *text)
{
	static struct pool_message m, n;
	struct arena a = {0};
	struct pool_request r = {.stop_timeout_s = POOL_NO_TIMEOUT}, back;
	int first[2], second[2], stdio[3], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat want, got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, first), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, second), 0);
	strs_add(&r.command, &a, text);
	const int sent[3] = {FD_NONE, null, FD_NONE};
	assert_int_equal(pool_request_send(first[0], &r, sent, &a, NULL), 0);
	assert_int_equal(pool_message_receive(first[1], 1000, &m, NULL), 0);
	assert_int_equal(pool_message_peek(&m, &a, &back, stdio, NULL), 0);
	assert_true(stdio[0] == FD_NONE && stdio[1] >= 0 && stdio[2] == FD_NONE);

	const int forwarded[3] = {stdio[1], FD_NONE, stdio[1]};
	assert_int_equal(pool_message_forward(second[0], &m, forwarded, NULL), 0);
	assert_int_equal(pool_message_parse(&m, &a, &back, stdio, NULL), 0); /* still what it was */
	assert_true(stdio[1] >= 0 && stdio[2] == FD_NONE);
	assert_int_equal(pool_message_receive(second[1], -1, &n, NULL), 0);
	assert_int_equal(pool_message_parse(&n, &a, &back, stdio, NULL), 0);
	assert_true(stdio[0] >= 0 && stdio[1] == FD_NONE && stdio[2] >= 0);
	assert_int_equal(fstat(null, &want), 0);
	assert_int_equal(fstat(stdio[2], &got), 0);
	assert_true(want.st_ino == got.st_ino);
	assert_true(fcntl(stdio[2], F_GETFD) & FD_CLOEXEC);
	assert_string_equal(back.command.v[0], text);
	pool_message_release(&m);
	pool_message_release(&n);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
	}
	close(null);
	arena_free(&a);
}

static void small_and_large(void **state)
{
	static char large[3 << 20];

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	sent_and_forwarded("small");
	sent_and_forwarded(large);
}

static void waits_no_longer_than_told(void **state)
{
	static struct pool_message m;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pool_message_receive(pair[1], 10, &m, NULL), -ETIMEDOUT);
	close(pair[0]);
	assert_int_equal(pool_message_receive(pair[1], 10, &m, NULL), -ENODATA);
	close(pair[1]);
}

static void too_large_is_refused(void **state)
{
	struct arena a = {0};
	struct pool_request r = {.stop_timeout_s = POOL_NO_TIMEOUT};
	const int none[3] = {FD_NONE, FD_NONE, FD_NONE};
	char *text = arena_alloc(&a, POOL_REQUEST_MAX + 1, 1);

	(void)state;
	memset(text, 'x', POOL_REQUEST_MAX);
	strs_take(&r.command, &a, text);
	assert_int_equal(pool_request_send(-1, &r, none, &a, NULL), -E2BIG);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_and_parses),	     cmocka_unit_test(refuses_every_other_length),
		cmocka_unit_test(survives_every_wrong_byte), cmocka_unit_test(small_and_large),
		cmocka_unit_test(waits_no_longer_than_told), cmocka_unit_test(too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
