/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the log: records, partial lines, rotation, and a disk that is full, truncated or swept. */
#include "base/parse_time.h"
#include "engine/log.h"
#include "handmade.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* The records of TEXT, which must be well-formed: calls for each with its stream, tag and text. */
struct rec {
	enum log_stream stream;
	char tag;
	const char *text;
	size_t size;
};

/* Splits TEXT in place into at most MAX records; gives how many. */
static size_t split(char *text, size_t size, struct rec *recs, size_t max)
{
	size_t n = 0;
	int64_t when;

	for (char *at = text, *end = text + size; at < end; n++) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		assert_non_null(newline);
		assert_true(n < max);
		assert_true(newline - at >= 40);
		assert_true(time_parse_rfc3339(at, 30, &when));
		recs[n].stream = memcmp(at + 30, " stdout ", 8) == 0 ? LOG_STDOUT : LOG_STDERR;
		assert_true(recs[n].stream == LOG_STDOUT || memcmp(at + 30, " stderr ", 8) == 0);
		recs[n].tag = at[38];
		assert_true(recs[n].tag == 'F' || recs[n].tag == 'P');
		assert_int_equal(at[39], ' ');
		recs[n].text = at + 40;
		recs[n].size = (size_t)(newline - at - 40);
		assert_true((size_t)(newline - at) < LOG_RECORD_MAX);
		at = newline + 1;
	}
	return n;
}

