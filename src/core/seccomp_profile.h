/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles as they are written: the runtime spec's linux.seccomp (config-linux.md, "Seccomp"), and docker's form of it,
 * which adds archMap, and conditions on whole rules (includes, excludes).  What they mean is in seccomp_compile.c.
 */
#ifndef ISLE_CORE_SECCOMP_PROFILE_H
#define ISLE_CORE_SECCOMP_PROFILE_H

#include "base/json_bind.h"
#include "core/seccomp_build.h"

enum profile_action {
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
	enum profile_action action;
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
	enum profile_action default_action;
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

/* Reads the profile JSON; its strings stay where they are. */
int profile_read(const struct json *json, struct profile *ret, struct arena *a, struct err *e) MUST_USE;
/* The filter's word for ACTION with errnoRet DATA; FIELD is the path of the action, for the error. */
int profile_action_value(enum profile_action action, struct opt_u64 data, const char *field, uint32_t *ret,
			 struct err *e) MUST_USE;
/* The flags of P, for seccomp(2). */
int profile_flags(const struct profile *p, unsigned int *ret, struct err *e) MUST_USE;
/* True if an architecture of any machine is called WORD. */
bool profile_knows_abi(const char *word);

#endif
