/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a log: see logs.h.
 *
 * First the files that there are, oldest first, from the place where the tail begins; then, to follow, the newest one
 * and its successors.  Whether the container still has an owner is asked before each look at the end of the file: when
 * it had none and there was nothing more, nothing more will come.
 */
#include "engine/logs.h"

#include "base/parse_time.h"
#include "engine/log_files.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TIME_SIZE = TIME_TEXT_SIZE - 1,
	HEAD_SIZE = TIME_SIZE + sizeof(" stdout F ") - 1, /* in front of a record's text */
	TAG_AT = HEAD_SIZE - 2,
	READ_SIZE = 64 * 1024,
	LOOK_MS = 200, /* how often the owner's end is looked for, which wakes nobody */
};
static_assert((int)READ_SIZE > (int)LOG_RECORD_MAX, "what is read at once must hold a record");

/* One record, in place. */
struct record {
	int64_t time_ns;
	enum log_stream stream;
	bool full; /* ends a line */
};

struct reader {
	const struct logs_query *query;
	logs_sink *sink;
	void *ctx;
	bool stopped;			/* the sink has had enough */
	bool in_line[LOG_STREAM_COUNT]; /* what comes next continues a line */
	bool skipping;			/* in a record that is too long to be one of ours */
	size_t used;
	char buf[READ_SIZE];
};

/* Reads the SIZE bytes before a record's text; false if they are none. */
static bool record_parse(const char *head, size_t size, struct record *ret)
{
	if (size < HEAD_SIZE || !time_parse_rfc3339(head, TIME_SIZE, &ret->time_ns))
		return false;
	const char *stream = head + TIME_SIZE + 1, *tag = head + TAG_AT;
	for (ret->stream = 0; ret->stream < LOG_STREAM_COUNT; ret->stream++)
		if (memcmp(stream, log_stream_names[ret->stream], strlen(log_stream_names[ret->stream])) == 0)
			break;
	ret->full = tag[0] == 'F';
	return ret->stream < LOG_STREAM_COUNT && head[TIME_SIZE] == ' ' && tag[-1] == ' ' && tag[1] == ' ' &&
	       (tag[0] == 'F' || tag[0] == 'P');
}

/* Gives bytes to the sink, until it has had enough. */
static void give(struct reader *r, enum log_stream stream, const char *data, size_t size)
{
	if (!r->stopped && size && r->sink(r->ctx, stream, data, size) != 0)
		r->stopped = true;
}

/* A line in the place of something that is missing. */
static void give_notice(struct reader *r, const char *what)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "isle: %s\n", what);

	give(r, LOG_STDERR, text, (size_t)n);
}

/* Deals with one line of the file; SIZE counts its newline. */
static void take_line(struct reader *r, const char *line, size_t size)
{
	const struct logs_query *q = r->query;
	struct record record;

	if (!record_parse(line, size - 1, &record)) {
		if (size > 1) /* an empty line closes a torn record */
			give_notice(r, "a damaged record of the log was left out");
		return;
	}
	bool begins = !r->in_line[record.stream];
	r->in_line[record.stream] = !record.full;
	if ((q->since_ns && record.time_ns < q->since_ns) || (q->until_ns && record.time_ns >= q->until_ns))
		return;
	if (q->timestamps && begins)
		give(r, record.stream, line, TIME_SIZE + 1);
	/* The newline after a full record stands where the program's own was. */
	give(r, record.stream, line + HEAD_SIZE, size - HEAD_SIZE - (record.full ? 0 : 1));
}

/* Deals with the whole lines in the buffer, and keeps the rest. */
static void take_lines(struct reader *r)
{
	char *at = r->buf, *end = r->buf + r->used, *newline;

	while (!r->stopped && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		if (!r->skipping)
			take_line(r, at, (size_t)(newline + 1 - at));
		r->skipping = false;
		at = newline + 1;
	}
	r->used = (size_t)(end - at);
	memmove(r->buf, at, r->used);
	if (r->used == READ_SIZE) {
		if (!r->skipping)
			give_notice(r, "a damaged record of the log was left out");
		r->skipping = true;
		r->used = 0;
	}
}

