/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles, compared with libseccomp: the same random rules go through both, and the two programs must answer alike for
 * every call number and for the arguments around the values in the rules.  A third answer comes from reading the rules.
 */
#include "bpf_sim.h"
#include "core/seccomp.h"
#include "core/seccomp_build.h"
#include "unit.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* libseccomp has a function of the same name as ours. */
#define seccomp_load libseccomp_load
#include <seccomp.h>
#undef seccomp_load

enum { PROFILES = 1500, RULES_MAX = 40, NUMBERS = 620, PROBES = 20 };

struct random_rule {
	const char *name;
	struct { /* the call's number; and the number and first argument of socketcall or ipc that stand for it */
		int64_t number, through;
		uint32_t call;
	} in[ABI_COUNT];
	unsigned int action; /* index into actions[] */
	size_t n;
	struct scmp_arg_cmp args[3];
};

static const struct {
	const char *word;
	int errno_ret; /* -1: not given */
	uint32_t value;
} actions[] = {
	{"ALLOW", -1, SCMP_ACT_ALLOW},	  {"ERRNO", 38, SCMP_ACT_ERRNO(38)},
	{"ERRNO", -1, SCMP_ACT_ERRNO(1)}, {"KILL_PROCESS", -1, SCMP_ACT_KILL_PROCESS},
	{"TRAP", -1, SCMP_ACT_TRAP},	  {"TRACE", 7, SCMP_ACT_TRACE(7)},
	{"LOG", -1, SCMP_ACT_LOG},
};

static const struct {
	const char *json;
	enum scmp_compare op;
} ops[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

/* A small generator of our own, so that a failure can be repeated on any machine. */
static uint64_t seed;
static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % below;
}

/* Values whose halves are interesting alone and together. */
static uint64_t rnd_value(void)
{
	static const uint64_t halves[] = {0, 1, 2, 3, 7, 8, 0x80, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

	return halves[rnd(ARRAY_LEN(halves))] << 32 | halves[rnd(ARRAY_LEN(halves))];
}

/* A value for a condition: mostly small, as in real profiles. */
static uint64_t rnd_datum(void)
{
	return rnd(3) ? rnd(9) : rnd_value();
}

/* A name that libseccomp knows too. */
static const char *rnd_name(void)
{
	static const char *const favourites[] = {
		"socket", "personality", "clone", "accept", "semop", "socketcall", "ipc", "ioctl",
	};
	const char *name;

	if (rnd(4) == 0)
		return favourites[rnd(ARRAY_LEN(favourites))];
	do
		name = syscall_name((int)rnd((uint32_t)syscall_count()));
	while (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR);
	return name;
}

/* Fills in the numbers of the call named in R. */
static void number_rule(struct random_rule *r)
{
	for (int abi = ABI_X86_64; abi <= ABI_I386; abi++) {
		int index = syscall_by_name(r->name);
		uint32_t through;

		r->in[abi].number = syscall_number(index, (enum seccomp_abi_id)abi);
		r->in[abi].through = -1;
		if (syscall_multiplexed(index, (enum seccomp_abi_id)abi, &through, &r->in[abi].call))
			r->in[abi].through = through;
	}
}

static void random_rule(struct random_rule *r)
{
	*r = (struct random_rule){.name = rnd_name(), .action = rnd(ARRAY_LEN(actions)), .n = rnd(2) ? rnd(4) : 0};
	number_rule(r);
	for (size_t i = 0; i < r->n; i++) {
		unsigned int op = rnd(ARRAY_LEN(ops));

		r->args[i] = (struct scmp_arg_cmp){(unsigned int)i + rnd(2) * 3, ops[op].op, rnd_datum(), rnd_datum()};
	}
}

/* "KEY": the action, and its error number as ERRNO_KEY. */
static char *action_json(const char *key, const char *errno_key, unsigned int action, struct arena *a)
{
	char *text = arena_printf(a, "\"%s\":\"SCMP_ACT_%s\"", key, actions[action].word);

	if (actions[action].errno_ret < 0)
		return text;
	return arena_printf(a, "%s,\"%s\":%d", text, errno_key, actions[action].errno_ret);
}

/* The rules as a profile's text. */
static char *rules_json(const struct random_rule *v, size_t n, unsigned int default_action, struct arena *a)
{
	char *text = arena_printf(a,
				  "{%s,\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","
				  "\"SCMP_ARCH_X32\",\"SCMP_ARCH_AARCH64\"],\"syscalls\":[",
				  action_json("defaultAction", "defaultErrnoRet", default_action, a));

	for (size_t i = 0; i < n; i++) {
		text = arena_printf(a, "%s%s{\"names\":[\"%s\"],%s,\"args\":[", text, i ? "," : "", v[i].name,
				    action_json("action", "errnoRet", v[i].action, a));
		for (size_t j = 0; j < v[i].n; j++)
			text = arena_printf(a, "%s%s{\"index\":%u,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"%s\"}",
					    text, j ? "," : "", v[i].args[j].arg,
					    (unsigned long long)v[i].args[j].datum_a,
					    (unsigned long long)v[i].args[j].datum_b, ops[v[i].args[j].op - 1].json);
		text = arena_printf(a, "%s]}", text);
	}
	return arena_printf(a, "%s]}", text);
}

/* The program that libseccomp makes of the rules; its length, 0 if libseccomp can not. */
static size_t libseccomp_program(const struct random_rule *v, size_t n, uint32_t default_action,
				 struct sock_filter *ret, size_t room)
{
	scmp_filter_ctx ctx = seccomp_init(default_action);
	int r = 0;

	assert_non_null(ctx);
	assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
	assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X86), 0);
	assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X32), 0);
	/*
	 * Rule 0 is for a call that every ABI has, and comes first: where the first call in a tree is one that the ABI
	 * lacks, libseccomp 2.5 forgets to load the number.
	 */
	assert_int_equal(seccomp_syscall_priority(ctx, seccomp_syscall_resolve_name(v[0].name), 255), 0);
	for (size_t i = 0; i < n && r == 0; i++) {
		int number = seccomp_syscall_resolve_name(v[i].name);

		if (number == __NR_SCMP_ERROR || actions[v[i].action].value == default_action)
			continue;
		r = seccomp_rule_add_array(ctx, actions[v[i].action].value, number, (unsigned int)v[i].n, v[i].args);
	}
	size_t length = 0;
	if (r == 0) {
		int fd = memfd_create("bpf", MFD_CLOEXEC);

		assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
		ssize_t size = pread(fd, ret, room * sizeof(*ret), 0);
		assert_true(size > 0 && (size_t)size < room * sizeof(*ret));
		length = (size_t)size / sizeof(*ret);
		close(fd);
	}
	seccomp_release(ctx);
	return length;
}

