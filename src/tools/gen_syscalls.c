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

enum abi { X86_64, X32, I386, AARCH64, ARM, RISCV64, PPC64LE, S390X, ABI_COUNT };

static const struct column {
	const char *name;
	uint32_t arch;	    /* libseccomp's word for it */
	unsigned int first; /* where its numbers begin */
} columns[ABI_COUNT] = {
	[X86_64] = {"x86_64", SCMP_ARCH_X86_64, 0},
	[X32] = {"x32", SCMP_ARCH_X32, X32_BIT},
	[I386] = {"i386", SCMP_ARCH_X86, 0},
	[AARCH64] = {"aarch64", SCMP_ARCH_AARCH64, 0},
	[ARM] = {"arm", SCMP_ARCH_ARM, 0},
	[RISCV64] = {"riscv64", SCMP_ARCH_RISCV64, 0},
	[PPC64LE] = {"ppc64le", SCMP_ARCH_PPC64LE, 0},
	[S390X] = {"s390x", SCMP_ARCH_S390X, 0},
};

/* Architectures that isle has no column for: their calls are known by name, so that a profile can name them. */
static const uint32_t others[] = {
	SCMP_ARCH_MIPS64, SCMP_ARCH_PPC, SCMP_ARCH_PPC64, SCMP_ARCH_S390, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64,
};