/* Reads FD from its position to its end; *RET_ANY: there was something. */
static int read_on(struct reader *r, int fd, bool *ret_any, struct err *e)
{
	*ret_any = false;
	while (!r->stopped) {
		ssize_t n = read(fd, r->buf + r->used, READ_SIZE - r->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read the container's log");
		if (n == 0)
			break;
		*ret_any = true;
		r->used += (size_t)n;
		take_lines(r);
	}
	return 0;
}

/* A file is over: what is left of it is no whole record. */
static void end_file(struct reader *r)
{
	if (r->used && !r->skipping)
		give_notice(r, "a damaged record of the log was left out");
	r->used = 0;
	r->skipping = false;
}

/* ---- the tail ---- */

struct tail {
	int64_t wanted, found; /* lines */
	bool seen[LOG_STREAM_COUNT];
	size_t file;  /* where what is wanted begins: the file… */
	off_t offset; /* …and the place in it */
};

/* Counts the record of FD at START, going backwards; true when it is the end of the line before the first wanted. */
static bool tail_count(struct tail *t, int fd, off_t start)
{
	char head[HEAD_SIZE];
	struct record record;

	if (pread(fd, head, sizeof(head), start) != (ssize_t)sizeof(head) || !record_parse(head, sizeof(head), &record))
		return false;
	/* The last piece of a stream counts as a line although its end has not come yet. */
	bool ends_line = record.full || !t->seen[record.stream];
	t->seen[record.stream] = true;
	return ends_line && t->found++ == t->wanted;
}

/* Looks through file number FILE backwards; true when the beginning of the tail was found. */
static bool tail_scan(struct tail *t, int fd, size_t file, char *buf)
{
	struct stat st;
	off_t at;

	if (fstat(fd, &st) < 0)
		return false;
	t->file = file;
	t->offset = st.st_size;
	/* Bytes from 'at' on were looked at; a record begins after each newline, and at 0. */
	for (at = st.st_size; at > 0;) {
		size_t n = (size_t)MIN(at, (off_t)READ_SIZE);

		if (pread(fd, buf, n, at - (off_t)n) != (ssize_t)n)
			return false;
		at -= (off_t)n;
		for (size_t i = n; i-- > 0;) {
			off_t start = at + (off_t)i + 1;

			if (buf[i] != '\n' || start == st.st_size)
				continue;
			if (tail_count(t, fd, start))
				return true;
			t->offset = start;
		}
	}
	if (st.st_size > 0 && tail_count(t, fd, 0))
		return true;
	t->offset = 0;
	return false;
}

/* Finds where the last WANTED lines begin. */
static void tail_find(struct tail *t, const struct log_files *f, char *buf)
{
	/* When an older file decides, the tail may begin with the newer one's first record. */
	for (size_t i = 0; i < f->n; i++) {
		struct tail newer = *t;

		if (!tail_scan(t, f->fd[i], i, buf))
			continue;
		struct stat st;
		if (i > 0 && fstat(f->fd[i], &st) == 0 && t->offset == st.st_size) {
			t->file = newer.file;
			t->offset = newer.offset;
		}
		return;
	}
}

/* ---- following ---- */

/* Waits until something in the directory changes, at most LOOK_MS. */
static void wait_for_change(int notify_fd)
{
	char events[4096];
	struct pollfd p = {.fd = notify_fd, .events = POLLIN};

	if (poll(&p, 1, LOOK_MS) > 0 && read(notify_fd, events, sizeof(events)) < 0)
		return; /* somebody else's business: the next look shows */
}

/* Goes back to the beginning of a file that was truncated. */
static void notice_truncation(struct reader *r, int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size >= lseek(fd, 0, SEEK_CUR))
		return;
	lseek(fd, 0, SEEK_SET);
	end_file(r);
}

/*
 * Goes on to the file after *FD, if there is one; *RET_MOVED tells.  What was written to *FD after our last look and
 * before the rotation is read first: nobody writes to a file that has a newer one.
 */
static int move_on(struct reader *r, struct box *b, int *fd, bool *ret_moved, struct err *e)
{
	auto_fd next = FD_NONE;
	bool any;
	int found = log_files_next(b->data_fd, *fd, &next, e);

	*ret_moved = found > 0;
	if (found <= 0)
		return found;
	int result = *fd >= 0 ? read_on(r, *fd, &any, e) : 0;
	end_file(r);
	if (found == 2)
		give_notice(r, "the log was rotated faster than it was read; some of it is missing here");
	fd_close(fd);
	*fd = fd_take(&next);
	return result;
}

/* Follows the log from the newest file *FD, until nobody writes any more. */
static int follow(struct reader *r, struct box *b, int *fd, struct err *e)
{
	char path[32];
	auto_fd notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	/* Without inotify it is only slower. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", b->data_fd);
	if (notify_fd >= 0 && inotify_add_watch(notify_fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		fd_close(&notify_fd);
	while (!r->stopped) {
		bool owned = box_owned(b);
		bool late = r->query->until_ns && time_now() >= r->query->until_ns;
		bool any = false, moved = false;

		notice_truncation(r, *fd);
		int result = *fd < 0 ? 0 : read_on(r, *fd, &any, e);
		if (result == 0 && !any)
			result = move_on(r, b, fd, &moved, e);
		if (result < 0)
			return result;
		if (any || moved)
			continue;
		if (!owned || late)
			break;
		wait_for_change(notify_fd);
	}
	return 0;
}

int logs_read(struct box *b, const struct logs_query *q, logs_sink *sink, void *ctx, struct err *e)
{
	static struct reader r;
	struct log_files files;
	struct tail t = {.wanted = q->tail};
	bool any;

	memset(&r, 0, sizeof(r));
	r.query = q;
	r.sink = sink;
	r.ctx = ctx;
	int result = log_files_open(&files, b->data_fd, e);
	if (result < 0)
		return result;
	if (files.n)
		t.file = files.n - 1;
	if (q->tail >= 0)
		tail_find(&t, &files, r.buf);
	for (size_t i = files.n ? t.file + 1 : 0; result == 0 && i-- > 0;) {
		lseek(files.fd[i], i == t.file ? t.offset : 0, SEEK_SET);
		result = read_on(&r, files.fd[i], &any, e);
		if (i > 0)
			end_file(&r);
	}
	auto_fd newest = files.n ? fd_take(&files.fd[0]) : FD_NONE;
	log_files_close(&files);
	if (result == 0 && q->follow)
		result = follow(&r, b, &newest, e);
	if (result == 0 && !r.stopped && !box_owned(b))
		end_file(&r);
	return result;
}