/* A call to ask about: sometimes with arguments near those of a rule. */
static void rnd_args(struct seccomp_data *d, const struct random_rule *v, size_t n)
{
	for (size_t i = 0; i < SECCOMP_ARGS; i++)
		d->args[i] = rnd(3) ? rnd(9) : rnd_value();
	const struct random_rule *r = &v[rnd((uint32_t)n)];
	for (size_t i = 0; i < r->n; i++)
		if (rnd(4)) {
			const struct scmp_arg_cmp *c = &r->args[i];
			uint64_t near = c->op == SCMP_CMP_MASKED_EQ && rnd(2) ? c->datum_b : c->datum_a;

			d->args[c->arg] = near + rnd(3) - 1 + ((uint64_t)(rnd(4) == 0) << 32);
		}
}

/* Whether condition C holds for D; of one that stands for socketcall's or ipc's first argument see rule_asks(). */
static bool cond_holds(const struct scmp_arg_cmp *c, uint64_t value, bool args32)
{
	uint64_t a = c->datum_a, b = c->datum_b;

	if (args32) {
		value = (uint32_t)value;
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (c->op) {
	case SCMP_CMP_NE:
		return value != a;
	case SCMP_CMP_LT:
		return value < a;
	case SCMP_CMP_LE:
		return value <= a;
	case SCMP_CMP_EQ:
		return value == a;
	case SCMP_CMP_GE:
		return value >= a;
	case SCMP_CMP_GT:
		return value > a;
	default:
		return (value & a) == (b & a);
	}
}

/* A condition that no value fails. */
static bool cond_void(const struct scmp_arg_cmp *c, bool args32)
{
	return c->op == SCMP_CMP_MASKED_EQ && (args32 ? (uint32_t)c->datum_a : c->datum_a) == 0;
}

/* Whether R is about call D of ABI, whether it holds, and whether it has no condition at all. */
static bool rule_asks(const struct random_rule *r, enum seccomp_abi_id abi, const struct seccomp_data *d, bool *holds,
		      bool *plain)
{
	bool args32 = seccomp_abis[abi].args32, direct = r->in[abi].number == (uint32_t)d->nr;

	if (!direct && r->in[abi].through != (uint32_t)d->nr)
		return false;
	*holds = direct || (uint32_t)d->args[0] == r->in[abi].call;
	*plain = direct;
	for (size_t i = 0; i < r->n; i++) {
		if (cond_void(&r->args[i], args32) || (!direct && r->args[i].arg == 0))
			continue;
		*plain = false;
		*holds = *holds && cond_holds(&r->args[i], d->args[r->args[i].arg], args32);
	}
	return true;
}

/* What the rules say to D, by reading them. */
static uint32_t rules_answer(const struct random_rule *v, size_t n, uint32_t default_action,
			     const struct seccomp_data *d)
{
	enum seccomp_abi_id native = (uint32_t)d->nr < X32_BIT ? ABI_X86_64 : ABI_X32;
	enum seccomp_abi_id abi = d->arch == AUDIT_ARCH_X86_64 ? native : ABI_I386;
	uint32_t answer = 0;
	bool any = false;

	if (d->arch != AUDIT_ARCH_X86_64 && d->arch != AUDIT_ARCH_I386)
		return SCMP_ACT_KILL_PROCESS;
	for (size_t i = 0; i < n; i++) {
		uint32_t action = actions[v[i].action].value;
		bool holds, plain;

		if (action == default_action || !rule_asks(&v[i], abi, d, &holds, &plain))
			continue;
		if (plain)
			return action;
		if (holds && (!any || seccomp_leniency(action) < seccomp_leniency(answer)))
			answer = action;
		any = any || holds;
	}
	return any ? answer : default_action;
}

static const struct {
	uint32_t audit, base;
} abis[] = {
	{AUDIT_ARCH_X86_64, 0},
	{AUDIT_ARCH_X86_64, X32_BIT},
	{AUDIT_ARCH_I386, 0},
	{AUDIT_ARCH_AARCH64, 0},
	{AUDIT_ARCH_X86_64, X32_BIT - 1},
	{AUDIT_ARCH_X86_64, UINT32_MAX - 1},
	{AUDIT_ARCH_I386, UINT32_MAX - 1},
};

/* What is compared: the program, the rules read by themselves, and (if N_THEIRS) libseccomp's program. */
struct comparison {
	const struct seccomp_filter *ours;
	const struct sock_filter *theirs;
	size_t n_theirs;
	const struct random_rule *v;
	size_t n;
	uint32_t default_action;
	const char *json;
};

/* Asks them about one call with some arguments. */
static void compare_call(const struct comparison *c, uint32_t audit, uint32_t number)
{
	struct seccomp_data d = {.nr = (int)number, .arch = audit};

	rnd_args(&d, c->v, c->n);
	uint32_t ours = bpf_sim(c->ours->v, c->ours->n, &d);
	uint32_t theirs = c->n_theirs ? bpf_sim(c->theirs, c->n_theirs, &d) : ours;
	uint32_t rules = rules_answer(c->v, c->n, c->default_action, &d);
	if (ours == theirs && ours == rules && ours != SIM_BROKEN)
		return;
	print_error("audit %x nr %x args %llx %llx %llx %llx %llx %llx: %x, libseccomp %x, expected %x\n", d.arch,
		    number, d.args[0], d.args[1], d.args[2], d.args[3], d.args[4], d.args[5], ours, theirs, rules);
	fprintf(stderr, "# %s\n", c->json); /* cmocka would cut it */
	fail();
}

/* Asks about every number of every ABI, and about those with rules several times. */
static void compare_answers(const struct comparison *c)
{
	for (size_t abi = 0; abi < ARRAY_LEN(abis); abi++)
		for (uint32_t i = 0; i < (abi < 3 ? NUMBERS : 2); i++)
			compare_call(c, abis[abi].audit, abis[abi].base + i);
	for (size_t i = 0; i < c->n; i++)
		for (int abi = ABI_X86_64; abi <= ABI_I386; abi++)
			for (int probe = 0; c->v[i].n && probe < PROBES; probe++) {
				if (c->v[i].in[abi].number >= 0)
					compare_call(c, seccomp_abis[abi].audit, (uint32_t)c->v[i].in[abi].number);
				if (c->v[i].in[abi].through >= 0)
					compare_call(c, seccomp_abis[abi].audit, (uint32_t)c->v[i].in[abi].through);
			}
}

/*
 * Makes rule I of V tame: what libseccomp answers correctly.  It merges the rules for one call into one tree, and with
 * several conditions, or comparisons of order, that tree forgets alternatives; so a call gets either one rule with any
 * conditions, or any number of rules with one condition of equality on the same argument.  Their action is one.
 */
static void tame(struct random_rule *v, size_t i)
{
	v[i].action = (unsigned int)strlen(v[i].name) % ARRAY_LEN(actions);
	if (v[i].in[ABI_I386].through >= 0 || strcmp(v[i].name, "socketcall") == 0 || strcmp(v[i].name, "ipc") == 0) {
		/* All these have rules for socketcall or ipc in common. */
		v[i].action = 0;
		v[i].n = MIN(v[i].n, 1);
		v[i].args[0] = SCMP_CMP64(0, SCMP_CMP_EQ, rnd_datum());
	}
	for (size_t j = 0; j < i; j++) {
		if (strcmp(v[j].name, v[i].name) != 0)
			continue;
		if (v[j].n == 1 && v[j].args[0].op == SCMP_CMP_EQ && v[i].n) {
			v[i].n = 1;
			v[i].args[0] = SCMP_CMP64(v[j].args[0].arg, SCMP_CMP_EQ, rnd_datum());
		} else {
			v[i].n = 0;
		}
	}
}

/* Compiles PROFILES profiles of random rules and compares the answers; TAMED: also with libseccomp's. */
static size_t compare_random(bool tamed)
{
	static struct sock_filter theirs[BPF_MAXINSNS];
	size_t compared = 0;

	for (unsigned int i = 0; i < PROFILES; i++) {
		struct random_rule v[RULES_MAX];
		struct seccomp_filter ours;
		size_t n_theirs = 0;
		struct arena a = {0};
		struct err e;

		seed = i;
		size_t n = 1 + rnd(RULES_MAX);
		unsigned int default_action = rnd(ARRAY_LEN(actions));
		v[0] = (struct random_rule){.name = "read", .action = default_action ? 0 : 1};
		number_rule(&v[0]);
		for (size_t j = 1; j < n; j++) {
			random_rule(&v[j]);
			if (tamed)
				tame(v, j);
		}
		if (tamed) {
			n_theirs = libseccomp_program(v, n, actions[default_action].value, theirs, ARRAY_LEN(theirs));
			compared += n_theirs != 0;
		}
		char *json = rules_json(v, n, default_action, &a);
		if (seccomp_compile(json, 0, &a, &ours, &e) < 0) {
			print_error("%s %s\n", e.what, e.why);
			fail();
		}
		compare_answers(&(struct comparison){
			&ours,
			theirs,
			n_theirs,
			v,
			n,
			actions[default_action].value,
			json,
		});
		arena_free(&a);
	}
	return compared;
}

static void tame_profiles_answer_as_with_libseccomp(void **state)
{
	(void)state;
	assert_true(compare_random(true) > PROFILES * 3 / 4);
}

static void wild_profiles_answer_as_written(void **state)
{
	(void)state;
	compare_random(false);
}

/* What the profile JSON says to x86_64's call NUMBER with first argument ARG; the process has CAPS. */
static uint32_t profile_answer(const char *json, uint64_t caps, uint32_t audit, uint32_t number, uint64_t arg)
{
	struct seccomp_data d = {.nr = (int)number, .arch = audit, .args = {arg}};
	struct seccomp_filter f;
	struct arena a = {0};
	struct err e;

	if (seccomp_compile(json, caps, &a, &f, &e) < 0) {
		print_error("%s %s\n", e.what, e.why);
		fail();
	}
	uint32_t answer = bpf_sim(f.v, f.n, &d);
	arena_free(&a);
	return answer;
}

static void dockers_form_is_understood(void **state)
{
	static const char json[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"archMap\":["
		"{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]},"
		"{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]}],\"syscalls\":["
		"{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\",\"args\":null,\"comment\":\"x\",\"includes\":{}},"
		"{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"
		"{\"names\":[\"open\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"
		"{\"names\":[\"close\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"4.8\"}},"
		"{\"names\":[\"stat\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"999.0\"}},"
		"{\"names\":[\"fstat\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"amd64\",\"x32\"]}},"
		"{\"names\":[\"lstat\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"s390x\"]}},"
		"{\"names\":[\"a_call_of_the_future\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";
	static const struct {
		uint32_t number;
		bool plain, admin; /* allowed without and with CAP_SYS_ADMIN */
	} rows[] = {{0, true, true},   {1, false, true}, {2, true, false}, {3, true, true},
		    {4, false, false}, {5, true, true},	 {6, false, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, rows[i].number, 0),
				 rows[i].plain ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(1));
		assert_int_equal(profile_answer(json, 1 << 21, AUDIT_ARCH_X86_64, rows[i].number, 0),
				 rows[i].admin ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(1));
	}
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_I386, 3, 0), SCMP_ACT_ALLOW);
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, X32_BIT, 0), SCMP_ACT_KILL_PROCESS);
}

