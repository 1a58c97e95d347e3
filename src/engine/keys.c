/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detach keys: see keys.h. */
#include "engine/keys.h"

#include <string.h>

/* The byte that a terminal sends for the SIZE bytes at TEXT, such as "ctrl-p"; -1 if it is no key. */
static int key_byte(const char *text, size_t size)
{
	static const char prefix[] = "ctrl-";
	const size_t n = sizeof(prefix) - 1;

	if (size == 1)
		return text[0] > ' ' && text[0] < 0x7f ? text[0] : -1;
	if (size != n + 1 || strncmp(text, prefix, n) != 0)
		return -1;
	char c = text[n];
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c >= '@' && c <= '_' ? c - '@' : -1;
}

int keys_parse(struct keys *k, const char *text, struct err *e)
{
	*k = (struct keys){.n = 0};
	for (const char *at = text; *text; at = strchr(at, ',') + 1) {
		size_t size = strcspn(at, ",");
		int byte = key_byte(at, size);

		if (byte < 0 || k->n == KEYS_MAX) {
			err_set(e, 0, "the detach keys \"%s\" are not understood", text);
			return err_cure(e, "give at most %d keys with ',' between, each one character or ctrl-X",
					KEYS_MAX);
		}
		k->v[k->n++] = (unsigned char)byte;
		if (!at[size])
			break;
	}
	return 0;
}

/*
 * One more byte C after K->matched that matched.  Bytes that can't begin the sequence any more go to OUT; gives how
 * many.
 */
static size_t filter_byte(struct keys *k, char c, char *out)
{
	/* The longest beginning of the sequence that what was typed, with C, ends with. */
	for (size_t keep = k->matched + 1; keep-- > 0;) {
		size_t gone = k->matched - keep;

		if (k->v[keep] == (unsigned char)c && memcmp(k->v + gone, k->v, keep) == 0) {
			memcpy(out, k->v, gone);
			k->matched = keep + 1;
			return gone;
		}
	}
	memcpy(out, k->v, k->matched);
	out[k->matched] = c;
	size_t n = k->matched + 1;
	k->matched = 0;
	return n;
}

bool keys_filter(struct keys *k, const char *data, size_t size, char *out, size_t *ret_size)
{
	size_t n = 0;

	if (k->n == 0) {
		memcpy(out, data, size);
		*ret_size = size;
		return false;
	}
	for (size_t i = 0; i < size && k->matched < k->n; i++)
		n += filter_byte(k, data[i], out + n);
	*ret_size = n;
	return k->matched == k->n;
}
