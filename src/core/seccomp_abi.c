/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ABIs and the numbers of their calls: see seccomp_abi.h. */
#include "core/seccomp_abi.h"

#include <linux/audit.h>
#include <string.h>

#ifndef AUDIT_ARCH_RISCV64
#define AUDIT_ARCH_RISCV64 (243 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
#endif

static const struct seccomp_abi x86_64 = {"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64, false, false, &syscall_column_x86_64};
static const struct seccomp_abi x32 = {"SCMP_ARCH_X32", AUDIT_ARCH_X86_64, true, true, &syscall_column_x32};
static const struct seccomp_abi i386 = {"SCMP_ARCH_X86", AUDIT_ARCH_I386, true, false, &syscall_column_i386};
static const struct seccomp_abi aarch64 = {"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64, false, false,
					   &syscall_column_aarch64};
static const struct seccomp_abi arm = {"SCMP_ARCH_ARM", AUDIT_ARCH_ARM, true, false, &syscall_column_arm};
static const struct seccomp_abi riscv64 = {"SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64, false, false,
					   &syscall_column_riscv64};
static const struct seccomp_abi ppc64le = {"SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE, false, false,
					   &syscall_column_ppc64le};
static const struct seccomp_abi s390x = {"SCMP_ARCH_S390X", AUDIT_ARCH_S390X, false, false, &syscall_column_s390x};

const struct seccomp_machine seccomp_machine_x86_64 = {"amd64", false, 3, {&x86_64, &x32, &i386}};
const struct seccomp_machine seccomp_machine_aarch64 = {"arm64", false, 2, {&aarch64, &arm}};
const struct seccomp_machine seccomp_machine_riscv64 = {"riscv64", false, 1, {&riscv64}};
const struct seccomp_machine seccomp_machine_ppc64le = {"ppc64le", false, 1, {&ppc64le}};
const struct seccomp_machine seccomp_machine_s390x = {"s390x", true, 1, {&s390x}};

const struct seccomp_machine *seccomp_machine_here(void)
{
#if defined(__x86_64__)
	return &seccomp_machine_x86_64;
#elif defined(__aarch64__)
	return &seccomp_machine_aarch64;
#elif defined(__riscv) && __riscv_xlen == 64
	return &seccomp_machine_riscv64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return &seccomp_machine_ppc64le;
#elif defined(__s390x__)
	return &seccomp_machine_s390x;
#else
#error "this machine's system calls are not in the table: add its column to src/tools/gen_syscalls.c"
#endif
}

int syscall_by_name(const char *name)
{
	for (unsigned int slot = syscall_hash(name);; slot = (slot + 1) % SYSCALL_HASH_SIZE) {
		int index = syscall_table_hash[slot];

		if (index == SYSCALL_NONE)
			return SYSCALL_UNKNOWN_NAME;
		if (strcmp(name, syscall_name(index)) == 0)
			return index;
	}
}

int syscall_count(void)
{
	return syscall_table_n;
}

const char *syscall_name(int index)
{
	return syscall_table_names + syscall_table_offsets[index];
}

int syscall_rank(int index, const struct seccomp_abi *abi)
{
	return index < 0 ? SYSCALL_NONE : abi->calls->ranks[index];
}

int64_t syscall_number(int index, const struct seccomp_abi *abi)
{
	int rank = syscall_rank(index, abi);

	return rank == SYSCALL_NONE ? SYSCALL_NONE : (int64_t)abi->calls->numbers[rank];
}

bool syscall_may_be_multiplexed(int index)
{
	return syscall_table_by[index] != 0;
}

bool syscall_multiplexed(int index, const struct seccomp_abi *abi, int *ret_rank, uint32_t *ret_call)
{
	unsigned int by = syscall_table_by[index];

	if (by == 0)
		return false;
	*ret_rank = by & SYSCALL_BY_IPC ? abi->calls->ipc : abi->calls->socketcall;
	*ret_call = by & SYSCALL_BY_CALL;
	return *ret_rank != SYSCALL_NONE;
}
