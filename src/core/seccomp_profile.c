/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words and the members of profiles: see seccomp_profile.h. */
#include "core/seccomp_profile.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

enum { ERRNO_MAX = 4095 }; /* the kernel cuts greater ones (MAX_ERRNO) */

static const struct {
	uint32_t value;
	bool data; /* takes errnoRet */
} actions[] = {
	[ACT_KILL] = {SECCOMP_RET_KILL_THREAD, false},
	[ACT_KILL_THREAD] = {SECCOMP_RET_KILL_THREAD, false},
	[ACT_KILL_PROCESS] = {SECCOMP_RET_KILL_PROCESS, false},
	[ACT_TRAP] = {SECCOMP_RET_TRAP, false},
	[ACT_ERRNO] = {SECCOMP_RET_ERRNO, true},
	[ACT_TRACE] = {SECCOMP_RET_TRACE, true},
	[ACT_LOG] = {SECCOMP_RET_LOG, false},
	[ACT_ALLOW] = {SECCOMP_RET_ALLOW, false},
	[ACT_NOTIFY] = {SECCOMP_RET_USER_NOTIF, false},
};
static const char *const action_words[] = {
	[ACT_KILL] = "SCMP_ACT_KILL",	  [ACT_KILL_THREAD] = "SCMP_ACT_KILL_THREAD",
	[ACT_TRAP] = "SCMP_ACT_TRAP",	  [ACT_KILL_PROCESS] = "SCMP_ACT_KILL_PROCESS",
	[ACT_ERRNO] = "SCMP_ACT_ERRNO",	  [ACT_TRACE] = "SCMP_ACT_TRACE",
	[ACT_LOG] = "SCMP_ACT_LOG",	  [ACT_ALLOW] = "SCMP_ACT_ALLOW",
	[ACT_NOTIFY] = "SCMP_ACT_NOTIFY",
};
static_assert(ARRAY_LEN(actions) == ACT_COUNT, "actions[] does not match enum action");
static_assert(ARRAY_LEN(action_words) == ACT_COUNT, "action_words[] does not match enum action");

