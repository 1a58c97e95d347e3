/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D-Bus messages: bytes made by hand from the specification, in both byte orders; values there and back; broken bytes
 * of every kind.  And a connection, to a peer that is played here.
 */
#include "base/fd.h"
#include "core/dbus.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena arena;
static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Go("u.scope", [("PIDs", [7]), ("Delegate", true), ("TasksMax", 0x1122334455667788)]) */
static const char call_bytes[] = "\x6c\x01\x00\x01\x58\x00\x00\x00\x05\x00\x00\x00\x4c\x00\x00\x00"
				 "\x01\x01\x6f\x00\x02\x00\x00\x00\x2f\x61\x00\x00\x00\x00\x00\x00"
				 "\x02\x01\x73\x00\x03\x00\x00\x00\x78\x2e\x79\x00\x00\x00\x00\x00"
				 "\x03\x01\x73\x00\x02\x00\x00\x00\x47\x6f\x00\x00\x00\x00\x00\x00"
				 "\x06\x01\x73\x00\x03\x00\x00\x00\x64\x2e\x65\x00\x00\x00\x00\x00"
				 "\x08\x01\x67\x00\x06\x73\x61\x28\x73\x76\x29\x00\x00\x00\x00\x00"
				 "\x07\x00\x00\x00\x75\x2e\x73\x63\x6f\x70\x65\x00\x48\x00\x00\x00"
				 "\x04\x00\x00\x00\x50\x49\x44\x73\x00\x02\x61\x75\x00\x00\x00\x00"
				 "\x04\x00\x00\x00\x07\x00\x00\x00\x08\x00\x00\x00\x44\x65\x6c\x65"
				 "\x67\x61\x74\x65\x00\x01\x62\x00\x01\x00\x00\x00\x00\x00\x00\x00"
				 "\x08\x00\x00\x00\x54\x61\x73\x6b\x73\x4d\x61\x78\x00\x01\x74\x00"
				 "\x88\x77\x66\x55\x44\x33\x22\x11";
/* The signal JobRemoved(9, "/j/9", "u.scope", "done"), big endian. */
static const char signal_bytes[] = "\x42\x04\x01\x01\x00\x00\x00\x25\x00\x00\x00\x4d\x00\x00\x00\x42"
				   "\x01\x01\x6f\x00\x00\x00\x00\x02\x2f\x6d\x00\x00\x00\x00\x00\x00"
				   "\x02\x01\x73\x00\x00\x00\x00\x03\x61\x2e\x4d\x00\x00\x00\x00\x00"
				   "\x03\x01\x73\x00\x00\x00\x00\x0a\x4a\x6f\x62\x52\x65\x6d\x6f\x76"
				   "\x65\x64\x00\x00\x00\x00\x00\x00\x08\x01\x67\x00\x04\x75\x6f\x73"
				   "\x73\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x04"
				   "\x2f\x6a\x2f\x39\x00\x00\x00\x00\x00\x00\x00\x07\x75\x2e\x73\x63"
				   "\x6f\x70\x65\x00\x00\x00\x00\x04\x64\x6f\x6e\x65";

static char *text(const char *t)
{
	return arena_strdup(&arena, t);
}

/* Adds ("NAME", <V>) to a list of properties. */
static void property(struct dbus_value *list, const char *name, struct dbus_value v)
{
	struct dbus_value pair = dbus_container('('), variant = dbus_container('v');

	dbus_add(&variant, &arena, v);
	dbus_add(&pair, &arena, dbus_text(&arena, 's', name));
	dbus_add(&pair, &arena, variant);
	dbus_add(list, &arena, pair);
}

static void add_body(struct dbus_message *m, struct dbus_value v)
{
	struct dbus_value *slot = list_add(&m->body, &arena);

	*slot = v;
}

static void call_is_written_as_specified(void **state)
{
	struct dbus_message m = {.kind = DBUS_CALL, .serial = 5};
	struct dbus_value list = dbus_array(&arena, "(sv)"), pids = dbus_array(&arena, "u");
	unsigned char *bytes;
	size_t size;
	struct err e;

	(void)state;
	m.path = text("/a"), m.interface = text("x.y"), m.member = text("Go"), m.destination = text("d.e");
	dbus_add(&pids, &arena, dbus_number('u', 7));
	property(&list, "PIDs", pids);
	property(&list, "Delegate", dbus_number('b', 1));
	property(&list, "TasksMax", dbus_number('t', 0x1122334455667788));
	add_body(&m, dbus_text(&arena, 's', "u.scope"));
	add_body(&m, list);
	assert_int_equal(dbus_write(&m, &arena, &bytes, &size, &e), 0);
	assert_int_equal(size, sizeof(call_bytes) - 1);
	assert_memory_equal(bytes, call_bytes, size);
}

