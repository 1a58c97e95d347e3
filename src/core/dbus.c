/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to a D-Bus peer: see dbus.h.  Source: the D-Bus specification, "Authentication Protocol". */
#include "core/dbus.h"

#include "base/fd.h"
#include "base/parse_time.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	HELLO_MS = 10000,  /* how long a peer may take to say who it is */
	SIGNALS_MAX = 256, /* a peer that floods us is not systemd */
	LINE_MAX_BYTES = 512,
};

/* ---- bytes ---- */

/* Waits until the socket is ready for EVENTS. */
static int await(const struct dbus *c, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd p = {.fd = c->fd, .events = events};
		int64_t left = deadline - time_monotonic_ms();
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* Sends all SIZE bytes. */
static int send_all(const struct dbus *c, const void *data, size_t size, int64_t deadline)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = send(c->fd, p, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r = n >= 0 || errno == EINTR ? 0 : errno == EAGAIN ? await(c, POLLOUT, deadline) : -errno;

		if (r < 0)
			return r;
		p += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Receives exactly SIZE bytes. */
static int receive_all(const struct dbus *c, void *data, size_t size, int64_t deadline)
{
	char *p = data;

	while (size > 0) {
		ssize_t n = recv(c->fd, p, size, MSG_DONTWAIT);
		int r = n > 0 || (n < 0 && errno == EINTR) ? 0 : n == 0 ? -ECONNRESET : -errno;

		if (r == -EAGAIN)
			r = await(c, POLLIN, deadline);
		if (r < 0)
			return r;
		p += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* ---- who we are ---- */

/* Receives one line of the authentication, without its end. */
static int receive_line(const struct dbus *c, char *line, size_t size, int64_t deadline)
{
	for (size_t n = 0; n < size; n++) {
		int r = receive_all(c, line + n, 1, deadline);

		if (r < 0)
			return r;
		if (n > 0 && line[n - 1] == '\r' && line[n] == '\n') {
			line[n - 1] = '\0';
			return 0;
		}
	}
	return -EBADMSG;
}

/* Says LINE and hears the answer. */
static int say(const struct dbus *c, const char *line, size_t size, char *answer, int64_t deadline)
{
	int r = send_all(c, line, size, deadline);

	return r < 0 ? r : receive_line(c, answer, LINE_MAX_BYTES, deadline);
}

/*
 * The kernel tells the peer who we are; so no name is given, which is right in a user namespace as well.  A peer that
 * insists gets our id as we see it.  BEGIN goes with the last word, before the answer to that: a systemd that reads it
 * together with the first call would look at the call only when something else comes.
 */
static int authenticate(const struct dbus *c, struct err *e)
{
	static const char begin[] = "\0AUTH EXTERNAL\r\n", data[] = "DATA\r\nBEGIN\r\n";
	bool begun = false;
	char answer[LINE_MAX_BYTES] = "", id[16], line[64] = "AUTH EXTERNAL ";
	int64_t deadline = time_monotonic_ms() + HELLO_MS;
	int r = say(c, begin, sizeof(begin) - 1, answer, deadline);

	if (r == 0 && strncmp(answer, "DATA", 4) == 0) {
		begun = true;
		r = say(c, data, sizeof(data) - 1, answer, deadline);
	} else if (r == 0 && strncmp(answer, "REJECTED", 8) == 0) {
		int n = snprintf(id, sizeof(id), "%u", geteuid());
		size_t used = strlen(line);

		for (int i = 0; i < n; i++, used += 2)
			snprintf(line + used, sizeof(line) - used, "%02x", (unsigned char)id[i]);
		snprintf(line + used, sizeof(line) - used, "\r\nBEGIN\r\n");
		begun = true;
		r = say(c, line, strlen(line), answer, deadline);
	}
	if (r == 0 && strncmp(answer, "OK", 2) != 0)
		r = -EACCES;
	if (r == 0 && !begun)
		r = send_all(c, "BEGIN\r\n", 7, deadline);
	if (r == 0)
		return 0;
	err_set(e, -r, "talk to the D-Bus peer");
	return r == -EACCES ? err_why(e, "it does not accept this user") : r;
}

/* ---- addresses ---- */

/* The value of a hexadecimal digit; -1 for another character. */
static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return c >= '0' && c <= '9' ? c - '0' : at ? (int)(at - digits) : -1;
}

/* Writes the LEN bytes at FROM, in which %XX stands for a byte, to TO; the length, or -1 if they don't fit. */
static int unescape(char *to, size_t room, const char *from, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = from[i];

		if (c == '%') {
			if (i + 2 >= len || hex_digit(from[i + 1]) < 0 || hex_digit(from[i + 2]) < 0)
				return -1;
			c = (char)(hex_digit(from[i + 1]) * 16 + hex_digit(from[i + 2]));
			i += 2;
		}
		if (n == room || c == '\0')
			return -1;
		to[n++] = c;
	}
	return (int)n;
}

/* Fills in the socket address that the LEN bytes at TEXT stand for; its length, or -EINVAL. */
static int address_read(const char *text, size_t len, struct sockaddr_un *ret)
{
	static const char unix_prefix[] = "unix:";
	static const struct {
		const char *key;
		size_t skip; /* an abstract name stands behind a zero */
	} keys[] = {{"path=", 0}, {"abstract=", 1}};
	const char *end = text + len;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len < sizeof(unix_prefix) - 1 || strncmp(text, unix_prefix, sizeof(unix_prefix) - 1) != 0)
		return -EINVAL;
	for (const char *p = text + sizeof(unix_prefix) - 1; p < end;) {
		size_t part = strcspn(p, ",;");

		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			size_t key = strlen(keys[k].key), skip = keys[k].skip;

			if (part <= key || strncmp(p, keys[k].key, key) != 0)
				continue;
			int n = unescape(ret->sun_path + skip, sizeof(ret->sun_path) - 1 - skip, p + key, part - key);
			return n < 0 ? -EINVAL
				     : (int)(offsetof(struct sockaddr_un, sun_path) + skip + (size_t)n + (skip == 0));
		}
		p += part + (p + part < end);
	}
	return -EINVAL;
}

