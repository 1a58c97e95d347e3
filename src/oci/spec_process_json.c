/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: "process" (config.md, section Process). */
#include "core/caps_names.h"
#include "core/rlimit_names.h"
#include "oci/spec_json_tables.h"

/* ---- capabilities: five lists of names, five bit masks ---- */

static const struct {
	const char *key;
	size_t offset;
} cap_sets[] = {
	{"bounding", offsetof(struct spec_caps, bounding)},	  {"effective", offsetof(struct spec_caps, effective)},
	{"inheritable", offsetof(struct spec_caps, inheritable)}, {"permitted", offsetof(struct spec_caps, permitted)},
	{"ambient", offsetof(struct spec_caps, ambient)},
};

/* Reads one list of names into MASK. */
static int read_cap_set(const struct json *value, uint64_t *mask, struct err *e)
{
	size_t index = 0;

	if (value->kind != JSON_LIST)
		return bind_fail(e, "must be a list of strings");
	json_foreach (item, value) {
		const char *name = json_text(item);
		int cap = name ? cap_by_name(name) : -1;

		if (cap < 0)
			return bind_fail_at(e, NULL, index,
					    name ? bind_fail(e, "there is no capability \"%.60s\"", name)
						 : bind_fail(e, "must be a string"));
		*mask |= UINT64_C(1) << cap;
		index++;
	}
	return 0;
}

/* Reads "capabilities"; its presence alone says that the sets are to be touched. */
static int read_caps(const struct json *value, void *field, struct arena *a, struct err *e)
{
	struct spec_caps *caps = field;

	(void)a;
	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object");
	caps->has = true;
	for (size_t i = 0; i < ARRAY_LEN(cap_sets); i++) {
		const struct json *list = json_get(value, cap_sets[i].key);
		int bad = 0;

		if (list && list->kind != JSON_NULL)
			bad = read_cap_set(list, (uint64_t *)(void *)((char *)field + cap_sets[i].offset), e);
		if (bad < 0)
			return bind_fail_at(e, cap_sets[i].key, 0, bad);
	}
	return 0;
}

/* Writes the sets that are not empty; bits without a name are no capabilities. */
static void write_caps(struct json_out *out, const char *key, const void *field)
{
	const struct spec_caps *caps = field;

	if (!caps->has)
		return;
	json_open_object(out, key);
	for (size_t i = 0; i < ARRAY_LEN(cap_sets); i++) {
		uint64_t mask = *(const uint64_t *)(const void *)((const char *)field + cap_sets[i].offset);

		if (!mask)
			continue;
		json_open_list(out, cap_sets[i].key);
		for (int cap = 0; cap < CAP_COUNT; cap++)
			if (mask >> cap & 1)
				json_string(out, NULL, cap_name(cap));
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

/* ---- the rest ---- */

static const struct bind_row console_rows[] = {
	BIND_U16("height", struct spec_process, rows, 0),
	BIND_U16("width", struct spec_process, cols, 0),
};
static const struct bind_table console_table = BIND_TABLE(console_rows, struct spec_process);

static const struct bind_row user_rows[] = {
	BIND_U32("uid", struct spec_user, uid, BIND_ALWAYS | BIND_ID),
	BIND_U32("gid", struct spec_user, gid, BIND_ALWAYS | BIND_ID),
	BIND_OPT_U64("umask", struct spec_user, umask, 0),
	BIND_U32S("additionalGids", struct spec_user, additional_gids, BIND_ID),
	BIND_STRING("username", struct spec_user, username, 0),
};
static const struct bind_table user_table = BIND_TABLE(user_rows, struct spec_user);

static const struct bind_row process_rows[] = {
	BIND_BOOL("terminal", struct spec_process, terminal, 0),
	BIND_GROUP("consoleSize", 0, &console_table),
	BIND_OBJECT("user", struct spec_process, user, 0, &user_table),
	BIND_STRINGS("args", struct spec_process, args, 0),
	BIND_STRINGS("env", struct spec_process, env, 0),
	BIND_STRING("cwd", struct spec_process, cwd, 0),
	BIND_CUSTOM("capabilities", struct spec_process, caps, 0, &caps_custom),
	BIND_LIST("rlimits", struct spec_process, rlimits, 0, &rlimit_table),
	BIND_BOOL("noNewPrivileges", struct spec_process, no_new_privileges, 0),
	BIND_STRING("apparmorProfile", struct spec_process, apparmor_profile, 0),
	BIND_STRING("selinuxLabel", struct spec_process, selinux_label, 0),
	BIND_OPT_I64("oomScoreAdj", struct spec_process, oom_score_adj, 0),
	BIND_REFUSED("scheduler", SPEC_NOT_YET),
	BIND_REFUSED("ioPriority", SPEC_NOT_YET),
	BIND_REFUSED("execCPUAffinity", SPEC_NOT_YET),
};
const struct bind_table spec_process_table = BIND_TABLE(process_rows, struct spec_process);