enum {
	CALLS_MAX = 2000,
	NUMBERS = 1024,
	ARM_PRIVATE = 0x0f0000, /* arm's own calls (breakpoint, cacheflush …) count from here */
	ARM_PRIVATE_NUMBERS = 16,
	OTHER_NUMBERS = 6000 /* mips begins at 5000 */
};

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
static void ask_range(struct calls *c, int abi, unsigned int first, int n)
{
	for (int i = (int)first; i < (int)first + n; i++) {
		char *name = seccomp_syscall_resolve_num_arch(columns[abi].arch, i);

		if (name)
			find(c, name)->number[abi] = i;
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
				c->v[i].number[a] = number;
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
		find(c, #name)->number[a] = (int)columns[a].first + (nr);
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

/* How call NAME is also made, as syscall_table_by[] has it (linux/net.h, SYS_…; linux/ipc.h). */
static unsigned int made_by(const char *name)
{
	static const struct {
		const char *name;
		unsigned int by;
	} calls[] = {
		{"socket", SYSCALL_BY_SOCKETCALL + 1},
		{"bind", SYSCALL_BY_SOCKETCALL + 2},
		{"connect", SYSCALL_BY_SOCKETCALL + 3},
		{"listen", SYSCALL_BY_SOCKETCALL + 4},
		{"accept", SYSCALL_BY_SOCKETCALL + 5},
		{"getsockname", SYSCALL_BY_SOCKETCALL + 6},
		{"getpeername", SYSCALL_BY_SOCKETCALL + 7},
		{"socketpair", SYSCALL_BY_SOCKETCALL + 8},
		{"send", SYSCALL_BY_SOCKETCALL + 9},
		{"recv", SYSCALL_BY_SOCKETCALL + 10},
		{"sendto", SYSCALL_BY_SOCKETCALL + 11},
		{"recvfrom", SYSCALL_BY_SOCKETCALL + 12},
		{"shutdown", SYSCALL_BY_SOCKETCALL + 13},
		{"setsockopt", SYSCALL_BY_SOCKETCALL + 14},
		{"getsockopt", SYSCALL_BY_SOCKETCALL + 15},
		{"sendmsg", SYSCALL_BY_SOCKETCALL + 16},
		{"recvmsg", SYSCALL_BY_SOCKETCALL + 17},
		{"accept4", SYSCALL_BY_SOCKETCALL + 18},
		{"recvmmsg", SYSCALL_BY_SOCKETCALL + 19},
		{"sendmmsg", SYSCALL_BY_SOCKETCALL + 20},
		{"semop", SYSCALL_BY_IPC + 1},
		{"semget", SYSCALL_BY_IPC + 2},
		{"semctl", SYSCALL_BY_IPC + 3},
		{"semtimedop", SYSCALL_BY_IPC + 4},
		{"msgsnd", SYSCALL_BY_IPC + 11},
		{"msgrcv", SYSCALL_BY_IPC + 12},
		{"msgget", SYSCALL_BY_IPC + 13},
		{"msgctl", SYSCALL_BY_IPC + 14},
		{"shmat", SYSCALL_BY_IPC + 21},
		{"shmdt", SYSCALL_BY_IPC + 22},
		{"shmget", SYSCALL_BY_IPC + 23},
		{"shmctl", SYSCALL_BY_IPC + 24},
	};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].by;
	return 0;
}

/* Writes where the search for each name finds it, and how the calls are also made. */
static void write_hash(const struct calls *c)
{
	int slots[SYSCALL_HASH_SIZE];

	if (c->n > SYSCALL_HASH_SIZE * 2 / 3)
		exit(1);
	for (int i = 0; i < SYSCALL_HASH_SIZE; i++)
		slots[i] = SYSCALL_NONE;
	for (int i = 0; i < c->n; i++) {
		unsigned int slot = syscall_hash(c->v[i].name);

		while (slots[slot] != SYSCALL_NONE)
			slot = (slot + 1) % SYSCALL_HASH_SIZE;
		slots[slot] = i;
	}
	printf("const int16_t syscall_table_hash[] = {");
	for (int i = 0; i < SYSCALL_HASH_SIZE; i++)
		printf("%s%d,", i % 16 ? " " : "\n\t", slots[i]);
	printf("\n};\nconst uint8_t syscall_table_by[] = {");
	for (int i = 0; i < c->n; i++)
		printf("%s0x%02x,", i % 16 ? " " : "\n\t", made_by(c->v[i].name));
	printf("\n};\n");
}

/* For qsort(3): by number. */
static int compare_numbers(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The rank of call NAME among NUMBERS, or SYSCALL_NONE. */
static int rank_of(const struct call *call, int abi, const int *numbers, int n)
{
	const int *found = bsearch(&call->number[abi], numbers, (size_t)n, sizeof(*numbers), compare_numbers);

	return call->number[abi] == SYSCALL_NONE || !found ? SYSCALL_NONE : (int)(found - numbers);
}

/* Writes the column of one ABI. */
static void write_column(struct calls *c, int abi)
{
	const char *name = columns[abi].name;
	int numbers[CALLS_MAX] = {0}, n = 0, unique = 0;

	for (int i = 0; i < c->n; i++)
		if (c->v[i].number[abi] != SYSCALL_NONE)
			numbers[n++] = c->v[i].number[abi];
	qsort(numbers, (size_t)n, sizeof(*numbers), compare_numbers);
	for (int i = 0; i < n; i++)
		if (unique == 0 || numbers[unique - 1] != numbers[i])
			numbers[unique++] = numbers[i];
	printf("static const int16_t ranks_%s[] = {", name);
	for (int i = 0; i < c->n; i++)
		printf("%s%d,", i % 16 ? " " : "\n\t", rank_of(&c->v[i], abi, numbers, unique));
	printf("\n};\nstatic const uint32_t numbers_%s[] = {", name);
	for (int i = 0; i < unique; i++)
		printf("%s%d,", i % 16 ? " " : "\n\t", numbers[i]);
	printf("\n};\nconst struct syscall_column syscall_column_%s = {ranks_%s, numbers_%s, %d, %d, %d};\n", name,
	       name, name, unique, rank_of(find(c, "socketcall"), abi, numbers, unique),
	       rank_of(find(c, "ipc"), abi, numbers, unique));
}

int main(void)
{
	static struct calls c;

	for (int a = 0; a < ABI_COUNT; a++)
		ask_range(&c, a, columns[a].first, NUMBERS);
	ask_range(&c, ARM, ARM_PRIVATE, ARM_PRIVATE_NUMBERS);
	ask_others(&c);
	ask_aliases(&c);
	add_new(&c);
	qsort(c.v, (size_t)c.n, sizeof(c.v[0]), compare);

	printf("/* Generated by src/tools/gen_syscalls.c. */\n#include \"core/syscall_table.h\"\n\n");
	write_names(&c);
	write_hash(&c);
	for (int a = 0; a < ABI_COUNT; a++)
		write_column(&c, a);
	return fflush(stdout) == 0 ? 0 : 1;
}
