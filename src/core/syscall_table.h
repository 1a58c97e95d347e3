/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shape of the generated table of system calls (src/tools/gen_syscalls.c); only seccomp_abi.c reads it. */
#ifndef ISLE_CORE_SYSCALL_TABLE_H
#define ISLE_CORE_SYSCALL_TABLE_H

#include <stdint.h>

extern const int syscall_table_n;
extern const char syscall_table_names[];       /* sorted, each followed by a NUL */
extern const uint16_t syscall_table_offsets[]; /* of name I in the line above */

/* Numbers by name index: SYSCALL_NONE where the ABI lacks the call; x32's without X32_BIT; arm's own shortened. */
extern const int16_t syscall_table_x86_64[];
extern const int16_t syscall_table_x32[];
extern const int16_t syscall_table_i386[];
extern const int16_t syscall_table_aarch64[];
extern const int16_t syscall_table_arm[];
extern const int16_t syscall_table_riscv64[];
extern const int16_t syscall_table_ppc64le[];
extern const int16_t syscall_table_s390x[];

#endif
