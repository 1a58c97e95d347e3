/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the table of system call names and numbers (core/syscall_table.h) to stdout, when isle is built.
 *
 * The numbers come from libseccomp, which knows every architecture, and from core/syscalls_new.h for what is newer than
 * the libseccomp of the machine that builds.  isle itself does not link libseccomp.
 */
#include "core/seccomp_abi.h"
#include "core/syscalls_new.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column {
	const char *name;
	uint32_t arch;	    /* libseccomp's word for it */
	unsigned int first; /* where its ordinary numbers begin */
} columns[] = {
	[ABI_X86_64] = {"x86_64", SCMP_ARCH_X86_64, 0},
	[ABI_X32] = {"x32", SCMP_ARCH_X32, X32_BIT},
	[ABI_I386] = {"i386", SCMP_ARCH_X86, 0},
	[ABI_AARCH64] = {"aarch64", SCMP_ARCH_AARCH64, 0},
	[ABI_ARM] = {"arm", SCMP_ARCH_ARM, 0},
	[ABI_RISCV64] = {"riscv64", SCMP_ARCH_RISCV64, 0},
	[ABI_PPC64LE] = {"ppc64le", SCMP_ARCH_PPC64LE, 0},
	[ABI_S390X] = {"s390x", SCMP_ARCH_S390X, 0},
};
static_assert(ARRAY_LEN(columns) == ABI_COUNT, "columns[] does not match enum seccomp_abi_id");

/* Architectures that isle has no column for: their calls are known by name, so that a profile can name them. */
static const uint32_t others[] = {
	SCMP_ARCH_MIPS64, SCMP_ARCH_PPC, SCMP_ARCH_PPC64, SCMP_ARCH_S390, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64,
};

enum { CALLS_MAX = 2000, NUMBERS = 1024, PRIVATE_NUMBERS = 16, OTHER_NUMBERS = 6000 /* mips begins at 5000 */ };

struct call {
	char *name;
	int number[ABI_COUNT]; /* SYSCALL_NONE: none */
};

struct calls {
	struct call v[CALLS_MAX];
	int n;
};

/* The entry for NAME, made if there is none. */
static struct call *find(struct calls *c, const char *name)
{
	int i = 0;

	while (i < c->n && strcmp(c->v[i].name, name) != 0)
		i++;
	if (i == c->n) {
		if (c->n == CALLS_MAX || !(c->v[i].name = strdup(name)))
			exit(1);
		for (int a = 0; a < ABI_COUNT; a++)
			c->v[i].number[a] = SYSCALL_NONE;
		c->n++;
	}
	return &c->v[i];
}

/*
 * Asks libseccomp for the name of each number, not for the number of each name: for calls that can also be made through
 * socketcall(2) or ipc(2) it answers the latter with a number of its own invention.
 */
static void ask_range(struct calls *c, int abi, unsigned int first, int n, int stored_first)
{
	for (int i = 0; i < n; i++) {
		char *name = seccomp_syscall_resolve_num_arch(columns[abi].arch, (int)(first + (unsigned int)i));

		if (name)
			find(c, name)->number[abi] = stored_first + i;
		free(name);
	}
}

/* Adds the names of the other architectures. */
static void ask_others(struct calls *c)
{
	for (size_t o = 0; o < ARRAY_LEN(others); o++)
		for (int i = 0; i < OTHER_NUMBERS; i++) {
			char *name = seccomp_syscall_resolve_num_arch(others[o], i);

			if (name)
				find(c, name);
			free(name);
		}
}

/* Where two names share a number, the question above gave one of them; this finds the other. */
static void ask_aliases(struct calls *c)
{
	for (int i = 0; i < c->n; i++)
		for (int a = 0; a < ABI_COUNT; a++) {
			int number = seccomp_syscall_resolve_name_arch(columns[a].arch, c->v[i].name);

			if (number >= 0 && c->v[i].number[a] == SYSCALL_NONE)
				c->v[i].number[a] = number & ~X32_BIT;
		}
}

/* True if some architecture has NAME already: then libseccomp knows better than core/syscalls_new.h which others do. */
static bool known(struct calls *c, const char *name)
{
	const struct call *call = find(c, name);

	for (int a = 0; a < ABI_COUNT; a++)
		if (call->number[a] != SYSCALL_NONE)
			return true;
	return false;
}

/* Adds the rows of core/syscalls_new.h. */
static void add_new(struct calls *c)
{
#define ADD(name, nr)                                                      \
	for (int a = 0, old = known(c, #name); a < ABI_COUNT && !old; a++) \
		find(c, #name)->number[a] = nr;
#define ADD_ALONE(name, abi, nr) find(c, #name)->number[abi] = nr;
	SYSCALLS_NEW(ADD)
	SYSCALLS_NEW_ALONE(ADD_ALONE)
#undef ADD
#undef ADD_ALONE
}

/* For qsort(3): by name. */
static int compare(const void *a, const void *b)
{
	return strcmp(((const struct call *)a)->name, ((const struct call *)b)->name);
}

/* Writes the names as one string, and where each begins. */
static void write_names(const struct calls *c)
{
	size_t offset = 0;

	printf("const int syscall_table_n = %d;\nconst char syscall_table_names[] =", c->n);
	for (int i = 0; i < c->n; i++)
		printf("\n\t\"%s\\0\"", c->v[i].name);
	printf(";\nconst uint16_t syscall_table_offsets[] = {");
	for (int i = 0; i < c->n; i++) {
		printf("%s%zu,", i % 16 ? " " : "\n\t", offset);
		offset += strlen(c->v[i].name) + 1;
	}
	printf("\n};\n");
}

/* Writes the numbers of one ABI. */
static void write_column(const struct calls *c, int abi)
{
	printf("const int16_t syscall_table_%s[] = {", columns[abi].name);
	for (int i = 0; i < c->n; i++)
		printf("%s%d,", i % 16 ? " " : "\n\t", c->v[i].number[abi]);
	printf("\n};\n");
}

int main(void)
{
	static struct calls c;

	for (int a = 0; a < ABI_COUNT; a++)
		ask_range(&c, a, columns[a].first, NUMBERS, 0);
	ask_range(&c, ABI_ARM, ARM_PRIVATE, PRIVATE_NUMBERS, ARM_PRIVATE_SHORT);
	ask_others(&c);
	ask_aliases(&c);
	add_new(&c);
	qsort(c.v, (size_t)c.n, sizeof(c.v[0]), compare);

	printf("/* Generated by src/tools/gen_syscalls.c. */\n#include \"core/syscall_table.h\"\n\n");
	write_names(&c);
	for (int a = 0; a < ABI_COUNT; a++)
		write_column(&c, a);
	return fflush(stdout) == 0 ? 0 : 1;
}
