/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that libseccomp makes, as runc and crun call it; for any machine that isle knows. */
#ifndef ISLE_TESTS_SECCOMP_THEIRS_H
#define ISLE_TESTS_SECCOMP_THEIRS_H

#include "bpf_prove.h"
#include "core/caps_names.h"
#include "core/seccomp_build.h"
#include "unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* libseccomp has a function of the same name as ours. */
#define seccomp_load libseccomp_load
#include <seccomp.h>
#undef seccomp_load

static const struct {
	const struct seccomp_machine *machine;
	uint32_t arches[SECCOMP_ABIS_MAX]; /* libseccomp's words for its ABIs */
} machines[] = {
	{&seccomp_machine_x86_64, {SCMP_ARCH_X86_64, SCMP_ARCH_X32, SCMP_ARCH_X86}},
	{&seccomp_machine_aarch64, {SCMP_ARCH_AARCH64, SCMP_ARCH_ARM}},
	{&seccomp_machine_riscv64, {SCMP_ARCH_RISCV64}},
	{&seccomp_machine_ppc64le, {SCMP_ARCH_PPC64LE}},
	{&seccomp_machine_s390x, {SCMP_ARCH_S390X}},
};

static const struct their_action {
	const char *word;
	uint32_t value;
	bool data;
} their_actions[] = {
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true},
	{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP, false},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG, false},
};

static const struct {
	const char *word;
	enum scmp_compare op;
} their_ops[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

/*
 * True if libseccomp knows the call NAME.  sys_debug_setcontext, which ppc alone has, it confuses with another that x86
 * has not either.
 */
static inline bool theirs_has(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR && strcmp(name, "sys_debug_setcontext") != 0;
}

/* A filter for the ABIs of machine M that USED has (a bit each). */
static inline scmp_filter_ctx their_filter(size_t m, unsigned int used, uint32_t default_action)
{
	scmp_filter_ctx ctx = seccomp_init(default_action);

	assert_non_null(ctx);
	assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
	assert_int_equal(seccomp_arch_remove(ctx, seccomp_arch_native()), 0);
	for (size_t abi = 0; abi < machines[m].machine->n; abi++)
		if (used >> abi & 1)
			assert_int_equal(seccomp_arch_add(ctx, machines[m].arches[abi]), 0);
	/*
	 * A call that every ABI has comes first: where the first call in a tree is one that the ABI lacks, or that has
	 * no rule, libseccomp 2.5 forgets to load the number.
	 */
	assert_int_equal(seccomp_syscall_priority(ctx, seccomp_syscall_resolve_name("read"), 255), 0);
	return ctx;
}

/* True if K can be what a filter returns. */
static inline bool their_return_is_one(uint32_t k)
{
	for (size_t i = 0; i < ARRAY_LEN(their_actions); i++)
		if ((k & SECCOMP_RET_ACTION_FULL) == their_actions[i].value)
			return their_actions[i].data || (k & SECCOMP_RET_DATA) == 0;
	return false;
}

/* What V of the other byte order means.  libseccomp 2.5 forgets to turn what some returns give, or turns it twice. */
static inline void their_swap(struct sock_filter *v)
{
	v->code = __builtin_bswap16(v->code);
	if (v->code != (BPF_RET | BPF_K) || their_return_is_one(__builtin_bswap32(v->k)))
		v->k = __builtin_bswap32(v->k);
}

/* The program of CTX for machine M; CTX is gone afterwards. */
static inline struct program their_program(scmp_filter_ctx ctx, size_t m, struct arena *a)
{
	struct sock_filter *v = arena_new(a, struct sock_filter, BPF_MAXINSNS);
	int fd = memfd_create("bpf", MFD_CLOEXEC);

	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	ssize_t size = pread(fd, v, BPF_MAXINSNS * sizeof(*v), 0);
	assert_true(size > 0);
	close(fd);
	seccomp_release(ctx);
	size_t n = (size_t)size / sizeof(*v);
	/* It is written as that machine stores it. */
	for (size_t i = 0; i < n && machines[m].machine->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__); i++)
		their_swap(&v[i]);
	return (struct program){v, n};
}

/* The action of OBJECT, its error number in the member DATA. */
static inline uint32_t their_action(const struct json *object, const char *key, const char *data)
{
	const struct json *number = json_get(object, data);

	for (size_t i = 0; i < ARRAY_LEN(their_actions); i++)
		if (strcmp(their_actions[i].word, json_text(json_get(object, key))) == 0)
			return their_actions[i].value | (!their_actions[i].data		       ? 0
							 : number && number->kind == JSON_UINT ? (uint32_t)number->u
											       : 1);
	fail_msg("%s", json_text(json_get(object, key)));
	return 0;
}

