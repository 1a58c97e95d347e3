/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules as a BPF program on a group of the v2 tree (cgroup-v2.rst, "Device controller").
 *
 * The program decides nothing twice.  The rules speak of classes of devices: one number, one major, one minor, all.
 * For each class that is named, what the rules in their order come to is worked out here, and the program only finds
 * the first class that the device is in, from the narrowest to the widest; where a major and a minor are named apart,
 * the device that has both is a class too.  Type and number are one key each, so most classes are one comparison:
 *
 *     r2 type      r3 accesses asked for      r4 major      r5 major << 20 | minor, as the kernel's dev_t has it
 *
 * An update puts the new program in the old one's place.  Where that is not one step (several programs, an old kernel)
 * the new one hangs beside the old before the old goes, and a device must pass both: there is no moment without rules.
 */
#include "core/device_program.h"

#include "base/fd.h"
#include "core/device_kept.h"
#include "core/sys.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	CLASSES_MAX = 4096, /* three instructions each; a jump has 16 bits, and the verifier holds 8192 of them */
	PROGRAMS_MAX = 64,  /* programs on one group; the kernel's own bound */
	ANY = DEVICE_ANY,
};

static const int ACCESS_ALL = DEVICE_ACCESS_ALL;

/* ---- classes ---- */

/* A class of devices, and which accesses to them the rules allow. */
struct device_class {
	int type;
	int64_t major, minor; /* ANY: all */
	int allowed;
};
struct device_classes {
	struct device_class *v;
	size_t n, room;
};

/* Adds a class, once. */
static void class_add(struct device_classes *l, struct arena *a, int type, int64_t major, int64_t minor)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].type == type && l->v[i].major == major && l->v[i].minor == minor)
			return;
	struct device_class *c = list_add(l, a);

	*c = (struct device_class){type, major, minor, 0};
}

/* Whether the rule is about every device of the class. */
static bool rule_covers(const struct device_rule *r, const struct device_class *c)
{
	return (r->type == ANY || r->type == c->type) && (r->major == ANY || r->major == c->major) &&
	       (r->minor == ANY || r->minor == c->minor);
}

/* What the N rules at V name of the devices of TYPE, each class with what they allow in the end. */
static int classes_find(const struct device_rule *v, size_t n, int type, struct arena *a, struct device_classes *ret,
			struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].type == ANY || v[i].type == type)
			class_add(ret, a, type, v[i].major, v[i].minor);
	for (size_t i = 0, named = ret->n; i < named; i++)
		for (size_t k = 0; k < named && ret->n <= CLASSES_MAX; k++)
			if (ret->v[i].minor == ANY && ret->v[i].major != ANY && ret->v[k].major == ANY &&
			    ret->v[k].minor != ANY)
				class_add(ret, a, type, ret->v[i].major, ret->v[k].minor);
	class_add(ret, a, type, ANY, ANY);
	if (ret->n > CLASSES_MAX)
		return err_set(e, E2BIG, "device rules that name more than %d kinds of device", CLASSES_MAX);
	for (size_t i = 0; i < ret->n; i++)
		for (size_t k = 0; k < n; k++)
			if (rule_covers(&v[k], &ret->v[i]))
				ret->v[i].allowed =
					v[k].allow ? ret->v[i].allowed | v[k].access : ret->v[i].allowed & ~v[k].access;
	return 0;
}

/* ---- the program ---- */

/* Appends one instruction; its place. */
static size_t emit(struct device_program *p, int code, int dst, int src, int off, int32_t imm)
{
	struct bpf_insn *insn = list_add(p, p->arena);

	*insn = (struct bpf_insn){
		.code = (__u8)code,
		.dst_reg = (__u8)dst & 0xf,
		.src_reg = (__u8)src & 0xf,
		.off = (__s16)off,
		.imm = imm,
	};
	return p->n - 1;
}

