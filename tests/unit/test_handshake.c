/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words between host and box: what is sent arrives whole, and whatever else happens is an error with a sentence. */
#include "core/handshake.h"

#include "base/unix_socket.h"
#include "jail.h"

#include <sys/socket.h>

struct pair {
	int host, box;
	struct err e;
	struct hs_msg m;
};

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	must(hs_pair(&p->host, &p->box, &p->e), &p->e);
	*state = p;
	alarm(10); /* a hang is a failure */
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	alarm(0);
	fd_close(&p->host);
	fd_close(&p->box);
	free(p);
	return 0;
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void every_word_arrives_both_ways(void **state)
{
	struct pair *p = *state;

	assert_int_equal(fcntl(p->host, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(p->box, F_GETFD), FD_CLOEXEC);
	for (int w = 0; w < HS_WORD_COUNT; w++) {
		must(hs_send(p->host, (enum hs_word)w, NULL, 0, &p->e), &p->e);
		must(hs_send_value(p->box, (enum hs_word)w, INT64_MIN + w, NULL, 0, &p->e), &p->e);
		p->m.n_fds = 99;
		must(hs_recv(p->box, &p->m, &p->e), &p->e);
		assert_int_equal(p->m.word, w);
		assert_int_equal(p->m.n_fds, 0);
		assert_true(p->m.value == 0);
		must(hs_recv(p->host, &p->m, &p->e), &p->e);
		assert_int_equal(p->m.word, w);
		assert_true(p->m.value == INT64_MIN + w);
	}
}

/* Sends N descriptors, each of a file of its own, and looks at what arrives. */
static void send_fds(struct pair *p, int n)
{
	int fds[HS_FDS_MAX];
	struct stat sent, got;

	for (int i = 0; i < n; i++)
		must_call(fds[i] = fcntl(i % 2 ? p->host : p->box, F_DUPFD_CLOEXEC, 3));
	must(hs_send(p->host, HS_MOUNTS, fds, n, &p->e), &p->e);
	must(hs_expect(p->box, HS_MOUNTS, &p->m, &p->e), &p->e);
	assert_int_equal(p->m.n_fds, n);
	for (int i = 0; i < n; i++) {
		must_call(fstat(fds[i], &sent)); /* still open here */
		must_call(fstat(p->m.fds[i], &got));
		assert_true(sent.st_ino == got.st_ino);
		assert_int_not_equal(fds[i], p->m.fds[i]);
		assert_int_equal(fcntl(p->m.fds[i], F_GETFD), FD_CLOEXEC);
		close(fds[i]);
		close(p->m.fds[i]);
	}
}

static void descriptors_arrive_in_order_up_to_250(void **state)
{
	static const int counts[] = {1, 2, 3, 31, 250, 1};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		send_fds(*state, counts[i]);
}

/* In a child: the receiver may have only a few descriptors more. */
static void few_fds(void *arg)
{
	struct pair *p = arg;
	int fds[100];

	for (int i = 0; i < 100; i++)
		must_call(fds[i] = fcntl(p->host, F_DUPFD_CLOEXEC, 3));
	must(hs_send(p->host, HS_MOUNTS, fds, 100, &p->e), &p->e);
	int before = open_fds(), last = fds[99];
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)last + 11, (rlim_t)last + 11});
	must_fail(hs_expect(p->box, HS_MOUNTS, &p->m, &p->e), EMFILE, &p->e, "descriptors that came with MOUNTS");
	must_have(p->e.cure, "ulimit -n");
	assert_int_equal(open_fds(), before); /* those that did arrive are closed */
	/* The conversation can go on. */
	must(hs_send(p->host, HS_GO, NULL, 0, &p->e), &p->e);
	must(hs_expect(p->box, HS_GO, &p->m, &p->e), &p->e);
}

static void descriptors_that_get_lost_are_an_error(void **state)
{
	in_child(few_fds, *state);
}

static void another_word_is_an_error_that_names_both(void **state)
{
	struct pair *p = *state;

	must(hs_send(p->box, HS_READY, NULL, 0, &p->e), &p->e);
	must_fail(hs_expect(p->host, HS_TERMINAL, &p->m, &p->e), EPROTO, &p->e, "TERMINAL");
	must_have(p->e.what, "READY");
	fd_close(&p->box);
	must_fail(hs_expect(p->host, HS_READY, &p->m, &p->e), EPROTO, &p->e, "the end of the conversation");
	must_have(p->e.what, "READY");
	assert_int_equal(hs_expect(p->host, HS_READY, &p->m, NULL), -EPROTO);
}

static void a_failure_carries_its_whole_error(void **state)
{
	struct pair *p = *state;
	struct err sent = {0};

	err_set(&sent, ENOENT, "open /x");
	err_why(&sent, "it is gone");
	err_cure(&sent, "look for it");
	err_status(&sent, EXIT_NOT_FOUND);
	snprintf(sent.step, sizeof(sent.step), "exec");
	hs_send_err(p->box, HS_FAILED, &sent);
	assert_int_equal(hs_expect(p->host, HS_READY, &p->m, &p->e), -ENOENT);
	assert_memory_equal(&p->e, &sent, sizeof(sent));

	/* An error without a number is not taken for success. */
	err_set(&sent, 0, "bad name");
	hs_send_err(p->box, HS_FAILED, &sent);
	assert_int_equal(hs_expect(p->host, HS_READY, &p->m, &p->e), -EINVAL);
	assert_string_equal(p->e.what, "bad name");
	hs_send_err(p->box, HS_FAILED, &sent);
	assert_int_equal(hs_expect(p->host, HS_READY, &p->m, NULL), -EINVAL);

	hs_send_err(p->box, HS_WARNING, &sent);
	must(hs_recv(p->host, &p->m, &p->e), &p->e);
	assert_int_equal(p->m.word, HS_WARNING);
	assert_string_equal(p->m.err.what, "bad name");
}

