/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shape of the generated table of system calls (src/tools/gen_syscalls.c); only seccomp_abi.c reads it.
 *
 * A name is known by its index in alphabetical order.  An ABI has a column: its calls have ranks, 0 for the lowest
 * number, so that what is found out about each call can be kept in an array, and walked in the order of the numbers.
 */
#ifndef ISLE_CORE_SYSCALL_TABLE_H
#define ISLE_CORE_SYSCALL_TABLE_H

#include <stdint.h>

enum {
	SYSCALL_NONE = -1,	      /* the ABI has no such call */
	SYSCALL_HASH_SIZE = 1024,     /* slots, a power of two; at least a third of them are empty */
	SYSCALL_BY_SOCKETCALL = 0x40, /* + CALL: also made by socketcall(CALL, …) */
	SYSCALL_BY_IPC = 0x80,	      /* + CALL: also made by ipc(CALL, …) */
	SYSCALL_BY_CALL = 0x3f,	      /* the bits of CALL */
};

struct syscall_column {
	const int16_t *ranks;	 /* by name index; SYSCALL_NONE */
	const uint32_t *numbers; /* by rank; names may share one */
	int n;
	int socketcall, ipc; /* the ranks of these two, or SYSCALL_NONE */
};

extern const int syscall_table_n;
extern const char syscall_table_names[];       /* sorted, each followed by a NUL */
extern const uint16_t syscall_table_offsets[]; /* of name I in the line above */
extern const uint8_t syscall_table_by[];       /* of name I: 0, or SYSCALL_BY_… + CALL */
extern const int16_t syscall_table_hash[];     /* of names; on a collision the next slot; SYSCALL_NONE: empty */

extern const struct syscall_column syscall_column_x86_64;
extern const struct syscall_column syscall_column_x32;
extern const struct syscall_column syscall_column_i386;
extern const struct syscall_column syscall_column_aarch64;
extern const struct syscall_column syscall_column_arm;
extern const struct syscall_column syscall_column_riscv64;
extern const struct syscall_column syscall_column_ppc64le;
extern const struct syscall_column syscall_column_s390x;

/* The slot where the search for NAME begins. */
static inline unsigned int syscall_hash(const char *name)
{
	uint32_t h = 0;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return (h ^ h >> 10) % SYSCALL_HASH_SIZE;
}

#endif
