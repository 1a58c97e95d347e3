/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: "process" (config.md, section Process). */
#include "core/caps_names.h"
#include "core/rlimit_names.h"
#include "oci/spec_json_tables.h"

#include <sched.h>

/* ---- capabilities: five lists of names, five bit masks ---- */

static const struct {
	const char *key;
	size_t offset;
} cap_sets[] = {
	{"bounding", offsetof(struct spec_caps, bounding)},	  {"effective", offsetof(struct spec_caps, effective)},
	{"inheritable", offsetof(struct spec_caps, inheritable)}, {"permitted", offsetof(struct spec_caps, permitted)},
	{"ambient", offsetof(struct spec_caps, ambient)},
};

/* Reads one list of names into the mask SET; names of a newer kernel are kept apart, for the spec wants no failure. */
static int read_cap_set(const struct json *value, size_t set, struct spec_caps *caps, struct arena *a, struct err *e)
{
	uint64_t *mask = (uint64_t *)(void *)((char *)caps + cap_sets[set].offset);
	size_t index = 0;

	if (value->kind != JSON_LIST)
		return bind_fail(e, "must be a list of strings");
	json_foreach (item, value) {
		int cap = json_text(item) ? cap_by_name(item->text) : -1;

		if (item->kind != JSON_STRING)
			return bind_fail_at(e, NULL, index, bind_fail(e, "must be a string"));
		if (cap >= 0)
			*mask |= UINT64_C(1) << cap;
		else
			strs_take(&caps->unknown, a, item->text);
		index++;
	}
	return 0;
}

/* Reads "capabilities"; its presence alone says that the sets are to be touched. */
static int read_caps(const struct json *value, void *field, struct arena *a, struct err *e)
{
	struct spec_caps *caps = field;

	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object");
	caps->has = true;
	for (size_t i = 0; i < ARRAY_LEN(cap_sets); i++) {
		const struct json *list = json_get(value, cap_sets[i].key);
		int bad = 0;

		if (list && list->kind != JSON_NULL)
			bad = read_cap_set(list, i, caps, a, e);
		if (bad < 0)
			return bind_fail_at(e, cap_sets[i].key, 0, bad);
	}
	return 0;
}

/* Writes the sets that are not empty, the unknown names with the first; bits without a name are no capabilities. */
static void write_caps(struct json_out *out, const char *key, const void *field)
{
	const struct spec_caps *caps = field;

	if (!caps->has)
		return;
	json_open_object(out, key);
	for (size_t i = 0; i < ARRAY_LEN(cap_sets); i++) {
		uint64_t mask = *(const uint64_t *)(const void *)((const char *)field + cap_sets[i].offset);

		size_t unknown = i == 0 ? caps->unknown.n : 0;

		if (!mask && !unknown)
			continue;
		json_open_list(out, cap_sets[i].key);
		for (int cap = 0; cap < CAP_COUNT; cap++)
			if (mask >> cap & 1)
				json_string(out, NULL, cap_name(cap));
		for (size_t u = 0; u < unknown; u++)
			json_string(out, NULL, caps->unknown.v[u]);
		json_close_list(out);
	}
	json_close_object(out);
}

static const struct bind_custom caps_custom = {read_caps, write_caps};

/* ---- rlimits ---- */

/* Reads a limit's name. */
static int read_rlimit_type(const struct json *value, void *field, struct arena *a, struct err *e)
{
	const char *name = json_text(value);
	int resource = name ? rlimit_by_name(name) : -1;

	(void)a;
	if (!name)
		return bind_fail(e, "must be a string");
	if (resource < 0)
		return bind_fail(e, "there is no limit \"%.60s\"", name);
	*(int *)field = resource;
	return 0;
}

/* Writes a limit's name. */
static void write_rlimit_type(struct json_out *out, const char *key, const void *field)
{
	json_string(out, key, rlimit_name(*(const int *)field));
}

static const struct bind_custom rlimit_type_custom = {read_rlimit_type, write_rlimit_type};

static const struct bind_row rlimit_rows[] = {
	BIND_CUSTOM("type", struct spec_rlimit, resource, BIND_REQUIRED, &rlimit_type_custom),
	BIND_U64("soft", struct spec_rlimit, soft, BIND_ALWAYS | BIND_REQUIRED),
	BIND_U64("hard", struct spec_rlimit, hard, BIND_ALWAYS | BIND_REQUIRED),
};
static const struct bind_table rlimit_table = BIND_TABLE(rlimit_rows, struct spec_rlimit);

/* ---- scheduler, ioPriority, execCPUAffinity; the words stand where the kernel's numbers are ---- */

