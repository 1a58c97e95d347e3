/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a classic BPF program from its end to its beginning.
 *
 * A jump of classic BPF goes only forward, and a conditional one at most 255 instructions.  Written backwards, every
 * target is there before the jump to it, so that a distance is known at once, and a target that is too far gets a step
 * in between.  A label is the number of instructions from a place to the end of the program, so it stays true while the
 * program grows in front.
 */
#ifndef ISLE_CORE_SECCOMP_EMIT_H
#define ISLE_CORE_SECCOMP_EMIT_H

#include "core/seccomp_verdict.h"

typedef size_t label;

struct emit_return { /* the return instruction for an action that was written last */
	uint32_t action;
	label at;
};

struct emit {
	struct arena *arena;
	bool big_endian;       /* the high half of an argument comes first */
	struct sock_filter *v; /* the last instruction comes first */
	size_t n, room;
	struct {
		struct emit_return *v;
		size_t n, room;
	} returns;
};

/* One instruction that does not jump. */
label emit_plain(struct emit *e, uint16_t code, uint32_t k);
/* Goes on at TARGET: nothing if that is the place itself. */
label emit_goto(struct emit *e, label target);
/* A conditional jump CODE (BPF_JEQ …) against K. */
label emit_branch(struct emit *e, uint16_t code, uint32_t k, label if_true, label if_false);
/* The code that decides V. */
label emit_verdict(struct emit *e, struct verdict *v);

#endif
