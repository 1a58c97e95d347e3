/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detach keys: a sequence of bytes that the user types to leave, found in the stream of what is typed. */
#ifndef ISLE_ENGINE_KEYS_H
#define ISLE_ENGINE_KEYS_H

#include "base/err.h"

#include <stdbool.h>

enum { KEYS_MAX = 16 };

struct keys {
	unsigned char v[KEYS_MAX];
	size_t n;	/* 0: nothing is found */
	size_t matched; /* how many were typed so far; they are held back */
};

/* Reads TEXT: keys with ',' between, each one character or "ctrl-" and one of a-z @ [ \ ] ^ _; "" is no keys. */
int keys_parse(struct keys *k, const char *text, struct err *e) MUST_USE;
/*
 * Copies the SIZE bytes at DATA to OUT, which has room for SIZE + KEYS_MAX, without the keys held back.  *RET_SIZE is
 * how many.  True when the whole sequence was typed; what follows it is dropped.
 */
bool keys_filter(struct keys *k, const char *data, size_t size, char *out, size_t *ret_size);

#endif
