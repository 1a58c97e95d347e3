/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From rules to a tree: see seccomp_build.h for what they mean.
 *
 * The rules of an ABI become ranges of call numbers with the same verdict, and these a binary tree of comparisons.
 * The kernel runs a new filter once for every call number of the machine, to remember which are always allowed; so the
 * tree is balanced by how many numbers lead to a range, not by how many ranges there are.
 */
#include "core/seccomp_build.h"

#include "core/seccomp_emit.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stdlib.h>

enum {
	CALLS_END = 512, /* the kernel walks the numbers below about this one */
	LENIENCY_MAX = 7,
	EXCEPTIONS_MAX = 3, /* so many single numbers within a range are picked out one by one */
};

struct range { /* from 'first' to the next range's */
	uint32_t first;
	uint32_t weight; /* how many numbers the kernel walks in this range and those before */
	struct verdict *verdict;
};

/* The ranges of one AUDIT_ARCH_…, in order, without a gap from 0 to UINT32_MAX. */
struct ranges {
	struct range *v;
	size_t n, room;
};

struct verdicts { /* pointers, so that they can be compared */
	struct verdict **v;
	size_t n, room;
};

struct build {
	const struct seccomp_policy *policy;
	struct arena *arena;
	struct emit emit;
	struct verdicts verdicts;
};

unsigned int seccomp_leniency(uint32_t action)
{
	static const uint32_t order[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
		SECCOMP_RET_USER_NOTIF,	  SECCOMP_RET_TRACE,	   SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW,
	};
	static_assert(ARRAY_LEN(order) == LENIENCY_MAX + 1, "order[] does not match LENIENCY_MAX");
	unsigned int i = 0;

	while (i < LENIENCY_MAX && order[i] != (action & SECCOMP_RET_ACTION_FULL))
		i++;
	return i;
}

/* True if R has no condition that can fail. */
static bool rule_is_plain(const struct seccomp_rule *r, bool args32)
{
	for (size_t i = 0; i < r->n; i++)
		if (!cond_is_void(&r->conds[i], args32))
			return false;
	return true;
}

/* True if the two rules ask the same and do the same; the number doesn't count. */
static bool rule_same(const struct seccomp_rule *a, const struct seccomp_rule *b)
{
	if (a->n != b->n || a->action != b->action)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->conds[i].arg != b->conds[i].arg || a->conds[i].op != b->conds[i].op ||
		    a->conds[i].value != b->conds[i].value || a->conds[i].value2 != b->conds[i].value2)
			return false;
	return true;
}

/* True if A and B decide alike, alternative by alternative. */
static bool verdict_same(const struct verdict *a, const struct verdict *b)
{
	if (a->n != b->n || a->otherwise != b->otherwise || (a->n && a->args32 != b->args32))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!rule_same(a->v[i], b->v[i]))
			return false;
	return true;
}

/* The one verdict that is like V. */
static struct verdict *verdict_intern(struct build *b, const struct verdict *v)
{
	for (size_t i = 0; i < b->verdicts.n; i++)
		if (verdict_same(b->verdicts.v[i], v))
			return b->verdicts.v[i];
	struct verdict *own = arena_new(b->arena, struct verdict, 1);
	*own = *v;
	*list_add(&b->verdicts, b->arena) = own;
	return own;
}

/* The verdict that looks at no argument. */
static struct verdict *verdict_plain(struct build *b, uint32_t action)
{
	return verdict_intern(b, &(struct verdict){.otherwise = action});
}

/*
 * The verdict of the N rules R, all of one call and in the order written: the strictest are put first, so that the
 * first that matches decides.
 */
static struct verdict *verdict_of(struct build *b, const struct seccomp_rule *const *r, size_t n, bool args32)
{
	struct verdict v = {.otherwise = b->policy->default_action, .args32 = args32};

