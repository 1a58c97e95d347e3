/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules: which device nodes the group may open and make.
 *
 * The rules are read in order and the last one that matches decides, for each kind of access by itself; what none
 * matches is denied.  On v2, and on hybrid machines too (no v1 hierarchy to enter), they become a small BPF program on
 * the group (cgroup-v2.rst, "Device controller"); on v1 alone they are written into devices.deny and devices.allow.
 *
 * The program decides nothing twice.  The rules speak of classes of devices: one number, one major, one minor, all.
 * For each class that is named, what the rules in their order come to is worked out here, and the program only finds
 * the first class that the device is in, from the narrowest to the widest; where a major and a minor are named apart,
 * the device that has both is a class too.  Type and number are one key each, so most classes are one comparison:
 *
 *     r2 type      r3 accesses asked for      r4 major      r5 major << 20 | minor, as the kernel's dev_t has it
 *
 * An update hangs the new program beside the old one (a device must pass both) before the old one goes: there is no
 * moment without rules.
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	RULES_MAX = 1024,
	CLASSES_MAX = 4096, /* three instructions each; a jump has 16 bits, and the verifier holds 8192 of them */
	PROGRAMS_MAX = 64,  /* programs on one group; the kernel's own bound */
	MAJOR_END = 1 << 12,
	MINOR_END = 1 << 20, /* dev_t in the kernel */
	ANY = -1,
};

/* ---- rules ---- */

/* A rule in the program's terms. */
struct device_rule {
	bool allow;
	int type;	      /* BPF_DEVCG_DEV_… or ANY */
	int64_t major, minor; /* ANY: all */
	int access;	      /* BPF_DEVCG_ACC_… */
};

static const int ACCESS_ALL = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;

/* Reads one rule of the spec; no letters mean every access, as for other runtimes. */
static int rule_read(const struct spec_device_rule *from, struct device_rule *ret, struct err *e)
{
	*ret = (struct device_rule){.allow = from->allow, .type = ANY, .major = ANY, .minor = ANY};
	if (from->type == 'b' || from->type == 'c')
		ret->type = from->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	else if (from->type != 'a' && from->type != '\0')
		return err_set(e, 0, "device rule with the type \"%c\", which is none of a, b, c", from->type);
	if (from->major.has && from->major.v >= 0)
		ret->major = from->major.v;
	if (from->minor.has && from->minor.v >= 0)
		ret->minor = from->minor.v;
	if (ret->major >= MAJOR_END || ret->minor >= MINOR_END)
		return err_set(e, 0, "device rule for %lld:%lld, numbers that no device has", (long long)ret->major,
			       (long long)ret->minor);
	for (size_t i = 0; i < sizeof(from->access) && from->access[i]; i++) {
		const char *letter = strchr("mrw", from->access[i]);

		if (!letter)
			return err_set(e, 0, "device rule with the access \"%.*s\", which is not made of r, w and m",
				       (int)sizeof(from->access), from->access);
		ret->access |= 1 << (letter - "mrw");
	}
	if (ret->access == 0)
		ret->access = ACCESS_ALL;
	return 0;
}
static_assert(BPF_DEVCG_ACC_MKNOD == 1 && BPF_DEVCG_ACC_READ == 2 && BPF_DEVCG_ACC_WRITE == 4, "the order of \"mrw\"");

/* Whether the rule is about every access to every device. */
static bool is_everything(const struct device_rule *r)
{
	return r->type == ANY && r->major == ANY && r->minor == ANY && r->access == ACCESS_ALL;
}

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

struct program {
	struct bpf_insn *v;
	size_t n, room;
	struct { /* jumps to the two ends, whose places are known last */
		size_t *v, n, room;
	} yes, no;
	struct arena *arena;
};

/* Appends one instruction; its place. */
static size_t emit(struct program *p, int code, int dst, int src, int off, int32_t imm)
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
static void emit_end(struct program *p, const size_t *v, size_t n, int value)
{
	for (size_t i = 0; i < n; i++)
		p->v[v[i]].off = (__s16)(p->n - v[i] - 1);
	if (n == 0)
		return;
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, value);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Loads type, accesses, major, minor and the packed number into their registers. */
static void emit_load(struct program *p)
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
static void emit_answer(struct program *p, bool yes, int code, int dst, int32_t imm)
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
static void emit_class(struct program *p, const struct device_class *c)
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

