/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients of a monitor: what they get and give, and what they may not do to it and to the container. */
#include "base/unix_socket.h"
#include "engine/attach.h"
#include "monitor_unit.h"

#include <sys/socket.h>

/* Connects, as attach_client does. */
static int connect_client(struct handmade *h)
{
	int fd = FD_NONE;

	for (int i = 0; i < 500 && attach_connect(h->box.run_fd, &fd, NULL) < 0; i++)
		usleep(10000);
	assert_true(fd >= 0);
	return fd;
}

/* Takes the next packet, which comes in time; its size, 0 at the end of the connection. */
static ssize_t next_packet(int fd, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, PATIENCE_NS / 1000000), 1);
	ssize_t n = recv(fd, buf, size, 0);
	/* Told once, when our last words were not read; what the monitor said comes after it. */
	return n < 0 && errno == ECONNRESET ? recv(fd, buf, size, 0) : n;
}

static void send_text(int fd, char type, const char *text)
{
	char packet[256] = {type};

	strcpy(packet + 1, text);
	assert_int_equal(send(fd, packet, 1 + strlen(text), 0), 1 + strlen(text));
}

/*
 * Reads packets until the exit packet: its status; all output goes to OUT (terminated).  ASKS (may be NULL) is what the
 * container says when it waits for a line: it gets one.
 */
static int read_and_answer(int fd, char *out, size_t room, const char *asks)
{
	char packet[ATTACH_PACKET_MAX];
	int32_t status;
	size_t used = 0;

	for (;;) {
		ssize_t n = next_packet(fd, packet, sizeof(packet));

		if (n <= 0)
			return -1;
		if (packet[0] == ATTACH_EXIT) {
			assert_int_equal(n, 1 + sizeof(status));
			memcpy(&status, packet + 1, sizeof(status));
			assert_int_equal(next_packet(fd, packet, sizeof(packet)), 0);
			out[used] = '\0';
			return status;
		}
		assert_true(packet[0] == ATTACH_STDOUT || packet[0] == ATTACH_STDERR);
		assert_true(used + (size_t)n < room);
		memcpy(out + used, packet + 1, (size_t)n - 1);
		used += (size_t)n - 1;
		if (asks && used >= strlen(asks) && memcmp(out + used - strlen(asks), asks, strlen(asks)) == 0)
			send_text(fd, ATTACH_STDIN, "\n");
	}
}

static int read_to_exit(int fd, char *out, size_t room)
{
	return read_and_answer(fd, out, room, NULL);
}

static void every_client_gets_the_output(void **state)
{
	struct handmade h;
	char out[3][256];
	int fd[3];

	(void)state;
	handmade_make(&h);
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "read a; echo \"got $a\"; cat >&2; exit 33");
	for (int i = 0; i < 3; i++)
		fd[i] = connect_client(&h);
	send_text(fd[1], ATTACH_STDIN, "hello\n");
	send_text(fd[1], ATTACH_STDIN, "rest");
	send_text(fd[1], ATTACH_EOF, "");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(read_to_exit(fd[i], out[i], sizeof(out[i])), 33);
		assert_string_equal(out[i], "got hello\nrest");
		close(fd[i]);
	}
	assert_int_equal(end_of(pid), 33);
	assert_log(&h, "got hello\nrest");
	handmade_remove(&h);
}

/* With await_client_ms even output from before the client came reaches it; without one it goes on in time. */
static void output_waits_for_the_first_client(void **state)
{
	struct handmade h;
	char out[256];

	(void)state;
	handmade_make(&h);
	pid_t pid = begin(&h, PIPES, (struct supervise){.await_client_ms = 5000}, "echo early; exit 4");
	usleep(300000);
	auto_fd fd = connect_client(&h);
	assert_int_equal(read_to_exit(fd, out, sizeof(out)), 4);
	assert_string_equal(out, "early\n");
	assert_int_equal(end_of(pid), 4);
	int64_t begin_ns = time_monotonic();
	assert_int_equal(end_of(begin(&h, PIPES, (struct supervise){.await_client_ms = 200}, "exit 5")), 5);
	assert_true(time_monotonic() - begin_ns >= 200000000);
	handmade_remove(&h);
}

