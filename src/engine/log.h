/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of a detached container: what it wrote, one record a line, in files of bounded size.
 *
 *     2026-11-22T10:00:00.123456789Z stdout F text
 *
 * F ends a line of the program's output, P is a piece of one: the newline after it is the record's, not the program's.
 * This is the format of Kubernetes' container runtime interface.  A record is at most LOG_RECORD_MAX bytes.  The newest
 * file is "log", older ones are "log.1", "log.2"…; a rotation renames, so that a reader with an open file loses
 * nothing.
 *
 * Writing never fails: what can't be written (full disk) is dropped and counted, and the log says so once it can.  A
 * log that was deleted is made again; one that was truncated goes on from its new end.
 */
#ifndef ISLE_ENGINE_LOG_H
#define ISLE_ENGINE_LOG_H

#include "base/fd.h"

enum log_stream { LOG_STDOUT, LOG_STDERR, LOG_STREAM_COUNT };
extern const char *const log_stream_names[LOG_STREAM_COUNT];

enum {
	LOG_TEXT_MAX = 8 * 1024,	    /* of the program's bytes in one record */
	LOG_RECORD_MAX = LOG_TEXT_MAX + 64, /* with time, stream, tag and newline */
	LOG_FILES_MAX = 100,
	LOG_DEFAULT_FILES = 3,
	LOG_DEFAULT_SIZE = 10 * 1024 * 1024,
};

struct log {
	int dir_fd;	  /* borrowed */
	int fd;		  /* "log", or FD_NONE when it could not be opened */
	int64_t max_size; /* bytes in one file */
	int max_files;
	uint64_t dropped;  /* bytes of output lost since the log last said so */
	int dropped_errno; /* why */
	bool torn;	   /* the file ends in the middle of a record */
	char *batch;	   /* LOG_BATCH bytes of anonymous memory, given back to the kernel by log_idle */
	size_t batch_used; /* bytes in it, whole records */
	size_t batch_text; /* how many of them the program wrote */
};

/* Begins a log in directory DIR_FD; sizes of 0 or less mean the default.  The file is made at the first write. */
void log_open(struct log *l, int dir_fd, int64_t max_size, int max_files);
/* Appends what the program wrote to STREAM, with the present time. */
void log_write(struct log *l, enum log_stream stream, const char *data, size_t size);
/* Gives back the memory that is only needed while there is output. */
void log_idle(struct log *l);
void log_close(struct log *l);
/* The name of the file with INDEX (0 is the newest). */
void log_file_name(int index, char name[16]);

#endif