/* The rules as a program, in the arena. */
static int program_build(const struct spec_device_rules *rules, struct arena *a, struct program *ret, struct err *e)
{
	static const int types[] = {BPF_DEVCG_DEV_CHAR, BPF_DEVCG_DEV_BLOCK};
	struct device_rule *read = arena_new(a, struct device_rule, rules->n);
	int r = 0;

	*ret = (struct program){.arena = a};
	emit_load(ret);
	for (size_t i = 0; r == 0 && i < rules->n; i++)
		r = rule_read(&rules->v[i], &read[i], e);
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

/* bpf(2), which no C library has. */
static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* Loads the program; before 5.11 its memory counts as locked, and the soft limit may be too low for it. */
static int program_load(const struct program *p)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)p->v,
		.insn_cnt = (__u32)p->n,
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)bpf(BPF_PROG_LOAD, &attr);
	struct rlimit was;

	if (fd < 0 && errno == EPERM && getrlimit(RLIMIT_MEMLOCK, &was) == 0 && was.rlim_cur != was.rlim_max) {
		setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){was.rlim_max, was.rlim_max});
		fd = (int)bpf(BPF_PROG_LOAD, &attr);
		int code = errno;
		setrlimit(RLIMIT_MEMLOCK, &was);
		errno = code;
	}
	return fd < 0 ? -errno : fd;
}

/* Hangs the program FD on the group, then takes down those that were there before. */
static int program_replace(int group, int fd)
{
	__u32 ids[PROGRAMS_MAX] = {0};
	union bpf_attr query = {0};

	query.query.target_fd = (__u32)group;
	query.query.attach_type = BPF_CGROUP_DEVICE;
	query.query.prog_ids = (uintptr_t)ids;
	query.query.prog_cnt = ARRAY_LEN(ids);
	size_t n = bpf(BPF_PROG_QUERY, &query) == 0 ? MIN((size_t)query.query.prog_cnt, ARRAY_LEN(ids)) : 0;
	union bpf_attr attach = {
		.target_fd = (__u32)group,
		.attach_bpf_fd = (__u32)fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	if (bpf(BPF_PROG_ATTACH, &attach) < 0)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		union bpf_attr by_id = {.prog_id = ids[i]};
		auto_fd old = (int)bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
		union bpf_attr detach = {
			.target_fd = (__u32)group,
			.attach_bpf_fd = (__u32)old,
			.attach_type = BPF_CGROUP_DEVICE,
		};

		if (old < 0 || bpf(BPF_PROG_DETACH, &detach) < 0)
			return -errno;
	}
	return 0;
}

/* Whether the caller is not root of the machine: then it can't open what its containers must not open either. */
static bool without_device_rights(void)
{
	static const char whole[] = "         0          0 4294967295\n";
	char map[256];

	return geteuid() != 0 ||
	       (cgroup_text(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 && strcmp(map, whole) != 0);
}

/* Puts the rules on the group in the v2 tree. */
static int apply_v2(const struct cgroup *cg, const struct spec_device_rules *rules, struct err *e)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct program p;
	int r = program_build(rules, &a, &p, e);

	if (r < 0)
		return r;
	auto_fd fd = program_load(&p);
	r = fd < 0 ? fd : program_replace(cg->v2_fd, fd);
	if (r == 0 || (r == -EPERM && without_device_rights()))
		return 0;
	err_set(e, -r, "set the device rules of the control group %s", cg->path);
	if (r == -EINVAL || r == -ENOSYS)
		err_why(e, "this kernel has no BPF programs for control groups (CONFIG_CGROUP_BPF)");
	if (r == -EPERM)
		err_why(e, "it takes CAP_BPF and CAP_NET_ADMIN, or a group above has rules that can't be added to");
	return r;
}

/* ---- v1 ---- */

/* Writes one line into devices.allow or devices.deny. */
static int write_line(int dir, bool allow, const char *line, struct err *e)
{
	return file_write(dir, allow ? "devices.allow" : "devices.deny", line, e);
}