/* One that never reads: the log, the container and another client go on; it is disconnected. */
static void a_client_that_does_not_read(void **state)
{
	struct handmade h;
	static char out[4 << 20], packet[ATTACH_PACKET_MAX];

	(void)state;
	handmade_make(&h);
	/* A part is less than ATTACH_QUEUE, for the reader may get its turn late; all of it far more than stuck's socket holds. */
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE,
			  "i=0; while [ $((i += 1)) -le 60 ]; do read a; seq 1 6000; done; read a; exit 7");
	auto_fd stuck = connect_client(&h);
	auto_fd reader = connect_client(&h);
	send_text(reader, ATTACH_STDIN, "\n");
	assert_int_equal(read_and_answer(reader, out, sizeof(out), "\n6000\n"), 7);
	assert_int_equal(strlen(out), 60 * 28893);
	assert_int_equal(end_of(pid), 7);
	ssize_t n;
	bool told = false;
	while ((n = recv(stuck, packet, sizeof(packet), 0)) > 0)
		told = told || packet[0] == ATTACH_EXIT;
	assert_false(told); /* it was disconnected before the end */
	char *log = whole_log(&h);
	assert_string_equal(log, out);
	free(log);
	handmade_remove(&h);
}

/* A container that does not read its input holds up neither its output nor its end. */
static void input_that_nobody_reads(void **state)
{
	struct handmade h;
	static char packet[4096] = {ATTACH_STDIN};
	char out[256];

	(void)state;
	handmade_make(&h);
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "sleep 0.5; echo alive; exit 8");
	auto_fd fd = connect_client(&h);
	for (int i = 0; i < 1000; i++)
		if (send(fd, packet, sizeof(packet), MSG_DONTWAIT) < 0)
			break;
	assert_int_equal(read_to_exit(fd, out, sizeof(out)), 8);
	assert_string_equal(out, "alive\n");
	assert_int_equal(end_of(pid), 8);
	handmade_remove(&h);
}

static void the_terminal_follows_its_clients(void **state)
{
	struct handmade h;
	char packet[1 + sizeof(struct attach_size)] = {ATTACH_RESIZE}, out[512];
	const struct attach_size size = {55, 111};

	(void)state;
	handmade_make(&h);
	pid_t pid = begin(&h, TERMINAL, SUPERVISE_NONE, "echo ready; read a; stty size; exit 6");
	auto_fd fd = connect_client(&h);
	memcpy(packet + 1, &size, sizeof(size));
	assert_int_equal(send(fd, packet, sizeof(packet), 0), sizeof(packet));
	send_text(fd, ATTACH_EOF, ""); /* a terminal does not end so */
	send_text(fd, ATTACH_STDIN, "x\r");
	assert_int_equal(read_to_exit(fd, out, sizeof(out)), 6);
	assert_non_null(strstr(out, "55 111\r\n"));
	assert_int_equal(end_of(pid), 6);
	handmade_remove(&h);
}