/* Connects to the first address of the list that answers. */
static int connect_any(struct dbus *c, const char *addresses)
{
	int r = -EINVAL;

	for (const char *p = addresses; *p;) {
		struct sockaddr_un at;
		size_t len = strcspn(p, ";");
		int size = address_read(p, len, &at);

		p += len + (p[len] == ';');
		if (size < 0)
			continue;
		c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (c->fd < 0)
			return -errno;
		if (connect(c->fd, (struct sockaddr *)&at, (socklen_t)size) == 0)
			return 0;
		r = -errno;
		fd_close(&c->fd);
	}
	return r;
}

int dbus_open(struct dbus *c, const char *address, bool bus, struct arena *a, struct err *e)
{
	struct dbus_message hello = {.path = (char[]){"/org/freedesktop/DBus"},
				     .interface = (char[]){"org.freedesktop.DBus"},
				     .destination = (char[]){"org.freedesktop.DBus"},
				     .member = (char[]){"Hello"}};
	struct dbus_message reply;

	*c = (struct dbus){.fd = FD_NONE, .bus = bus, .arena = a};
	int r = connect_any(c, address);
	if (r < 0)
		return err_set(e, -r, "connect to D-Bus at %s", address);
	r = authenticate(c, e);
	if (r == 0 && bus)
		r = dbus_call(c, &hello, &reply, HELLO_MS, e);
	if (r < 0) {
		dbus_close(c);
		return err_context(e, "D-Bus at %s", address);
	}
	return 0;
}

void dbus_close(struct dbus *c)
{
	fd_close(&c->fd);
}

/* ---- messages ---- */

