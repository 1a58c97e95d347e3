/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules against the few lines that say what they mean: the last rule that matches decides each access by itself,
 * and nothing matches nothing.  The program is run by an interpreter here, then the kernel is asked: by a program on a
 * v2 group and by the lists of a v1 group, where the machine has them and the test is root.
 */
#include "core/cgroup_priv.h"
#include "core/device_program.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena arena;
static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* ---- the meaning ---- */

static bool allowed(const struct spec_device_rules *rules, char type, int64_t major, int64_t minor, char access)
{
	bool yes = false;

	for (size_t i = 0; i < rules->n; i++) {
		const struct spec_device_rule *r = &rules->v[i];
		bool every = !r->access[0];

		if ((r->type == 'a' || r->type == '\0' || r->type == type) &&
		    (!r->major.has || r->major.v < 0 || r->major.v == major) &&
		    (!r->minor.has || r->minor.v < 0 || r->minor.v == minor) && (every || strchr(r->access, access)))
			yes = r->allow;
	}
	return yes;
}

/* ---- the program ---- */

static uint64_t operand(const struct bpf_insn *i, const uint64_t *reg)
{
	return BPF_SRC(i->code) == BPF_X ? reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
}

/* Runs P; every way to fail is a failed test. */
static int run(const struct device_program *p, uint32_t type, uint32_t access, uint32_t major, uint32_t minor)
{
	const uint32_t ctx[] = {access << 16 | type, major, minor};
	uint64_t reg[11] = {0};

	for (size_t at = 0, steps = 0; at < p->n && steps < 100000; at++, steps++) {
		const struct bpf_insn *i = &p->v[at];
		uint64_t *dst = &reg[i->dst_reg], v = operand(i, reg);

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			assert_in_range(i->off / 4, 0, 2);
			*dst = ctx[i->off / 4];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
		case BPF_ALU64 | BPF_MOV | BPF_X:
			*dst = v;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			*dst &= v;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			*dst >>= v;
			break;
		case BPF_ALU64 | BPF_LSH | BPF_K:
			*dst <<= v;
			break;
		case BPF_ALU64 | BPF_OR | BPF_X:
			*dst |= v;
			break;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			at += (uint32_t)*dst == (uint32_t)v ? (size_t)i->off : 0;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			at += (uint32_t)*dst != (uint32_t)v ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += *dst & v ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JA:
			at += (size_t)i->off;
			break;
		case BPF_JMP | BPF_EXIT:
			return (int)reg[0];
		default:
			fail_msg("instruction %x at %zu", i->code, at);
		}
	}
	fail_msg("the program does not end");
	return -1;
}

/* ---- random rules ---- */

static struct opt_i64 any_number(const int64_t *from, uint32_t n)
{
	uint32_t i = any(n + 2);

	return i < n ? (struct opt_i64){true, from[i]} : (struct opt_i64){i == n, -1}; /* absent, or -1: all */
}

static void any_rules(struct spec_device_rules *rules, const char *types, const int64_t *numbers, uint32_t n)
{
	rules->n = 0;
	for (uint32_t i = any(12); i > 0; i--) {
		struct spec_device_rule *r = list_add(rules, &arena);

		*r = (struct spec_device_rule){.allow = any(3) > 0, .type = types[any((uint32_t)strlen(types))]};
		r->major = any_number(numbers, n);
		r->minor = any_number(numbers, n);
		size_t used = 0;
		for (const char *letter = "rwm"; *letter; letter++)
			if (any(2))
				r->access[used++] = *letter;
	}
}

static void program_means_the_rules(void **state)
{
	static const int64_t numbers[] = {0, 1, 2, 5, 4095};
	static const char letters[] = "mrw";
	struct spec_device_rules rules = {0};
	struct err e = {0};

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct device_program p;

		any_rules(&rules, "abc", numbers, ARRAY_LEN(numbers));
		assert_int_equal(device_program_build(&rules, &arena, &p, &e), 0);
		for (int i = 0; i < 100; i++) {
			char type = any(2) ? 'b' : 'c';
			int64_t major = any(6), minor = any(6);
			uint32_t access = any(8);
			bool want = true;

			for (int bit = 0; bit < 3; bit++)
				if (access >> bit & 1)
					want = want && allowed(&rules, type, major, minor, letters[bit]);
			if (access == 0)
				continue;
			int got = run(&p, type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, access,
				      (uint32_t)major, (uint32_t)minor);
			assert_int_equal(got, want);
		}
		if (round % 100 == 99)
			arena_free(&arena), rules = (struct spec_device_rules){0};
	}
}

