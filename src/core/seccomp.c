/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default profile's program, and loading one: see seccomp.h. */
#include "core/seccomp.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/seccomp_abi.h"
#include "core/seccomp_default.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int seccomp_default(uint64_t caps, struct arena *a, struct seccomp_filter *ret, struct err *e)
{
	struct seccomp_policy policy;

	if ((caps & seccomp_default_caps_seen()) == 1ULL << CAP_SYS_CHROOT && fast_way("built-in-filter")) {
		size_t n = seccomp_default_program_n;

		*ret = (struct seccomp_filter){.v = arena_new(a, struct sock_filter, n), .n = n};
		memcpy(ret->v, seccomp_default_program, n * sizeof(*ret->v));
		return 0;
	}
	seccomp_default_policy(seccomp_machine_here(), caps, a, &policy);
	return seccomp_build(&policy, ret, e);
}

bool seccomp_allows(const struct seccomp_filter *f, const char *name)
{
	const struct seccomp_abi *own = seccomp_machine_here()->abis[0];
	int64_t number = syscall_number(syscall_by_name(name), own);
	uint32_t word = 0;

	for (size_t at = 0; at < f->n && number != SYSCALL_NONE;) {
		const struct sock_filter *i = &f->v[at++];
		bool holds = i->code == (BPF_JMP | BPF_JEQ | BPF_K) ? word == i->k : word >= i->k;

		if (i->code == (BPF_RET | BPF_K))
			return i->k == SECCOMP_RET_ALLOW;
		if (i->code == (BPF_LD | BPF_W | BPF_ABS) && i->k == offsetof(struct seccomp_data, nr))
			word = (uint32_t)number;
		else if (i->code == (BPF_LD | BPF_W | BPF_ABS) && i->k == offsetof(struct seccomp_data, arch))
			word = own->audit;
		else if (i->code == (BPF_JMP | BPF_JEQ | BPF_K) || i->code == (BPF_JMP | BPF_JGE | BPF_K))
			at += holds ? i->jt : i->jf;
		else if (i->code == (BPF_JMP | BPF_JA))
			at += i->k;
		else
			return false; /* an argument decides */
	}
	return number == SYSCALL_NONE;
}

int seccomp_refused(const struct seccomp_filter *f, int code, struct err *e)
{
	err_set(e, code, "load a system call filter of %zu instructions", f->n);
	switch (code) {
	case EACCES:
		err_why(e, "the process has neither no_new_privs nor CAP_SYS_ADMIN");
		return err_cure(e, "let the container have no_new_privs");
	case ENOMEM:
		return err_why(e, "all the filters of one process may have 32768 instructions together");
	case EINVAL:
		if (f->n == 0 || f->n > BPF_MAXINSNS)
			return err_why(e, "a filter has 1 to %d instructions", BPF_MAXINSNS);
		if (f->flags)
			return err_why(e, "the kernel does not know one of the flags 0x%x", f->flags);
		return err_why(e, "the kernel has no support for filters");
	case ENOSYS:
		return err_why(e, "the kernel is built without seccomp, or an outer container refuses it");
	case EBUSY:
		return err_why(e, "the process has a filter with a listener already, and there can be only one");
	default:
		return -code;
	}
}

int seccomp_load(const struct seccomp_filter *f, int *ret_listener, struct err *e)
{
	struct sock_fprog program = {.len = (unsigned short)f->n, .filter = f->v};

	*ret_listener = FD_NONE;
	if (f->n == 0 || f->n > BPF_MAXINSNS)
		return seccomp_refused(f, EINVAL, e);
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f->flags, &program);
	if (r >= 0) {
		*ret_listener = f->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? (int)r : FD_NONE;
		return 0;
	}
	/* An outer sandbox may refuse the call and allow the older way, which knows no flags. */
	if (f->flags || (errno != ENOSYS && errno != EPERM))
		return seccomp_refused(f, errno, e);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0)
		return 0;
	return seccomp_refused(f, errno, e);
}
