/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The archive's bytes: see source.h. */
#include "unpack/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { GZIP_WINDOW = 15 + 16 }; /* inflateInit2: the largest window, and the gzip format alone */

static const unsigned char gzip_magic[] = {0x1f, 0x8b};

/* Reads more bytes into the buffer, behind those not used yet; 0 at the end of the file, or a negative errno. */
static ssize_t source_fill(struct source *s)
{
	ssize_t n;

	memmove(s->in, s->z.next_in, s->z.avail_in);
	s->z.next_in = s->in;
	do
		n = read(s->fd, s->in + s->z.avail_in, sizeof(s->in) - s->z.avail_in);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	s->z.avail_in += (unsigned int)n;
	return n;
}

/* Whether the bytes at hand begin a gzip member. */
static bool at_member(const struct source *s)
{
	return s->z.avail_in >= sizeof(gzip_magic) && memcmp(s->z.next_in, gzip_magic, sizeof(gzip_magic)) == 0;
}

int source_open(struct source *s, int fd, struct err *e)
{
	s->fd = fd;
	s->z.next_in = s->in;
	while (s->z.avail_in < sizeof(gzip_magic)) {
		ssize_t n = source_fill(s);

		if (n < 0)
			return err_set(e, (int)-n, "read the archive");
		if (n == 0)
			break;
	}
	s->gzip = at_member(s);
	if (s->gzip && inflateInit2(&s->z, GZIP_WINDOW) != Z_OK)
		return err_set(e, ENOMEM, "prepare to undo gzip");
	return 0;
}

/* After a member: another one begins (true), or nothing but the zero bytes that tapes are padded with (false). */
static int next_member(struct source *s, struct err *e)
{
	for (;;) {
		while (s->z.avail_in > 0 && s->z.next_in[0] == 0) {
			s->z.next_in++;
			s->z.avail_in--;
		}
		if (at_member(s))
			return 1;
		ssize_t n = s->z.avail_in < sizeof(gzip_magic) ? source_fill(s) : 0;
		if (n < 0)
			return err_set(e, (int)-n, "read it");
		if (n == 0 && s->z.avail_in > 0)
			return err_set(e, 0, "something that is not gzip follows the gzip data");
		if (n == 0)
			return 0;
	}
}

/* The next piece of what is inside the gzip data: its size, 0 at the end, negative errno. */
static ssize_t gzip_read(struct source *s, struct err *e)
{
	s->z.next_out = s->out;
	s->z.avail_out = sizeof(s->out);
	while (s->z.avail_out == sizeof(s->out)) {
		if (!s->in_member) {
			int r = next_member(s, e);

			if (r <= 0)
				return r;
			inflateReset(&s->z);
			s->in_member = true;
		}
		if (s->z.avail_in == 0) {
			ssize_t n = source_fill(s);

			if (n < 0)
				return err_set(e, (int)-n, "read it");
			if (n == 0)
				return err_set(e, 0, "the gzip data ends too early");
		}
		int r = inflate(&s->z, Z_NO_FLUSH);
		if (r == Z_STREAM_END)
			s->in_member = false;
		else if (r != Z_OK && r != Z_BUF_ERROR)
			return err_set(e, 0, "damaged gzip data (%s)", s->z.msg ? s->z.msg : zError(r));
	}
	return (ssize_t)(sizeof(s->out) - s->z.avail_out);
}

ssize_t source_read(struct source *s, const void **ret_data)
{
	ssize_t n;

	if (s->gzip) {
		n = gzip_read(s, &s->err);
		*ret_data = s->out;
		return n < 0 ? -1 : n;
	}
	if (s->z.avail_in == 0) {
		n = source_fill(s);
		if (n < 0) {
			err_set(&s->err, (int)-n, "read it");
			return -1;
		}
	}
	*ret_data = s->z.next_in;
	n = s->z.avail_in;
	s->z.avail_in = 0;
	s->z.next_in = s->in; /* the bytes stay where they are until the next call fills the buffer anew */
	return n;
}
