/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.json and state.json: see record_json.h. */
#include "engine/record_json.h"

#include "base/json_bind.h"

/* ---- the record ---- */

static const char *const rootfs_kinds[] = {
	[ROOTFS_DIRECT] = "direct", [ROOTFS_LAYERED] = "layered", [ROOTFS_SKELETON] = "skeleton"};
static const struct bind_names rootfs_kind_names = {rootfs_kinds, ARRAY_LEN(rootfs_kinds)};

static const struct bind_row rootfs_rows[] = {
	BIND_ENUM("kind", struct rootfs, kind, BIND_ALWAYS, &rootfs_kind_names),
	BIND_STRINGS("lower", struct rootfs, lower, 0),
	BIND_BOOL("guarded", struct rootfs, guarded, 0),
	BIND_BOOL("idmapped", struct rootfs, idmapped, 0),
	BIND_STRING("writable", struct rootfs, writable, 0),
	BIND_STRINGS("submounts", struct rootfs, submounts, 0),
	BIND_STRING("tmpfsSize", struct rootfs, tmpfs_size, 0),
};
static const struct bind_table rootfs_table = BIND_TABLE(rootfs_rows, struct rootfs);

static const struct bind_row record_rows[] = {
	BIND_STRING("name", struct box_record, name, 0),
	BIND_STRING("root", struct box_record, root, 0),
	BIND_STRING("command", struct box_record, command, 0),
	BIND_STRING("pool", struct box_record, pool, 0),
	BIND_OBJECT("rootfs", struct box_record, rootfs, 0, &rootfs_table),
	BIND_I64("created", struct box_record, created_ns, 0),
	BIND_BOOL("rm", struct box_record, rm, 0),
	BIND_BOOL("detach", struct box_record, detach, 0),
	BIND_BOOL("tty", struct box_record, tty, 0),
	BIND_BOOL("stdinOpen", struct box_record, stdin_open, 0),
	BIND_BOOL("init", struct box_record, init, 0),
	BIND_BOOL("persistent", struct box_record, persistent, 0),
	BIND_BOOL("pidsDefault", struct box_record, pids_default, 0),
	BIND_PAIRS("labels", struct box_record, labels, 0),
	BIND_INT("stopSignal", struct box_record, stop_signal, 0),
	BIND_INT("stopTimeout", struct box_record, stop_timeout_s, 0),
	BIND_INT("timeout", struct box_record, timeout_s, 0),
	BIND_I64("logMaxSize", struct box_record, log_max_size, 0),
	BIND_INT("logMaxFiles", struct box_record, log_max_files, 0),
	BIND_INT("idSlot", struct box_record, id_slot, BIND_ALWAYS), /* 0 is a slot, absent is none */
	BIND_STRINGS("warnings", struct box_record, warnings, 0),
	BIND_STRING("netMode", struct box_record, net_mode, 0),
	BIND_STRING("pidMode", struct box_record, pid_mode, 0),
	BIND_STRING("ipcMode", struct box_record, ipc_mode, 0),
	BIND_STRING("utsMode", struct box_record, uts_mode, 0),
	BIND_STRING("userMode", struct box_record, user_mode, 0),
	BIND_STRING("cgroupMode", struct box_record, cgroup_mode, 0),
	BIND_STRING("timeMode", struct box_record, time_mode, 0),
	BIND_STRING("cidfile", struct box_record, cidfile, 0),
	BIND_STRING("pidfile", struct box_record, pidfile, 0),
};
static const struct bind_table record_table = BIND_TABLE(record_rows, struct box_record);

int record_parse(const char *text, size_t size, struct arena *a, struct box_record *ret, struct err *e)
{
	*ret = (struct box_record){.id_slot = -1};
	return bind_parse(&record_table, text, size, ret, a, e);
}

char *record_print(const struct box_record *r, struct arena *a)
{
	return bind_print(&record_table, r, JSON_COMPACT, a);
}

void record_write(const struct box_record *r, struct json_out *out, const char *key)
{
	bind_write(&record_table, out, key, r);
}

/* ---- the state ---- */

static const struct bind_names status_names = {box_status_names, BOX_STATUS_COUNT};

static const struct bind_row state_rows[] = {
	BIND_ENUM("status", struct box_state, status, BIND_ALWAYS | BIND_REQUIRED, &status_names),
	BIND_INT("pid", struct box_state, pid, 0),
	BIND_U64("pidIdentity", struct box_state, pid_identity, 0),
	BIND_INT("ownerPid", struct box_state, owner_pid, 0),
	BIND_I64("started", struct box_state, started_ns, 0),
	BIND_I64("finished", struct box_state, finished_ns, 0),
	BIND_INT("exitStatus", struct box_state, exit_status, BIND_ALWAYS),
	BIND_BOOL("oomKilled", struct box_state, oom_killed, 0),
	BIND_STRING("error", struct box_state, error, 0),
	BIND_STRING("cgroupPath", struct box_state, cgroup_path, 0),
	BIND_INT("restarts", struct box_state, restarts, 0),
};
static const struct bind_table state_table = BIND_TABLE(state_rows, struct box_state);

int state_parse(const char *text, size_t size, struct arena *a, struct box_state *ret, struct err *e)
{
	*ret = (struct box_state){0};
	return bind_parse(&state_table, text, size, ret, a, e);
}

char *state_print(const struct box_state *s, struct arena *a)
{
	return bind_print(&state_table, s, JSON_COMPACT, a);
}

void state_write(const struct box_state *s, struct json_out *out, const char *key)
{
	bind_write(&state_table, out, key, s);
}