/* One rule for one type of device ('b', 'c') in v1's words. */
static int write_rule(int dir, const struct device_rule *r, char type, struct err *e)
{
	char major[24] = "*", minor[24] = "*", line[80];

	if (r->major != ANY)
		snprintf(major, sizeof(major), "%lld", (long long)r->major);
	if (r->minor != ANY)
		snprintf(minor, sizeof(minor), "%lld", (long long)r->minor);
	snprintf(line, sizeof(line), "%c %s:%s %s%s%s", type, major, minor, r->access & BPF_DEVCG_ACC_READ ? "r" : "",
		 r->access & BPF_DEVCG_ACC_WRITE ? "w" : "", r->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	return write_line(dir, r->allow, line, e);
}

/* Whether two numbers can mean the same device. */
static bool meet(int64_t a, int64_t b)
{
	return a == ANY || b == ANY || a == b;
}

/*
 * v1 takes a rule back only by the very numbers it was given with, and ignores other attempts in silence; so rule AT
 * is refused where it means to change a part of what an earlier one said.
 */
static int check_v1(const struct spec_device_rules *rules, size_t at, const struct device_rule *r, struct err *e)
{
	struct device_rule earlier;

	for (size_t i = at; i-- > 0;) {
		if (rule_read(&rules->v[i], &earlier, NULL) < 0 || is_everything(&earlier))
			break;
		bool same = earlier.major == r->major && earlier.minor == r->minor;

		if (earlier.allow == r->allow || same || !meet(earlier.type, r->type) ||
		    !meet(earlier.major, r->major) || !meet(earlier.minor, r->minor) || !(earlier.access & r->access))
			continue;
		err_set(e, EOPNOTSUPP, "%s by device rule %zu a part of what rule %zu %s", r->allow ? "allow" : "deny",
			at + 1, i + 1, r->allow ? "denies" : "allows");
		return err_why(e, "v1 hierarchies can't");
	}
	return 0;
}

/* Writes the rules in order, beginning with "deny all". */
static int apply_v1(const struct cgroup *cg, const struct spec_device_rules *rules, struct err *e)
{
	auto_fd dir = cgroup_dir(cg->host->v1[CGC_DEVICES], cg->path);
	int r = dir < 0 ? err_set(e, -dir, "open the control group %s", cg->path) : write_line(dir, false, "a", e);

	for (size_t i = 0; r == 0 && i < rules->n; i++) {
		struct device_rule rule;

		r = rule_read(&rules->v[i], &rule, e);
		if (r == 0 && is_everything(&rule)) {
			r = write_line(dir, rule.allow, "a", e);
			continue;
		}
		if (r == 0)
			r = check_v1(rules, i, &rule, e);
		if (r == 0 && rule.type != BPF_DEVCG_DEV_CHAR)
			r = write_rule(dir, &rule, 'b', e);
		if (r == 0 && rule.type != BPF_DEVCG_DEV_BLOCK)
			r = write_rule(dir, &rule, 'c', e);
	}
	return r < 0 ? err_context(e, "set the device rules of the control group %s", cg->path) : 0;
}

/* ---- both ---- */

bool cgroup_devices_on_v1(const struct cgroup_host *h)
{
	return !h->v2 && h->v1[CGC_DEVICES];
}

int cgroup_devices_check(const struct cgroup_host *h, const struct spec_device_rules *rules, struct err *e)
{
	struct device_rule rule;

	if (rules->n > RULES_MAX)
		return err_set(e, E2BIG, "%zu device rules, more than the %d allowed", rules->n, RULES_MAX);
	for (size_t i = 0; i < rules->n; i++) {
		int r = rule_read(&rules->v[i], &rule, e);

		if (r < 0)
			return r;
	}
	if ((h->writable && (h->v2 || h->v1[CGC_DEVICES])) || without_device_rights())
		return 0;
	err_set(e, 0, "the device rules need a control group");
	return err_why(e, h->layout == CGROUP_ABSENT ? "no control groups are mounted" : "none can be made here");
}

int cgroup_devices_apply(const struct cgroup *cg, const struct spec_device_rules *rules, struct err *e)
{
	if (cg->v2_fd >= 0)
		return apply_v2(cg, rules, e);
	if (cgroup_devices_on_v1(cg->host) && cg->v1_used & 1u << CGC_DEVICES)
		return apply_v1(cg, rules, e);
	if (without_device_rights())
		return 0;
	return err_set(e, ENOENT, "set the device rules of the control group %s", cg->path);
}
