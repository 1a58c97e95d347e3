/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles: docker's form of them, what they leave open, and what is refused. */
#include "bpf_sim.h"
#include "core/seccomp_abi.h"
#include "seccomp_text.h"
#include "unit.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

enum { ALLOW = SECCOMP_RET_ALLOW, DENY = SECCOMP_RET_ERRNO | 1, KILL = SECCOMP_RET_KILL_THREAD };

/* What the profile JSON says to x86_64's call NUMBER with first argument ARG; the process has CAPS. */
static uint32_t profile_answer(const char *json, uint64_t caps, uint32_t audit, uint32_t number, uint64_t arg)
{
	struct seccomp_data d = {.nr = (int)number, .arch = audit, .args = {arg}};
	struct seccomp_filter f;
	struct arena a = {0};
	struct err e;

	if (seccomp_compile_text(json, caps, &a, &f, &e) < 0) {
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
				 rows[i].plain ? ALLOW : DENY);
		assert_int_equal(profile_answer(json, 1 << 21, AUDIT_ARCH_X86_64, rows[i].number, 0),
				 rows[i].admin ? ALLOW : DENY);
	}
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_I386, 3, 0), ALLOW);
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, X32_BIT, 0), SECCOMP_RET_KILL_PROCESS);
}

static void two_conditions_on_one_argument_are_alternatives(void **state)
{
	static const char json[] =
		"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"names\":[\"socket\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		"{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]}";

	(void)state;
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, 41, 1), ALLOW);
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, 41, 2), ALLOW);
	assert_int_equal(profile_answer(json, 0, AUDIT_ARCH_X86_64, 41, 3), KILL);
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

		if (seccomp_compile_text(rows[i].json, 0, &a, &f, &e) < 0)
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

		assert_true(seccomp_compile_text(rows[i].json, 0, &a, &f, &e) < 0);
		err_format(&e, text, sizeof(text));
		if (!strstr(text, rows[i].says) || !strstr(text, "seccomp profile: ")) {
			print_error("%s\n%s\n", rows[i].json, text);
			fail();
		}
		assert_true(seccomp_compile_text(rows[i].json, 0, &a, &f, NULL) < 0);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dockers_form_is_understood),
		cmocka_unit_test(two_conditions_on_one_argument_are_alternatives),
		cmocka_unit_test(flags_and_listeners_are_passed_on),
		cmocka_unit_test(bad_profiles_are_refused_with_the_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
