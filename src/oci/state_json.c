/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a container as text: see state_json.h. */
#include "oci/state_json.h"

#include "base/json_bind.h"

static const char *const status_words[] = {
	[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created", [STATUS_RUNNING] = "running",
	[STATUS_STOPPED] = "stopped",	[STATUS_PAUSED] = "paused",
};
static_assert(ARRAY_LEN(status_words) == STATUS_COUNT, "status_words[] does not match enum oci_status");
static const struct bind_names status_names = {status_words, ARRAY_LEN(status_words)};

/* In the order of runc's. */
static const struct bind_row state_rows[] = {
	BIND_STRING("ociVersion", struct oci_state, oci_version, BIND_REQUIRED),
	BIND_STRING("id", struct oci_state, id, BIND_REQUIRED),
	BIND_BETWEEN("pid", INT, pid_t, struct oci_state, pid, BIND_ALWAYS, 0, INT32_MAX),
	BIND_ENUM("status", struct oci_state, status, BIND_ALWAYS | BIND_REQUIRED, &status_names),
	BIND_STRING("bundle", struct oci_state, bundle, BIND_REQUIRED),
	BIND_STRING("rootfs", struct oci_state, rootfs, 0),
	BIND_STRING("created", struct oci_state, created, 0),
	BIND_PAIRS("annotations", struct oci_state, annotations, 0),
	BIND_STRING("owner", struct oci_state, owner, 0),
};
static const struct bind_table state_table = BIND_TABLE(state_rows, struct oci_state);

static const struct bind_row process_state_rows[] = {
	BIND_STRING("ociVersion", struct oci_process_state, oci_version, BIND_REQUIRED),
	BIND_STRINGS("fds", struct oci_process_state, fds, BIND_ALWAYS),
	BIND_BETWEEN("pid", INT, pid_t, struct oci_process_state, pid, BIND_ALWAYS | BIND_REQUIRED, 0, INT32_MAX),
	BIND_STRING("metadata", struct oci_process_state, metadata, 0),
	BIND_OBJECT("state", struct oci_process_state, state, BIND_REQUIRED, &state_table),
};
static const struct bind_table process_state_table = BIND_TABLE(process_state_rows, struct oci_process_state);

const char *oci_status_word(enum oci_status status)
{
	return status_words[status];
}

int oci_state_parse(const char *text, size_t size, struct arena *a, struct oci_state *ret, struct err *e)
{
	*ret = (struct oci_state){0};
	return bind_parse(&state_table, text, size, ret, a, e);
}

char *oci_state_print(const struct oci_state *s, enum json_style style, struct arena *a)
{
	return bind_print(&state_table, s, style, a);
}

void oci_state_write(const struct oci_state *s, struct json_out *out)
{
	bind_write(&state_table, out, NULL, s);
}

int oci_process_state_parse(const char *text, size_t size, struct arena *a, struct oci_process_state *ret,
			    struct err *e)
{
	*ret = (struct oci_process_state){0};
	return bind_parse(&process_state_table, text, size, ret, a, e);
}

char *oci_process_state_print(const struct oci_process_state *s, struct arena *a)
{
	return bind_print(&process_state_table, s, JSON_COMPACT, a);
}
