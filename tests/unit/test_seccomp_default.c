/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default profile: what it says to calls by name, with and without capabilities; and loaded, for real. */
#include "base/fd.h"
#include "bpf_sim.h"
#include "core/seccomp.h"
#include "core/seccomp_default.h"
#include "unit.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DENY = SECCOMP_RET_ERRNO | EPERM, UNKNOWN = SECCOMP_RET_ERRNO | ENOSYS, ALLOW = SECCOMP_RET_ALLOW };
/* The default set (core/defaults.h) as far as the profile looks at it. */
static const uint64_t caps_default = 1ULL << CAP_CHOWN | 1ULL << CAP_KILL | 1ULL << CAP_SYS_CHROOT;

static uint32_t ask_number(const struct seccomp_filter *f, const struct seccomp_abi *abi, uint32_t number,
			   unsigned int arg, uint64_t value)
{
	struct seccomp_data d = {.nr = (int)number, .arch = abi->audit};

	d.args[arg] = value;
	return bpf_sim(f->v, f->n, &d);
}

/* What the filter says to the call NAME with argument ARG; in every ABI that has it the same. */
static uint32_t ask(const struct seccomp_filter *f, const char *name, unsigned int arg, uint64_t value)
{
	int index = syscall_by_name(name);
	uint32_t answer = SIM_BROKEN;

	for (size_t i = 0; i < seccomp_machine_here()->n; i++) {
		const struct seccomp_abi *abi = seccomp_machine_here()->abis[i];
		int64_t number = syscall_number(index, abi);

		if (number < 0)
			continue;
		uint32_t here = ask_number(f, abi, (uint32_t)number, arg, value);
		if (answer != SIM_BROKEN && here != answer) {
			print_error("%s: %x, but %x in %s\n", name, answer, here, abi->oci);
			fail();
		}
		answer = here;
	}
	return answer;
}

/* Asserts that every call of the list NAMES (NULL-terminated) gets ANSWER. */
static void all_get(uint64_t caps, const char *const *names, uint32_t answer)
{
	struct arena a = {0};
	struct seccomp_filter f;

	assert_int_equal(seccomp_default(caps, &a, &f, NULL), 0);
	for (; *names; names++)
		if (ask(&f, *names, 0, 0) != answer) {
			print_error("%s: %x instead of %x\n", *names, ask(&f, *names, 0, 0), answer);
			fail();
		}
	arena_free(&a);
}

static const char *const always_allowed[] = {
	"read",
	"write",
	"openat",
	"openat2",
	"execve",
	"exit_group",
	"mmap",
	"clone",
	"fork",
	"wait4",
	"futex",
	"prctl",
	"seccomp",
	"landlock_restrict_self",
	"socket",
	"ioctl",
	"ptrace",
	"process_vm_readv",
	"mknod",
	"chown",
	"capset",
	"setuid",
	"statmount",
	"listmount",
	"mseal",
	"cachestat",
	"fchmodat2",
	"getxattrat",
	"memfd_create",
	"socketcall",
	"uretprobe",
	"rseq",
	"clock_gettime64",
	"waitpid",
	"_llseek",
	"set_thread_area",
	"arch_prctl",
	NULL,
};
static const char *const never_allowed[] = {
	"keyctl",	  "add_key",	    "request_key",
	"io_uring_setup", "io_uring_enter", "io_uring_register",
	"userfaultfd",	  "kexec_load",	    "kexec_file_load",
	"swapon",	  "swapoff",	    "vmsplice",
	"modify_ldt",	  "nfsservctl",	    "_sysctl",
	"uselib",	  "move_pages",	    "migrate_pages",
	"vm86",		  "create_module",  NULL,
};
static const char *const for_sys_admin[] = {
	"unshare",
	"setns",
	"mount",
	"umount2",
	"pivot_root",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"move_mount",
	"open_tree",
	"open_tree_attr",
	"mount_setattr",
	"sethostname",
	"setdomainname",
	"fanotify_init",
	"quotactl",
	"quotactl_fd",
	"lookup_dcookie",
	"listns",
	"lsm_set_self_attr",
	NULL,
};