static void no_rules_allow_nothing(void **state)
{
	struct spec_device_rules none = {0};
	struct device_program p;
	struct err e = {0};

	(void)state;
	assert_int_equal(device_program_build(&none, &arena, &p, &e), 0);
	assert_int_equal(run(&p, BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_READ, 1, 3), 0);
	assert_int_equal(run(&p, 7, BPF_DEVCG_ACC_READ, 1, 3), 0); /* a type that is neither */
}

static void bad_rules_are_refused(void **state)
{
	static const struct spec_device_rule bad[] = {
		{.type = 'x'},
		{.type = 'c', .major = {true, 4096}},
		{.type = 'c', .minor = {true, 1 << 20}},
		{.type = 'c', .major = {true, INT64_MAX}},
		{.type = 'c', .access = "rx"},
		{.type = 'p'},
	};
	struct device_rule r;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(device_rule_read(&bad[i], &r, &e) < 0);
}

/* ---- the kernel ---- */

/* Which of null, zero, urandom can be opened for reading and for writing: a bit each. */
static int try_devices(void)
{
	static const char *const nodes[] = {"/dev/null", "/dev/zero", "/dev/urandom"};
	int got = 0;

	for (int i = 0; i < 3; i++) {
		got |= open(nodes[i], O_RDONLY | O_CLOEXEC) >= 0 ? 1 << 2 * i : 0;
		got |= open(nodes[i], O_WRONLY | O_CLOEXEC) >= 0 ? 2 << 2 * i : 0;
	}
	return got;
}

static int try_in(const struct cgroup *cg)
{
	int go[2], status;
	char byte;

	assert_int_equal(pipe(go), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 1 ? try_devices() : 128);
	}
	assert_int_equal(cgroup_join(cg, pid, true, NULL), 0);
	assert_int_equal(write(go[1], "x", 1), 1);
	close(go[0]);
	close(go[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

/* Random rules on the kernel of HOST; those that v1 refuses are counted. */
static void kernel_agrees(struct cgroup_host *host, const char *name)
{
	static const int64_t minors[] = {3, 5, 9, 1};
	struct spec_resources res = {0};
	struct cgroup cg;
	struct err e = {0};
	int refused = 0;

	any_rules(&res.devices, "ac", minors, ARRAY_LEN(minors));
	while (res.devices.n == 0)
		any_rules(&res.devices, "ac", minors, ARRAY_LEN(minors));
	for (int round = 0; round < 60; round++) {
		int want = 0;

		char *path = arena_printf(&arena, "/isle-test-devices-%d", (int)getpid());
		int r = cgroup_make(&cg, host, path, &res, &arena, &e);
		if (r == -EINVAL && strstr(e.why, "CONFIG_CGROUP_BPF")) {
			print_message("# %s: this kernel has no device programs\n", name);
			return;
		}
		refused += r == -EOPNOTSUPP;
		assert_true(r == 0 || r == -EOPNOTSUPP);
		for (int i = 0; i < 3; i++) {
			want |= allowed(&res.devices, 'c', 1, minors[i], 'r') ? 1 << 2 * i : 0;
			want |= allowed(&res.devices, 'c', 1, minors[i], 'w') ? 2 << 2 * i : 0;
		}
		if (r == 0) {
			assert_int_equal(try_in(&cg), want);
			assert_int_equal(cgroup_remove(&cg, 2000, &e), 0);
			cgroup_release(&cg);
		}
		do
			any_rules(&res.devices, "ac", minors, ARRAY_LEN(minors));
		while (res.devices.n == 0);
	}
	print_message("# %s: %d of 60 sets of rules refused\n", name, refused);
}

static void kernel_agrees_on_v2(void **state)
{
	struct cgroup_host host;

	(void)state;
	if (geteuid() != 0 || cgroup_host_probe(&host, &arena, NULL) < 0 || !host.v2 || !host.writable) {
		print_message("# no v2 tree of ours here\n");
		return;
	}
	kernel_agrees(&host, "v2");
}

static void kernel_agrees_on_v1(void **state)
{
	struct cgroup_host host;

	(void)state;
	if (geteuid() != 0 || cgroup_host_probe(&host, &arena, NULL) < 0 || !host.v1[CGC_DEVICES] || !host.writable) {
		print_message("# no device hierarchy of v1 here\n");
		return;
	}
	host.v2 = NULL; /* as on a machine with v1 alone */
	host.v2_available = NULL;
	kernel_agrees(&host, "v1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_means_the_rules), cmocka_unit_test(no_rules_allow_nothing),
		cmocka_unit_test(bad_rules_are_refused),   cmocka_unit_test(kernel_agrees_on_v2),
		cmocka_unit_test(kernel_agrees_on_v1),
	};

	return cmocka_run_group_tests_name("device_program", tests, NULL, NULL);
}
