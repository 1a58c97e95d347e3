/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default profile: which system calls a container may make.
 *
 *   - A call in groups[] is allowed if the capability of its group is there (or none is needed).
 *   - A call in checked[] is decided by one of its arguments.
 *   - Any other call that isle knows the name of is refused with EPERM.
 *   - A number without a name, so one of a newer kernel, gets ENOSYS: programs then fall back to what they did before.
 *
 * What a capability would allow anyway is not the point: the groups keep code of the kernel that nobody in a container
 * needs (and that user namespaces would open up) out of reach.  The shape follows what docker does by capability, and
 * podman's ENOSYS; it is stricter where holes have shown that it should be.
 *
 * What a filter can not see is behind a pointer: clone3's flags (hence ENOSYS: the C library then uses clone), and the
 * address family of i386's socketcall(2).  The latter is allowed, because 32-bit programs have no other way to a socket
 * on kernels before 4.3; so the families refused below are refused to 64-bit and x32 programs, and to those 32-bit
 * programs that call socket(2) itself.
 */
#include "core/seccomp_default.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

enum {
	CAP_NONE = -1,
	DENY = SECCOMP_RET_ERRNO | EPERM,
	UNKNOWN = SECCOMP_RET_ERRNO | ENOSYS,
	NEW_NAMESPACES = 0x7e020000, /* CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}; NEWTIME is not clone(2)'s to give */
	NAME_MAX_LENGTH = 40,
	CHECKS_MAX = 16,
};