static void a_peer_that_left_is_the_end_and_no_signal(void **state)
{
	struct pair *p = *state;
	struct err sent = {0};

	fd_close(&p->box);
	must(hs_recv(p->host, &p->m, &p->e), &p->e);
	assert_int_equal(p->m.word, HS_END);
	must_fail(hs_send(p->host, HS_GO, NULL, 0, &p->e), EINVAL, &p->e, "ended while it was being set up");
	must_have(p->e.why, "GO");
	assert_int_equal(hs_send(p->host, HS_GO, NULL, 0, NULL), -EINVAL);
	err_set(&sent, EIO, "x");
	hs_send_err(p->host, HS_FAILED, &sent); /* nobody hears it */
}

static void its_last_words_are_the_reason(void **state)
{
	struct pair *p = *state;
	struct err sent = {0};

	err_set(&sent, EROFS, "write there");
	must(hs_send(p->box, HS_READY, NULL, 0, &p->e), &p->e); /* one that was said before is passed over */
	hs_send_err(p->box, HS_FAILED, &sent);
	fd_close(&p->box);
	must_fail(hs_send(p->host, HS_GO, NULL, 0, &p->e), EROFS, &p->e, "write there");
}

static void one_that_left_without_listening_is_heard(void **state)
{
	struct pair *p = *state;
	struct err sent = {0};

	must(hs_send(p->host, HS_MAPPED, NULL, 0, &p->e), &p->e);
	err_set(&sent, EROFS, "write there");
	hs_send_err(p->box, HS_FAILED, &sent);
	fd_close(&p->box); /* with MAPPED unread: the kernel resets the connection */
	must_fail(hs_expect(p->host, HS_READY, &p->m, &p->e), EROFS, &p->e, "write there");
	must(hs_recv(p->host, &p->m, &p->e), &p->e);
	assert_int_equal(p->m.word, HS_END);
}

/* Sends SIZE bytes of TEXT as they are, with a descriptor. */
static void send_raw(int sock, const void *text, size_t size, int fd)
{
	assert_int_equal(fds_send(sock, text, size, &fd, 1), (ssize_t)size);
}

static void bytes_arrive_whole_or_are_an_error(void **state)
{
	struct pair *p = *state;
	char sent[5000], got[5000] = "";
	struct err last = {0};

	memset(sent, 'b', sizeof(sent));
	must(hs_send_bytes(p->host, HS_FILTER, sent, sizeof(sent), &p->e), &p->e);
	must(hs_recv_bytes(p->box, got, sizeof(got), &p->e), &p->e);
	assert_memory_equal(sent, got, sizeof(sent));
	must(hs_send_bytes(p->host, HS_FILTER, sent, 10, &p->e), &p->e);
	must_fail(hs_recv_bytes(p->box, got, 11, &p->e), EPROTO, &p->e, "understand the other side");
	/* Who leaves between the word and the bytes is heard all the same. */
	must(hs_send(p->host, HS_FILTER, NULL, 0, &p->e), &p->e);
	err_set(&last, EPERM, "mount the box's own");
	hs_send_err(p->box, HS_FAILED, &last);
	fd_close(&p->box);
	must_fail(hs_send_bytes(p->host, HS_FILTER, sent, sizeof(sent), &p->e), EPERM, &p->e, "mount the box's own");
}

static void garbage_is_refused_and_what_came_with_it_closed(void **state)
{
	struct pair *p = *state;
	unsigned char text[4000];
	int before = open_fds();

	srandom(1);
	for (int i = 0; i < 2000; i++) {
		size_t size = (size_t)random() % (i % 2 ? sizeof(text) : 16) + 1;

		for (size_t k = 0; k < size; k++)
			text[k] = (unsigned char)random();
		send_raw(p->box, text, size, p->box);
		assert_int_equal(hs_recv(p->host, &p->m, &p->e), -EPROTO);
		must_have(p->e.what, "understand");
		assert_int_equal(p->m.n_fds, 0);
	}
	assert_int_equal(open_fds(), before);
}

static void a_sentence_without_an_end_is_cut(void **state)
{
	struct pair *p = *state;
	struct {
		enum hs_word word;
		int64_t value;
		struct err err;
	} packet = {.word = HS_FAILED};
	char text[2000];

	memset(&packet.err, 'x', sizeof(packet.err));
	send_raw(p->box, &packet, sizeof(packet), p->box);
	must(hs_recv(p->host, &p->m, &p->e), &p->e);
	assert_int_equal(p->m.n_fds, 1);
	close(p->m.fds[0]);
	assert_int_equal(strlen(p->m.err.step), sizeof(p->m.err.step) - 1);
	assert_int_equal(strlen(p->m.err.what), sizeof(p->m.err.what) - 1);
	assert_int_equal(strlen(p->m.err.why), sizeof(p->m.err.why) - 1);
	assert_int_equal(strlen(p->m.err.cure), sizeof(p->m.err.cure) - 1);
	err_format(&p->m.err, text, sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_word_arrives_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_arrive_in_order_up_to_250, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_that_get_lost_are_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(another_word_is_an_error_that_names_both, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_carries_its_whole_error, setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_left_is_the_end_and_no_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(its_last_words_are_the_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_left_without_listening_is_heard, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_arrive_whole_or_are_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(garbage_is_refused_and_what_came_with_it_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sentence_without_an_end_is_cut, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
