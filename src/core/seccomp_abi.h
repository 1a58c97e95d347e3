/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system call interfaces ("ABIs") that a filter can meet, and the numbers of the calls in each.
 *
 * A machine runs programs of several ABIs: x86_64 also those of i386 and x32.  The kernel tells a filter which one a
 * call came from by an AUDIT_ARCH_… value, except that x32 shares x86_64's and sets bit 30 of the number.
 * The names and numbers come from the table that src/tools/gen_syscalls.c writes when isle is built.
 */
#ifndef ISLE_CORE_SECCOMP_ABI_H
#define ISLE_CORE_SECCOMP_ABI_H

#include "base/macros.h"
#include "core/syscall_table.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	X32_BIT = 0x40000000,	   /* set in the number of every x32 call */
	SYSCALL_UNKNOWN_NAME = -1, /* no ABI has it */
	SECCOMP_ABIS_MAX = 3,
};

struct seccomp_abi {
	const char *oci; /* "SCMP_ARCH_X86_64" */
	uint32_t audit;	 /* AUDIT_ARCH_… */
	bool args32;	 /* arguments are compared as 32 bits */
	bool shares;	 /* 'audit' is that of the ABI before it, from which X32_BIT tells it apart */
	const struct syscall_column *calls;
};

/* Objects, not one array: a program holds only the tables of the machines that it speaks of. */
struct seccomp_machine {
	const char *docker; /* "amd64": the word in a profile's 'arches' */
	bool big_endian;
	size_t n;
	const struct seccomp_abi *abis[SECCOMP_ABIS_MAX]; /* its own first */
};
extern const struct seccomp_machine seccomp_machine_x86_64;
extern const struct seccomp_machine seccomp_machine_aarch64;
extern const struct seccomp_machine seccomp_machine_riscv64;
extern const struct seccomp_machine seccomp_machine_ppc64le;
extern const struct seccomp_machine seccomp_machine_s390x;

/* The one that isle was built for. */
const struct seccomp_machine *seccomp_machine_here(void);

/* The index of the call named NAME, or SYSCALL_UNKNOWN_NAME. */
int syscall_by_name(const char *name);
/* How many names there are, and the name of one: for walking them all. */
int syscall_count(void);
const char *syscall_name(int index);
/* The rank of call INDEX in ABI, or SYSCALL_NONE. */
int syscall_rank(int index, const struct seccomp_abi *abi);
/* The number of call INDEX in ABI as the kernel gives it to the filter (x32: with X32_BIT), or SYSCALL_NONE. */
int64_t syscall_number(int index, const struct seccomp_abi *abi);

/*
 * Some ABIs have calls that stand for several: socketcall(CALL, args) and ipc(CALL, args).
 * If call INDEX can be made that way in ABI, gives the rank of socketcall or ipc, and its CALL.
 */
bool syscall_may_be_multiplexed(int index); /* in some ABI */
bool syscall_multiplexed(int index, const struct seccomp_abi *abi, int *ret_rank, uint32_t *ret_call);

#endif