/* True if the list LIST of WHEN is absent or empty. */
static inline bool their_list_is_empty(const struct json *when, const char *list)
{
	const struct json *l = json_get(when, list);

	return !l || l->n == 0;
}

/* True if the list LIST of WHEN has WORD. */
static inline bool their_list_has(const struct json *when, const char *list, const char *word)
{
	const struct json *l = json_get(when, list);

	if (l && l->kind == JSON_LIST)
		json_foreach (item, l)
			if (strcmp(item->text, word) == 0)
				return true;
	return false;
}

/* How many of the capabilities of WHEN are in CAPS. */
static inline size_t their_caps(const struct json *when, uint64_t caps)
{
	const struct json *l = json_get(when, "caps");
	size_t n = 0;

	if (l && l->kind == JSON_LIST)
		json_foreach (item, l)
			n += cap_by_name(item->text) >= 0 && caps >> cap_by_name(item->text) & 1;
	return n;
}

/* Whether RULE counts on the machine (docker's word for it) with CAPS; every kernel is new enough. */
static inline bool their_rule_counts(const struct json *rule, const char *machine, uint64_t caps)
{
	const struct json *in = json_get(rule, "includes"), *ex = json_get(rule, "excludes");

	if (their_list_has(ex, "arches", machine) || their_caps(ex, caps) || json_get(ex, "minKernel"))
		return false;
	return (their_list_is_empty(in, "arches") || their_list_has(in, "arches", machine)) &&
	       (their_list_is_empty(in, "caps") || their_caps(in, caps) == json_get(in, "caps")->n);
}

/* Adds RULE for the call NAME; an error of libseccomp. */
static inline int their_rule_add(scmp_filter_ctx ctx, const struct json *rule, uint32_t action, const char *name)
{
	const struct json *args = json_get(rule, "args");
	struct scmp_arg_cmp v[16];
	unsigned int n = 0, seen = 0;
	bool apart = false;
	int number = seccomp_syscall_resolve_name(name), r = 0;

	if (!theirs_has(name))
		return 0;
	if (args && args->kind == JSON_LIST)
		json_foreach (arg, args) {
			const struct json *two = json_get(arg, "valueTwo");
			unsigned int index = (unsigned int)json_get(arg, "index")->u;
			size_t op = 0;

			while (strcmp(their_ops[op].word, json_text(json_get(arg, "op"))) != 0)
				op++;
			v[n++] = (struct scmp_arg_cmp){index, their_ops[op].op, json_get(arg, "value")->u,
						       two ? two->u : 0};
			apart = apart || (seen & 1U << index);
			seen |= 1U << index;
		}
	if (!apart)
		return seccomp_rule_add_array(ctx, action, number, n, v);
	for (unsigned int i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add_array(ctx, action, number, 1, &v[i]);
	return r;
}

/* The ABIs of machine M that PROFILE names; its own always. */
static inline unsigned int their_abis(const struct json *profile, size_t m)
{
	const struct seccomp_machine *machine = machines[m].machine;
	const struct json *map = json_get(profile, "archMap");
	unsigned int used = 1;

	for (size_t abi = 0; abi < machine->n; abi++) {
		used |= (unsigned int)their_list_has(profile, "architectures", machine->abis[abi]->oci) << abi;
		if (map)
			json_foreach (row, map)
				if (strcmp(json_text(json_get(row, "architecture")), machine->abis[0]->oci) == 0)
					used |= (unsigned int)their_list_has(row, "subArchitectures",
									     machine->abis[abi]->oci)
						<< abi;
	}
	return used;
}

/* What libseccomp makes of PROFILE on machine M; no instructions if it can not. */
static inline struct program their_compile(const struct json *profile, size_t m, uint64_t caps, struct arena *a)
{
	uint32_t default_action = their_action(profile, "defaultAction", "defaultErrnoRet");
	scmp_filter_ctx ctx = their_filter(m, their_abis(profile, m), default_action);
	int r = 0;

	json_foreach (rule, json_get(profile, "syscalls")) {
		uint32_t action = their_action(rule, "action", "errnoRet");

		if (action == default_action || !their_rule_counts(rule, machines[m].machine->docker, caps))
			continue;
		json_foreach (name, json_get(rule, "names"))
			if (r == 0)
				r = their_rule_add(ctx, rule, action, name->text);
	}
	if (r == 0)
		return their_program(ctx, m, a);
	seccomp_release(ctx);
	return (struct program){NULL, 0};
}

#endif