/* Appends "return VALUE", to which the jumps at the N places at V go; nothing if there are none. */
static void emit_end(struct device_program *p, const size_t *v, size_t n, int value)
{
	for (size_t i = 0; i < n; i++)
		p->v[v[i]].off = (__s16)(p->n - v[i] - 1);
	if (n == 0)
		return;
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, value);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Loads type, accesses, major, minor and the packed number into their registers. */
static void emit_load(struct device_program *p)
{
	const int load = BPF_LDX | BPF_MEM | BPF_W, word = sizeof(uint32_t);

	emit(p, load, BPF_REG_2, BPF_REG_1, 0, 0); /* access << 16 | type */
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit(p, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	emit(p, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
	emit(p, load, BPF_REG_4, BPF_REG_1, word, 0);
	emit(p, load, BPF_REG_6, BPF_REG_1, 2 * word, 0);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_5, BPF_REG_4, 0, 0);
	emit(p, BPF_ALU64 | BPF_LSH | BPF_K, BPF_REG_5, 0, 0, 20);
	emit(p, BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_5, BPF_REG_6, 0, 0);
}

/* Appends a jump by CODE that is to go to the end that says YES or no. */
static void emit_answer(struct device_program *p, bool yes, int code, int dst, int32_t imm)
{
	size_t at = emit(p, code, dst, 0, 0, imm);
	size_t *slot;

	if (yes)
		slot = list_add(&p->yes, p->arena);
	else
		slot = list_add(&p->no, p->arena);
	*slot = at;
}

/* Appends the test for the class C, and what to answer if the device is in it. */
static void emit_class(struct device_program *p, const struct device_class *c)
{
	const int jump = BPF_JMP | BPF_JA, if_equal = BPF_JMP32 | BPF_JEQ | BPF_K, unless = BPF_JMP32 | BPF_JNE | BPF_K;
	bool all = c->allowed == ACCESS_ALL, whole = all || c->allowed == 0;
	bool anything = c->major == ANY && c->minor == ANY;
	int key = c->minor == ANY ? BPF_REG_4 : c->major == ANY ? BPF_REG_6 : BPF_REG_5;
	int64_t number = c->minor == ANY ? c->major : c->major == ANY ? c->minor : c->major << 20 | c->minor;
	int32_t imm = (int32_t)(uint32_t)number;

	if (whole) {
		emit_answer(p, all, anything ? jump : if_equal, anything ? 0 : key, anything ? 0 : imm);
		return;
	}
	if (!anything)
		emit(p, unless, key, 0, 2, imm);
	emit_answer(p, false, BPF_JMP | BPF_JSET | BPF_K, BPF_REG_3, ACCESS_ALL & ~c->allowed);
	emit_answer(p, true, jump, 0, 0);
}

/* How wide a class is; narrower ones are asked about first. */
static int class_width(const struct device_class *c)
{
	return (c->major == ANY ? 2 : 0) + (c->minor == ANY ? 1 : 0);
}

int device_program_build(const struct spec_device_rules *rules, struct arena *a, struct device_program *ret,
			 struct err *e)
{
	static const int types[] = {BPF_DEVCG_DEV_CHAR, BPF_DEVCG_DEV_BLOCK};
	struct device_rule *read = arena_new(a, struct device_rule, rules->n);
	int r = 0;

	*ret = (struct device_program){.arena = a};
	emit_load(ret);
	for (size_t i = 0; r == 0 && i < rules->n; i++)
		r = device_rule_read(&rules->v[i], &read[i], e);
	for (size_t t = 0; r == 0 && t < ARRAY_LEN(types); t++) {
		struct device_classes classes = {0};
		size_t other = emit(ret, BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_2, 0, 0, types[t]);

		r = classes_find(read, rules->n, types[t], a, &classes, e);
		for (int width = 0; r == 0 && width <= 3; width++)
			for (size_t i = 0; i < classes.n; i++)
				if (class_width(&classes.v[i]) == width)
					emit_class(ret, &classes.v[i]);
		ret->v[other].off = (__s16)(ret->n - other - 1);
	}
	emit_answer(ret, false, BPF_JMP | BPF_JA, 0, 0); /* what is neither */
	emit_end(ret, ret->yes.v, ret->yes.n, 1);
	emit_end(ret, ret->no.v, ret->no.n, 0);
	return r;
}

/* Takes away the limit WAS of locked memory, as far as we may. */
static bool memory_allow(const struct rlimit *was)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, most = {was->rlim_max, was->rlim_max};

	return setrlimit(RLIMIT_MEMLOCK, &none) == 0 ||
	       (was->rlim_cur != was->rlim_max && setrlimit(RLIMIT_MEMLOCK, &most) == 0);
}

