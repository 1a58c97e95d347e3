/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From rules to a tree: see seccomp_build.h for what they mean.
 *
 * The verdicts of an ABI become ranges of call numbers with the same one, and these a binary tree of comparisons.
 *
 * What loading a filter costs (Linux 6.18, x86_64): 40 us, 0.3 us for each instruction (to check and to compile it),
 * and 4 ns for each step of the runs by which the kernel finds out, for each number that the machine knows (about 900,
 * i386's included), whether the call is always allowed.  So a program should be short and shallow:
 *   - the tree is balanced by how many numbers lead to a range, not by how many ranges there are;
 *   - a few single numbers within a range are picked out one by one: an instruction each, where the tree takes two;
 *   - x32's numbers are not among the 900, and mostly get what x86_64's get, so its tree has only the differences and
 *     goes on in that of x86_64;
 *   - what follows a comparison is the way that has more code: a comparison that jumps either way becomes two
 *     instructions inside the kernel.
 */
#include "core/seccomp_build.h"

#include "core/seccomp_emit.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>

enum {
	CALLS_END = 512,    /* the kernel walks the numbers below about this one */
	EXCEPTIONS_MAX = 6, /* so many single numbers within a range are picked out one by one … */
	EXCEPTIONS_FEW = 3,
	SPAN_MAX = 160, /* … where the range has no more numbers than this; EXCEPTIONS_FEW in any */
	LIKELY_LENGTH = 512,
	LIKELY_RANGES = 144,
};

struct range { /* from 'first' to the next range's */
	uint32_t first;
	uint32_t weight;	 /* how many numbers the kernel walks in this range and those before */
	struct verdict *verdict; /* canonical */
};

/* The ranges of one ABI, in order, without a gap from 0 to the last number. */
struct ranges {
	struct range *v;
	size_t n, room;
};

struct build {
	const struct seccomp_policy *policy;
	struct emit emit;
};

unsigned int seccomp_leniency(uint32_t action)
{
	static const uint32_t order[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
		SECCOMP_RET_USER_NOTIF,	  SECCOMP_RET_TRACE,	   SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW,
	};
	static_assert(ARRAY_LEN(order) == SECCOMP_LENIENCY_MAX + 1, "order[] does not match SECCOMP_LENIENCY_MAX");
	unsigned int i = 0;

	while (i < SECCOMP_LENIENCY_MAX && order[i] != (action & SECCOMP_RET_ACTION_FULL))
		i++;
	return i;
}

/* ---- the policy ---- */

struct seccomp_policy seccomp_policy(const struct seccomp_machine *m, uint32_t default_action, uint32_t bad_action,
				     struct arena *a)
{
	return (struct seccomp_policy){
		.machine = m,
		.arena = a,
		.default_action = default_action,
		.bad_action = bad_action,
		.verdicts = verdicts_new(default_action, a),
	};
}

void seccomp_policy_use(struct seccomp_policy *p, size_t abi)
{
	const struct seccomp_abi *of = p->machine->abis[abi];

	if (p->calls[abi])
		return;
	p->calls[abi] = arena_new(p->arena, struct verdict *, (size_t)of->calls->n);
	for (int rank = 0; rank < of->calls->n; rank++)
		p->calls[abi][rank] = &p->verdicts->roots[of->args32];
}

void seccomp_policy_add(struct seccomp_policy *p, size_t abi, int rank, const struct seccomp_rule *r)
{
	struct verdict **v = &p->calls[abi][rank];

	*v = verdict_add(p->verdicts, *v, r);
}

void seccomp_policy_add_call(struct seccomp_policy *p, int index, const struct seccomp_rule *r)
{
	for (size_t abi = 0; abi < p->machine->n; abi++) {
		int rank = syscall_rank(index, p->machine->abis[abi]);

		if (p->calls[abi] && rank != SYSCALL_NONE)
			seccomp_policy_add(p, abi, rank, r);
	}
}

/* ---- ranges ---- */

/* Gives the numbers from FIRST on to V. */
static void range_add(struct build *b, struct ranges *ranges, uint32_t first, struct verdict *v)
{
	v = verdict_canonical(b->policy->verdicts, v);
	if (ranges->n == 0 || ranges->v[ranges->n - 1].verdict != v)
		*list_add(ranges, b->emit.arena) = (struct range){.first = first, .verdict = v};
}

/* Counts the numbers of the ranges. */
static void ranges_weigh(struct ranges *r)
{
	uint32_t weight = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint32_t end = i + 1 < r->n ? MIN(r->v[i + 1].first, CALLS_END) : CALLS_END;

		weight += end > r->v[i].first ? end - r->v[i].first : 1;
		r->v[i].weight = weight;
	}
}

