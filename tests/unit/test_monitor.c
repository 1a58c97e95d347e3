/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor of a detached container: its log, its exit status, stopping, surviving, and what clients may not do to
 * it.
 */
#include "actors.h"
#include "engine/attach.h"
#include "engine/logs.h"
#include "handmade.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FAILED = 200 };

static bool freed; /* in the monitor: what could be given back was */

static void free_everything(void *ctx)
{
	struct handmade *h = ctx;

	/* Whoever still uses the caller's memory after this reads nonsense. */
	memset(&h->box, 0xa5, sizeof(h->box));
	freed = true;
}

static void mark_kill(void *ctx)
{
	(void)ctx;
	close(open("/tmp/isle-unit-killed", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

/* Begins a monitor for SCRIPT in a process of its own, which ends with the script's status; H is its container. */
static pid_t begin(struct handmade *h, enum stage stage, struct supervise settings, const char *script)
{
	int owner = handmade_own(h);
	pid_t pid = fork();

	if (pid == 0) {
		struct supervise s;
		struct err e;
		int status;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int i = 0; i < 3; i++)
			dup2(null, i);
		actor_start(&s, stage, script);
		s.box = &h->box;
		s.timeout_s = settings.timeout_s;
		s.await_client_ms = settings.await_client_ms;
		s.on_kill = mark_kill;
		s.before_loop = free_everything;
		s.ctx = h;
		int r = supervise_detached(&s, &status, &e);
		_exit(r < 0 || !freed ? FAILED : status);
	}
	close(owner);
	return pid;
}

/* A string that grows. */
struct text {
	char *v;
	size_t size, room;
};

static int take(void *ctx, enum log_stream stream, const char *data, size_t size)
{
	struct text *t = ctx;

	(void)stream;
	if (t->size + size + 1 > t->room)
		t->v = realloc(t->v, t->room = (t->size + size + 1) * 2);
	memcpy(t->v + t->size, data, size);
	t->size += size;
	t->v[t->size] = '\0';
	return 0;
}

/* The last TAIL lines of the log (-1: all); the caller frees them. */
static char *log_tail(struct handmade *h, int64_t tail)
{
	struct text text = {.v = strdup("")};

	assert_int_equal(logs_read(&h->box, &(struct logs_query){.tail = tail}, take, &text, NULL), 0);
	return text.v;
}

static char *whole_log(struct handmade *h)
{
	return log_tail(h, -1);
}

static void assert_log(struct handmade *h, const char *want)
{
	char *text = whole_log(h);

	assert_string_equal(text, want);
	free(text);
}

/* Waits until the last lines of the log contain TEXT. */
static void await_log(struct handmade *h, const char *text)
{
	for (int i = 0; i < 500; i++) {
		char *log = log_tail(h, 1);
		bool found = strstr(log, text);

		free(log);
		if (found)
			return;
		usleep(10000);
	}
	fail_msg("\"%s\" did not come", text);
}

static void status_and_log_are_exact(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	assert_int_equal(end_of(begin(&h, PIPES, SUPERVISE_NONE, "echo out; exit 42")), 42);
	assert_log(&h, "out\n");
	/* The same container once more: its log goes on. */
	assert_int_equal(end_of(begin(&h, PIPES, SUPERVISE_NONE, "printf err >&2; kill -9 $$")), 137);
	assert_log(&h, "out\nerr");
	assert_int_equal(end_of(begin(&h, TERMINAL, SUPERVISE_NONE, "echo; tty -s && seq 3; exit 1")), 1);
	assert_log(&h, "out\nerr\r\n1\r\n2\r\n3\r\n");
	handmade_remove(&h);
}

static void nothing_of_the_output_is_lost(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	assert_int_equal(end_of(begin(&h, PIPES, SUPERVISE_NONE, "seq 1 100000")), 0);
	char *text = whole_log(&h);
	assert_int_equal(strlen(text), 588895);
	assert_memory_equal(text + 588888, "100000\n", 7);
	free(text);
	handmade_remove(&h);
}

static void sigterm_stops_in_order(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	unlink("/tmp/isle-unit-killed");
	h.box.record.stop_signal = SIGUSR1;
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "trap 'exit 21' USR1; echo ready; while :; do sleep 0.05; done");
	await_log(&h, "ready");
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 21);
	assert_int_equal(access("/tmp/isle-unit-killed", F_OK), -1);
	/* One that does not listen is killed after the stop timeout, and the owner is told, to thaw it. */
	h.box.record.stop_timeout_s = 1;
	pid = begin(&h, PIPES, SUPERVISE_NONE, "trap '' USR1; echo deaf; while :; do sleep 0.05; done");
	await_log(&h, "deaf");
	int64_t begin_ns = time_monotonic();
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 137);
	assert_true(time_monotonic() - begin_ns >= 1000000000);
	assert_int_equal(unlink("/tmp/isle-unit-killed"), 0);
	handmade_remove(&h);
}

static void the_time_limit_kills(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	assert_int_equal(end_of(begin(&h, PIPES, (struct supervise){.timeout_s = 1}, "sleep 100")), 137);
	unlink("/tmp/isle-unit-killed");
	handmade_remove(&h);
}