/* Loads the program; before 5.11 its memory counts as locked, with that of all others of this user. */
static int program_load(const struct device_program *p)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)p->v,
		.insn_cnt = (__u32)p->n,
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)sys_bpf(BPF_PROG_LOAD, &attr);
	struct rlimit was;

	if (fd < 0 && errno == EPERM && getrlimit(RLIMIT_MEMLOCK, &was) == 0 && memory_allow(&was)) {
		fd = (int)sys_bpf(BPF_PROG_LOAD, &attr);
		int code = errno;
		setrlimit(RLIMIT_MEMLOCK, &was);
		errno = code;
	}
	return fd < 0 ? -errno : fd;
}

/* Hangs the program FD on the group in place of OLD, in one step; before 5.6 that is not to be had. */
static int exchange(int group, int fd, int old)
{
	union bpf_attr attach = {
		.target_fd = (__u32)group,
		.attach_bpf_fd = (__u32)fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE,
		.replace_bpf_fd = (__u32)old,
	};

	return sys_bpf(BPF_PROG_ATTACH, &attach) < 0 ? -errno : 0;
}

/* Hangs the program FD on the group, then takes down the N that were there before. */
static int add_then_remove(int group, int fd, const __u32 *ids, size_t n)
{
	union bpf_attr attach = {
		.target_fd = (__u32)group,
		.attach_bpf_fd = (__u32)fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	if (sys_bpf(BPF_PROG_ATTACH, &attach) < 0)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		union bpf_attr by_id = {.prog_id = ids[i]};
		auto_fd old = (int)sys_bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
		union bpf_attr detach = {
			.target_fd = (__u32)group,
			.attach_bpf_fd = (__u32)old,
			.attach_type = BPF_CGROUP_DEVICE,
		};

		if (old < 0 || sys_bpf(BPF_PROG_DETACH, &detach) < 0)
			return -errno;
	}
	return 0;
}

/* Hangs the program FD on the group in place of what hangs there. */
static int program_hang(int group, int fd)
{
	__u32 ids[PROGRAMS_MAX] = {0};
	union bpf_attr query = {0};

	query.query.target_fd = (__u32)group;
	query.query.attach_type = BPF_CGROUP_DEVICE;
	query.query.prog_ids = (uintptr_t)ids;
	query.query.prog_cnt = ARRAY_LEN(ids);
	size_t n = sys_bpf(BPF_PROG_QUERY, &query) == 0 ? MIN((size_t)query.query.prog_cnt, ARRAY_LEN(ids)) : 0;
	if (n == 1) {
		union bpf_attr by_id = {.prog_id = ids[0]};
		auto_fd old = (int)sys_bpf(BPF_PROG_GET_FD_BY_ID, &by_id);

		if (old >= 0 && exchange(group, fd, old) == 0)
			return 0;
	}
	return add_then_remove(group, fd, ids, n);
}

int device_program_attach(const struct device_program *p, int group)
{
	auto_fd kept = device_kept_find(p->v, p->n);

	/* One that hangs there among others already is not taken twice. */
	if (kept >= 0 && program_hang(group, kept) == 0)
		return 0;
	auto_fd fd = program_load(p);
	if (fd >= 0 && kept < 0)
		device_kept_add(p->v, p->n, fd);
	return fd < 0 ? fd : program_hang(group, fd);
}
