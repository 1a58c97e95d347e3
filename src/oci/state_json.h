/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a container as text: what "state" prints, what hooks read from their standard input, and what is sent to
 * the listener of a seccomp filter (runtime.md, "State"; config-linux.md, "The Container Process State").
 */
#ifndef ISLE_OCI_STATE_JSON_H
#define ISLE_OCI_STATE_JSON_H

#include "base/json_out.h"
#include "core/spec.h"

enum oci_status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_STOPPED, STATUS_PAUSED, STATUS_COUNT };

struct oci_state {
	char *oci_version;
	char *id;
	enum oci_status status;
	pid_t pid;    /* 0: none */
	char *bundle; /* absolute */
	struct spec_pairs annotations;
	/* Not in the runtime spec: what runc and crun print, too.  NULL: left out, as in the state for hooks. */
	char *rootfs;  /* absolute */
	char *created; /* RFC 3339, in UTC */
	char *owner;   /* the user's name, "" if unknown */
};

struct oci_process_state {
	char *oci_version;
	struct strs fds; /* the names of the descriptors sent along: "seccompFd" */
	pid_t pid;
	char *metadata; /* linux.seccomp.listenerMetadata */
	struct oci_state state;
};

/* The word for STATUS, "running". */
const char *oci_status_word(enum oci_status status);

/* Reads a state; its strings live in A. */
int oci_state_parse(const char *text, size_t size, struct arena *a, struct oci_state *ret, struct err *e) MUST_USE;
/* S as a text of its own, terminated; never NULL. */
char *oci_state_print(const struct oci_state *s, enum json_style style, struct arena *a);
/* S as an element of a list. */
void oci_state_write(const struct oci_state *s, struct json_out *out);

int oci_process_state_parse(const char *text, size_t size, struct arena *a, struct oci_process_state *ret,
			    struct err *e) MUST_USE;
char *oci_process_state_print(const struct oci_process_state *s, struct arena *a);

#endif