static void call_is_read_back(void **state)
{
	struct dbus_message m;
	struct err e;

	(void)state;
	assert_int_equal(dbus_read((const unsigned char *)call_bytes, sizeof(call_bytes) - 1, &arena, &m, &e), 0);
	assert_int_equal(m.kind, DBUS_CALL);
	assert_int_equal(m.serial, 5);
	assert_string_equal(m.path, "/a");
	assert_string_equal(m.destination, "d.e");
	assert_true(dbus_body_read(&m, "sa{sv}", &arena, &e) < 0);
	assert_int_equal(dbus_body_read(&m, "sa(sv)", &arena, &e), 0);
	assert_int_equal(m.body.v[1].n, 3);
	assert_string_equal(m.body.v[1].v[2].v[0].text, "TasksMax");
	assert_true(m.body.v[1].v[2].v[1].v[0].number == 0x1122334455667788);
}

static void other_byte_order_is_read(void **state)
{
	struct dbus_message m;
	struct err e;

	(void)state;
	assert_int_equal(dbus_read((const unsigned char *)signal_bytes, sizeof(signal_bytes), &arena, &m, &e), 0);
	assert_int_equal(m.kind, DBUS_SIGNAL);
	assert_string_equal(m.member, "JobRemoved");
	assert_int_equal(dbus_body_read(&m, "uoss", &arena, &e), 0);
	assert_int_equal(m.body.v[0].number, 9);
	assert_string_equal(m.body.v[1].text, "/j/9");
	assert_string_equal(m.body.v[3].text, "done");
}

/* Each beginning of a message, and each byte of it changed: an error or something else, but never more than there is. */
static void broken_bytes_are_harmless(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} messages[] = {{call_bytes, sizeof(call_bytes) - 1}, {signal_bytes, sizeof(signal_bytes)}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		for (size_t at = 0; at < messages[i].size; at++)
			for (int value = -1; value < 256; value += value < 0 ? 1 : 17) {
				struct arena a CLEANUP(arena_free) = {0};
				size_t size = value < 0 ? at : messages[i].size;
				unsigned char *copy =
					malloc(size + 1); /* not the arena, so that a sanitizer sees its end */
				struct dbus_message m;
				struct err e;

				memcpy(copy, messages[i].bytes, size);
				if (value >= 0)
					copy[at] = (unsigned char)value;
				copy = realloc(copy, size ? size : 1);
				int r = dbus_read(copy, size, &a, &m, &e);
				if (value < 0)
					assert_true(r < 0);
				if (r == 0)
					(void)!dbus_body_read(&m, m.signature, &a, &e);
				free(copy);
			}
}

static void lies_about_lengths_are_refused(void **state)
{
	static const unsigned char heads[][DBUS_HEADER] = {
		{'l', 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0},
		{'l', 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
		{'l', 1, 0, 1, 0, 0, 16, 0, 1, 0, 0, 0, 8, 0, 0, 0},
		{'x', 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0},
		{'l', 1, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0},
	};
	struct err e;
	size_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		assert_int_equal(dbus_size(heads[i], &size, &e), -EBADMSG);
	assert_int_equal(dbus_size((const unsigned char *)call_bytes, &size, &e), 0);
	assert_int_equal(size, sizeof(call_bytes) - 1);
}

static void deep_nesting_is_refused(void **state)
{
	struct dbus_message m = {.kind = DBUS_SIGNAL, .serial = 1};
	struct dbus_value v = dbus_number('y', 1);
	unsigned char *bytes;
	size_t size;
	struct err e;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct dbus_value outer = dbus_container('v');

		dbus_add(&outer, &arena, v);
		v = outer;
	}
	add_body(&m, v);
	assert_int_equal(dbus_write(&m, &arena, &bytes, &size, &e), 0);
	assert_int_equal(dbus_read(bytes, size, &arena, &m, &e), 0);
	assert_int_equal(dbus_body_read(&m, "v", &arena, &e), -EBADMSG);
}

/* ---- random values ---- */

static struct dbus_value any_value(int depth)
{
	static const char types[] = "ybnqiuxtdsog(av";
	char type = types[any(depth > 3 ? 12 : 15)];