/* A list with room for what there mostly is. */
static struct ranges ranges_new(struct build *b)
{
	return (struct ranges){.v = arena_new(b->emit.arena, struct range, LIKELY_RANGES), .room = LIKELY_RANGES};
}

/* The ranges of ABI (x32's without X32_BIT). */
static struct ranges ranges_of(struct build *b, size_t abi)
{
	const struct seccomp_policy *p = b->policy;
	const struct syscall_column *column = p->machine->abis[abi]->calls;
	uint32_t bit = p->machine->abis[abi]->shares ? X32_BIT : 0;
	struct verdict *otherwise = verdict_decided(p->verdicts, p->calls[abi] ? p->default_action : p->bad_action);
	struct ranges r = ranges_new(b);
	struct verdict *last = NULL;
	uint32_t next = 0; /* the first number that no range has yet */

	for (int rank = 0; rank < column->n && p->calls[abi]; rank++) {
		uint32_t number = column->numbers[rank] - bit;

		if (number == next && p->calls[abi][rank] == last) {
			next++;
			continue;
		}
		if (number > next)
			range_add(b, &r, next, otherwise);
		last = p->calls[abi][rank];
		range_add(b, &r, number, last);
		next = number + 1;
	}
	range_add(b, &r, next, otherwise);
	ranges_weigh(&r);
	return r;
}

/* OF, where SAME stands for all that BASE says too. */
static struct ranges ranges_unlike(struct build *b, const struct ranges *of, const struct ranges *base,
				   struct verdict *same)
{
	struct ranges r = ranges_new(b);

	for (size_t i = 0, j = 0; i < of->n && j < base->n;) {
		uint32_t first = MAX(of->v[i].first, base->v[j].first);
		bool alike = of->v[i].verdict == base->v[j].verdict;
		uint32_t of_end = i + 1 < of->n ? of->v[i + 1].first : UINT32_MAX;
		uint32_t base_end = j + 1 < base->n ? base->v[j + 1].first : UINT32_MAX;

		range_add(b, &r, first, alike ? same : of->v[i].verdict);
		i += of_end <= base_end;
		j += base_end <= of_end;
	}
	ranges_weigh(&r);
	return r;
}

/* ---- the tree ---- */

/* True if range I of R holds one number. */
static bool range_is_single(const struct ranges *r, size_t i)
{
	return i + 1 < r->n && r->v[i].first + 1 == r->v[i + 1].first;
}

/* If the ranges LOW to HIGH - 1 are one verdict but for a few single numbers: that verdict, else NULL. */
static struct verdict *ranges_background(const struct ranges *r, size_t low, size_t high)
{
	uint32_t span = r->v[high - 1].weight - (low ? r->v[low - 1].weight : 0);
	size_t most = span <= SPAN_MAX ? EXCEPTIONS_MAX : EXCEPTIONS_FEW;

