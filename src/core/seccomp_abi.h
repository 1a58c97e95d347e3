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

#include <stdbool.h>
#include <stdint.h>

enum seccomp_abi_id {
	ABI_X86_64,
	ABI_X32,
	ABI_I386,
	ABI_AARCH64,
	ABI_ARM,
	ABI_RISCV64,
	ABI_PPC64LE,
	ABI_S390X,
	ABI_COUNT
};

enum {
	X32_BIT = 0x40000000,	    /* set in the number of every x32 call */
	ARM_PRIVATE = 0x0f0000,	    /* arm's own calls (breakpoint, cacheflush …) count from here … */
	ARM_PRIVATE_SHORT = 0x7000, /* … and from here in the table, whose numbers have 16 bits */
	SYSCALL_NONE = -1,	    /* the ABI has no such call */
	SYSCALL_UNKNOWN_NAME = -1,  /* no ABI has it */
};

struct seccomp_abi {
	const char *oci;    /* "SCMP_ARCH_X86_64" */
	const char *docker; /* "amd64": the word in a profile's 'arches' */
	uint32_t audit;	    /* AUDIT_ARCH_… */
	bool args32;	    /* arguments are compared as 32 bits */
};

extern const struct seccomp_abi seccomp_abis[ABI_COUNT];

/* The ABIs of the machine that isle was built for, its own first. */
extern const enum seccomp_abi_id seccomp_abis_here[];
extern const size_t seccomp_abis_here_n;

/* The index of the call named NAME, or SYSCALL_UNKNOWN_NAME. */
int syscall_by_name(const char *name);
/* How many names there are, and the name of one: for walking them all. */
int syscall_count(void);
const char *syscall_name(int index);
/* The number of call INDEX in ABI, or SYSCALL_NONE. */
int64_t syscall_number(int index, enum seccomp_abi_id abi);

/*
 * Some ABIs have calls that stand for several: socketcall(CALL, args) and ipc(CALL, args).
 * If call INDEX can be made that way in ABI, gives the number of socketcall or ipc, and its CALL.
 */
bool syscall_multiplexed(int index, enum seccomp_abi_id abi, uint32_t *ret_number, uint32_t *ret_call);

#endif
