/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4), for names made from contents. */
#ifndef ISLE_BASE_SHA256_H
#define ISLE_BASE_SHA256_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { SHA256_HEX_LEN = 64, SHA256_SIZE = 32, SHA256_BLOCK = 64 };

struct sha256 {
	uint32_t h[8];
	uint64_t size;			     /* bytes taken so far */
	unsigned char pending[SHA256_BLOCK]; /* the block that is not full yet: size % 64 bytes */
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
/* Writes the digest in lower-case hexadecimal digits; S can't be used afterwards. */
void sha256_hex(struct sha256 *s, char ret[SHA256_HEX_LEN + 1]);
/* The digest of all of the file FD, read from its beginning; the file offset stays as it is. */
int sha256_file(int fd, char ret[SHA256_HEX_LEN + 1], struct err *e) MUST_USE;

#endif
