/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to a pool as bytes: see pool_request.h. */
#include "engine/pool_request.h"

#include "base/fd.h"
#include "base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Counts up with every change of what follows: a command and a service of different versions must not guess. */
static const uint32_t magic = 0x69736c01;

enum { FLAG_TTY = 1, FLAG_INTERACTIVE = 2, FLAG_DETACH = 4, FLAG_RM = 8, FLAG_STDIO = 16 /* and 32, 64 */ };
enum { TEXT_FIXED = 5 }; /* name, workdir, cidfile, pidfile, entrypoint */

struct head {
	uint32_t magic, size; /* size: of all, wherever it is */
	uint32_t flags;
	uint16_t rows, cols;
	int32_t stop_signal, stop_timeout_s, timeout_s, log_max_files;
	int64_t log_max_size;
	uint32_t n_command, n_env, n_labels;
};

/* ---- bytes ---- */

/* The texts that are there or not, in the order of the wire. */
static void fixed_texts(struct pool_request *r, char ***ret)
{
	char **const all[TEXT_FIXED] = {&r->name, &r->workdir, &r->cidfile, &r->pidfile, &r->entrypoint};

	memcpy(ret, all, sizeof(all));
}

/* Appends TEXT and its zero byte at AT; AT NULL: only counts.  The size of it. */
static size_t put(char *at, const char *mark, const char *text)
{
	size_t m = strlen(mark), n = strlen(text) + 1;

	if (at) {
		memcpy(at, mark, m + 1);
		memcpy(at + m, text, n);
	}
	return m + n;
}

/* Writes all texts to AT, or (NULL) only counts their bytes. */
static size_t put_texts(char *at, const struct pool_request *r)
{
	struct pool_request copy = *r;
	char **fixed[TEXT_FIXED];
	size_t n = 0;

	fixed_texts(&copy, fixed);
	/* The mark tells an empty text from none. */
	for (int i = 0; i < TEXT_FIXED; i++)
		n += put(at ? at + n : NULL, *fixed[i] ? "+" : "", *fixed[i] ? *fixed[i] : "");
	for (size_t i = 0; i < r->command.n; i++)
		n += put(at ? at + n : NULL, "", r->command.v[i]);
	for (size_t i = 0; i < r->env.n; i++)
		n += put(at ? at + n : NULL, "", r->env.v[i]);
	for (size_t i = 0; i < r->labels.n; i++) {
		n += put(at ? at + n : NULL, "", r->labels.v[i].key);
		n += put(at ? at + n : NULL, "", r->labels.v[i].value);
	}
	return n;
}

void pool_request_print(const struct pool_request *r, struct arena *a, char **ret_bytes, size_t *ret_size)
{
	const size_t size = sizeof(struct head) + put_texts(NULL, r);
	struct head h = {
		.magic = magic,
		.size = (uint32_t)MIN(size, (size_t)UINT32_MAX),
		.flags = (r->tty ? FLAG_TTY : 0U) | (r->interactive ? FLAG_INTERACTIVE : 0U) |
			 (r->detach ? FLAG_DETACH : 0U) | (r->rm ? FLAG_RM : 0U),
		.rows = r->rows,
		.cols = r->cols,
		.stop_signal = r->stop_signal,
		.stop_timeout_s = r->stop_timeout_s,
		.timeout_s = r->timeout_s,
		.log_max_files = r->log_max_files,
		.log_max_size = r->log_max_size,
		.n_command = (uint32_t)r->command.n,
		.n_env = (uint32_t)r->env.n,
		.n_labels = (uint32_t)r->labels.n,
	};

	*ret_bytes = arena_alloc(a, size, 1);
	memcpy(*ret_bytes, &h, sizeof(h));
	put_texts(*ret_bytes + sizeof(h), r);
	*ret_size = size;
}

/* The next text of the bytes from *AT to END; NULL if there is none that ends. */
static char *take(char **at, const char *end)
{
	char *text = *at;
	char *zero = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;

	if (!zero)
		return NULL;
	*at = zero + 1;
	return text;
}

/* N texts into TO. */
static bool take_list(char **at, const char *end, uint32_t n, struct strs *to, struct arena *a)
{
	for (uint32_t i = 0; i < n; i++) {
		char *text = take(at, end);

		if (!text)
			return false;
		strs_take(to, a, text);
	}
	return true;
}