static const char *const policy_words[] = {
	[SCHED_OTHER] = "SCHED_OTHER", [SCHED_FIFO] = "SCHED_FIFO", [SCHED_RR] = "SCHED_RR",
	[SCHED_BATCH] = "SCHED_BATCH", [4] = "SCHED_ISO",	    [SCHED_IDLE] = "SCHED_IDLE",
	[6] = "SCHED_DEADLINE",
};
static const struct bind_names policy_names = {policy_words, ARRAY_LEN(policy_words)};

static const char *const scheduler_flag_words[] = {
	"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",	 "SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",   "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
};
static const struct bind_names scheduler_flag_names = {scheduler_flag_words, ARRAY_LEN(scheduler_flag_words)};

static const struct bind_row scheduler_rows[] = {
	BIND_ENUM("policy", struct spec_scheduler, policy, BIND_ALWAYS | BIND_REQUIRED, &policy_names),
	BIND_BETWEEN("nice", INT, int, struct spec_scheduler, nice, 0, -20, 19),
	BIND_BETWEEN("priority", INT, int, struct spec_scheduler, priority, 0, 0, 99),
	BIND_FLAGS("flags", struct spec_scheduler, flags, 0, &scheduler_flag_names),
	BIND_U64("runtime", struct spec_scheduler, runtime, 0),
	BIND_U64("deadline", struct spec_scheduler, deadline, 0),
	BIND_U64("period", struct spec_scheduler, period, 0),
};
static const struct bind_table scheduler_table = BIND_TABLE(scheduler_rows, struct spec_scheduler);

static const char *const io_class_words[] = {[1] = "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"};
static const struct bind_names io_class_names = {io_class_words, ARRAY_LEN(io_class_words)};

static const struct bind_row io_priority_rows[] = {
	BIND_ENUM("class", struct spec_io_priority, class, BIND_REQUIRED, &io_class_names),
	BIND_BETWEEN("priority", INT, int, struct spec_io_priority, priority, BIND_ALWAYS | BIND_REQUIRED, 0, 7),
};
static const struct bind_table io_priority_table = BIND_TABLE(io_priority_rows, struct spec_io_priority);

static const struct bind_row affinity_rows[] = {
	BIND_STRING("initial", struct spec_cpu_affinity, initial, BIND_NO_EMPTY),
	BIND_STRING("final", struct spec_cpu_affinity, final, BIND_NO_EMPTY),
};
static const struct bind_table affinity_table = BIND_TABLE(affinity_rows, struct spec_cpu_affinity);

/* ---- the rest ---- */

static const struct bind_row console_rows[] = {
	BIND_U16("height", struct spec_process, rows, 0),
	BIND_U16("width", struct spec_process, cols, 0),
};
static const struct bind_table console_table = BIND_TABLE(console_rows, struct spec_process);

static const struct bind_row user_rows[] = {
	BIND_U32("uid", struct spec_user, uid, BIND_ALWAYS | BIND_ID),
	BIND_U32("gid", struct spec_user, gid, BIND_ALWAYS | BIND_ID),
	BIND_BETWEEN("umask", OPT_U64, struct opt_u64, struct spec_user, umask, 0, 0, 0777),
	BIND_U32S("additionalGids", struct spec_user, additional_gids, BIND_ID),
	BIND_STRING("username", struct spec_user, username, BIND_NO_EMPTY),
};
static const struct bind_table user_table = BIND_TABLE(user_rows, struct spec_user);

/* commandLine has no row: it is for Windows. */
static const struct bind_row process_rows[] = {
	BIND_BOOL("terminal", struct spec_process, terminal, 0),
	BIND_GROUP("consoleSize", 0, &console_table),
	BIND_OBJECT("user", struct spec_process, user, 0, &user_table),
	BIND_STRINGS("args", struct spec_process, args, 0),
	BIND_STRINGS("env", struct spec_process, env, 0),
	BIND_STRING("cwd", struct spec_process, cwd, BIND_NO_EMPTY),
	BIND_CUSTOM("capabilities", struct spec_process, caps, 0, &caps_custom),
	BIND_LIST("rlimits", struct spec_process, rlimits, 0, &rlimit_table),
	BIND_BOOL("noNewPrivileges", struct spec_process, no_new_privileges, 0),
	BIND_STRING("apparmorProfile", struct spec_process, apparmor_profile, BIND_NO_EMPTY),
	BIND_STRING("selinuxLabel", struct spec_process, selinux_label, BIND_NO_EMPTY),
	BIND_BETWEEN("oomScoreAdj", OPT_I64, struct opt_i64, struct spec_process, oom_score_adj, 0, -1000, 1000),
	BIND_OPTIONAL("scheduler", struct spec_process, scheduler, &scheduler_table),
	BIND_OPTIONAL("ioPriority", struct spec_process, io_priority, &io_priority_table),
	BIND_OPTIONAL("execCPUAffinity", struct spec_process, exec_cpu_affinity, &affinity_table),
};
const struct bind_table spec_process_table = BIND_TABLE(process_rows, struct spec_process);