	for (size_t i = 0; i < n; i++) {
		if (r[i]->otherwise)
			v.otherwise = r[i]->action;
		else if (rule_is_plain(r[i], args32))
			return verdict_plain(b, r[i]->action);
	}
	v.v = arena_new(b->arena, const struct seccomp_rule *, n);
	for (unsigned int level = 0; level <= LENIENCY_MAX; level++)
		for (size_t i = 0; i < n; i++)
			if (!r[i]->otherwise && seccomp_leniency(r[i]->action) == level)
				v.v[v.n++] = r[i];
	return verdict_intern(b, &v);
}

/* Gives the numbers from FIRST on to V. */
static void range_add(struct build *b, struct ranges *ranges, uint32_t first, struct verdict *v)
{
	if (ranges->n && ranges->v[ranges->n - 1].verdict == v)
		return;
	*list_add(ranges, b->arena) = (struct range){.first = first, .verdict = v};
}

/* For qsort(3): by number, and as written within one number (all are elements of one array). */
static int compare_rules(const void *a, const void *b)
{
	const struct seccomp_rule *x = *(const struct seccomp_rule *const *)a;
	const struct seccomp_rule *y = *(const struct seccomp_rule *const *)b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Adds the ranges of ABI, whose numbers are FIRST to LAST. */
static void ranges_add_abi(struct build *b, struct ranges *ranges, enum seccomp_abi_id abi, uint32_t first,
			   uint32_t last)
{
	const struct seccomp_rules *rules = &b->policy->abi[abi];
	const struct seccomp_rule **sorted = arena_new(b->arena, const struct seccomp_rule *, rules->n + 1);
	struct verdict *otherwise = verdict_plain(b, rules->used ? b->policy->default_action : b->policy->bad_action);
	uint64_t next = first; /* the first number that no range has yet; it may pass UINT32_MAX */
	size_t n = 0;

	for (size_t i = 0; i < rules->n && rules->used; i++)
		if (rules->v[i].number >= first && rules->v[i].number <= last)
			sorted[n++] = &rules->v[i];
	qsort(sorted, n, sizeof(*sorted), compare_rules);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && sorted[end]->number == sorted[i]->number; end++)
			;
		if (sorted[i]->number > next)
			range_add(b, ranges, (uint32_t)next, otherwise);
		range_add(b, ranges, sorted[i]->number, verdict_of(b, sorted + i, end - i, seccomp_abis[abi].args32));
		next = (uint64_t)sorted[i]->number + 1;
	}
	if (next <= last)
		range_add(b, ranges, (uint32_t)next, otherwise);
}

/* The ranges of everything that the kernel calls AUDIT, the ABI's (and x32's, where they share it). */
static struct ranges ranges_of(struct build *b, enum seccomp_abi_id abi)
{
	struct ranges r = {0};
	uint32_t weight = 0;

	if (abi == ABI_X86_64) {
		ranges_add_abi(b, &r, ABI_X86_64, 0, X32_BIT - 1);
		ranges_add_abi(b, &r, ABI_X32, X32_BIT, UINT32_MAX - 1);
		/* -1 is what a tracer leaves to have a call skipped; it belongs to neither. */
		range_add(b, &r, UINT32_MAX, verdict_plain(b, b->policy->default_action));
	} else {
		ranges_add_abi(b, &r, abi, 0, UINT32_MAX);
	}
	for (size_t i = 0; i < r.n; i++) {
		uint32_t end = i + 1 < r.n ? MIN(r.v[i + 1].first, CALLS_END) : CALLS_END;

		weight += end > r.v[i].first ? end - r.v[i].first : 1;
		r.v[i].weight = weight;
	}
	return r;
}

/* True if range I of R holds one number. */
static bool range_is_single(const struct ranges *r, size_t i)
{
	return i + 1 < r->n ? r->v[i].first + 1 == r->v[i + 1].first : r->v[i].first == UINT32_MAX;
}