/* Receives one message. */
static int receive(struct dbus *c, struct dbus_message *ret, int64_t deadline, struct err *e)
{
	unsigned char head[DBUS_HEADER];
	size_t size = 0;
	int r = receive_all(c, head, sizeof(head), deadline);

	if (r < 0)
		return err_set(e, -r, "wait for a D-Bus message");
	r = dbus_size(head, &size, e);
	if (r < 0)
		return r;
	unsigned char *bytes = arena_new(c->arena, unsigned char, size);
	memcpy(bytes, head, sizeof(head));
	r = receive_all(c, bytes + sizeof(head), size - sizeof(head), deadline);
	if (r < 0)
		return err_set(e, -r, "wait for the rest of a D-Bus message");
	return dbus_read(bytes, size, c->arena, ret, e);
}

/* Keeps a signal for later. */
static int keep(struct dbus *c, const struct dbus_message *m, struct err *e)
{
	if (m->kind != DBUS_SIGNAL || !m->interface || !m->member)
		return 0;
	if (c->signals.n == SIGNALS_MAX)
		return err_set(e, EMSGSIZE, "keep more than %d signals of the D-Bus peer", SIGNALS_MAX);
	struct dbus_message *slot = list_add(&c->signals, c->arena);
	*slot = *m;
	return 0;
}

/* The error for a call that the peer refused, with what it says. */
static int refused(struct dbus *c, const struct dbus_message *call, struct dbus_message *reply, struct err *e)
{
	const char *said = "";

	if (*reply->signature == 's' && dbus_body_read(reply, reply->signature, c->arena, NULL) == 0)
		said = reply->body.v[0].text;
	err_set(e, EREMOTEIO, "call %s of %s", call->member, call->interface);
	return err_why(e, "%s: %s", reply->error ? reply->error : "an error without a name", said);
}

int dbus_call(struct dbus *c, const struct dbus_message *call, struct dbus_message *reply, int timeout_ms,
	      struct err *e)
{
	struct dbus_message sent = *call;
	int64_t deadline = time_monotonic_ms() + timeout_ms;
	unsigned char *bytes;
	size_t size;

	sent.kind = DBUS_CALL;
	sent.serial = ++c->serial;
	if (!c->bus)
		sent.destination = NULL;
	int r = dbus_write(&sent, c->arena, &bytes, &size, e);
	if (r < 0)
		return r;
	r = send_all(c, bytes, size, deadline);
	if (r < 0)
		return err_set(e, -r, "call %s of %s", call->member, call->interface);
	for (;;) {
		r = receive(c, reply, deadline, e);
		if (r < 0)
			return err_context(e, "call %s of %s", call->member, call->interface);
		if (reply->reply_to == sent.serial && reply->kind == DBUS_ERROR)
			return refused(c, call, reply, e);
		if (reply->reply_to == sent.serial && reply->kind == DBUS_REPLY)
			return 0;
		r = keep(c, reply, e);
		if (r < 0)
			return r;
	}
}

/* Whether M is the signal MEMBER of INTERFACE. */
static bool is_signal(const struct dbus_message *m, const char *interface, const char *member)
{
	return m->kind == DBUS_SIGNAL && m->interface && m->member && strcmp(m->interface, interface) == 0 &&
	       strcmp(m->member, member) == 0;
}

int dbus_signal(struct dbus *c, const char *interface, const char *member, struct dbus_message *ret, int timeout_ms,
		struct err *e)
{
	int64_t deadline = time_monotonic_ms() + timeout_ms;

	for (size_t i = 0; i < c->signals.n; i++) {
		if (!is_signal(&c->signals.v[i], interface, member))
			continue;
		*ret = c->signals.v[i];
		memmove(&c->signals.v[i], &c->signals.v[i + 1], (--c->signals.n - i) * sizeof(*c->signals.v));
		return 0;
	}
	for (;;) {
		int r = receive(c, ret, deadline, e);

		if (r < 0)
			return err_context(e, "wait for the signal %s", member);
		if (is_signal(ret, interface, member))
			return 0;
	}
}
