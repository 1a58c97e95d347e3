/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ABIs and the numbers of their calls: see seccomp_abi.h. */
#include "core/seccomp_abi.h"

#include "core/syscall_table.h"

#include <linux/audit.h>
#include <string.h>

#ifndef AUDIT_ARCH_RISCV64
#define AUDIT_ARCH_RISCV64 (243 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
#endif

const struct seccomp_abi seccomp_abis[ABI_COUNT] = {
	[ABI_X86_64] = {"SCMP_ARCH_X86_64", "amd64", AUDIT_ARCH_X86_64, false},
	[ABI_X32] = {"SCMP_ARCH_X32", "x32", AUDIT_ARCH_X86_64, true},
	[ABI_I386] = {"SCMP_ARCH_X86", "x86", AUDIT_ARCH_I386, true},
	[ABI_AARCH64] = {"SCMP_ARCH_AARCH64", "arm64", AUDIT_ARCH_AARCH64, false},
	[ABI_ARM] = {"SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM, true},
	[ABI_RISCV64] = {"SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64, false},
	[ABI_PPC64LE] = {"SCMP_ARCH_PPC64LE", "ppc64le", AUDIT_ARCH_PPC64LE, false},
	[ABI_S390X] = {"SCMP_ARCH_S390X", "s390x", AUDIT_ARCH_S390X, false},
};

/* Only the columns named here are linked into the program; the others are for the machines that need them. */
static const int16_t *const columns[ABI_COUNT] = {
#if defined(__x86_64__)
	[ABI_X86_64] = syscall_table_x86_64,
	[ABI_I386] = syscall_table_i386,
	[ABI_X32] = syscall_table_x32,
#elif defined(__aarch64__)
	[ABI_AARCH64] = syscall_table_aarch64,
	[ABI_ARM] = syscall_table_arm,
#elif defined(__riscv) && __riscv_xlen == 64
	[ABI_RISCV64] = syscall_table_riscv64,
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	[ABI_PPC64LE] = syscall_table_ppc64le,
#elif defined(__s390x__)
	[ABI_S390X] = syscall_table_s390x,
#else
#error "this machine's system calls are not in the table: add its column to src/tools/gen_syscalls.c"
#endif
};

const enum seccomp_abi_id seccomp_abis_here[] = {
#if defined(__x86_64__)
	ABI_X86_64,
	ABI_I386,
	ABI_X32,
#elif defined(__aarch64__)
	ABI_AARCH64,
	ABI_ARM,
#elif defined(__riscv)
	ABI_RISCV64,
#elif defined(__powerpc64__)
	ABI_PPC64LE,
#else
	ABI_S390X,
#endif
};
const size_t seccomp_abis_here_n = ARRAY_LEN(seccomp_abis_here);

int syscall_by_name(const char *name)
{
	int low = 0, high = syscall_table_n;

	while (low < high) {
		int middle = (low + high) / 2;
		int order = strcmp(name, syscall_name(middle));

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return SYSCALL_UNKNOWN_NAME;
}

int syscall_count(void)
{
	return syscall_table_n;
}

const char *syscall_name(int index)
{
	return syscall_table_names + syscall_table_offsets[index];
}

int64_t syscall_number(int index, enum seccomp_abi_id abi)
{
	if (index < 0 || !columns[abi])
		return SYSCALL_NONE;
	int number = columns[abi][index];
	if (number == SYSCALL_NONE)
		return SYSCALL_NONE;
	if (abi == ABI_X32)
		return number | X32_BIT;
	if (abi == ABI_ARM && number >= ARM_PRIVATE_SHORT)
		return ARM_PRIVATE + number - ARM_PRIVATE_SHORT;
	return number;
}

bool syscall_multiplexed(int index, enum seccomp_abi_id abi, uint32_t *ret_number, uint32_t *ret_call)
{
	/* linux/net.h (SYS_…) and linux/ipc.h. */
	static const struct {
		const char *through, *name;
		uint32_t call;
	} calls[] = {
		{"socketcall", "socket", 1},
		{"socketcall", "bind", 2},
		{"socketcall", "connect", 3},
		{"socketcall", "listen", 4},
		{"socketcall", "accept", 5},
		{"socketcall", "getsockname", 6},
		{"socketcall", "getpeername", 7},
		{"socketcall", "socketpair", 8},
		{"socketcall", "send", 9},
		{"socketcall", "recv", 10},
		{"socketcall", "sendto", 11},
		{"socketcall", "recvfrom", 12},
		{"socketcall", "shutdown", 13},
		{"socketcall", "setsockopt", 14},
		{"socketcall", "getsockopt", 15},
		{"socketcall", "sendmsg", 16},
		{"socketcall", "recvmsg", 17},
		{"socketcall", "accept4", 18},
		{"socketcall", "recvmmsg", 19},
		{"socketcall", "sendmmsg", 20},
		{"ipc", "semop", 1},
		{"ipc", "semget", 2},
		{"ipc", "semctl", 3},
		{"ipc", "semtimedop", 4},
		{"ipc", "msgsnd", 11},
		{"ipc", "msgrcv", 12},
		{"ipc", "msgget", 13},
		{"ipc", "msgctl", 14},
		{"ipc", "shmat", 21},
		{"ipc", "shmdt", 22},
		{"ipc", "shmget", 23},
		{"ipc", "shmctl", 24},
	};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if (strcmp(calls[i].name, syscall_name(index)) != 0)
			continue;
		int64_t number = syscall_number(syscall_by_name(calls[i].through), abi);
		if (number < 0)
			return false;
		*ret_number = (uint32_t)number;
		*ret_call = calls[i].call;
		return true;
	}
	return false;
}
