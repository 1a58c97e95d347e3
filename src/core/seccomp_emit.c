/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF, backwards: see seccomp_emit.h. */
#include "core/seccomp_emit.h"

#include <linux/seccomp.h>

enum {
	NEAR = 250, /* a conditional jump reaches 255; the rest is for steps in between that are still to be written */
	WORD_NONE = -1,
	WORD_SPOILED = -2, /* the accumulator holds no word of the call any more */
};

label emit_plain(struct emit *e, uint16_t code, uint32_t k)
{
	*list_add(e, e->arena) = (struct sock_filter){.code = code, .k = k};
	return e->n;
}

label emit_goto(struct emit *e, label target)
{
	return target == e->n ? target : emit_plain(e, BPF_JMP | BPF_JA, (uint32_t)(e->n - target));
}

/* A place within reach of a conditional jump that does what TARGET does: itself, a copy of its return, or a goto. */
static label emit_near(struct emit *e, label target)
{
	if (e->n - target < NEAR)
		return target;
	const struct sock_filter *t = &e->v[target - 1];
	return t->code == (BPF_RET | BPF_K) ? emit_plain(e, t->code, t->k) : emit_goto(e, target);
}

label emit_branch(struct emit *e, uint16_t code, uint32_t k, label if_true, label if_false)
{
	if_false = emit_near(e, if_false);
	if_true = emit_near(e, if_true);
	label at = emit_plain(e, BPF_JMP | BPF_K | code, k);
	e->v[at - 1].jt = (uint8_t)(at - 1 - if_true);
	e->v[at - 1].jf = (uint8_t)(at - 1 - if_false);
	return at;
}

/* The code that returns ACTION, shared while it is near. */
static label emit_return(struct emit *e, uint32_t action)
{
	struct emit_return *r = NULL;

	for (size_t i = 0; i < e->returns.n && !r; i++)
		if (e->returns.v[i].action == action)
			r = &e->returns.v[i];
	if (r && e->n - r->at < NEAR)
		return r->at;
	if (!r)
		r = list_add(&e->returns, e->arena);
	*r = (struct emit_return){action, emit_plain(e, BPF_RET | BPF_K, action)};
	return r->at;
}

/*
 * A piece of code that first loads a word of the call.  A jump from where that word is loaded already skips the load;
 * the load itself is written when the first jump needs it.
 */
struct piece {
	int word; /* the byte offset in struct seccomp_data; WORD_NONE: it needs none */
	label bare, with_load;
};

/* Where to enter P, when the accumulator holds WORD. */
static label piece_entry(struct emit *e, struct piece *p, int word)
{
	if (p->word == WORD_NONE || p->word == word)
		return p->bare;
	if (!p->with_load) {
		emit_goto(e, p->bare);
		p->with_load = emit_plain(e, BPF_LD | BPF_W | BPF_ABS, (uint32_t)p->word);
	}
	return p->with_load;
}

/* Compares WORD: a branch that goes on at YES or NO. */
static struct piece compare(struct emit *e, uint16_t code, uint32_t k, int word, struct piece *yes, struct piece *no)
{
	label if_no = piece_entry(e, no, word);
	label if_yes = piece_entry(e, yes, word);

	return (struct piece){word, emit_branch(e, code, k, if_yes, if_no), 0};
}

/* Compares the bits MASK of WORD with those of VALUE. */
static struct piece compare_masked(struct emit *e, uint32_t mask, uint32_t value, int word, struct piece *yes,
				   struct piece *no)
{
	value &= mask;
	if (mask == UINT32_MAX)
		return compare(e, BPF_JEQ, value, word, yes, no);
	if (value == 0)
		return compare(e, BPF_JSET, mask, word, no, yes);
	compare(e, BPF_JEQ, value, WORD_SPOILED, yes, no);
	return (struct piece){word, emit_plain(e, BPF_ALU | BPF_AND | BPF_K, mask), 0};
}