	if (strchr("sog", type))
		return dbus_text(&arena, type, type == 's' ? "some text" : type == 'o' ? "/a/b" : "a(sv)");
	if (type == '(') {
		struct dbus_value s = dbus_container('(');

		for (uint32_t n = 1 + any(4); n > 0; n--)
			dbus_add(&s, &arena, any_value(depth + 1));
		return s;
	}
	if (type == 'v') {
		struct dbus_value v = dbus_container('v');

		dbus_add(&v, &arena, any_value(depth + 1));
		return v;
	}
	if (type == 'a') {
		struct dbus_value member = any_value(depth + 1);
		struct dbus_value l = dbus_array(&arena, dbus_signature(&member, &arena));

		for (uint32_t n = any(4); n > 0; n--)
			dbus_add(&l, &arena, member);
		return l;
	}
	static const int bits[] = {['y'] = 8, ['n'] = 16, ['q'] = 16, ['i'] = 32, ['u'] = 32};
	uint64_t v = (uint64_t)any(1 << 24) << 40 | any(1 << 24);
	int n = (size_t)type < ARRAY_LEN(bits) ? bits[(int)type] : 0;
	return dbus_number(type, type == 'b' ? v & 1 : n ? v & (((uint64_t)1 << n) - 1) : v);
}

static void same_value(const struct dbus_value *a, const struct dbus_value *b)
{
	assert_int_equal(a->type, b->type);
	assert_true(a->number == b->number);
	assert_int_equal(a->n, b->n);
	if (a->text)
		assert_string_equal(a->text, b->text);
	for (size_t i = 0; i < a->n; i++)
		same_value(&a->v[i], &b->v[i]);
}

static void values_survive(void **state)
{
	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct dbus_message m = {.kind = DBUS_REPLY, .serial = 3, .reply_to = 2}, got;
		struct dbus_value v = any_value(0);
		unsigned char *bytes;
		size_t size;
		struct err e;

		if (strlen(dbus_signature(&v, &arena)) > DBUS_SIGNATURE_MAX)
			continue;
		add_body(&m, v);
		assert_int_equal(dbus_write(&m, &arena, &bytes, &size, &e), 0);
		assert_int_equal(dbus_read(bytes, size, &arena, &got, &e), 0);
		assert_int_equal(got.reply_to, 2);
		assert_int_equal(dbus_body_read(&got, dbus_signature(&v, &arena), &arena, &e), 0);
		same_value(&v, &got.body.v[0]);
		if (round % 100 == 99)
			arena_free(&arena);
	}
}

/* ---- a connection ---- */

/* What the peer says after a line that begins with the key. */
struct talk {
	const char *hear, *say;
};

/*
 * Plays a peer that speaks by TALK and, after BEGIN, sends BYTES; runs in a child.  Like systemd it would miss a call
 * that comes together with BEGIN: it hangs up on who does not say that with the last word.
 */
static pid_t play(int server, const struct talk *talk, const char *bytes, size_t size)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int fd = accept(server, NULL, NULL);
	char line[256];
	bool last;
	for (;;) {
		size_t n = 0;

		while (n < sizeof(line) - 1 && read(fd, line + n, 1) == 1 && line[n++] != '\n')
			if (n == 1 && line[0] == '\0')
				n = 0;
		line[n] = '\0';
		if (n == 0)
			_exit(0);
		if (strcmp(line, "BEGIN\r\n") == 0)
			break;
		last = strcmp(line, "DATA\r\n") == 0 || strncmp(line, "AUTH EXTERNAL ", 14) == 0;
		if (last && recv(fd, line + n, sizeof(line) - n, MSG_PEEK | MSG_DONTWAIT) < 7)
			_exit(0);
		line[n] = '\0';
		for (const struct talk *t = talk; t->hear; t++)
			if (strncmp(line, t->hear, strlen(t->hear)) == 0 && write(fd, t->say, strlen(t->say)) > 0)
				break;
	}
	(void)!read(fd, line, sizeof(line));
	(void)!write(fd, bytes, size);
	_exit(0);
}

/* A listening socket at a name of its own, whose address goes to ADDRESS. */
static int listen_at(char **address)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static int n;

	int len = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "isle-test-dbus-%d-%d", (int)getpid(), n++);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)),
		0);
	assert_int_equal(listen(fd, 1), 0);
	*address =
		arena_printf(&arena, "unix:path=/nonexistent/x;tcp:host=x;unix:guid=1,abstract=isle%%2dtest-dbus-%d-%d",
			     (int)getpid(), n - 1);
	return fd;
}