static const struct {
	int cap;
	const char *names[8];
} by_cap[] = {
	{CAP_DAC_READ_SEARCH, {"open_by_handle_at", "name_to_handle_at"}},
	{CAP_SYS_PTRACE, {"pidfd_getfd", "kcmp", "process_madvise"}},
	{CAP_SYS_CHROOT, {"chroot"}},
	{CAP_SYS_BOOT, {"reboot"}},
	{CAP_SYS_MODULE, {"init_module", "finit_module", "delete_module"}},
	{CAP_SYS_RAWIO, {"iopl", "ioperm"}},
	{CAP_SYS_TIME, {"settimeofday", "clock_settime", "clock_settime64", "stime"}},
	{CAP_SYS_TTY_CONFIG, {"vhangup"}},
	{CAP_SYS_NICE, {"mbind", "set_mempolicy", "get_mempolicy", "set_mempolicy_home_node"}},
	{CAP_SYSLOG, {"syslog"}},
	{CAP_SYS_PACCT, {"acct"}},
	{CAP_BPF, {"bpf"}},
	{CAP_PERFMON, {"perf_event_open"}},
};

static void calls_by_capability(void **state)
{
	static const char *const needs_more[] = {"clone3", NULL};

	(void)state;
	all_get(caps_default, always_allowed, ALLOW);
	all_get(0, always_allowed, ALLOW);
	all_get(caps_default, never_allowed, DENY);
	all_get(UINT64_MAX, never_allowed, DENY);
	all_get(caps_default, for_sys_admin, DENY);
	all_get(1ULL << CAP_SYS_ADMIN, for_sys_admin, ALLOW);
	all_get(caps_default, needs_more, UNKNOWN);
	all_get(1ULL << CAP_SYS_ADMIN, needs_more, ALLOW);
	for (size_t i = 0; i < ARRAY_LEN(by_cap); i++) {
		all_get(1ULL << by_cap[i].cap, by_cap[i].names, ALLOW);
		all_get(~(1ULL << by_cap[i].cap | 1ULL << CAP_SYS_ADMIN), by_cap[i].names, DENY);
	}
}

static void every_number_is_decided(void **state)
{
	struct arena a = {0};
	struct seccomp_filter f;

	(void)state;
	assert_int_equal(seccomp_default(caps_default, &a, &f, NULL), 0);
	for (size_t n = 0; n < seccomp_machine_here()->n; n++)
		for (uint32_t i = 0; i < 600; i++) {
			const struct seccomp_abi *abi = seccomp_machine_here()->abis[n];
			uint32_t number = i | (abi->shares ? X32_BIT : 0);
			bool known = false;

			for (int index = 0; index < syscall_count(); index++)
				known = known || syscall_number(index, abi) == number;
			uint32_t answer = ask_number(&f, abi, number, 0, 0);
			bool clone3 = syscall_number(syscall_by_name("clone3"), abi) == number;
			if (known && !clone3)
				assert_true(answer == ALLOW || answer == DENY);
			else
				assert_int_equal(answer, UNKNOWN);
		}
	assert_int_equal(bpf_sim(f.v, f.n, &(struct seccomp_data){.arch = AUDIT_ARCH_AARCH64}),
			 SECCOMP_RET_KILL_PROCESS);
	arena_free(&a);
}

