/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles: the runtime spec's linux.seccomp (config-linux.md, "Seccomp"), and docker's form of it, as rules.
 *
 * Docker's form adds archMap, and conditions on whole rules (includes, excludes) that are settled here.  What both
 * leave to libseccomp and to the runtimes is done as runc and crun do it with libseccomp:
 *   - the machine's own ABI is always filtered, those listed in addition; programs of any other are killed;
 *   - a rule with the default's action is no rule;
 *   - two conditions on one argument are alternatives, although all conditions of a rule should hold: libseccomp can
 *     not have both in one rule, so existing profiles are written for that;
 *   - where a call can also be made through socketcall(2) or ipc(2), so on i386, the rule is for both ways; the
 *     arguments are behind a pointer there, and a condition on the first one is lost.
 */
#include "core/seccomp.h"

#include "base/json_bind.h"
#include "base/parse.h"
#include "core/caps_names.h"
#include "core/seccomp_build.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/utsname.h>

enum { ERRNO_MAX = 4095 }; /* the kernel cuts greater ones (MAX_ERRNO) */

enum action {
	ACT_KILL,
	ACT_KILL_THREAD,
	ACT_KILL_PROCESS,
	ACT_TRAP,
	ACT_ERRNO,
	ACT_TRACE,
	ACT_LOG,
	ACT_ALLOW,
	ACT_NOTIFY,
	ACT_COUNT
};
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

struct profile_arg {
	uint32_t index;
	uint64_t value, value2;
	enum seccomp_op op;
};

struct profile_when { /* when a rule counts */
	struct strs arches, caps;
	char *min_kernel;
};

struct profile_rule {
	char *name;
	struct strs names;
	enum action action;
	struct opt_u64 errno_ret;
	char *errno_word;
	struct {
		struct profile_arg *v;
		size_t n, room;
	} args;
	struct profile_when includes, excludes;
};

struct profile_arch {
	char *architecture;
	struct strs sub_architectures;
};

