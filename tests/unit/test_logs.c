/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the log: everything in order, the tail, by time, damaged, and followed through rotations to the end. */
#include "base/parse_time.h"
#include "engine/logs.h"
#include "handmade.h"

#include <sys/wait.h>

/* What a sink has got, by stream and together. */
struct got {
	char *text;
	size_t size, room;
	size_t of[LOG_STREAM_COUNT];
	size_t stop_after; /* 0: never */
};

static int take(void *ctx, enum log_stream stream, const char *data, size_t size)
{
	struct got *g = ctx;

	if (g->size + size + 1 > g->room) {
		g->room = (g->size + size + 1) * 2;
		g->text = realloc(g->text, g->room);
	}
	memcpy(g->text + g->size, data, size);
	g->size += size;
	g->text[g->size] = '\0';
	g->of[stream] += size;
	return g->stop_after && g->size >= g->stop_after;
}

/* Reads with QUERY; the caller frees the text, which is "" if there was nothing. */
static char *read_log(struct handmade *h, const struct logs_query *q)
{
	struct got g = {.text = strdup("")};
	struct err e;

	if (logs_read(&h->box, q, take, &g, &e) < 0)
		fail_msg("%s", e.what);
	return g.text;
}

static void assert_log(struct handmade *h, const struct logs_query *q, const char *want)
{
	char *got = read_log(h, q);

	assert_string_equal(got, want);
	free(got);
}

static const struct logs_query all = {.tail = -1};

/* A log with records at given times. */
static void write_file(struct handmade *h, const char *name, const char *text)
{
	assert_int_equal(file_replace(h->box.data_fd, name, text, strlen(text), 0600, NULL), 0);
}

#define AT(second) "2026-11-22T10:00:" second ".000000000Z "

static const char sample[] = AT("01") "stdout F one\n" AT("02") "stderr F two\n" AT("03") "stdout P thr\n" AT(
	"04") "stdout F ee\n" AT("05") "stdout F four\n" AT("06") "stdout P fi\n";

static void everything_in_order(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	assert_log(&h, &all, "");
	write_file(&h, "log.2", AT("00") "stdout F oldest\n");
	write_file(&h, "log", sample);
	/* In the middle of a rotation log.1 is missing. */
	assert_log(&h, &all, "oldest\none\ntwo\nthree\nfour\nfi");
	write_file(&h, "log.1", AT("00") "stdout F older\n");
	assert_log(&h, &all, "oldest\nolder\none\ntwo\nthree\nfour\nfi");
	handmade_remove(&h);
}

static void times_in_front(void **state)
{
	struct handmade h;

	(void)state;
	handmade_make(&h);
	write_file(&h, "log", sample);
	assert_log(&h, &(struct logs_query){.tail = 3, .timestamps = true},
		   AT("03") "three\n" AT("05") "four\n" AT("06") "fi");
	handmade_remove(&h);
}

static void the_tail_counts_lines(void **state)
{
	static const char *const want[] = {"",
					   "fi",
					   "four\nfi",
					   "three\nfour\nfi",
					   "two\nthree\nfour\nfi",
					   "one\ntwo\nthree\nfour\nfi",
					   "older\none\ntwo\nthree\nfour\nfi",
					   "older\none\ntwo\nthree\nfour\nfi"};
	struct handmade h;

	(void)state;
	handmade_make(&h);
	assert_log(&h, &(struct logs_query){.tail = 5}, "");
	write_file(&h, "log.1", AT("00") "stdout F older\n");
	write_file(&h, "log", sample);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_log(&h, &(struct logs_query){.tail = (int64_t)i}, want[i]);
	handmade_remove(&h);
}

/* Against counting by hand, over files larger than what is read at once, with lines of odd lengths. */
static void the_tail_of_large_files(void **state)
{
	enum { LINES = 6000 };
	static const int64_t tails[] = {1, 2, 3, 100, 1999, 2000, 2001, 5999, 6000, 6001};
	struct handmade h;
	struct log l;
	static char line[400];

	(void)state;
	handmade_make(&h);
	log_open(&l, h.box.data_fd, 300000, 20);
	for (int i = 0; i < LINES; i++) {
		int n = snprintf(line, sizeof(line), "%d ", i);

		memset(line + n, 'x', (size_t)(i % 300));
		line[n + i % 300] = '\n';
		log_write(&l, i % 3 ? LOG_STDOUT : LOG_STDERR, line, (size_t)(n + i % 300 + 1));
	}
	log_close(&l);
	assert_int_equal(faccessat(h.box.data_fd, "log.3", F_OK, 0), 0);
	char *whole = read_log(&h, &all);
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		char *got = read_log(&h, &(struct logs_query){.tail = tails[i]});
		char begin[32];

		assert_int_equal(strlen(got) == strlen(whole), tails[i] >= LINES);
		assert_string_equal(whole + strlen(whole) - strlen(got), got);
		snprintf(begin, sizeof(begin), "%d ", (int)(tails[i] >= LINES ? 0 : LINES - tails[i]));
		assert_memory_equal(got, begin, strlen(begin));
		free(got);
	}
	free(whole);
	handmade_remove(&h);
}

