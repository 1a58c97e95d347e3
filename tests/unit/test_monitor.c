/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor of a detached container: its log, its exit status, stopping, and surviving. */
#include "monitor_unit.h"

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
	h.box.record.stop_signal = SIGUSR1;
	pid_t pid = begin(&h, PIPES, SUPERVISE_NONE, "trap 'exit 21' USR1; echo ready; while :; do sleep 0.05; done");
	await_log(&h, "ready");
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 21);
	assert_int_equal(faccessat(h.home.run_fd, "killed", F_OK, 0), -1);
	/* One that does not listen is killed after the stop timeout, and the owner is told, to thaw it. */
	h.box.record.stop_timeout_s = 1;
	pid = begin(&h, PIPES, SUPERVISE_NONE, "trap '' USR1; echo deaf; while :; do sleep 0.05; done");
	await_log(&h, "deaf");
	int64_t begin_ns = time_monotonic();
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 137);
	assert_true(time_monotonic() - begin_ns >= 1000000000);
	assert_int_equal(faccessat(h.home.run_fd, "killed", F_OK, 0), 0);
	handmade_remove(&h);
}

static void the_time_limit_kills(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	assert_int_equal(end_of(begin(&h, PIPES, (struct supervise){.timeout_s = 1}, "sleep 100")), 137);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_log_are_exact), cmocka_unit_test(nothing_of_the_output_is_lost),
		cmocka_unit_test(sigterm_stops_in_order),   cmocka_unit_test(the_time_limit_kills),
		cmocka_unit_test(other_signals_do_nothing), cmocka_unit_test(a_flood_without_newlines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