struct profile {
	enum action default_action;
	struct opt_u64 default_errno_ret;
	struct strs architectures, flags;
	char *listener_path;
	struct {
		struct profile_arch *v;
		size_t n, room;
	} arch_map;
	struct {
		struct profile_rule *v;
		size_t n, room;
	} rules;
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

/* The filter's word for ACTION with errnoRet DATA; FIELD is the path of the action, for the error. */
static int action_value(enum action action, struct opt_u64 data, const char *field, uint32_t *ret, struct err *e)
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

/* Marks the ABI called WORD as used; one of another machine changes nothing here. */
static int use_abi(struct seccomp_policy *policy, const char *word, const char *field, struct err *e)
{
	static const char *const others[] = {
		"ARM",	    "AARCH64",	   "LOONGARCH64", "M68K",     "MIPS", "MIPS64", "MIPS64N32", "MIPSEL",
		"MIPSEL64", "MIPSEL64N32", "PARISC",	  "PARISC64", "PPC",  "PPC64",	"PPC64LE",   "RISCV64",
		"S390",	    "S390X",	   "SH",	  "SHEB",     "X32",  "X86",	"X86_64",
	};
	static const char prefix[] = "SCMP_ARCH_";

	for (size_t i = 0; i < seccomp_abis_here_n; i++)
		if (strcmp(seccomp_abis[seccomp_abis_here[i]].oci, word) == 0) {
			policy->abi[seccomp_abis_here[i]].used = true;
			return 0;
		}
	if (strncmp(word, prefix, sizeof(prefix) - 1) == 0)
		for (size_t i = 0; i < ARRAY_LEN(others); i++)
			if (strcmp(others[i], word + sizeof(prefix) - 1) == 0)
				return 0;
	return err_set(e, 0, "%s: no architecture is called '%s'", field, word);
}

/* Decides which ABIs are used. */
static int read_abis(const struct profile *p, struct seccomp_policy *policy, struct err *e)
{
	const char *own = seccomp_abis[seccomp_abis_here[0]].oci;

	policy->abi[seccomp_abis_here[0]].used = true;
	if (p->architectures.n && p->arch_map.n)
		return err_set(e, 0, "archMap: can not be given together with architectures");
	for (size_t i = 0; i < p->architectures.n; i++) {
		int r = use_abi(policy, p->architectures.v[i], "architectures", e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < p->arch_map.n; i++) {
		const struct profile_arch *a = &p->arch_map.v[i];

		for (size_t j = 0; strcmp(a->architecture, own) == 0 && j < a->sub_architectures.n; j++) {
			int r = use_abi(policy, a->sub_architectures.v[j], "archMap", e);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* What everybody else needs until the program runs can't wait for somebody's answer. */
static int check_default(enum action action, struct err *e)
{
	if (action != ACT_NOTIFY)
		return 0;
	err_set(e, 0, "defaultAction: SCMP_ACT_NOTIFY can not be used here");
	err_why(e, "isle itself needs system calls to hand the listener over");
	return err_cure(e, "use it in rules for single calls");
}

/* The same for the call that hands the listener over. */
static int check_notify(const char *name, uint32_t action, struct err *e)
{
	if (action != SECCOMP_RET_USER_NOTIF || strcmp(name, "sendmsg") != 0)
		return 0;
	err_set(e, 0, "names: SCMP_ACT_NOTIFY can not be used for sendmsg");
	return err_why(e, "isle itself needs this call to hand the listener over");
}

/* The flags of the profile, for seccomp(2). */
static int read_flags(const struct profile *p, unsigned int *ret, struct err *e)
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

/* Reads "MAJOR.MINOR" at the beginning of TEXT as one number that can be compared. */
static bool kernel_version(const char *text, uint64_t *ret)
{
	uint64_t major, minor;

	if (!take_u64(&text, UINT16_MAX, &major) || !take_char(&text, '.') || !take_u64(&text, UINT16_MAX, &minor))
		return false;
	*ret = major << 16 | minor;
	return true;
}

/* How much of W is fulfilled: whether any, and whether all of it. */
static int when_check(const struct profile_when *w, uint64_t caps, bool *any, bool *all, struct err *e)
{
	const char *arch = seccomp_abis[seccomp_abis_here[0]].docker;
	bool arch_fits = strs_has(&w->arches, arch);

	*any = arch_fits;
	*all = arch_fits || w->arches.n == 0;
	for (size_t i = 0; i < w->caps.n; i++) {
		int cap = cap_by_name(w->caps.v[i]);
		/* A capability that isle has never heard of is one that it does not give. */
		bool held = cap >= 0 && caps >> cap & 1;

		*any = *any || held;
		*all = *all && held;
	}
	if (w->min_kernel) {
		struct utsname u;
		uint64_t wanted, running;

		if (!kernel_version(w->min_kernel, &wanted))
			return err_set(e, 0, "minKernel: '%s' is no kernel version such as 4.8", w->min_kernel);
		if (uname(&u) < 0 || !kernel_version(u.release, &running))
			return err_set(e, 0, "minKernel: the running kernel's version can not be read");
		*any = *any || running >= wanted;
		*all = *all && running >= wanted;
	}
	return 0;
}

/* Adds the rule to ABI for call INDEX: also for the way through socketcall(2) or ipc(2), where there is one. */
static void add_to_abi(struct seccomp_rules *rules, struct arena *a, int index, enum seccomp_abi_id abi,
		       struct seccomp_rule rule)
{
	int64_t number = syscall_number(index, abi);
	uint32_t call;

	if (number >= 0) {
		rule.number = (uint32_t)number;
		*list_add(rules, a) = rule;
	}
	if (!syscall_multiplexed(index, abi, &rule.number, &call))
		return;
	struct seccomp_cond *conds = arena_new(a, struct seccomp_cond, rule.n + 1);
	size_t n = 0;
	conds[n++] = (struct seccomp_cond){0, OP_EQ, call, 0};
	for (size_t i = 0; i < rule.n; i++)
		if (rule.conds[i].arg != 0)
			conds[n++] = rule.conds[i];
	rule.conds = conds;
	rule.n = n;
	*list_add(rules, a) = rule;
}

/* Adds one rule for call INDEX to every ABI used. */
static void add(struct seccomp_policy *policy, struct arena *a, int index, struct seccomp_rule rule)
{
	for (size_t i = 0; i < seccomp_abis_here_n; i++)
		if (policy->abi[seccomp_abis_here[i]].used)
			add_to_abi(&policy->abi[seccomp_abis_here[i]], a, index, seccomp_abis_here[i], rule);
}

/* The conditions of R; *RET_APART says that they are alternatives. */
static int read_conds(const struct profile_rule *r, struct arena *a, struct seccomp_cond **ret, bool *ret_apart,
		      struct err *e)
{
	struct seccomp_cond *conds = arena_new(a, struct seccomp_cond, r->args.n + 1);
	unsigned int seen = 0;

	*ret_apart = false;
	for (size_t i = 0; i < r->args.n; i++) {
		const struct profile_arg *arg = &r->args.v[i];

		if (arg->index >= SECCOMP_ARGS)
			return err_set(e, 0, "args[%zu].index: must be between 0 and %d", i, SECCOMP_ARGS - 1);
		*ret_apart = *ret_apart || (seen & 1U << arg->index);
		seen |= 1U << arg->index;
		conds[i] = (struct seccomp_cond){(uint8_t)arg->index, arg->op, arg->value, arg->value2};
	}
	*ret = conds;
	return 0;
}

/* Adds rule R for the call NAME. */
static int add_name(struct seccomp_policy *policy, struct arena *a, const char *name, const struct seccomp_rule *rule,
		    bool apart, struct err *e)
{
	int index = syscall_by_name(name);
	int bad = check_notify(name, rule->action, e);

	if (bad < 0)
		return bad;
	if (index == SYSCALL_UNKNOWN_NAME) {
		/* To allow what does not exist changes nothing; to deny it would promise something that is not kept. */
		if (seccomp_leniency(rule->action) >= seccomp_leniency(policy->default_action))
			return 0;
		err_set(e, 0, "names: no system call is called '%s'", name);
		err_why(e, "the rule is stricter than defaultAction, so leaving it out would allow the call");
		return err_cure(e, "correct or remove the name");
	}
	if (!apart) {
		add(policy, a, index, *rule);
		return 0;
	}
	for (size_t i = 0; i < rule->n; i++)
		add(policy, a, index, (struct seccomp_rule){.action = rule->action, .conds = &rule->conds[i], .n = 1});
	return 0;
}

/* Adds the rules that R stands for; sets *RET_NOTIFIES if somebody is to answer calls. */
static int add_rule(struct seccomp_policy *policy, const struct profile_rule *r, uint64_t caps, struct arena *a,
		    bool *ret_notifies, struct err *e)
{
	bool included, excluded, unused, apart;
	struct seccomp_rule rule = {.n = r->args.n};
	struct seccomp_cond *conds = NULL;
	int result;

	if ((r->name != NULL) == (r->names.n != 0))
		return err_set(e, 0, "names: there must be either 'names' or 'name'");
	if (r->errno_word && !r->errno_ret.has)
		return err_set(e, 0, "errno: must be given as a number, as 'errnoRet'");
	if ((result = action_value(r->action, r->errno_ret, "action", &rule.action, e)) < 0 ||
	    (result = read_conds(r, a, &conds, &apart, e)) < 0 ||
	    (result = when_check(&r->includes, caps, &unused, &included, e)) < 0 ||
	    (result = when_check(&r->excludes, caps, &excluded, &unused, e)) < 0)
		return result;
	if (!included || excluded || rule.action == policy->default_action)
		return 0;
	*ret_notifies = *ret_notifies || r->action == ACT_NOTIFY;
	rule.conds = conds;
	if (r->name)
		return add_name(policy, a, r->name, &rule, apart, e);
	for (size_t i = 0; i < r->names.n; i++)
		if ((result = add_name(policy, a, r->names.v[i], &rule, apart, e)) < 0)
			return result;
	return 0;
}

int seccomp_compile(const char *json, uint64_t caps, struct arena *a, struct seccomp_filter *ret, struct err *e)
{
	struct seccomp_policy policy = {.bad_action = SECCOMP_RET_KILL_PROCESS};
	struct profile p = {0};
	struct seccomp_filter filter;
	unsigned int filter_flags;
	bool notifies = false;
	int r;

	if ((r = bind_parse(&profile_table, json, strlen(json), &p, a, e)) < 0 ||
	    (r = action_value(p.default_action, p.default_errno_ret, "defaultAction", &policy.default_action, e)) < 0 ||
	    (r = check_default(p.default_action, e)) < 0 || (r = read_abis(&p, &policy, e)) < 0 ||
	    (r = read_flags(&p, &filter_flags, e)) < 0)
		return err_context(e, "seccomp profile");
	for (size_t i = 0; i < p.rules.n; i++)
		if (add_rule(&policy, &p.rules.v[i], caps, a, &notifies, e) < 0) {
			err_context(e, "syscalls[%zu]", i);
			return err_context(e, "seccomp profile");
		}
	if (seccomp_build(&policy, a, &filter, e) < 0)
		return err_context(e, "seccomp profile");
	filter.flags = notifies ? filter_flags | SECCOMP_FILTER_FLAG_NEW_LISTENER
				: filter_flags & ~(unsigned int)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	filter.listens = notifies || (p.listener_path && *p.listener_path);
	*ret = filter;
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