/* A word list: the names are separated by one blank. */
static const struct group {
	int cap;
	const char *names;
} groups[] = {
	/* Files by name and by descriptor. */
	{CAP_NONE, "access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 "
		   "faccessat faccessat2 fadvise64 fadvise64_64 arm_fadvise64_64 fallocate fchdir fchmod fchmodat "
		   "fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 "
		   "fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 lchown "
		   "lchown32 link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat newfstatat open "
		   "openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead "
		   "readlink readlinkat readv rename renameat renameat2 rmdir sendfile sendfile64 splice stat "
		   "stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range sync_file_range2 "
		   "arm_sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat "
		   "utimensat_time64 utimes write writev"},
	/* Attributes of files; the last two do what ioctl(2) with FS_IOC_FSGETXATTR and …SETXATTR does. */
	{CAP_NONE, "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat "
		   "llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat file_getattr "
		   "file_setattr"},
	/* Waiting for files; fanotify_mark is of use only with a descriptor of fanotify_init. */
	{CAP_NONE, "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
		   "epoll_wait_old eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 "
		   "inotify_rm_watch _newselect poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd "
		   "signalfd4"},
	/* Asynchronous input and output of the old kind; io_uring is not here: it passes by every filter. */
	{CAP_NONE, "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit"},
	/* Memory. */
	{CAP_NONE, "brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock "
		   "mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc "
		   "pkey_free pkey_mprotect process_mrelease remap_file_pages"},
	/* Processes and threads: clone is in checked[]. */
	{CAP_NONE, "arch_prctl execve execveat exit exit_group fork get_robust_list get_thread_area getcpu getpgid "
		   "getpgrp getpid getppid getpriority getrlimit getrusage getsid gettid ioprio_get ioprio_set kill "
		   "pause pidfd_open pidfd_send_signal prctl prlimit64 restart_syscall rseq rseq_slice_yield "
		   "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam "
		   "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity "
		   "sched_setattr sched_setparam sched_setscheduler sched_yield set_robust_list set_thread_area "
		   "set_tid_address setpgid setpriority setrlimit setsid tgkill times tkill ugetrlimit uprobe "
		   "uretprobe vfork wait4 waitid waitpid"},
	/* Debuggers, on processes of the same rights; safe since Linux 4.8: a filter sees what a tracer changed. */
	{CAP_NONE, "process_vm_readv process_vm_writev ptrace"},
	/* Who one is: the kernel's own checks are enough. */
	{CAP_NONE, "capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 "
		   "getresgid getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid "
		   "setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 "
		   "setresuid setresuid32 setreuid setreuid32 setuid setuid32"},
	/* Less rights for oneself. */
	{CAP_NONE, "landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp"},
	/* Signals. */
	{CAP_NONE, "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
		   "rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn"},
	/* Locks, and System V and POSIX communication within the own IPC namespace. */
	{CAP_NONE, "futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake ipc mq_getsetattr mq_notify "
		   "mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink "
		   "msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt "
		   "shmget"},
	/* Sockets: socket and socketpair are in checked[]. */
	{CAP_NONE, "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
		   "recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall"},
	/* Time: reading it, waiting for it; adjtimex only reads without CAP_SYS_TIME. */
	{CAP_NONE, "adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
		   "clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep "
		   "setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
		   "timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
		   "timerfd_settime64"},
	/* The machine, and what some architectures need for ordinary programs. */
	{CAP_NONE, "getrandom sysinfo uname breakpoint cacheflush set_tls riscv_flush_icache riscv_hwprobe "
		   "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr swapcontext"},
	/* Seeing the own mounts; making them is below. */
	{CAP_NONE, "listmount statmount"},

	/* A handle names any file of a file system, also outside the container's root ("Shocker"). */
	{CAP_DAC_READ_SEARCH, "name_to_handle_at open_by_handle_at"},
	/* New namespaces and mounts: the way to most holes of the kernel's last ten years. */
	{CAP_SYS_ADMIN, "clone clone3 unshare setns mount umount umount2 pivot_root fsopen fsconfig fsmount fspick "
			"move_mount open_tree open_tree_attr mount_setattr listns"},
	/* The machine's affairs that the kernel itself keeps for CAP_SYS_ADMIN. */
	{CAP_SYS_ADMIN, "bpf fanotify_init lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr "
			"perf_event_open quotactl quotactl_fd setdomainname sethostname syslog"},
	{CAP_BPF, "bpf"},
	{CAP_PERFMON, "perf_event_open"},
	{CAP_SYSLOG, "syslog"},
	{CAP_SYS_BOOT, "reboot"},
	{CAP_SYS_CHROOT, "chroot"},
	{CAP_SYS_MODULE, "delete_module finit_module init_module"},
	{CAP_SYS_NICE, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
	{CAP_SYS_PACCT, "acct"},
	/* Looking into other processes beyond what ptrace(2) checks each time. */
	{CAP_SYS_PTRACE, "kcmp pidfd_getfd process_madvise"},
	{CAP_SYS_RAWIO, "ioperm iopl"},
	{CAP_SYS_TIME, "clock_settime clock_settime64 settimeofday stime"},
	{CAP_SYS_TTY_CONFIG, "vhangup"},
};

/*
 * Calls decided by one argument, unless a group allows them.  The kernel reads only the low 32 bits of it, so these are
 * what is compared: to compare 64 would let a value with a bit above through.
 */
static const struct checked {
	const char *names;
	uint8_t arg;
	bool masked; /* value[0] is a mask, and none of its bits may be set; else one of 'value' must be there */
	uint32_t match, otherwise;
	uint32_t value[CHECKS_MAX];
	size_t n;
} checked[] = {
#ifdef __s390x__
	{"clone", 1, true, SECCOMP_RET_ALLOW, DENY, {NEW_NAMESPACES}, 1},
#else
	{"clone", 0, true, SECCOMP_RET_ALLOW, DENY, {NEW_NAMESPACES}, 1},
#endif
	/* PER_LINUX, PER_LINUX32, both with UNAME26, and "tell me": others turn off protections of memory. */
	{"personality", 0, false, SECCOMP_RET_ALLOW, DENY, {0, 8, 0x20000, 0x20008, 0xffffffff}, 5},
	/* TIOCSTI and TIOCLINUX put input into the terminal, so commands into the shell that reads it next. */
	{"ioctl", 1, false, DENY, SECCOMP_RET_ALLOW, {0x5412, 0x541c}, 2},
	/*
	 * AF_KEY, RDS, CAN, TIPC, BLUETOOTH, RXRPC, ALG, NFC, VSOCK, SMC, XDP: rarely used, often broken; ALG writes to
	 * pages shared with other containers (CVE-2026-31431), VSOCK reaches the hypervisor past the network namespace.
	 */
	{"socket socketpair", 0, false, DENY, SECCOMP_RET_ALLOW, {15, 21, 29, 30, 31, 33, 38, 39, 40, 43, 44}, 11},
};

/* Takes the next name of the word list *LIST into NAME and moves on; false at the end. */
static bool next_name(const char **list, char name[NAME_MAX_LENGTH])
{
	size_t n = strcspn(*list, " ");

	if (n == 0)
		return false;
	assert(n < NAME_MAX_LENGTH);
	memcpy(name, *list, n);
	name[n] = '\0';
	*list += n + ((*list)[n] == ' ');
	return true;
}

/* True if CAPS has CAP; needing none is always fulfilled. */
static bool has_cap(uint64_t caps, int cap)
{
	return cap == CAP_NONE || caps >> cap & 1;
}

/* The rules of C: one for each value that matches, and one for the rest. */
static struct seccomp_rule *checked_rules(const struct checked *c, struct arena *a)
{
	struct seccomp_rule *rules = arena_new(a, struct seccomp_rule, c->n + 1);
	struct seccomp_cond *conds = arena_new(a, struct seccomp_cond, c->n);

	for (size_t i = 0; i < c->n; i++) {
		conds[i] = (struct seccomp_cond){c->arg, OP_MASKED_EQ, c->masked ? c->value[i] : UINT32_MAX,
						 c->masked ? 0 : c->value[i]};
		rules[i] = (struct seccomp_rule){.action = c->match, .conds = &conds[i], .n = 1};
	}
	rules[c->n] = (struct seccomp_rule){.action = c->otherwise, .otherwise = true};
	return rules;
}

void seccomp_default_policy(const struct seccomp_machine *m, uint64_t caps, struct arena *a, struct seccomp_policy *p)
{
	static const struct seccomp_rule allow = {.action = SECCOMP_RET_ALLOW}, deny = {.action = DENY},
					 unknown = {.action = UNKNOWN};
	bool *decided = arena_new(a, bool, (size_t)syscall_count());
	char name[NAME_MAX_LENGTH];

	*p = seccomp_policy(m, UNKNOWN, SECCOMP_RET_KILL_PROCESS, a);
	for (size_t abi = 0; abi < m->n; abi++)
		seccomp_policy_use(p, abi);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		for (const char *list = groups[i].names; has_cap(caps, groups[i].cap) && next_name(&list, name);) {
			int index = syscall_by_name(name);

			assert(index >= 0); /* a typing error above; the unit test builds with every capability */
			seccomp_policy_add_call(p, index, &allow);
			decided[index] = true;
		}
	for (size_t i = 0; i < ARRAY_LEN(checked); i++) {
		const struct seccomp_rule *rules = checked_rules(&checked[i], a);

		for (const char *list = checked[i].names; next_name(&list, name);) {
			int index = syscall_by_name(name);

			for (size_t j = 0; j <= checked[i].n && !decided[index]; j++)
				seccomp_policy_add_call(p, index, &rules[j]);
			decided[index] = true;
		}
	}
	for (int index = 0; index < syscall_count(); index++)
		if (!decided[index])
			seccomp_policy_add_call(p, index,
						strcmp(syscall_name(index), "clone3") == 0 ? &unknown : &deny);
}

uint64_t seccomp_default_caps_seen(void)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (groups[i].cap != CAP_NONE)
			seen |= 1ULL << groups[i].cap;
	return seen;
}
