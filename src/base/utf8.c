/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8: see utf8.h. */
#include "base/utf8.h"

#include "base/macros.h"

/* What the first byte tells: the length, its own bits, and the smallest character that needs so many bytes. */
static const struct {
	unsigned char mask, lead, bits;
	uint32_t least;
} shapes[] = {
	{0x80, 0x00, 0x7f, 0},
	{0xe0, 0xc0, 0x1f, 0x80},
	{0xf0, 0xe0, 0x0f, 0x800},
	{0xf8, 0xf0, 0x07, 0x10000},
};

size_t utf8_decode(const char *s, size_t n, uint32_t *ret)
{
	const unsigned char *u = (const unsigned char *)s;

	for (size_t extra = 0; extra < ARRAY_LEN(shapes) && extra < n; extra++) {
		if ((u[0] & shapes[extra].mask) != shapes[extra].lead)
			continue;
		uint32_t c = u[0] & shapes[extra].bits;
		for (size_t i = 1; i <= extra; i++) {
			if ((u[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (u[i] & 0x3f);
		}
		if (c < shapes[extra].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*ret = c;
		return extra + 1;
	}
	return 0;
}

size_t utf8_encode(uint32_t c, char buf[UTF8_MAX])
{
	size_t extra = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	for (size_t i = extra; i > 0; i--, c >>= 6)
		buf[i] = (char)(0x80 | (c & 0x3f));
	buf[0] = (char)(shapes[extra].lead | c);
	return extra + 1;
}

bool utf8_is_tricky(uint32_t c)
{
	/* C0; DEL and C1; Bidi_Control with the line and paragraph separators; the byte order mark. */
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0x61c, 0x61c},   {0x200e, 0x200f},
		{0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}
