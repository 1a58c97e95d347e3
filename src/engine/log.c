/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing the log: see log.h.
 *
 * Records are gathered in a batch and written with one write(2), always whole, so that a file ends with a record
 * whatever happens: a write that was cut short is taken back.  Each batch looks at the file first (fstat(2)): this
 * finds out that it was deleted or truncated, and its size, so nothing has to be remembered that somebody else could
 * change.
 */
#include "engine/log.h"

#include "base/parse_time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_BATCH = 16 * 1024, LOG_NOTICE_MAX = 256 };
static_assert((int)LOG_BATCH >= (int)LOG_RECORD_MAX, "a batch must hold a record");

const char *const log_stream_names[] = {[LOG_STDOUT] = "stdout", [LOG_STDERR] = "stderr"};
static_assert(ARRAY_LEN(log_stream_names) == LOG_STREAM_COUNT, "log_stream_names[] does not match enum log_stream");

void log_file_name(int index, char name[16])
{
	snprintf(name, 16, index ? "log.%d" : "log", index);
}

void log_open(struct log *l, int dir_fd, int64_t max_size, int max_files)
{
	*l = (struct log){
		.dir_fd = dir_fd,
		.fd = FD_NONE,
		.max_size = max_size > 0 ? max_size : LOG_DEFAULT_SIZE,
		.max_files = max_files > 0 ? MIN(max_files, (int)LOG_FILES_MAX) : (int)LOG_DEFAULT_FILES,
	};
	l->batch = mmap(NULL, LOG_BATCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (l->batch == MAP_FAILED)
		l->batch = NULL;
}

/* Opens the newest file, and sees whether an earlier writer left half a record at its end. */
static int open_file(struct log *l, struct stat *ret)
{
	/* O_NONBLOCK: if a FIFO stands there, it must not hold us up. */
	auto_fd fd = openat(l->dir_fd, "log", O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	char last = '\n';

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret) < 0)
		return -errno;
	if (!S_ISREG(ret->st_mode))
		return -EINVAL;
	l->torn = ret->st_size > 0 && pread(fd, &last, 1, ret->st_size - 1) == 1 && last != '\n';
	fd_close(&l->fd);
	l->fd = fd_take(&fd);
	return 0;
}

/* Makes the file one older, drops the oldest, and begins a new one. */
static int rotate(struct log *l, struct stat *ret)
{
	char older[16], newer[16];
	int r = 0;

	for (int i = l->max_files - 1; i > 0; i--) {
		log_file_name(i, older);
		log_file_name(i - 1, newer);
		r = renameat(l->dir_fd, newer, l->dir_fd, older);
	}
	/* With one file, or where the last rename was refused, the size can only be kept by starting over. */
	if (l->max_files == 1 || r < 0)
		unlinkat(l->dir_fd, "log", 0);
	return open_file(l, ret);
}

/* Has l->fd open on a file that SIZE more bytes may go to; *RET_SIZE is how large it is now. */
static int make_ready(struct log *l, size_t size, off_t *ret_size)
{
	struct stat st = {0};
	int r = 0;

	if (l->fd < 0 || fstat(l->fd, &st) < 0 || st.st_nlink == 0)
		r = open_file(l, &st);
	if (r == 0 && st.st_size > 0 && st.st_size + (int64_t)size > l->max_size)
		r = rotate(l, &st);
	if (r == 0)
		*ret_size = st.st_size;
	return r;
}

/* Appends whole records to the file, of which SIZE_NOW bytes are there; all of them or none. */
static int append(struct log *l, off_t size_now, const char *data, size_t size)
{
	ssize_t n = 0;

	if (l->torn && write(l->fd, "\n", 1) == 1) {
		l->torn = false;
		size_now++;
	}
	if (!l->torn)
		n = write(l->fd, data, size);
	if (n == (ssize_t)size)
		return 0;
	int r = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && ftruncate(l->fd, size_now) < 0)
		l->torn = true;
	return r;
}

/* Says in the log how much of the output is missing from it. */
static int append_notice(struct log *l, off_t *size_now)
{
	char text[LOG_NOTICE_MAX], when[TIME_TEXT_SIZE];

	if (l->dropped == 0)
		return 0;
	time_format(time_now(), when);
	int n = snprintf(text, sizeof(text), "%s stderr F isle: %llu bytes of output were not logged: %s\n", when,
			 (unsigned long long)l->dropped, strerror(l->dropped_errno));
	int r = append(l, *size_now, text, MIN((size_t)n, sizeof(text) - 1));
	if (r == 0) {
		l->dropped = 0;
		*size_now += n;
	}
	return r;
}

/* Writes the batch, after a notice of what was lost before; what can't be written is counted. */
static void flush(struct log *l)
{
	off_t size_now;

	if (l->batch_used == 0 && l->dropped == 0)
		return;
	int r = make_ready(l, l->batch_used + (l->dropped ? LOG_NOTICE_MAX : 0), &size_now);
	if (r == 0)
		r = append_notice(l, &size_now);
	if (r == 0 && l->batch_used)
		r = append(l, size_now, l->batch, l->batch_used);
	if (r < 0) {
		l->dropped += l->batch_text;
		l->dropped_errno = -r;
	}
	l->batch_used = l->batch_text = 0;
}

/* Adds one record to the batch: HEAD is its time and stream, TAG 'F' or 'P'. */
static void add_record(struct log *l, const char *head, size_t head_size, char tag, const char *text, size_t size)
{
	/* A batch is not larger than a file may be, unless a single record is. */
	if (l->batch_used && l->batch_used + head_size + 2 + size + 1 > (size_t)MIN(l->max_size, (int64_t)LOG_BATCH))
		flush(l);
	char *to = l->batch + l->batch_used;
	memcpy(to, head, head_size);
	to[head_size] = tag;
	to[head_size + 1] = ' ';
	memcpy(to + head_size + 2, text, size);
	to[head_size + 2 + size] = '\n';
	l->batch_used += head_size + 2 + size + 1;
	l->batch_text += size + (tag == 'F');
}

void log_write(struct log *l, enum log_stream stream, const char *data, size_t size)
{
	char head[TIME_TEXT_SIZE + 8] = "";

	if (!l->batch) {
		l->dropped += size;
		l->dropped_errno = ENOMEM;
		return;
	}
	time_format(time_now(), head);
	strcat(strcat(strcat(head, " "), log_stream_names[stream]), " ");
	size_t head_size = strlen(head);
	while (size > 0) {
		size_t n = MIN(size, (size_t)LOG_TEXT_MAX);
		const char *newline = memchr(data, '\n', n);

		if (newline)
			n = (size_t)(newline - data);
		add_record(l, head, head_size, newline ? 'F' : 'P', data, n);
		n += newline != NULL;
		data += n;
		size -= n;
	}
	flush(l);
}

void log_idle(struct log *l)
{
	if (l->batch)
		madvise(l->batch, LOG_BATCH, MADV_DONTNEED);
}

void log_close(struct log *l)
{
	flush(l);
	if (l->batch)
		munmap(l->batch, LOG_BATCH);
	l->batch = NULL;
	fd_close(&l->fd);
}
