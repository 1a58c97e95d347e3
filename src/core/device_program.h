/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device rules, read strictly, and as a BPF program for a control group of version 2. */
#ifndef ISLE_CORE_DEVICE_PROGRAM_H
#define ISLE_CORE_DEVICE_PROGRAM_H

#include "core/spec.h"

#include "base/err.h"

#include <linux/bpf.h>

enum { DEVICE_ANY = -1, DEVICE_ACCESS_ALL = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

/* A rule in the kernel's terms. */
struct device_rule {
	bool allow;
	int type;	      /* BPF_DEVCG_DEV_… or DEVICE_ANY */
	int64_t major, minor; /* DEVICE_ANY: all */
	int access;	      /* BPF_DEVCG_ACC_… */
};

struct device_program {
	struct bpf_insn *v;
	size_t n, room;
	struct { /* jumps to the two ends, whose places are known last */
		size_t *v, n, room;
	} yes, no;
	struct arena *arena;
};

/* Reads one rule of the spec; no letters mean every access, as for other runtimes. */
int device_rule_read(const struct spec_device_rule *from, struct device_rule *ret, struct err *e) MUST_USE;
/*
 * The rules as a program: read in order, the last one that matches decides, for each kind of access by itself; what
 * none matches is denied.  The instructions are in the arena.
 */
int device_program_build(const struct spec_device_rules *rules, struct arena *a, struct device_program *ret,
			 struct err *e) MUST_USE;
/* Loads the program and hangs it on the open group, in place of what hangs there; a negative errno. */
int device_program_attach(const struct device_program *p, int group) MUST_USE;

#endif