/* Reads the texts behind the head; false if they are not as many as it says.  A NULL: the lists are left out. */
static bool take_texts(const struct head *h, char *at, const char *end, struct arena *a, struct pool_request *r)
{
	char **fixed[TEXT_FIXED];

	fixed_texts(r, fixed);
	for (int i = 0; i < TEXT_FIXED; i++) {
		char *text = take(&at, end);

		if (!text)
			return false;
		*fixed[i] = *text == '+' ? text + 1 : NULL;
	}
	if (!a)
		return true;
	if (!take_list(&at, end, h->n_command, &r->command, a) || !take_list(&at, end, h->n_env, &r->env, a))
		return false;
	for (uint32_t i = 0; i < h->n_labels; i++) {
		char *key = take(&at, end), *value = key ? take(&at, end) : NULL;

		if (!value)
			return false;
		*list_add(&r->labels, a) = (struct spec_pair){.key = key, .value = value};
	}
	return at == end;
}

int pool_request_parse(char *bytes, size_t size, struct arena *a, struct pool_request *ret, struct err *e)
{
	struct head h = {0};

	*ret = (struct pool_request){0};
	if (size >= sizeof(h))
		memcpy(&h, bytes, sizeof(h));
	if (size >= sizeof(h) && h.magic != magic) {
		err_set(e, EPROTO, "understand the request for an island");
		return err_cure(e, "the pool's service and the command must be the same version of isle");
	}
	if (size < sizeof(h) || h.size != size || !take_texts(&h, bytes + sizeof(h), bytes + size, a, ret))
		return err_set(e, EPROTO, "understand the request for an island");
	ret->tty = h.flags & FLAG_TTY;
	ret->interactive = h.flags & FLAG_INTERACTIVE;
	ret->detach = h.flags & FLAG_DETACH;
	ret->rm = h.flags & FLAG_RM;
	ret->rows = h.rows;
	ret->cols = h.cols;
	ret->stop_signal = h.stop_signal;
	ret->stop_timeout_s = h.stop_timeout_s;
	ret->timeout_s = h.timeout_s;
	ret->log_max_files = h.log_max_files;
	ret->log_max_size = h.log_max_size;
	return 0;
}

/* ---- messages ---- */

void pool_message_release(struct pool_message *m)
{
	while (m->n_fds > 0)
		fd_close(&m->fds[--m->n_fds]);
}

/* A file in memory with a request that is too large for a packet. */
static int large_file(const char *bytes, size_t size, int *ret_fd, struct err *e)
{
	auto_fd fd = memfd_create("isle-request", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, bytes, size);

	if (r < 0)
		return err_set(e, -r, "keep the %zu bytes of the request for an island", size);
	*ret_fd = fd_take(&fd);
	return 0;
}

int pool_request_send(int sock, const struct pool_request *r, const int stdio[3], struct arena *a, struct err *e)
{
	struct pool_message m = {.n_fds = 0};
	auto_fd large = FD_NONE;
	struct head h;
	char *bytes;
	size_t size;
	int code = 0;

	pool_request_print(r, a, &bytes, &size);
	if (size > POOL_REQUEST_MAX) {
		err_set(e, E2BIG, "ask for an island with %zu bytes of arguments and environment", size);
		return -E2BIG;
	}
	memcpy(&h, bytes, sizeof(h));
	for (int i = 0; i < 3; i++)
		if (stdio[i] >= 0) {
			h.flags |= (uint32_t)FLAG_STDIO << i;
			m.fds[m.n_fds++] = stdio[i];
		}
	memcpy(bytes, &h, sizeof(h));
	if (size > POOL_INLINE) {
		code = large_file(bytes, size, &large, e);
		m.fds[m.n_fds++] = large;
	}
	if (code == 0) {
		ssize_t n = fds_send(sock, bytes, size > POOL_INLINE ? sizeof(h) : size, m.fds, m.n_fds);

		if (n < 0)
			code = err_set(e, (int)-n, "ask for an island");
	}
	return code;
}