/* Talks to such a peer: how far it comes. */
static int talk_to(const struct talk *talk, const char *bytes, size_t size, struct dbus_message *reply, struct err *e)
{
	struct dbus_message call = {.path = text("/a"), .interface = text("x.y"), .member = text("Go")};
	struct dbus c;
	char *address;
	auto_fd server = listen_at(&address);
	pid_t pid = play(server, talk, bytes, size);
	int r = dbus_open(&c, address, false, &arena, e);

	if (r == 0)
		r = dbus_call(&c, &call, reply, 500, e);
	if (r == 0 || r == -EREMOTEIO)
		if (c.signals.n > 0)
			assert_int_equal(dbus_signal(&c, "a.M", "JobRemoved", &call, 100, e), 0);
	dbus_close(&c);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

static const struct talk by_credentials[] = {{"AUTH EXTERNAL\r", "DATA\r\n"}, {"DATA", "OK 12\r\n"}, {0}};
static const struct talk by_name[] = {
	{"AUTH EXTERNAL\r", "REJECTED EXTERNAL\r\n"}, {"AUTH EXTERNAL ", "OK 12\r\n"}, {0}};
static const struct talk never[] = {{"AUTH", "REJECTED\r\n"}, {0}};
static const struct talk endless[] = {
	{"AUTH",
	 "DATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATA"
	 "DATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATA"
	 "DATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATA"
	 "DATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATA"
	 "DATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATADATA"},
	{0}};

static void connections(void **state)
{
	struct dbus_message answer = {.kind = DBUS_REPLY, .serial = 1, .reply_to = 1}, reply;
	struct dbus_message error = {.kind = DBUS_ERROR, .serial = 1, .reply_to = 1, .error = text("org.example.No")};
	unsigned char *bytes, *both;
	size_t size;
	struct err e = {0};

	(void)state;
	add_body(&answer, dbus_text(&arena, 'o', "/j/9"));
	assert_int_equal(dbus_write(&answer, &arena, &bytes, &size, &e), 0);
	/* A signal before the answer is kept. */
	both = arena_new(&arena, unsigned char, size + sizeof(signal_bytes));
	memcpy(both, signal_bytes, sizeof(signal_bytes));
	memcpy(both + sizeof(signal_bytes), bytes, size);
	assert_int_equal(talk_to(by_credentials, (char *)both, size + sizeof(signal_bytes), &reply, &e), 0);
	assert_int_equal(dbus_body_read(&reply, "o", &arena, &e), 0);
	assert_int_equal(talk_to(by_name, (char *)bytes, size, &reply, &e), 0);
	add_body(&error, dbus_text(&arena, 's', "not today"));
	assert_int_equal(dbus_write(&error, &arena, &bytes, &size, &e), 0);
	assert_int_equal(talk_to(by_credentials, (char *)bytes, size, &reply, &e), -EREMOTEIO);
	assert_string_equal(reply.error, "org.example.No");
	assert_string_equal(e.why, "org.example.No: not today");
	/* Peers that misbehave. */
	assert_int_equal(talk_to(never, "", 0, &reply, &e), -EACCES);
	assert_int_equal(talk_to(endless, "", 0, &reply, &e), -EBADMSG);
	assert_int_equal(talk_to(by_credentials, "", 0, &reply, &e), -ECONNRESET);
	assert_int_equal(talk_to(by_credentials, (char *)bytes, size - 3, &reply, &e), -ECONNRESET);
	assert_int_equal(talk_to(by_credentials, "garbage garbage garbage", 23, &reply, &e), -EBADMSG);
	assert_int_equal(talk_to(by_credentials, signal_bytes, sizeof(signal_bytes), &reply, &e), -ECONNRESET);
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	      "unix:",		"unix:path=",	    "tcp:host=localhost,port=1", "unix:path=%zz/x",
		"unix:dir=/", "unix:path=/a%0", "unix:abstract=%00"};
	struct dbus c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(dbus_open(&c, bad[i], false, &arena, &e) < 0);
	char *name = arena_alloc(&arena, 5001, 1);
	memset(name, 'a', 5000);
	memcpy(name, "unix:path=/", 11);
	assert_true(dbus_open(&c, name, false, &arena, &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_is_written_as_specified),
		cmocka_unit_test(call_is_read_back),
		cmocka_unit_test(other_byte_order_is_read),
		cmocka_unit_test(broken_bytes_are_harmless),
		cmocka_unit_test(lies_about_lengths_are_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(values_survive),
		cmocka_unit_test(connections),
		cmocka_unit_test(bad_addresses_are_refused),
	};

	return cmocka_run_group_tests_name("dbus", tests, NULL, NULL);
}