static void other_signals_do_nothing(void **state)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT};
	struct handmade h;

	(void)state;
	handmade_make(&h);
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE,
			  "trap 'echo caught' HUP INT QUIT USR1 USR2; echo ready; sleep 1; exit 3");
	await_log(&h, "ready");
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		kill(pid, signals[i]);
	assert_int_equal(end_of(pid), 3);
	assert_log(&h, "ready\n");
	handmade_remove(&h);
}

/* The resident memory of PID that is its own, in KiB. */
static long private_kib(pid_t pid)
{
	char path[64], line[128];
	long sum = 0, v;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Dirty: %ld", &v) == 1)
			sum += v;
	if (f)
		fclose(f);
	return sum;
}

/* 100 MB without a newline: bounded files, flat memory, and the end is what was written last. */
static void a_flood_without_newlines(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	h.box.record.log_max_size = 1000000;
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE,
			  "echo ready; sleep 0.3; head -c 100000000 /dev/zero; echo; echo the end; read a; exit 2");
	await_log(&h, "ready");
	usleep(100000);
	long before = private_kib(pid);
	await_log(&h, "the end");
	long after = private_kib(pid);
	assert_true(before > 0);
#ifdef __SANITIZE_ADDRESS__
	before = after; /* the sanitizer's own memory grows */
#endif
	if (after - before > 128)
		fail_msg("the monitor grew from %ld to %ld KiB", before, after);
	struct stat st;
	for (int i = 0; i < 3; i++) {
		char name[16];

		log_file_name(i, name);
		assert_int_equal(fstatat(h.home.run_fd, name, &st, 0), 0);
		assert_true(st.st_size <= 1000000);
	}
	assert_int_equal(fstatat(h.home.run_fd, "log.3", &st, 0), -1);
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 143);
	handmade_remove(&h);
}

/* ---- clients ---- */

/* Connects, as attach_client does. */
static int connect_client(struct handmade *h)
{
	int fd = FD_NONE;

	for (int i = 0; i < 500 && attach_connect(h->box.run_fd, &fd, NULL) < 0; i++)
		usleep(10000);
	assert_true(fd >= 0);
	return fd;
}

/* Takes the next packet, at most 5 s; its size, 0 at the end of the connection. */
static ssize_t next_packet(int fd, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 5000), 1);
	ssize_t n = recv(fd, buf, size, 0);
	/* Told once, when our last words were not read; what the monitor said comes after it. */
	return n < 0 && errno == ECONNRESET ? recv(fd, buf, size, 0) : n;
}

/* Reads packets until the exit packet: its status; all output goes to OUT (terminated). */
static int read_to_exit(int fd, char *out, size_t room)
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
	}
}

static void send_text(int fd, char type, const char *text)
{
	char packet[256] = {type};

	strcpy(packet + 1, text);
	assert_int_equal(send(fd, packet, 1 + strlen(text), 0), 1 + strlen(text));
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
	usleep(50000);
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
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "read a; seq 1 300000; exit 7");
	auto_fd stuck = connect_client(&h);
	auto_fd reader = connect_client(&h);
	usleep(50000);
	int64_t begin_ns = time_monotonic();
	send_text(reader, ATTACH_STDIN, "go\n");
	assert_int_equal(read_to_exit(reader, out, sizeof(out)), 7);
	assert_true(time_monotonic() - begin_ns < 5000000000);
	assert_int_equal(strlen(out), 1988895);
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

/* Sends a packet of SIZE bytes with N descriptors. */
static void send_descriptors(int fd, const char *data, size_t size, int n)
{
	union {
		char room[CMSG_SPACE(sizeof(int) * 253)];
		struct cmsghdr align;
	} control;
	char bytes[64];
	struct iovec v = {bytes, size};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n)};

	memcpy(bytes, data, size);
	memset(&control, 0, sizeof(control));
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	for (int i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + sizeof(int) * (size_t)i, &fd, sizeof(int));
	assert_int_equal(sendmsg(fd, &m, 0), (ssize_t)size);
}

static void hostile_clients_change_nothing(void **state)
{
	struct handmade h;
	static char big[3 * ATTACH_PACKET_MAX] = {ATTACH_STDIN};
	char packet[256], out[256];
	int many[ATTACH_CLIENTS_MAX + 4];

	(void)state;
	handmade_make(&h);
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "read a; echo \"got $a\"; exit 9");
	auto_fd fd = connect_client(&h);
	usleep(50000);
	int before = count_fds(pid);
	for (int i = 0; i < 20; i++)
		send_descriptors(fd, "w?", 2, 253);
	usleep(200000);
	assert_int_equal(count_fds(pid), before);
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
	usleep(50000);
	assert_int_equal(count_fds(pid), before);
	/* Many that come and go. */
	for (int i = 0; i < 1000; i++) {
		int one = connect_client(&h);

		close(one);
	}
	usleep(50000);
	assert_int_equal(count_fds(pid), before);
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
		cmocka_unit_test(status_and_log_are_exact),
		cmocka_unit_test(nothing_of_the_output_is_lost),
		cmocka_unit_test(sigterm_stops_in_order),
		cmocka_unit_test(the_time_limit_kills),
		cmocka_unit_test(other_signals_do_nothing),
		cmocka_unit_test(a_flood_without_newlines),
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