static void two_conditions_on_one_argument_are_alternatives(void **state)
{
	static const char json[] =
		"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"names\":[\"socket\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		"{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]}";

	(void)state;
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, 41, 1), SCMP_ACT_ALLOW);
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, 41, 2), SCMP_ACT_ALLOW);
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, 41, 3), SCMP_ACT_KILL);
}

static void flags_and_listeners_are_passed_on(void **state)
{
#define FLAGS(list, rest) "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[" list "]" rest "}"
#define NOTIFY ",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_NOTIFY\"}]"
#define NOT_HERE \
	",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_NOTIFY\",\"includes\":{\"caps\":[\"CAP_CHOWN\"]}}]"
	static const struct {
		const char *json;
		unsigned int flags;
		bool listens;
	} rows[] = {
		{FLAGS("", ""), 0, false},
		{FLAGS("\"SECCOMP_FILTER_FLAG_TSYNC\"", ""), 0, false},
		{FLAGS("\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"", ""),
		 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW, false},
		{FLAGS("\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"", ""), 0, false},
		{FLAGS("\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"", NOTIFY),
		 SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER, true},
		{FLAGS("", NOTIFY), SECCOMP_FILTER_FLAG_NEW_LISTENER, true},
		{FLAGS("", ",\"listenerPath\":\"/l\""), 0, true},
		{FLAGS("", NOT_HERE), 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seccomp_filter f;
		struct arena a = {0};
		struct err e;

		if (seccomp_compile(rows[i].json, 0, &a, &f, &e) < 0)
			fail_msg("%s: %s", rows[i].json, e.what);
		assert_int_equal(f.flags, rows[i].flags);
		assert_int_equal(f.listens, rows[i].listens);
		arena_free(&a);
	}
}

static void bad_profiles_are_refused_with_the_place(void **state)
{
#define RULE(text) "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{" text "}]}"
	static const struct {
		const char *json, *says;
	} rows[] = {
		{"", ""},
		{"[]", ""},
		{"{}", "defaultAction"},
		{"{\"defaultAction\":\"SCMP_ACT_MAYBE\"}", "defaultAction"},
		{"{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", "SCMP_ACT_NOTIFY"},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}", "defaultAction"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":5000}", "4095"},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"X\"]}", "flags"},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":1}", "listenerPath"},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_Z80\"]}", "SCMP_ARCH_Z80"},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"],"
		 "\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\"}]}",
		 "archMap"},
		{RULE("\"action\":\"SCMP_ACT_KILL\""), "syscalls[0]"},
		{RULE("\"names\":[\"read\"],\"name\":\"read\",\"action\":\"SCMP_ACT_KILL\""), "names"},
		{RULE("\"names\":[\"read\"]"), "action"},
		{RULE("\"names\":[\"raed\"],\"action\":\"SCMP_ACT_KILL\""), "'raed'"},
		{RULE("\"names\":[\"read\",\"sendmsg\"],\"action\":\"SCMP_ACT_NOTIFY\""), "SCMP_ACT_NOTIFY"},
		{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\",\"errnoRet\":1"), "error number"},
		{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"errnoRet\":1"), "error number"},
		{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"EPERM\""), "errnoRet"},
		{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"includes\":{\"minKernel\":\"x\"}"),
		 "minKernel"},
		{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":6,\"value\":1,"
		      "\"op\":\"SCMP_CMP_EQ\"}]"),
		 "args[0].index"},
		{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":0,\"value\":-1,"
		      "\"op\":\"SCMP_CMP_EQ\"}]"),
		 "value"},
		{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":0,\"value\":1}]"), "op"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seccomp_filter f;
		struct arena a = {0};
		struct err e;
		char text[2048];

		assert_true(seccomp_compile(rows[i].json, 0, &a, &f, &e) < 0);
		err_format(&e, text, sizeof(text));
		if (!strstr(text, rows[i].says) || !strstr(text, "seccomp profile: ")) {
			print_error("%s\n%s\n", rows[i].json, text);
			fail();
		}
		assert_true(seccomp_compile(rows[i].json, 0, &a, &f, NULL) < 0);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tame_profiles_answer_as_with_libseccomp),
		cmocka_unit_test(wild_profiles_answer_as_written),
		cmocka_unit_test(dockers_form_is_understood),
		cmocka_unit_test(two_conditions_on_one_argument_are_alternatives),
		cmocka_unit_test(flags_and_listeners_are_passed_on),
		cmocka_unit_test(bad_profiles_are_refused_with_the_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
