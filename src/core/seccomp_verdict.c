/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trees of verdicts: see seccomp_verdict.h. */
#include "core/seccomp_verdict.h"

bool cond_is_void(const struct seccomp_cond *c, bool args32)
{
	return c->op == OP_MASKED_EQ && (args32 ? (uint32_t)c->value : c->value) == 0;
}

/* True if R has no condition that can fail. */
static bool rule_is_plain(const struct seccomp_rule *r, bool args32)
{
	for (size_t i = 0; i < r->n; i++)
		if (!cond_is_void(&r->conds[i], args32))
			return false;
	return true;
}

struct verdicts *verdicts_new(uint32_t default_action, struct arena *a)
{
	struct verdicts *all = arena_new(a, struct verdicts, 1);

	*all = (struct verdicts){
		.arena = a,
		.roots = {{.action = default_action}, {.action = default_action, .args32 = true}},
	};
	return all;
}

struct verdict *verdict_decided(struct verdicts *all, uint32_t action)
{
	for (struct verdict *v = all->decided; v; v = v->next)
		if (v->action == action)
			return v;
	struct verdict *v = arena_new(all->arena, struct verdict, 1);
	*v = (struct verdict){.action = action, .decided = true, .next = all->decided};
	all->decided = v;
	return v;
}

struct verdict *verdict_add(struct verdicts *all, struct verdict *v, const struct seccomp_rule *r)
{
	if (v->decided)
		return v;
	if (!r->otherwise && rule_is_plain(r, v->args32))
		return verdict_decided(all, r->action);
	for (struct verdict *child = v->children; child; child = child->next)
		if (child->rule == r)
			return child;
	struct verdict *child = arena_new(all->arena, struct verdict, 1);
	*child = (struct verdict){
		.before = v,
		.rule = r,
		.next = v->children,
		.action = r->otherwise ? r->action : v->action,
		.args32 = v->args32,
	};
	v->children = child;
	return child;
}

struct verdict *verdict_canonical(struct verdicts *all, struct verdict *v)
{
	return v->before || v->decided ? v : verdict_decided(all, v->action);
}
