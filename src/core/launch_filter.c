/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system call filter.
 *
 * It is compiled while somebody else still mounts: by the box's other thread, or by the host side for a box that has
 * none.  It is loaded by the box before it has all that it needs, if the filter leaves alone what the box itself has to
 * call until it executes the program; otherwise as the last thing before that.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/handshake.h"
#include "core/preserved.h"
#include "core/rights.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

/* What the box may call between loading a filter and executing the program; rather too many than too few. */
static const char *const calls_left[] = {
	"access",	 "brk",
	"capget",	 "chdir",
	"clock_gettime", "close",
	"close_range",	 "dup",
	"dup3",		 "execve",
	"execveat",	 "exit",
	"exit_group",	 "faccessat",
	"faccessat2",	 "fchmod",
	"fchown",	 "fcntl",
	"fstat",	 "fstatfs",
	"futex",	 "getcpu",
	"getegid",	 "geteuid",
	"getgid",	 "getpid",
	"gettid",	 "getuid",

	"lseek",	 "lstat",
	"madvise",	 "memfd_create",
	"mmap",		 "mprotect",
	"mremap",	 "munmap",
	"nanosleep",	 "newfstatat",
	"open",		 "openat",
	"openat2",	 "poll",
	"ppoll",	 "prctl",
	"pread64",	 "pwrite64",
	"read",		 "readlink",
	"readlinkat",	 "readv",
	"recvfrom",	 "recvmsg",
	"rt_sigaction",	 "rt_sigprocmask",
	"rt_sigreturn",	 "sched_yield",
	"sendmsg",	 "sendto",
	"setsid",	 "sched_setaffinity",
	"stat",		 "statx",
	"umask",	 "write",
	"writev",
};

/* True if F lets the box do all that it has left to do. */
static bool filter_is_mild(const struct seccomp_filter *f)
{
	if (!fast_way("early-filter"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(calls_left) && f->n > 0; i++)
		if (!seccomp_allows(f, calls_left[i]))
			return false;
	return true;
}

/* The box could be told of a hook's end before. */
bool launch_filter_sent(const struct launch *l)
{
	return l->by_spec && launch_net_beside(l) && !l->hook_root && l->spec->lin.seccomp.mode == SECCOMP_PROFILE;
}

/* What the word FILTER tells of the instructions that follow. */
enum { FILTER_FLAGS = 16, FILTER_LISTENS = 60, FILTER_MILD = 61 };
static const int64_t filter_size_mask = (1 << FILTER_FLAGS) - 1;
static_assert(BPF_MAXINSNS < 1 << FILTER_FLAGS, "the number of instructions has its place");

static bool send_wanted(const void *ctx)
{
	return launch_filter_sent(ctx);
}

static int send_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct seccomp_filter *f = &l->filter;
	int r = launch_filter_make(l, &l->spec->process, e);

	if (r == 0)
		r = hs_send_value(l->sock, HS_FILTER,
				  (int64_t)f->n | (int64_t)f->flags << FILTER_FLAGS |
					  (int64_t)f->listens << FILTER_LISTENS |
					  (int64_t)l->filter_mild << FILTER_MILD,
				  NULL, 0, e);
	return r == 0 && f->n > 0 ? hs_send_bytes(l->sock, HS_FILTER, f->v, f->n * sizeof(*f->v), e) : r;
}

const struct step step_filter_send = {"filter", SIDE_HOST, send_wanted, send_run, NULL, NULL};

int launch_filter_take(struct launch *l, struct err *e)
{
	struct seccomp_filter *f = &l->filter;
	struct hs_msg m;
	int r = l->filter_made || !launch_filter_sent(l) ? 1 : hs_expect(l->sock, HS_FILTER, &m, e);

	if (r != 0)
		return MIN(r, 0);
	f->n = (size_t)(m.value & filter_size_mask);
	f->flags = (uint32_t)(m.value >> FILTER_FLAGS);
	f->listens = m.value >> FILTER_LISTENS & 1;
	f->v = arena_new(l->arena, struct sock_filter, f->n + 1);
	l->filter_mild = m.value >> FILTER_MILD & 1;
	l->filter_caps = rights_filter_caps(&l->spec->process);
	l->filter_made = true;
	return f->n > 0 ? hs_recv_bytes(l->sock, f->v, f->n * sizeof(*f->v), e) : 0;
}

int launch_filter_make(struct launch *l, const struct spec_process *p, struct err *e)
{
	uint64_t caps = rights_filter_caps(p);
	struct seccomp_filter f;

	if (l->filter_made && l->filter_caps == caps)
		return 0;
	int r = rights_filter(&l->spec->lin.seccomp, p, l->arena, &f, e);
	if (r < 0)
		return r;
	if ((f.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) && !launch_filter_listens(l)) {
		err_set(e, 0, "linux.seccomp.syscalls: SCMP_ACT_NOTIFY needs somebody who listens");
		return err_cure(e, "set \"listenerPath\"");
	}
	l->filter = f;
	l->filter_mild = filter_is_mild(&f);
	l->filter_made = true;
	l->filter_caps = caps;
	return 0;
}

bool launch_filter_listens(const struct launch *l)
{
	return l->listener_text && l->spec->lin.seccomp.listener_path;
}

int launch_filter_load(struct launch *l, struct err *e)
{
	auto_fd listener = FD_NONE;
	int r = preserved_pass(l->preserved, e);

	if (r == 0)
		r = launch_filter_make(l, &l->process, e);
	if (r == 0 && l->filter.n > 0)
		r = seccomp_load(&l->filter, &listener, e);
	if (r == 0 && listener >= 0)
		r = hs_send(l->sock, HS_LISTENER, &listener, 1, e);
	l->filtered = r == 0;
	return r;
}

int launch_filter_early(struct launch *l, struct err *e)
{
	/* A profile may forbid what an order takes besides: terminals, directories. */
	if (l->filtered || !l->process.no_new_privileges || !l->filter_mild ||
	    l->spec->lin.seccomp.mode == SECCOMP_PROFILE)
		return 0;
	return launch_filter_load(l, e);
}
