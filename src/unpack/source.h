/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an archive's bytes come from: a descriptor, through gzip where it is gzip.
 *
 * libarchive undoes xz and zstd itself and verifies their checksums; its gzip reader (3.6.2) takes a file whose
 * checksum is wrong.  So gzip is undone here, by zlib, which verifies it.
 */
#ifndef ISLE_UNPACK_SOURCE_H
#define ISLE_UNPACK_SOURCE_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>
#include <zlib.h>

enum { SOURCE_BUFFER = 128 * 1024 };

struct source {
	int fd;
	bool gzip;
	bool in_member; /* gzip: between a member's header and its checksum */
	z_stream z;	/* next_in, avail_in: what of 'in' is still to be used, for plain bytes too */
	unsigned char in[SOURCE_BUFFER], out[SOURCE_BUFFER];
	struct err err; /* why source_read returned -1 */
};

/* Reads the first bytes from FD and looks at what they are. */
int source_open(struct source *s, int fd, struct err *e) MUST_USE;
/* The next bytes, in memory of S until the next call: their number, 0 at the end, -1 after filling in s->err. */
ssize_t source_read(struct source *s, const void **ret_data);

#endif
