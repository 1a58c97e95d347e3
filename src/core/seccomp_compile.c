/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a profile (seccomp_profile.h) means: its rules, for the ABIs of the machine.
 *
 * What profiles leave to libseccomp and to the runtimes is done as runc and crun do it with libseccomp:
 *   - the machine's own ABI is always filtered, those listed in addition; programs of any other are killed;
 *   - a rule with the default's action is no rule;
 *   - two conditions on one argument are alternatives, although all conditions of a rule should hold: libseccomp can
 *     not have both in one rule, so existing profiles are written for that;
 *   - where a call can also be made through socketcall(2) or ipc(2), so on i386, the rule is for both ways; the
 *     arguments are behind a pointer there, and a condition on the first one is lost.
 */
#include "base/parse.h"
#include "core/caps_names.h"
#include "core/seccomp_profile.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/utsname.h>

/* A profile on its way to rules. */
struct compile {
	struct seccomp_policy policy;
	uint64_t caps;
	bool notifies; /* somebody is to answer calls */
};

/* Marks the ABI called WORD as used; one of another machine changes nothing here. */
static int use_abi(struct compile *c, const char *word, const char *field, struct err *e)
{
	const struct seccomp_machine *m = c->policy.machine;

	for (size_t abi = 0; abi < m->n; abi++)
		if (strcmp(m->abis[abi]->oci, word) == 0) {
			seccomp_policy_use(&c->policy, abi);
			return 0;
		}
	return profile_knows_abi(word) ? 0 : err_set(e, 0, "%s: no architecture is called '%s'", field, word);
}

/* Decides which ABIs are used. */
static int use_abis(struct compile *c, const struct profile *p, struct err *e)
{
	const char *own = c->policy.machine->abis[0]->oci;
	int r;

	seccomp_policy_use(&c->policy, 0);
	if (p->architectures.n && p->arch_map.n)
		return err_set(e, 0, "archMap: can not be given together with architectures");
	for (size_t i = 0; i < p->architectures.n; i++)
		if ((r = use_abi(c, p->architectures.v[i], "architectures", e)) < 0)
			return r;
	for (size_t i = 0; i < p->arch_map.n; i++) {
		const struct profile_arch *map = &p->arch_map.v[i];

		for (size_t j = 0; strcmp(map->architecture, own) == 0 && j < map->sub_architectures.n; j++)
			if ((r = use_abi(c, map->sub_architectures.v[j], "archMap", e)) < 0)
				return r;
	}
	return 0;
}

