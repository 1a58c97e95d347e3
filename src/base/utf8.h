/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8, one character at a time (RFC 3629). */
#ifndef ISLE_BASE_UTF8_H
#define ISLE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX = 4 }; /* bytes of the longest character */

/* Decodes the character at S, of which N bytes can be read; gives its length, or 0 if it is invalid or cut off. */
size_t utf8_decode(const char *s, size_t n, uint32_t *ret);
/* Writes character C (not a surrogate, at most 0x10ffff) to BUF; gives its length. */
size_t utf8_encode(uint32_t c, char buf[UTF8_MAX]);
/* Whether C can fool a reader at a terminal: C0, DEL, C1, line separators, what turns the direction of writing. */
bool utf8_is_tricky(uint32_t c);

#endif