	for (size_t candidate = low; candidate < low + 2; candidate++) {
		struct verdict *v = r->v[candidate].verdict;
		size_t exceptions = 0, i = low;

		for (; i < high && exceptions <= most; i++) {
			if (r->v[i].verdict == v)
				continue;
			if (!range_is_single(r, i))
				break;
			exceptions++;
		}
		if (i == high && exceptions <= most)
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
	label left, right;
	if (middle - low == 1) {
		left = emit_tree(b, r, low, middle);
		right = emit_tree(b, r, middle, high);
	} else {
		right = emit_tree(b, r, middle, high);
		left = emit_tree(b, r, low, middle);
	}
	return emit_branch(&b->emit, BPF_JGE, r->v[middle].first, right, left);
}

/* The code for x32, the ABI X32, whose number has not lost X32_BIT yet; BASE at TREE is what x86_64 has. */
static label emit_x32(struct build *b, size_t x32, const struct ranges *base, label tree)
{
	const struct seccomp_policy *p = b->policy;
	struct verdict same = {.before = &same, .at = tree}; /* not an action */
	struct verdict *skipped = verdict_decided(p->verdicts, p->default_action);
	label number;

	if (p->calls[x32]) {
		struct ranges all = ranges_of(b, x32);
		struct ranges unlike = ranges_unlike(b, &all, base, &same);
		const struct ranges *r = unlike.n <= all.n ? &unlike : &all;

		emit_goto(&b->emit, emit_tree(b, r, 0, r->n));
		number = emit_plain(&b->emit, BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)X32_BIT);
	} else {
		number = emit_verdict(&b->emit, verdict_decided(p->verdicts, p->bad_action));
	}
	/* -1 is what a tracer leaves to have a call skipped; it belongs to neither. */
	return emit_branch(&b->emit, BPF_JEQ, UINT32_MAX, emit_verdict(&b->emit, skipped), number);
}

/* The code for the ABI FIRST and the one that shares its AUDIT_ARCH_…: goes on at OTHER if the call is from neither. */
static label emit_abi(struct build *b, size_t first, label other)
{
	const struct seccomp_machine *m = b->policy->machine;
	struct ranges ranges = ranges_of(b, first);
	label tree = emit_tree(b, &ranges, 0, ranges.n);

	if (first + 1 < m->n && m->abis[first + 1]->shares)
		tree = emit_branch(&b->emit, BPF_JGE, X32_BIT, emit_x32(b, first + 1, &ranges, tree), tree);
	emit_goto(&b->emit, tree);
	label number = emit_plain(&b->emit, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	return emit_branch(&b->emit, BPF_JEQ, m->abis[first]->audit, number, other);
}

/* True if ABI is used, or the one that shares its AUDIT_ARCH_… */
static bool abi_is_used(const struct seccomp_policy *p, size_t abi)
{
	return p->calls[abi] || (abi + 1 < p->machine->n && p->machine->abis[abi + 1]->shares && p->calls[abi + 1]);
}

int seccomp_build(const struct seccomp_policy *p, struct seccomp_filter *ret, struct err *e)
{
	struct build b = {.policy = p, .emit = {.arena = p->arena, .big_endian = p->machine->big_endian}};

	b.emit.room = LIKELY_LENGTH;
	b.emit.v = arena_new(p->arena, struct sock_filter, LIKELY_LENGTH);
	label start = emit_plain(&b.emit, BPF_RET | BPF_K, p->bad_action);
	for (size_t abi = p->machine->n; abi-- > 0;)
		if (!p->machine->abis[abi]->shares && abi_is_used(p, abi))
			start = emit_abi(&b, abi, start);
	emit_goto(&b.emit, start);
	emit_plain(&b.emit, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));

	size_t n = b.emit.n;
	if (n > BPF_MAXINSNS) {
		err_set(e, E2BIG, "compile the system call filter to %zu instructions", n);
		err_why(e, "the kernel takes %d", BPF_MAXINSNS);
		return err_cure(e, "use fewer rules with argument conditions");
	}
	for (size_t i = 0; i < n / 2; i++) {
		struct sock_filter last = b.emit.v[n - 1 - i];

		b.emit.v[n - 1 - i] = b.emit.v[i];
		b.emit.v[i] = last;
	}
	*ret = (struct seccomp_filter){.v = b.emit.v, .n = n};
	return 0;
}
