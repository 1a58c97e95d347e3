/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jail: see sandbox.h, and main.c for what each stage should and mustn't do. */
#include "unpack/sandbox.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* sanitizers need terabytes of address space, and system calls of their own */
#else
#define SANITIZED 0
#endif

/* What writing a root's files with their owners, modes and file capabilities needs, and no more. */
static const int caps_kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP};

/* The largest window of xz -9e and zstd --ultra fits in 1 GiB; an hour of CPU unpacks terabytes. */
static const struct limit {
	int resource;
	rlim_t value;
} limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_CPU, 60 * 60},
	{RLIMIT_NOFILE, 64},
#if !SANITIZED
	{RLIMIT_AS, (rlim_t)2 << 30},
#endif
};

#if defined(__x86_64__)
#define ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_HERE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH_HERE AUDIT_ARCH_RISCV64
#else
#define ARCH_HERE 0 /* no filter: the namespaces and capabilities still hold */
#endif

/* All that stage 4 calls: files below the root, memory, time, and leaving.  No execve, clone, socket, mount, ptrace. */
static const unsigned short calls_allowed[] = {
	SYS_read,     SYS_write,	   SYS_writev,	   SYS_pwrite64,      SYS_lseek,	  SYS_ftruncate,
	SYS_close,    SYS_fcntl,	   SYS_openat,	   SYS_openat2,	      SYS_newfstatat,	  SYS_fstat,
	SYS_statx,    SYS_getdents64,	   SYS_mkdirat,	   SYS_mknodat,	      SYS_linkat,	  SYS_symlinkat,
	SYS_unlinkat, SYS_faccessat,	   SYS_faccessat2, SYS_fchmod,	      SYS_fchmodat,	  SYS_fchown,
	SYS_fchownat, SYS_utimensat,	   SYS_fsetxattr,  SYS_brk,	      SYS_mmap,		  SYS_munmap,
	SYS_mremap,   SYS_madvise,	   SYS_mprotect,   SYS_clock_gettime, SYS_gettimeofday,	  SYS_getrandom,
	SYS_futex,    SYS_getpid,	   SYS_gettid,	   SYS_rt_sigaction,  SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_tgkill,   SYS_restart_syscall, SYS_exit,	   SYS_exit_group,
};

/* Moves into a mount namespace that has one mount, the directory itself; the machine's tree is let go. */
static int root_enter(struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(e, errno, "make the mounts private");
	auto_fd tree = sys_open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return err_set(e, errno, "take the directory to fill as a mount");
	/* Linux 5.12; nothing is executed in here anyway. */
	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0 && errno != ENOSYS)
		return err_set(e, errno, "restrict the mount of the directory to fill");
	if (sys_move_mount(tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(e, errno, "mount the directory to fill");
	if (fchdir(tree) < 0)
		return err_set(e, errno, "enter the directory to fill");
	/* The old root lands on top of the new one, and is taken off: pivot_root(2), "pivot_root(".", ".")". */
	if (sys_pivot_root(".", ".") < 0)
		return err_set(e, errno, "make the directory to fill the root");
	if (umount2(".", MNT_DETACH) < 0)
		return err_set(e, errno, "let go of the machine's files");
	if (chdir("/") < 0)
		return err_set(e, errno, "enter the new root");
	return 0;
}

int sandbox_enter(int *ret_root_fd, struct err *e)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0) {
		int r = err_set(e, errno, "make namespaces to read the archive in");

		return errno == EPERM ? err_why(e, "it needs CAP_SYS_ADMIN, as root or in a user namespace") : r;
	}
	int r = root_enter(e);
	if (r < 0)
		return r;
	*ret_root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_root_fd < 0 ? err_set(e, errno, "open the new root") : 0;
}

/* Leaves caps_kept in the permitted, effective and bounding sets, and nothing in the others. */
static int caps_reduce(struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	uint64_t keep = 0;

	for (size_t i = 0; i < ARRAY_LEN(caps_kept); i++)
		keep |= UINT64_C(1) << caps_kept[i];
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) < 0)
			return err_set(e, errno, "drop capability %d", cap);
	data[0].permitted = data[0].effective = (uint32_t)keep;
	data[1].permitted = data[1].effective = (uint32_t)(keep >> 32);
	if (syscall(SYS_capset, &head, data) < 0)
		return err_set(e, errno, "drop capabilities");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_set(e, errno, "drop ambient capabilities");
	return 0;
}

/* Lowers each limit; one that is lower already stays. */
static int limits_set(struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct rlimit l;

		if (getrlimit(limits[i].resource, &l) < 0)
			return err_set(e, errno, "read limit %d", limits[i].resource);
		l.rlim_cur = MIN(l.rlim_cur, limits[i].value);
		l.rlim_max = MIN(l.rlim_max, limits[i].value);
		if (setrlimit(limits[i].resource, &l) < 0)
			return err_set(e, errno, "lower limit %d", limits[i].resource);
	}
	return 0;
}

/* Loads the filter: a call that is not listed is answered with ENOSYS, and so is memory that could be executed. */
static int filter_load(struct err *e)
{
	enum { N = ARRAY_LEN(calls_allowed), HEAD = 8 };
	struct sock_filter f[HEAD + N + 2];
	const uint32_t nosys = SECCOMP_RET_ERRNO | ENOSYS;
	size_t n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_HERE, 0, HEAD - 2 + N);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	/* mmap and mprotect: look at the third argument, then take the number again. */
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0);
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, N + 1, 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N; i++)
		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls_allowed[i], N - i, 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, nosys);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	static_assert(N + 1 <= 255, "a jump of classic BPF reaches 255 instructions");

	struct sock_fprog prog = {.len = (unsigned short)n, .filter = f};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 && errno != EINVAL)
		return err_set(e, errno, "load the filter of system calls");
	return 0;
}

int sandbox_reduce(struct err *e)
{
	int r = caps_reduce(e);

	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "set no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(e, errno, "become undumpable");
	r = limits_set(e);
	if (r < 0 || SANITIZED || ARCH_HERE == 0)
		return r;
	return filter_load(e);
}