int pool_message_receive(int sock, int timeout_ms, struct pool_message *m, struct err *e)
{
	struct pollfd p = {.fd = sock, .events = POLLIN};
	int flags = timeout_ms < 0 ? 0 : MSG_DONTWAIT;
	ssize_t n = fds_recv(sock, flags, m->bytes, sizeof(m->bytes), m->fds, POOL_FDS_MAX, &m->n_fds);

	/* As a rule it is there already. */
	if (n == -EAGAIN && timeout_ms >= 0) {
		if (poll(&p, 1, timeout_ms) == 0)
			return err_set(e, ETIMEDOUT, "receive the request for an island");
		n = fds_recv(sock, flags, m->bytes, sizeof(m->bytes), m->fds, POOL_FDS_MAX, &m->n_fds);
	}
	if (n == 0)
		return -ENODATA;
	if (n < 0)
		return err_set(e, (int)-n, "receive the request for an island");
	m->size = (size_t)n;
	return 0;
}

/* Which of the program's descriptors came with M: bits. */
static unsigned int stdio_bits(const struct pool_message *m)
{
	struct head h = {.flags = 0};

	if (m->size >= sizeof(h))
		memcpy(&h, m->bytes, sizeof(h));
	return h.flags / FLAG_STDIO & 7;
}

int pool_message_forward(int sock, struct pool_message *m, const int stdio[3], struct err *e)
{
	const int had = __builtin_popcount(stdio_bits(m));
	int fds[POOL_FDS_MAX], n = 0;
	struct head own, h;

	memcpy(&own, m->bytes, sizeof(own));
	h = own;
	h.flags &= FLAG_STDIO - 1;
	for (int i = 0; i < 3; i++)
		if (stdio[i] >= 0) {
			h.flags |= (uint32_t)FLAG_STDIO << i;
			fds[n++] = stdio[i];
		}
	if (m->n_fds > had)
		fds[n++] = m->fds[had]; /* the file of a large request, whose own head counts for nothing here */
	memcpy(m->bytes, &h, sizeof(h));
	ssize_t sent = fds_send(sock, m->bytes, m->size, fds, n);
	memcpy(m->bytes, &own, sizeof(own)); /* it may be read again */
	return sent < 0 ? err_set(e, (int)-sent, "tell the island what to execute") : 0;
}

/* Reads a large request out of its file. */
static int large_read(int fd, size_t size, struct arena *a, char **ret, struct err *e)
{
	char *bytes = arena_alloc(a, size, 1);
	size_t got = 0;

	while (got < size) {
		ssize_t n = pread(fd, bytes + got, size - got, (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, n < 0 ? errno : EPROTO, "read the request for an island");
		got += (size_t)n;
	}
	*ret = bytes;
	return 0;
}

/* The request that M says; its lists only where LISTS says so. */
static int message_read(struct pool_message *m, bool lists, struct arena *a, struct pool_request *ret, int stdio[3],
			struct err *e)
{
	const unsigned int bits = stdio_bits(m);
	char *bytes = m->bytes;
	size_t size = m->size;
	struct head h;
	int at = 0, r = 0;

	for (int i = 0; i < 3; i++)
		stdio[i] = bits >> i & 1 && at < m->n_fds ? m->fds[at++] : FD_NONE;
	if (at != __builtin_popcount(bits) || m->n_fds > at + 1)
		return err_set(e, EPROTO, "understand the descriptors of the request for an island");
	if (m->size == sizeof(h) && m->n_fds == at + 1) {
		memcpy(&h, m->bytes, sizeof(h));
		size = h.size;
		if (size < sizeof(h) || size > POOL_REQUEST_MAX)
			return err_set(e, EPROTO, "understand the size of the request for an island");
		r = large_read(m->fds[at], size, a, &bytes, e);
	} else if (m->n_fds > at) {
		return err_set(e, EPROTO, "understand the descriptors of the request for an island");
	}
	return r < 0 ? r : pool_request_parse(bytes, size, lists ? a : NULL, ret, e);
}

int pool_message_parse(struct pool_message *m, struct arena *a, struct pool_request *ret, int stdio[3], struct err *e)
{
	return message_read(m, true, a, ret, stdio, e);
}

int pool_message_peek(struct pool_message *m, struct arena *a, struct pool_request *ret, int stdio[3], struct err *e)
{
	return message_read(m, false, a, ret, stdio, e);
}