static const char *const op_words[] = {
	[OP_NE] = "SCMP_CMP_NE",
	[OP_LT] = "SCMP_CMP_LT",
	[OP_LE] = "SCMP_CMP_LE",
	[OP_EQ] = "SCMP_CMP_EQ",
	[OP_GE] = "SCMP_CMP_GE",
	[OP_GT] = "SCMP_CMP_GT",
	[OP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};
static_assert(ARRAY_LEN(op_words) == OP_COUNT, "op_words[] does not match enum seccomp_op");

/*
 * The flags.  TSYNC is heeded without a value: the one thread there is loads the filter.  The kernel takes
 * WAIT_KILLABLE_RECV only together with a listener.
 */
static const struct {
	const char *word;
	unsigned int value;
} flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", 0},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

static const struct bind_names action_names = {action_words, ARRAY_LEN(action_words)};
static const struct bind_names op_names = {op_words, ARRAY_LEN(op_words)};

static const struct bind_row arg_rows[] = {
	BIND_U32("index", struct profile_arg, index, BIND_REQUIRED),
	BIND_U64("value", struct profile_arg, value, BIND_REQUIRED),
	BIND_U64("valueTwo", struct profile_arg, value2, 0),
	BIND_ENUM("op", struct profile_arg, op, BIND_REQUIRED, &op_names),
};
static const struct bind_table arg_table = BIND_TABLE(arg_rows, struct profile_arg);

static const struct bind_row when_rows[] = {
	BIND_STRINGS("arches", struct profile_when, arches, 0),
	BIND_STRINGS("caps", struct profile_when, caps, 0),
	BIND_STRING("minKernel", struct profile_when, min_kernel, 0),
};
static const struct bind_table when_table = BIND_TABLE(when_rows, struct profile_when);

static const struct bind_row rule_rows[] = {
	BIND_STRING("name", struct profile_rule, name, 0),
	BIND_STRINGS("names", struct profile_rule, names, 0),
	BIND_ENUM("action", struct profile_rule, action, BIND_REQUIRED, &action_names),
	BIND_OPT_U64("errnoRet", struct profile_rule, errno_ret, 0),
	BIND_STRING("errno", struct profile_rule, errno_word, 0),
	BIND_LIST("args", struct profile_rule, args, 0, &arg_table),
	BIND_OBJECT("includes", struct profile_rule, includes, 0, &when_table),
	BIND_OBJECT("excludes", struct profile_rule, excludes, 0, &when_table),
};
static const struct bind_table rule_table = BIND_TABLE(rule_rows, struct profile_rule);

static const struct bind_row arch_rows[] = {
	BIND_STRING("architecture", struct profile_arch, architecture, BIND_REQUIRED),
	BIND_STRINGS("subArchitectures", struct profile_arch, sub_architectures, 0),
};
static const struct bind_table arch_table = BIND_TABLE(arch_rows, struct profile_arch);

static const struct bind_row profile_rows[] = {
	BIND_ENUM("defaultAction", struct profile, default_action, BIND_REQUIRED, &action_names),
	BIND_OPT_U64("defaultErrnoRet", struct profile, default_errno_ret, 0),
	BIND_STRINGS("architectures", struct profile, architectures, 0),
	BIND_LIST("archMap", struct profile, arch_map, 0, &arch_table),
	BIND_STRINGS("flags", struct profile, flags, 0),
	BIND_STRING("listenerPath", struct profile, listener_path, 0), /* which others read: spec_json.h */
	BIND_LIST("syscalls", struct profile, rules, 0, &rule_table),
};
static const struct bind_table profile_table = BIND_TABLE(profile_rows, struct profile);

int profile_read(const struct json *json, struct profile *ret, struct arena *a, struct err *e)
{
	if (json->kind != JSON_OBJECT)
		return err_set(e, 0, "must be an object");
	return bind_read(&profile_table, json, ret, a, e);
}

int profile_action_value(enum profile_action action, struct opt_u64 data, const char *field, uint32_t *ret,
			 struct err *e)
{
	if (data.has && !actions[action].data) {
		err_set(e, 0, "%s: %s takes no error number", field, action_words[action]);
		return err_cure(e, "remove it, or use SCMP_ACT_ERRNO");
	}
	if (data.has && data.v > ERRNO_MAX)
		return err_set(e, 0, "%s: the error number must be between 0 and %d", field, ERRNO_MAX);
	*ret = actions[action].value;
	if (actions[action].data)
		*ret |= data.has ? (uint32_t)data.v : EPERM;
	return 0;
}

bool profile_knows_abi(const char *word)
{
	static const char *const words[] = {
		"ARM",	    "AARCH64",	   "LOONGARCH64", "M68K",     "MIPS", "MIPS64", "MIPS64N32", "MIPSEL",
		"MIPSEL64", "MIPSEL64N32", "PARISC",	  "PARISC64", "PPC",  "PPC64",	"PPC64LE",   "RISCV64",
		"S390",	    "S390X",	   "SH",	  "SHEB",     "X32",  "X86",	"X86_64",
	};
	static const char prefix[] = "SCMP_ARCH_";

	if (strncmp(word, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], word + sizeof(prefix) - 1) == 0)
			return true;
	return false;
}

int profile_flags(const struct profile *p, unsigned int *ret, struct err *e)
{
	*ret = 0;
	for (size_t i = 0; i < p->flags.n; i++) {
		size_t f = 0;

		while (f < ARRAY_LEN(flags) && strcmp(flags[f].word, p->flags.v[i]) != 0)
			f++;
		if (f == ARRAY_LEN(flags))
			return err_set(e, 0, "flags: no flag is called '%s'", p->flags.v[i]);
		*ret |= flags[f].value;
	}
	return 0;
}

const char *seccomp_word(enum seccomp_word_kind kind, size_t i)
{
	switch (kind) {
	case SECCOMP_WORD_ACTION:
		return i < ACT_COUNT ? action_words[i] : NULL;
	case SECCOMP_WORD_OPERATOR:
		return i < OP_COUNT ? op_words[i] : NULL;
	case SECCOMP_WORD_FLAG:
	case SECCOMP_WORD_FLAG_HEEDED: /* all of them */
		return i < ARRAY_LEN(flags) ? flags[i].word : NULL;
	}
	return NULL;
}