static void since_and_until(void **state)
{
	struct handmade h;
	int64_t three, five;

	(void)state;
	handmade_make(&h);
	write_file(&h, "log", sample);
	assert_true(time_parse_rfc3339(AT("03"), 30, &three));
	assert_true(time_parse_rfc3339(AT("05"), 30, &five));
	assert_log(&h, &(struct logs_query){.tail = -1, .since_ns = three}, "three\nfour\nfi");
	assert_log(&h, &(struct logs_query){.tail = -1, .until_ns = three}, "one\ntwo\n");
	assert_log(&h, &(struct logs_query){.tail = -1, .since_ns = three, .until_ns = five}, "three\n");
	assert_log(&h, &(struct logs_query){.tail = -1, .since_ns = five + 1000000000000}, "");
	handmade_remove(&h);
}

static void damage_is_left_out_and_told(void **state)
{
	enum { HUGE_LINE = 300000 };
	static const char notice[] = "isle: a damaged record of the log was left out\n";
	struct handmade h;
	char *huge = malloc(HUGE_LINE + 100), *want;

	(void)state;
	handmade_make(&h);
	write_file(
		&h, "log",
		AT("01") "stdout F one\nnonsense\n" AT("99") "stdout F bad time\n" AT("02") "stdxxx F bad stream\n" AT(
			"03") "stdout X bad tag\n" AT("04") "stdout F two\n2026-11-");
	assert_true(asprintf(&want, "one\n%s%s%s%stwo\n%s", notice, notice, notice, notice, notice) > 0);
	assert_log(&h, &all, want);
	/* The tail begins where the line before it ends. */
	assert_log(&h, &(struct logs_query){.tail = 1}, want + strlen("one\n"));
	free(want);
	/* A line that is longer than any record of ours. */
	memset(huge, 'h', HUGE_LINE);
	strcpy(huge + HUGE_LINE, "\n" AT("05") "stdout F after\n");
	write_file(&h, "log", huge);
	assert_log(&h, &all, "isle: a damaged record of the log was left out\nafter\n");
	free(huge);
	/* No regular file: an error, not a hang. */
	struct err e;
	unlinkat(h.box.data_fd, "log", 0);
	assert_int_equal(mkfifoat(h.box.data_fd, "log", 0600), 0);
	assert_true(logs_read(&h.box, &all, take, &(struct got){.size = 0}, &e) < 0);
	assert_non_null(strstr(e.what, "log"));
	handmade_remove(&h);
}

static void binary_output_comes_back(void **state)
{
	struct handmade h;
	struct log l;
	static char bytes[70000];
	struct got g = {.size = 0};

	(void)state;
	handmade_make(&h);
	srand(1);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(rand() % 17 == 0 ? '\n' : rand());
	log_open(&l, h.box.data_fd, 50000, 100);
	for (size_t at = 0, n; at < sizeof(bytes); at += n) {
		n = MIN((size_t)(rand() % 9000), sizeof(bytes) - at);
		log_write(&l, LOG_STDOUT, bytes + at, n);
	}
	log_close(&l);
	assert_int_equal(logs_read(&h.box, &all, take, &g, NULL), 0);
	assert_int_equal(g.size, sizeof(bytes));
	assert_memory_equal(g.text, bytes, sizeof(bytes));
	assert_int_equal(g.of[LOG_STDERR], 0);
	free(g.text);
	handmade_remove(&h);
}

static void a_sink_can_stop(void **state)
{
	struct handmade h;
	struct got g = {.stop_after = 5};

	(void)state;
	handmade_make(&h);
	write_file(&h, "log", sample);
	assert_int_equal(logs_read(&h.box, &(struct logs_query){.tail = -1, .follow = true}, take, &g, NULL), 0);
	assert_string_equal(g.text, "one\ntwo\n");
	free(g.text);
	handmade_remove(&h);
}

