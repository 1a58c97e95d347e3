/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets found by descriptor; descriptors that arrive all or not at all. */
#include "base/unix_socket.h"

#include "jail.h"

#include <sys/socket.h>

struct pair {
	int a, b;
};

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int ends[2];

	must_call(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	p->a = ends[0];
	p->b = ends[1];
	*state = p;
	alarm(10); /* a hang is a failure */
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	alarm(0);
	fd_close(&p->a);
	fd_close(&p->b);
	free(p);
	return 0;
}

/* Sends "word" with N copies of P->a, and receives with room for MAX. */
static ssize_t pass(struct pair *p, int n, int max, int *ret_n)
{
	static int fds[UNIX_FDS_MAX];
	char text[8];

	for (int i = 0; i < n; i++)
		fds[i] = p->a;
	assert_int_equal(fds_send(p->a, "word", 5, fds, n), 5);
	ssize_t size = fds_recv(p->b, 0, text, sizeof(text), fds, max, ret_n);
	assert_string_equal(text, "word");
	for (int i = 0; i < *ret_n; i++) {
		assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		close(fds[i]);
	}
	return size;
}

static void as_many_arrive_as_there_is_room_for(void **state)
{
	static const struct {
		int n, max;
		ssize_t size;
	} rows[] = {
		{0, 0, 5},	 {0, 4, 5},	  {1, 1, 5},	   {2, 2, 5},		{253, 253, 5},
		{1, 0, -EMFILE}, {2, 1, -EMFILE}, {4, 3, -EMFILE}, {253, 252, -EMFILE},
	};
	int n, before = dup((*(struct pair **)state)->a);

	close(before);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(pass(*state, rows[i].n, rows[i].max, &n), rows[i].size);
		assert_int_equal(n, rows[i].size < 0 ? 0 : rows[i].n);
	}
	/* What was refused is closed: the next free number is what it was. */
	int after = dup((*(struct pair **)state)->a);
	assert_int_equal(after, before);
	close(after);
}

static void a_message_that_is_too_large_is_refused(void **state)
{
	struct pair *p = *state;
	char text[4];
	int fd, n;

	assert_int_equal(fds_send(p->a, "12345", 5, &p->a, 1), 5);
	assert_int_equal(fds_recv(p->b, 0, text, sizeof(text), &fd, 1, &n), -EMSGSIZE);
	assert_int_equal(n, 0);
	assert_int_equal(fds_recv(p->b, MSG_DONTWAIT, text, sizeof(text), NULL, 0, NULL), -EAGAIN);
}

static void a_peer_that_left_is_heard_to_its_end(void **state)
{
	struct pair *p = *state;
	char text[8];

	assert_int_equal(fds_send(p->b, "unread", 7, NULL, 0), 7);
	assert_int_equal(fds_send(p->a, "last", 5, NULL, 0), 5);
	fd_close(&p->a); /* with something unread: the kernel resets the connection */
	assert_int_equal(fds_recv(p->b, 0, text, sizeof(text), NULL, 0, NULL), 5);
	assert_string_equal(text, "last");
	assert_int_equal(fds_recv(p->b, 0, text, sizeof(text), NULL, 0, NULL), 0);
	assert_int_equal(fds_send(p->b, "x", 1, NULL, 0), -EPIPE);
}

/* In a jail. */
static void long_path(void *arg)
{
	char name[201];
	struct stat st;
	int fd;

	(void)arg;
	memset(name, 'd', 200);
	name[200] = '\0';
	must_call(mkdir(name, 0700));
	auto_fd dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unix_connect(dir, "socket", &fd), -ENOENT);
	for (int i = 0; i < 2; i++) { /* the second takes the place of the first */
		auto_fd listening = FD_NONE;

		must_call(unix_listen(dir, "socket", 1, &listening));
		must_call(fstatat(dir, "socket", &st, 0));
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(accept(listening, NULL, NULL), -1);
		assert_int_equal(errno, EAGAIN);
		must_call(unix_connect(dir, "socket", &fd));
		auto_fd ours = fd;
		auto_fd theirs = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		assert_true(unix_peer_ours(theirs));
		assert_int_equal(fcntl(ours, F_GETFD), FD_CLOEXEC);
	}
	assert_int_equal(unix_connect(dir, "socket", &fd), -ECONNREFUSED);
}

static void a_socket_is_found_however_long_its_path(void **state)
{
	(void)state;
	in_jail(long_path, NULL);
}

/* Another user than root is not root's peer, but its own. */
static void as_another(void *arg)
{
	int pair[2];

	(void)arg;
	must_call(setresuid(4711, 4711, 4711));
	must_call(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	assert_true(unix_peer_ours(pair[0]));
}

static void a_peer_is_known_by_its_user(void **state)
{
	int pair[2];

	(void)state;
	must_call(seteuid(4711));
	must_call(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	must_call(seteuid(0));
	assert_false(unix_peer_ours(pair[0]));
	assert_false(unix_peer_ours(STDIN_FILENO)); /* no socket at all */
	close(pair[0]);
	close(pair[1]);
	in_child(as_another, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(as_many_arrive_as_there_is_room_for, setup, teardown),
		cmocka_unit_test_setup_teardown(a_message_that_is_too_large_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_left_is_heard_to_its_end, setup, teardown),
		cmocka_unit_test(a_socket_is_found_however_long_its_path),
		cmocka_unit_test(a_peer_is_known_by_its_user),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
