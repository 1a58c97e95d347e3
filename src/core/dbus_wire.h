/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D-Bus messages: values as trees, and the bytes that they are on a connection.
 * Source: the D-Bus specification, "Type System" and "Message Protocol".
 *
 * What is read comes from a peer that is trusted little: every length is held against what is there, nothing is nested
 * deeper than the specification allows, and a message is at most DBUS_MESSAGE_MAX bytes.
 */
#ifndef ISLE_CORE_DBUS_WIRE_H
#define ISLE_CORE_DBUS_WIRE_H

#include "base/err.h"
#include "base/mem.h"

enum {
	DBUS_MESSAGE_MAX = 1 << 20,
	DBUS_SIGNATURE_MAX = 255,
	DBUS_DEPTH_MAX = 32,
	DBUS_HEADER = 16, /* bytes of a message that say how long the rest is */
};

/* A value: its type is the first letter of its signature. */
struct dbus_value {
	char type;	 /* y b n q i u x t d: a number; s o g: a text; a: array; (: structure; {: entry; v: variant */
	char *element;	 /* array: the signature of its members */
	uint64_t number; /* smaller and signed ones extended to 64 bits, a double by its bits */
	char *text;
	struct dbus_value *v; /* members */
	size_t n, room;
};

struct dbus_values {
	struct dbus_value *v;
	size_t n, room;
};

enum dbus_kind { DBUS_CALL = 1, DBUS_REPLY = 2, DBUS_ERROR = 3, DBUS_SIGNAL = 4 };

struct dbus_message {
	enum dbus_kind kind;
	uint32_t serial, reply_to; /* reply_to: 0 where it is none */
	char *path, *interface, *member, *error, *destination, *signature;
	struct dbus_values body; /* filled by dbus_body_read */
	const unsigned char *body_bytes;
	size_t body_size;
	bool big_endian;
};

/* ---- making values ---- */
struct dbus_value dbus_number(char type, uint64_t v);
struct dbus_value dbus_text(struct arena *a, char type, const char *text);
/* An empty array; ELEMENT is the signature of its members, which are added with dbus_add. */
struct dbus_value dbus_array(struct arena *a, const char *element);
/* An empty container of TYPE: '(', '{' or 'v'. */
struct dbus_value dbus_container(char type);
void dbus_add(struct dbus_value *to, struct arena *a, struct dbus_value member);
/* The signature of V, in the arena. */
char *dbus_signature(const struct dbus_value *v, struct arena *a);

/* ---- bytes ---- */
/* The message as bytes in the arena; its serial is M's.  -E2BIG where it is longer than a message may be. */
int dbus_write(const struct dbus_message *m, struct arena *a, unsigned char **ret, size_t *ret_size, struct err *e)
	MUST_USE;
/* How long the message is that begins with the DBUS_HEADER bytes at HEAD; -EBADMSG for what is none. */
int dbus_size(const unsigned char *head, size_t *ret, struct err *e) MUST_USE;
/* Reads the header of a message of SIZE bytes; the body stays bytes, in the memory of the caller. */
int dbus_read(const unsigned char *bytes, size_t size, struct arena *a, struct dbus_message *ret, struct err *e)
	MUST_USE;
/* Reads the body of M, if its signature is SIGNATURE. */
int dbus_body_read(struct dbus_message *m, const char *signature, struct arena *a, struct err *e) MUST_USE;

#endif