/* What everybody else needs until the program runs can't wait for somebody's answer. */
static int check_default(enum profile_action action, struct err *e)
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
static int when_check(const struct compile *c, const struct profile_when *w, bool *any, bool *all, struct err *e)
{
	bool arch_fits = strs_has(&w->arches, c->policy.machine->docker);

	*any = arch_fits;
	*all = arch_fits || w->arches.n == 0;
	for (size_t i = 0; i < w->caps.n; i++) {
		int cap = cap_by_name(w->caps.v[i]);
		/* A capability that isle has never heard of is one that it does not give. */
		bool held = cap >= 0 && c->caps >> cap & 1;

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

/*
 * Adds R to call INDEX in ABI as far as the call can also be made through socketcall(2) or ipc(2).  The arguments are
 * behind a pointer there, and the first one is the call.
 */
static void add_multiplexed(struct seccomp_policy *p, size_t abi, int index, const struct seccomp_rule *r)
{
	uint32_t call;
	int rank;

	if (!syscall_multiplexed(index, p->machine->abis[abi], &rank, &call))
		return;
	struct seccomp_cond *conds = arena_new(p->arena, struct seccomp_cond, r->n + 1);
	struct seccomp_rule *own = arena_new(p->arena, struct seccomp_rule, 1);
	size_t n = 0;
	conds[n++] = (struct seccomp_cond){0, OP_EQ, call, 0};
	for (size_t i = 0; i < r->n; i++)
		if (r->conds[i].arg != 0)
			conds[n++] = r->conds[i];
	*own = (struct seccomp_rule){.action = r->action, .conds = conds, .n = n};
	seccomp_policy_add(p, abi, rank, own);
}

/* Adds the N alternatives R for the call NAME. */
static int add_name(struct compile *c, const char *name, const struct seccomp_rule *r, size_t n, struct err *e)
{
	struct seccomp_policy *p = &c->policy;
	int index = syscall_by_name(name);
	int bad = check_notify(name, r->action, e);

	if (bad < 0)
		return bad;
	if (index == SYSCALL_UNKNOWN_NAME) {
		/* To allow what does not exist changes nothing; to deny it would promise something that is not kept. */
		if (seccomp_leniency(r->action) >= seccomp_leniency(p->default_action))
			return 0;
		err_set(e, 0, "names: no system call is called '%s'", name);
		err_why(e, "the rule is stricter than defaultAction, so leaving it out would allow the call");
		return err_cure(e, "correct or remove the name");
	}
	for (size_t i = 0; i < n; i++) {
		seccomp_policy_add_call(p, index, &r[i]);
		for (size_t abi = 0; abi < p->machine->n && syscall_may_be_multiplexed(index); abi++)
			if (p->calls[abi])
				add_multiplexed(p, abi, index, &r[i]);
	}
	return 0;
}

/* The alternatives that R stands for, all with ACTION: one, unless two of its conditions are on one argument. */
static int read_conds(const struct profile_rule *r, uint32_t action, struct arena *a, struct seccomp_rule **ret,
		      size_t *ret_n, struct err *e)
{
	struct seccomp_cond *conds = arena_new(a, struct seccomp_cond, r->args.n);
	unsigned int seen = 0;
	bool apart = false;

	for (size_t i = 0; i < r->args.n; i++) {
		const struct profile_arg *arg = &r->args.v[i];

		if (arg->index >= SECCOMP_ARGS)
			return err_set(e, 0, "args[%zu].index: must be between 0 and %d", i, SECCOMP_ARGS - 1);
		apart = apart || (seen & 1U << arg->index);
		seen |= 1U << arg->index;
		conds[i] = (struct seccomp_cond){(uint8_t)arg->index, arg->op, arg->value, arg->value2};
	}
	*ret_n = apart ? r->args.n : 1;
	*ret = arena_new(a, struct seccomp_rule, *ret_n);
	for (size_t i = 0; i < *ret_n; i++)
		(*ret)[i] = (struct seccomp_rule){.action = action, .conds = conds + i, .n = apart ? 1 : r->args.n};
	return 0;
}

/* Adds the rules that R stands for. */
static int add_rule(struct compile *c, const struct profile_rule *r, struct err *e)
{
	bool included, excluded, unused;
	struct seccomp_rule *rules = NULL;
	size_t n = 0;
	uint32_t action;
	int bad;

	if ((r->name != NULL) == (r->names.n != 0))
		return err_set(e, 0, "names: there must be either 'names' or 'name'");
	if (r->errno_word && !r->errno_ret.has)
		return err_set(e, 0, "errno: must be given as a number, as 'errnoRet'");
	if ((bad = profile_action_value(r->action, r->errno_ret, "action", &action, e)) < 0 ||
	    (bad = read_conds(r, action, c->policy.arena, &rules, &n, e)) < 0 ||
	    (bad = when_check(c, &r->includes, &unused, &included, e)) < 0 ||
	    (bad = when_check(c, &r->excludes, &excluded, &unused, e)) < 0)
		return bad;
	if (!included || excluded || action == c->policy.default_action)
		return 0;
	c->notifies = c->notifies || r->action == ACT_NOTIFY;
	if (r->name)
		return add_name(c, r->name, rules, n, e);
	for (size_t i = 0; i < r->names.n; i++)
		if ((bad = add_name(c, r->names.v[i], rules, n, e)) < 0)
			return bad;
	return 0;
}

int seccomp_compile_for(const struct seccomp_machine *m, const struct json *profile, uint64_t caps, struct arena *a,
			struct seccomp_filter *ret, struct err *e)
{
	struct compile c = {.caps = caps};
	struct profile p = {0};
	struct seccomp_filter filter;
	unsigned int flags;
	uint32_t action;
	int r;

	if ((r = profile_read(profile, &p, a, e)) < 0 ||
	    (r = profile_action_value(p.default_action, p.default_errno_ret, "defaultAction", &action, e)) < 0 ||
	    (r = check_default(p.default_action, e)) < 0 || (r = profile_flags(&p, &flags, e)) < 0)
		return err_context(e, "seccomp profile");
	c.policy = seccomp_policy(m, action, SECCOMP_RET_KILL_PROCESS, a);
	if (use_abis(&c, &p, e) < 0)
		return err_context(e, "seccomp profile");
	for (size_t i = 0; i < p.rules.n; i++)
		if (add_rule(&c, &p.rules.v[i], e) < 0) {
			err_context(e, "syscalls[%zu]", i);
			return err_context(e, "seccomp profile");
		}
	if (seccomp_build(&c.policy, &filter, e) < 0)
		return err_context(e, "seccomp profile");
	filter.flags = c.notifies ? flags | SECCOMP_FILTER_FLAG_NEW_LISTENER
				  : flags & ~(unsigned int)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	filter.listens = c.notifies || (p.listener_path && *p.listener_path);
	*ret = filter;
	return 0;
}

int seccomp_compile(const struct json *profile, uint64_t caps, struct arena *a, struct seccomp_filter *ret,
		    struct err *e)
{
	return seccomp_compile_for(seccomp_machine_here(), profile, caps, a, ret, e);
}