/* If the ranges LOW to HIGH - 1 are one verdict but for a few single numbers: that verdict, else NULL. */
static struct verdict *ranges_background(const struct ranges *r, size_t low, size_t high)
{
	for (size_t candidate = low; candidate < low + 2; candidate++) {
		struct verdict *v = r->v[candidate].verdict;
		size_t exceptions = 0, i = low;

		for (; i < high && exceptions <= EXCEPTIONS_MAX; i++) {
			if (r->v[i].verdict == v)
				continue;
			if (!range_is_single(r, i))
				break;
			exceptions++;
		}
		if (i == high && exceptions <= EXCEPTIONS_MAX)
			return v;
	}
	return NULL;
}

/* The range that begins the second half of LOW to HIGH - 1, by weight. */
static size_t ranges_middle(const struct ranges *r, size_t low, size_t high)
{
	uint32_t before = low ? r->v[low - 1].weight : 0;
	uint32_t half = before + (r->v[high - 1].weight - before) / 2;
	size_t middle = low + 1;

	while (middle < high - 1 && r->v[middle - 1].weight < half)
		middle++;
	/* The range that holds the half goes to the side that it makes less heavy. */
	if (middle > low + 1 && r->v[middle - 1].weight - half > half - r->v[middle - 2].weight)
		middle--;
	return middle;
}

/* The code that finds the verdict of a number known to be in the ranges LOW to HIGH - 1. */
static label emit_tree(struct build *b, const struct ranges *r, size_t low, size_t high)
{
	if (high - low == 1)
		return emit_verdict(&b->emit, r->v[low].verdict);
	struct verdict *background = ranges_background(r, low, high);
	if (background) {
		label next = emit_verdict(&b->emit, background);

		for (size_t i = high; i-- > low;)
			if (r->v[i].verdict != background)
				next = emit_branch(&b->emit, BPF_JEQ, r->v[i].first,
						   emit_verdict(&b->emit, r->v[i].verdict), next);
		return next;
	}
	size_t middle = ranges_middle(r, low, high);
	label right = emit_tree(b, r, middle, high);
	label left = emit_tree(b, r, low, middle);
	return emit_branch(&b->emit, BPF_JGE, r->v[middle].first, right, left);
}

/* The code for one AUDIT_ARCH_…: goes on at OTHER if the call came from another. */
static label emit_abi(struct build *b, enum seccomp_abi_id abi, label other)
{
	struct ranges ranges = ranges_of(b, abi);

	emit_goto(&b->emit, emit_tree(b, &ranges, 0, ranges.n));
	label number = emit_plain(&b->emit, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	return emit_branch(&b->emit, BPF_JEQ, seccomp_abis[abi].audit, number, other);
}

int seccomp_build(const struct seccomp_policy *p, struct arena *a, struct seccomp_filter *ret, struct err *e)
{
	struct build b = {.policy = p, .arena = a, .emit = {.arena = a}};
	label start = emit_plain(&b.emit, BPF_RET | BPF_K, p->bad_action);

	for (int abi = ABI_COUNT; abi-- > 0;) {
		bool used = p->abi[abi].used || (abi == ABI_X86_64 && p->abi[ABI_X32].used);

		if (used && abi != ABI_X32)
			start = emit_abi(&b, (enum seccomp_abi_id)abi, start);
	}
	emit_goto(&b.emit, start);
	emit_plain(&b.emit, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));

	size_t n = b.emit.n;
	if (n > BPF_MAXINSNS) {
		err_set(e, E2BIG, "compile the system call filter to %zu instructions", n);
		err_why(e, "the kernel takes %d", BPF_MAXINSNS);
		return err_cure(e, "use fewer rules with argument conditions");
	}
	*ret = (struct seccomp_filter){.v = arena_new(a, struct sock_filter, n), .n = n};
	for (size_t i = 0; i < n; i++)
		ret->v[i] = b.emit.v[n - 1 - i];
	return 0;
}
