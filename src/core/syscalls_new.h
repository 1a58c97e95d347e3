/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls newer than the libseccomp that the table of names is generated from (Debian 12's knows Linux 6.7).
 *
 * Since 5.1 a new call has the same number on every architecture, so a row is a name and a number; the few that one
 * architecture has alone name it.  Add a row with every kernel release: a call that is absent here is "unknown", and
 * the default profile answers ENOSYS to it.  Source: the kernel's scripts/syscall.tbl and arch/x86/entry/syscalls/.
 */
#ifndef ISLE_CORE_SYSCALLS_NEW_H
#define ISLE_CORE_SYSCALLS_NEW_H

#define SYSCALLS_NEW(X)           \
	X(cachestat, 451)         \
	X(fchmodat2, 452)         \
	X(map_shadow_stack, 453)  \
	X(futex_wake, 454)        \
	X(futex_wait, 455)        \
	X(futex_requeue, 456)     \
	X(statmount, 457)         \
	X(listmount, 458)         \
	X(lsm_get_self_attr, 459) \
	X(lsm_set_self_attr, 460) \
	X(lsm_list_modules, 461)  \
	X(mseal, 462)             \
	X(setxattrat, 463)        \
	X(getxattrat, 464)        \
	X(listxattrat, 465)       \
	X(removexattrat, 466)     \
	X(open_tree_attr, 467)    \
	X(file_getattr, 468)      \
	X(file_setattr, 469)      \
	X(listns, 470)            \
	X(rseq_slice_yield, 471)

/* X(name, ABI as src/tools/gen_syscalls.c calls it, number) */
#define SYSCALLS_NEW_ALONE(X)     \
	X(uretprobe, X86_64, 335) \
	X(uprobe, X86_64, 336)    \
	X(riscv_hwprobe, RISCV64, 258)

#endif