static void lines_become_records(void **state)
{
	struct handmade h;
	struct log l;
	struct rec r[16];
	size_t size = 0;
	static const char bytes[] = "\0\r\033\xff";

	(void)state;
	handmade_make(&h);
	int64_t before = time_now(), when;
	log_open(&l, h.box.data_fd, 0, 0);
	log_write(&l, LOG_STDOUT, "one\ntwo\n\n", 9);
	log_write(&l, LOG_STDERR, "no end", 6);
	log_write(&l, LOG_STDERR, " yet\n", 5);
	log_write(&l, LOG_STDOUT, bytes, sizeof(bytes) - 1);
	log_write(&l, LOG_STDOUT, "", 0);
	log_close(&l);
	char *text = handmade_read(&h, "log", &size);
	assert_non_null(text);
	assert_true(time_parse_rfc3339(text, 30, &when));
	assert_true(when >= before && when <= time_now());
	assert_int_equal(split(text, size, r, ARRAY_LEN(r)), 6);
	const struct {
		enum log_stream stream;
		char tag;
		const char *text;
		size_t size;
	} want[] = {{LOG_STDOUT, 'F', "one", 3},    {LOG_STDOUT, 'F', "two", 3},  {LOG_STDOUT, 'F', "", 0},
		    {LOG_STDERR, 'P', "no end", 6}, {LOG_STDERR, 'F', " yet", 4}, {LOG_STDOUT, 'P', bytes, 4}};
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(r[i].stream, want[i].stream);
		assert_int_equal(r[i].tag, want[i].tag);
		assert_int_equal(r[i].size, want[i].size);
		assert_memory_equal(r[i].text, want[i].text, want[i].size);
	}
	struct stat st;
	assert_int_equal(fstatat(h.box.data_fd, "log", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(text);
	handmade_remove(&h);
}

static void a_line_without_end_is_cut_in_pieces(void **state)
{
	enum { SIZE = 3 * LOG_TEXT_MAX + 5 };
	struct handmade h;
	struct log l;
	struct rec r[8];
	size_t size = 0;
	char *line = malloc(SIZE);

	(void)state;
	handmade_make(&h);
	memset(line, 'z', SIZE);
	log_open(&l, h.box.data_fd, 0, 0);
	log_write(&l, LOG_STDOUT, line, SIZE);
	log_write(&l, LOG_STDOUT, "\n", 1);
	log_close(&l);
	char *text = handmade_read(&h, "log", &size);
	assert_int_equal(split(text, size, r, ARRAY_LEN(r)), 5);
	for (size_t i = 0; i < 3; i++)
		assert_true(r[i].tag == 'P' && r[i].size == LOG_TEXT_MAX);
	assert_true(r[3].tag == 'P' && r[3].size == 5);
	assert_true(r[4].tag == 'F' && r[4].size == 0);
	free(text);
	free(line);
	handmade_remove(&h);
}

/* Numbered lines through many rotations: each file keeps its size, the order holds, and the newest is kept. */
static void rotation_keeps_order_and_size(void **state)
{
	enum { MAX = 4096, FILES = 3, LINES = 1000 };
	struct handmade h;
	struct log l;
	char line[32];
	int expect = -1;

	(void)state;
	handmade_make(&h);
	log_open(&l, h.box.data_fd, MAX, FILES);
	for (int i = 0; i < LINES; i++) {
		int n = snprintf(line, sizeof(line), "%d\n", i);

		log_write(&l, LOG_STDOUT, line, (size_t)n);
	}
	log_close(&l);
	assert_null(handmade_read(&h, "log.3", NULL));
	for (int f = FILES - 1; f >= 0; f--) {
		struct rec r[256];
		char name[16];
		size_t size = 0;

		log_file_name(f, name);
		char *text = handmade_read(&h, name, &size);
		assert_non_null(text);
		assert_true(size > MAX / 4 && size <= MAX);
		size_t n = split(text, size, r, ARRAY_LEN(r));
		for (size_t i = 0; i < n; i++) {
			int v = atoi(r[i].text);

			if (expect >= 0)
				assert_int_equal(v, expect);
			expect = v + 1;
		}
		free(text);
	}
	assert_int_equal(expect, LINES);
	handmade_remove(&h);
}

/* One write that is larger than a file may be is still spread over files of that size. */
static void a_flood_stays_within_its_files(void **state)
{
	enum { MAX = 8192, SIZE = 60000 };
	struct handmade h;
	struct log l;
	char *flood = malloc(SIZE);

	(void)state;
	handmade_make(&h);
	for (size_t i = 0; i < SIZE; i++)
		flood[i] = i % 2 ? '\n' : 'y';
	log_open(&l, h.box.data_fd, MAX, 2);
	log_write(&l, LOG_STDOUT, flood, SIZE);
	log_write(&l, LOG_STDERR, flood, SIZE);
	log_close(&l);
	size_t size = 0;
	free(handmade_read(&h, "log", &size));
	assert_true(size <= MAX);
	free(handmade_read(&h, "log.1", &size));
	assert_true(size <= MAX && size > MAX / 2);
	assert_null(handmade_read(&h, "log.2", NULL));
	free(flood);
	handmade_remove(&h);
}

static void one_file_starts_over(void **state)
{
	struct handmade h;
	struct log l;
	size_t size = 0;

	(void)state;
	handmade_make(&h);
	log_open(&l, h.box.data_fd, 500, 1);
	for (int i = 0; i < 100; i++)
		log_write(&l, LOG_STDOUT, "x\n", 2);
	log_close(&l);
	free(handmade_read(&h, "log", &size));
	assert_true(size > 0 && size <= 500);
	assert_null(handmade_read(&h, "log.1", NULL));
	handmade_remove(&h);
}

static void a_deleted_log_is_made_again(void **state)
{
	struct handmade h;
	struct log l;
	struct rec r[4];
	size_t size = 0;

	(void)state;
	handmade_make(&h);
	log_open(&l, h.box.data_fd, 0, 0);
	log_write(&l, LOG_STDOUT, "one\n", 4);
	assert_int_equal(unlinkat(h.box.data_fd, "log", 0), 0);
	log_write(&l, LOG_STDOUT, "two\n", 4);
	char *text = handmade_read(&h, "log", &size);
	assert_int_equal(split(text, size, r, ARRAY_LEN(r)), 1);
	assert_memory_equal(r[0].text, "two", 3);
	free(text);
	/* And truncated: it goes on from the new end, without a hole. */
	auto_fd fd = openat(h.box.data_fd, "log", O_WRONLY | O_TRUNC | O_CLOEXEC);
	log_write(&l, LOG_STDOUT, "three\n", 6);
	log_close(&l);
	text = handmade_read(&h, "log", &size);
	assert_int_equal(split(text, size, r, ARRAY_LEN(r)), 1);
	assert_memory_equal(r[0].text, "three", 5);
	free(text);
	handmade_remove(&h);
}

/* Half a record at the end, from a machine that went down: the next one still begins a line. */
static void half_a_record_is_closed(void **state)
{
	struct handmade h;
	struct log l;
	size_t size = 0;

	(void)state;
	handmade_make(&h);
	assert_int_equal(file_replace(h.box.data_fd, "log", "2026-11-22T10:0", 15, 0600, NULL), 0);
	log_open(&l, h.box.data_fd, 0, 0);
	log_write(&l, LOG_STDOUT, "one\n", 4);
	log_close(&l);
	char *text = handmade_read(&h, "log", &size);
	struct rec r[2];
	assert_int_equal(text[15], '\n');
	assert_int_equal(split(text + 16, size - 16, r, 2), 1);
	free(text);
	handmade_remove(&h);
}

/* What stands in the log's place is not written to, and nothing hangs. */
static void what_is_no_log_is_left_alone(void **state)
{
	struct handmade h;
	struct log l;

	(void)state;
	handmade_make(&h);
	assert_int_equal(mkfifoat(h.box.data_fd, "log", 0600), 0);
	log_open(&l, h.box.data_fd, 0, 0);
	log_write(&l, LOG_STDOUT, "one\n", 4);
	assert_int_equal(l.dropped, 4);
	unlinkat(h.box.data_fd, "log", 0);
	assert_int_equal(symlinkat("/tmp/isle-unit-elsewhere", h.box.data_fd, "log"), 0);
	log_write(&l, LOG_STDOUT, "two\n", 4);
	assert_int_equal(l.dropped, 8);
	assert_int_equal(access("/tmp/isle-unit-elsewhere", F_OK), -1);
	unlinkat(h.box.data_fd, "log", 0);
	log_write(&l, LOG_STDOUT, "three\n", 6);
	assert_int_equal(l.dropped, 0);
	log_close(&l);
	size_t size = 0;
	char *text = handmade_read(&h, "log", &size);
	assert_non_null(strstr(text, "stderr F isle: 8 bytes of output were not logged: "));
	assert_non_null(strstr(text, "stdout F three\n"));
	free(text);
	handmade_remove(&h);
}

/* On a full disk output is dropped, whole records remain, and later the log says how much is missing. */
static void a_full_disk_drops_and_tells(void **state)
{
	struct handmade h;
	struct log l;
	char line[100];
	size_t size = 0, filler_size = 0;

	(void)state;
	handmade_make(&h);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", h.dir, "tmpfs", 0, "size=64k") < 0)
		fail_msg("this test mounts a tmpfs and needs root: %s", strerror(errno));
	auto_fd dir = open(h.dir, O_DIRECTORY | O_CLOEXEC);
	fd_close(&h.home.run_fd);
	h.home.run_fd = fd_take(&dir);
	auto_fd filler = openat(h.home.run_fd, "filler", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	memset(line, 'f', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	log_open(&l, h.home.run_fd, 1 << 20, 3);
	log_write(&l, LOG_STDOUT, "first\n", 6);
	while (write(filler, line, sizeof(line)) == (ssize_t)sizeof(line))
		filler_size += sizeof(line);
	assert_true(filler_size > 10000);
	for (int i = 0; i < 1000; i++)
		log_write(&l, LOG_STDOUT, line, sizeof(line));
	assert_true(l.dropped > 0 && l.dropped_errno == ENOSPC);
	assert_int_equal(ftruncate(filler, 0), 0);
	log_write(&l, LOG_STDERR, "last\n", 5);
	assert_int_equal(l.dropped, 0);
	log_close(&l);
	char *text = handmade_read(&h, "log", &size);
	static struct rec r[2000];
	size_t n = split(text, size, r, ARRAY_LEN(r)), lines = 0, notices = 0;
	unsigned long long told = 0, v;
	assert_int_equal(r[n - 1].size, 4);
	/*
	 * Between the first and the last: whole lines, and notices (a short one may still fit where a line does not).
	 */
	for (size_t i = 1; i < n - 1; i++) {
		if (sscanf(r[i].text, "isle: %llu bytes of output were not logged: No space left", &v) == 1) {
			told += v;
			notices++;
		} else {
			assert_int_equal(r[i].size, sizeof(line) - 1);
			lines++;
		}
	}
	assert_true(notices > 0);
	assert_int_equal(lines * sizeof(line) + told, 1000 * sizeof(line));
	free(text);
	umount2(h.dir, MNT_DETACH);
	handmade_remove(&h);
}

/* However much is written, no memory is kept. */
static void memory_stays_flat(void **state)
{
	struct handmade h;
	struct log l;
	static char chunk[LOG_TEXT_MAX];

	(void)state;
	handmade_make(&h);
	memset(chunk, 'm', sizeof(chunk));
	log_open(&l, h.box.data_fd, 100000, 2);
	struct rusage before, after;
	log_write(&l, LOG_STDOUT, chunk, sizeof(chunk));
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 2000; i++) {
		log_write(&l, LOG_STDOUT, chunk, sizeof(chunk));
		if (i % 100 == 0)
			log_idle(&l);
	}
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 64);
	log_close(&l);
	handmade_remove(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_records),
		cmocka_unit_test(a_line_without_end_is_cut_in_pieces),
		cmocka_unit_test(rotation_keeps_order_and_size),
		cmocka_unit_test(a_flood_stays_within_its_files),
		cmocka_unit_test(one_file_starts_over),
		cmocka_unit_test(a_deleted_log_is_made_again),
		cmocka_unit_test(half_a_record_is_closed),
		cmocka_unit_test(what_is_no_log_is_left_alone),
		cmocka_unit_test(memory_stays_flat),
		cmocka_unit_test(a_full_disk_drops_and_tells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