/* The byte offset of the low (high: of the other) half of argument ARG. */
static int arg_word(const struct emit *e, unsigned int arg, bool high)
{
	bool second = e->big_endian != high;

	return (int)(offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t) + (second ? sizeof(uint32_t) : 0));
}

/* argument == value; with a mask, only those bits. */
static struct piece emit_equal(struct emit *e, unsigned int arg, uint64_t mask, uint64_t value, bool args32,
			       struct piece *yes, struct piece *no)
{
	uint32_t mask_high = args32 ? 0 : (uint32_t)(mask >> 32), mask_low = (uint32_t)mask;
	struct piece low = *yes;

	if (mask_low)
		low = compare_masked(e, mask_low, (uint32_t)value, arg_word(e, arg, false), yes, no);
	if (!mask_high)
		return low;
	return compare_masked(e, mask_high, (uint32_t)(value >> 32), arg_word(e, arg, true), &low, no);
}

/* argument > value (CODE is BPF_JGT) or >= value (BPF_JGE): the high halves decide unless they are equal. */
static struct piece emit_order(struct emit *e, unsigned int arg, uint16_t code, uint64_t value, bool args32,
			       struct piece *yes, struct piece *no)
{
	struct piece low = compare(e, code, (uint32_t)value, arg_word(e, arg, false), yes, no);

	if (args32)
		return low;
	struct piece same = compare(e, BPF_JEQ, (uint32_t)(value >> 32), arg_word(e, arg, true), &low, no);
	return compare(e, BPF_JGT, (uint32_t)(value >> 32), arg_word(e, arg, true), yes, &same);
}

/* The code that goes on at YES if C holds, else at NO. */
static struct piece emit_cond(struct emit *e, const struct seccomp_cond *c, bool args32, struct piece *yes,
			      struct piece *no)
{
	static const struct {
		uint16_t order; /* BPF_JGT or BPF_JGE; 0: for equality */
		bool contrary;	/* what holds when that comparison fails */
	} ops[] = {
		[OP_NE] = {0, true},	    [OP_EQ] = {0, false},      [OP_MASKED_EQ] = {0, false},
		[OP_LT] = {BPF_JGE, true},  [OP_LE] = {BPF_JGT, true}, [OP_GE] = {BPF_JGE, false},
		[OP_GT] = {BPF_JGT, false},
	};
	static_assert(ARRAY_LEN(ops) == OP_COUNT, "ops[] does not match enum seccomp_op");
	struct piece *holds = ops[c->op].contrary ? no : yes, *fails = ops[c->op].contrary ? yes : no;

	if (ops[c->op].order)
		return emit_order(e, c->arg, ops[c->op].order, c->value, args32, holds, fails);
	if (c->op == OP_MASKED_EQ)
		return emit_equal(e, c->arg, c->value, c->value2, args32, holds, fails);
	return emit_equal(e, c->arg, UINT64_MAX, c->value, args32, holds, fails);
}

/* The code for rule R, which goes on at NEXT if a condition fails. */
static struct piece emit_rule(struct emit *e, const struct seccomp_rule *r, bool args32, struct piece *next)
{
	struct piece rest = {WORD_NONE, emit_return(e, r->action), 0};

	for (size_t i = r->n; i-- > 0;)
		if (!cond_is_void(&r->conds[i], args32))
			rest = emit_cond(e, &r->conds[i], args32, &rest, next);
	return rest;
}

label emit_verdict(struct emit *e, struct verdict *v)
{
	if (v->at)
		return v->at;
	if (!v->before)
		return emit_return(e, v->action);
	struct piece next = {WORD_NONE, emit_return(e, v->action), 0};
	/* Backwards: the strictest comes last, and so is asked about first; of equally strict ones, the oldest. */
	for (unsigned int level = SECCOMP_LENIENCY_MAX + 1; level-- > 0;)
		for (const struct verdict *w = v; w->before; w = w->before)
			if (!w->rule->otherwise && seccomp_leniency(w->rule->action) == level)
				next = emit_rule(e, w->rule, v->args32, &next);
	v->at = piece_entry(e, &next, WORD_NONE);
	return v->at;
}