static void arguments_decide(void **state)
{
	static const uint32_t namespaces[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,	  CLONE_NEWUSER,
					      CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};
	static const uint32_t bad_families[] = {15, 21, 29, 30, 31, 33, 38, 39, 40, 43, 44};
	static const uint32_t personalities[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
	const uint64_t high = 1ULL << 40; /* bits that the kernel does not look at */
	struct arena a = {0};
	struct seccomp_filter f;

	(void)state;
	assert_int_equal(seccomp_default(caps_default, &a, &f, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(namespaces); i++) {
		assert_int_equal(ask(&f, "clone", 0, namespaces[i] | SIGCHLD), DENY);
		assert_int_equal(ask(&f, "clone", 0, namespaces[i] | high), DENY);
	}
	assert_int_equal(ask(&f, "clone", 0, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_SETTLS), ALLOW);
	for (size_t i = 0, next = 0; i < 64; i++) {
		bool bad = next < ARRAY_LEN(bad_families) && bad_families[next] == i;

		next += bad;
		assert_int_equal(ask(&f, "socket", 0, i), bad ? DENY : ALLOW);
		assert_int_equal(ask(&f, "socket", 0, i | high), bad ? DENY : ALLOW);
		assert_int_equal(ask(&f, "socketpair", 0, i), bad ? DENY : ALLOW);
	}
	assert_int_equal(ask(&f, "ioctl", 1, TIOCSTI), DENY);
	assert_int_equal(ask(&f, "ioctl", 1, TIOCSTI | high), DENY);
	assert_int_equal(ask(&f, "ioctl", 1, TIOCLINUX), DENY);
	assert_int_equal(ask(&f, "ioctl", 1, TCGETS), ALLOW);
	for (size_t i = 0; i < ARRAY_LEN(personalities); i++)
		assert_int_equal(ask(&f, "personality", 0, personalities[i]), ALLOW);
	assert_int_equal(ask(&f, "personality", 0, 0x0040000), DENY); /* ADDR_NO_RANDOMIZE */
	arena_free(&a);
}

static void built_in_program_is_the_computed_one(void **state)
{
	struct seccomp_policy policy;
	struct seccomp_filter f;
	struct arena a = {0};

	(void)state;
	seccomp_default_policy(seccomp_machine_here(), caps_default, &a, &policy);
	assert_int_equal(seccomp_build(&policy, &f, NULL), 0);
	assert_int_equal(f.n, seccomp_default_program_n);
	assert_memory_equal(f.v, seccomp_default_program, f.n * sizeof(*f.v));
	print_message("# %zu instructions\n", f.n);
	arena_free(&a);
}

/* In a process with the default filter: 0 if everything goes as it must, else the number of the check that did not. */
static int checks_inside(void)
{
	char here[256];

	if (!getcwd(here, sizeof(here)))
		return 1;
	if (unshare(CLONE_NEWUSER) == 0 || errno != EPERM)
		return 2;
	if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0 || errno != EPERM)
		return 3;
	if (syscall(SYS_clone3, NULL, 0) == 0 || errno != ENOSYS)
		return 4;
	if (socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0 || errno != EPERM)
		return 5;
	if (socket(AF_VSOCK, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return 6;
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return 7;
	if (ioctl(s, TIOCSTI, "x") == 0 || errno != EPERM)
		return 8;
	if (syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0 || errno != EPERM)
		return 9;
	if (syscall(599) == 0 || errno != ENOSYS)
		return 10;
	if (syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 11;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	if (child < 0 || waitpid(child, NULL, 0) != child)
		return 12;
	return 0;
}

static void loaded_it_holds(void **state)
{
	struct seccomp_filter f;
	struct arena a = {0};
	int status;

	(void)state;
	assert_int_equal(seccomp_default(caps_default, &a, &f, NULL), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_load(&f, &(int){FD_NONE}, NULL) < 0)
			_exit(100);
		_exit(checks_inside());
	}
	arena_free(&a);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void bad_filters_are_not_loaded(void **state)
{
	struct sock_filter jump[] = {{BPF_JMP | BPF_JA, 0, 0, 9}, {BPF_RET | BPF_K, 0, 0, ALLOW}};
	struct seccomp_filter f = {.v = jump, .n = ARRAY_LEN(jump)};
	struct err e;

	(void)state;
	assert_int_equal(seccomp_load(&f, &(int){FD_NONE}, &e), -EINVAL);
	f.n = 0;
	assert_int_equal(seccomp_load(&f, &(int){FD_NONE}, &e), -EINVAL);
	f.n = BPF_MAXINSNS + 1;
	assert_int_equal(seccomp_load(&f, &(int){FD_NONE}, &e), -EINVAL);
	assert_non_null(strstr(e.why, "4096"));
	f = (struct seccomp_filter){.v = jump + 1, .n = 1, .flags = 1U << 30};
	assert_int_equal(seccomp_load(&f, &(int){FD_NONE}, &e), -EINVAL);
	assert_non_null(strstr(e.why, "flag"));
}

static void without_nnp_the_cause_is_told(void **state)
{
	struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, ALLOW};
	struct seccomp_filter f = {.v = &allow, .n = 1};
	struct err e;
	int status;

	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (getuid() == 0 && syscall(SYS_setresuid, 65534, 65534, 65534) < 0)
			_exit(100);
		_exit(seccomp_load(&f, &(int){FD_NONE}, &e) == -EACCES && strstr(e.why, "no_new_privs") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_by_capability),
		cmocka_unit_test(every_number_is_decided),
		cmocka_unit_test(arguments_decide),
		cmocka_unit_test(built_in_program_is_the_computed_one),
		cmocka_unit_test(loaded_it_holds),
		cmocka_unit_test(bad_filters_are_not_loaded),
		cmocka_unit_test(without_nnp_the_cause_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