/* How many descriptors PID has open. */
static int count_fds(pid_t pid)
{
	char path[64];
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	for (int i = 0; i < 300; i++) {
		char one[80];

		snprintf(one, sizeof(one), "%s/%d", path, i);
		n += faccessat(AT_FDCWD, one, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return n;
}

/* Waits until PID has N descriptors open. */
static void await_fds(pid_t pid, int n)
{
	for (int64_t end = time_monotonic() + PATIENCE_NS; count_fds(pid) != n && time_monotonic() < end;)
		usleep(10000);
	assert_int_equal(count_fds(pid), n);
}

/* Sends a packet of SIZE bytes with N descriptors. */
static void send_descriptors(int fd, const char *data, size_t size, int n)
{
	int fds[UNIX_FDS_MAX];

	for (int i = 0; i < n; i++)
		fds[i] = fd;
	assert_int_equal(fds_send(fd, data, size, fds, n), (ssize_t)size);
}

static void hostile_clients_change_nothing(void **state)
{
	struct handmade h;
	static char big[3 * ATTACH_PACKET_MAX] = {ATTACH_STDIN};
	char packet[256], out[256];
	int many[ATTACH_CLIENTS_MAX + 4];

	(void)state;
	handmade_make(&h);
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "read a; echo \"$a\"; read a; echo \"got $a\"; exit 9");
	auto_fd fd = connect_client(&h);
	send_text(fd, ATTACH_STDIN, "hello\n");
	assert_int_equal(next_packet(fd, packet, sizeof(packet)), 1 + strlen("hello\n"));
	int before = count_fds(pid);
	for (int i = 0; i < 20; i++)
		send_descriptors(fd, "w?", 2, 253);
	/* They have been taken when the one behind them is accepted and refused. */
	auto_fd behind = connect_client(&h);
	send_text(behind, 'Z', "?");
	assert_int_equal(next_packet(behind, packet, sizeof(packet)), 0);
	await_fds(pid, before);
	/* Unknown, too long, and empty packets end the connection. */
	auto_fd unknown = connect_client(&h), huge = connect_client(&h), empty = connect_client(&h);
	send_text(unknown, 'Z', "?");
	assert_true(send(huge, big, sizeof(big), 0) > 0);
	assert_int_equal(send(empty, "", 0, 0), 0);
	assert_int_equal(next_packet(unknown, packet, sizeof(packet)), 0);
	assert_int_equal(next_packet(huge, packet, sizeof(packet)), 0);
	assert_int_equal(next_packet(empty, packet, sizeof(packet)), 0);
	/* Too many. */
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = connect_client(&h);
	ssize_t n = next_packet(many[ARRAY_LEN(many) - 1], packet, sizeof(packet) - 1);
	assert_true(n > 1 && packet[0] == ATTACH_REFUSED);
	packet[n] = '\0';
	assert_non_null(strstr(packet, "too many"));
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		close(many[i]);
	await_fds(pid, before);
	/* Many that come and go. */
	for (int i = 0; i < 1000; i++) {
		int one = connect_client(&h);

		close(one);
	}
	await_fds(pid, before);
	send_text(fd, ATTACH_STDIN, "hi\n");
	assert_int_equal(read_to_exit(fd, out, sizeof(out)), 9);
	assert_string_equal(out, "got hi\n");
	assert_int_equal(end_of(pid), 9);
	handmade_remove(&h);
}

/* The socket is its owner's alone, however long its path is, and a stranger who gets hold of it is turned away. */
static void strangers_are_refused(void **state)
{
	struct handmade h;
	struct stat st;
	char packet[256], deep[256];

	(void)state;
	handmade_make(&h);
	memset(deep, 'd', 200);
	deep[200] = '\0';
	assert_int_equal(mkdirat(h.home.run_fd, deep, 0755), 0);
	int dir = openat(h.home.run_fd, deep, O_DIRECTORY | O_CLOEXEC);
	h.box.run_fd = dir;
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "read a; exit 0");
	auto_fd mine = connect_client(&h);
	assert_int_equal(fstatat(dir, "attach", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fchmodat(dir, "attach", 0666, 0), 0);
	pid_t stranger = fork();
	if (stranger == 0) {
		int fd = FD_NONE;

		if (setresuid(12345, 12345, 12345) < 0 || attach_connect(dir, &fd, NULL) < 0)
			_exit(2);
		ssize_t n = recv(fd, packet, sizeof(packet), 0);
		_exit(n > 1 && packet[0] == ATTACH_REFUSED && recv(fd, packet, sizeof(packet), 0) == 0 ? 0 : 1);
	}
	int status = chmod(h.dir, 0755) == 0 ? end_of(stranger) : -1;
	assert_int_equal(status, 0);
	send_text(mine, ATTACH_STDIN, "\n");
	assert_int_equal(end_of(pid), 0);
	close(dir);
	handmade_remove(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_client_gets_the_output),
		cmocka_unit_test(output_waits_for_the_first_client),
		cmocka_unit_test(a_client_that_does_not_read),
		cmocka_unit_test(input_that_nobody_reads),
		cmocka_unit_test(the_terminal_follows_its_clients),
		cmocka_unit_test(hostile_clients_change_nothing),
		cmocka_unit_test(strangers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