/* A writer that owns the container, writes COUNT numbered lines with rotations in between, and goes. */
static void child_writes(const struct handmade *h, int count, int64_t max_size, int pause_us)
{
	int owner = handmade_own(h);
	struct log l;
	char line[64];

	log_open(&l, h->box.data_fd, max_size, 4);
	for (int i = 0; i < count; i++) {
		int n = snprintf(line, sizeof(line), "line %d\n", i);

		log_write(&l, LOG_STDOUT, line, (size_t)n);
		if (pause_us)
			usleep((useconds_t)pause_us);
	}
	log_close(&l);
	_exit(owner < 0);
}

static void following_reads_all_through_rotations(void **state)
{
	enum { COUNT = 2000 };
	struct handmade h;
	struct got g = {.size = 0};
	struct err e;

	(void)state;
	handmade_make(&h);
	int64_t begin = time_monotonic();
	pid_t pid = fork();
	if (pid == 0)
		child_writes(&h, COUNT, 10000, 500); /* a rotation about every 100 ms */
	while (!box_owned(&h.box))
		usleep(1000);
	assert_int_equal(logs_read(&h.box, &(struct logs_query){.tail = -1, .follow = true}, take, &g, &e), 0);
	assert_true(time_monotonic() - begin > 500000000);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	char *at = g.text;
	for (int i = 0; i < COUNT; i++) {
		char want[64];
		int n = snprintf(want, sizeof(want), "line %d\n", i);

		if (strncmp(at, want, (size_t)n) != 0)
			fail_msg("line %d: %.40s", i, at);
		at += n;
	}
	assert_int_equal(*at, '\0');
	free(g.text);
	handmade_remove(&h);
}

/* Where READER is in its file descriptor FD, if that is the log; or -1. */
static long long place_in_log(const struct handmade *h, pid_t reader, int fd)
{
	char path[64], log[80], target[80];
	long long place = -1;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)reader, fd);
	snprintf(log, sizeof(log), "%s/log", h->dir);
	ssize_t n = readlink(path, target, sizeof(target));
	if (n < 0 || (size_t)n != strlen(log) || memcmp(target, log, (size_t)n) != 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)reader, fd);
	FILE *f = fopen(path, "re");
	if (f && fscanf(f, "pos: %lld", &place) != 1)
		place = -1;
	if (f)
		fclose(f);
	return place;
}

/* In a child: waits until READER has come to PLACE in the log. */
static void await_reader(const struct handmade *h, pid_t reader, long long place)
{
	for (int i = 0; i < 30000; i++) {
		for (int fd = 3; fd < 64; fd++)
			if (place_in_log(h, reader, fd) == place)
				return;
		usleep(1000);
	}
	_exit(2);
}

static void following_begins_before_the_log(void **state)
{
	struct handmade h;
	struct got g = {.size = 0};

	(void)state;
	handmade_make(&h);
	int owner = handmade_own(&h);
	pid_t reader = getpid(), pid = fork();
	if (pid == 0) {
		struct log l;

		usleep(150000);
		log_open(&l, h.box.data_fd, 0, 0);
		log_write(&l, LOG_STDOUT, "one\n", 4);
		await_reader(&h, reader, lseek(l.fd, 0, SEEK_END));
		/* Truncated by somebody: what comes after is still read. */
		if (ftruncate(l.fd, 0) < 0)
			_exit(1);
		await_reader(&h, reader, 0);
		log_write(&l, LOG_STDERR, "two\n", 4);
		log_close(&l);
		_exit(0);
	}
	close(owner); /* the child has the lock now */
	assert_int_equal(logs_read(&h.box, &(struct logs_query){.tail = 0, .follow = true}, take, &g, NULL), 0);
	assert_string_equal(g.text, "one\ntwo\n");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	free(g.text);
	handmade_remove(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_in_order),
		cmocka_unit_test(times_in_front),
		cmocka_unit_test(the_tail_counts_lines),
		cmocka_unit_test(the_tail_of_large_files),
		cmocka_unit_test(since_and_until),
		cmocka_unit_test(damage_is_left_out_and_told),
		cmocka_unit_test(binary_output_comes_back),
		cmocka_unit_test(a_sink_can_stop),
		cmocka_unit_test(following_reads_all_through_rotations),
		cmocka_unit_test(following_begins_before_the_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
