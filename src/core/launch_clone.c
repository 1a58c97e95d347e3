/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The birth of the box: its namespaces, its cgroup, and what it joins.  See launch.h for the theory. */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- clone ---- */

/* The new namespaces of KINDS, a bit for each, as flags. */
static uint64_t flags_of(const struct launch *l, unsigned int kinds)
{
	uint64_t flags = 0;

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (kinds >> k & 1 && launch_new_ns(l, (enum ns_kind)k))
			flags |= (uint64_t)ns_facts[k].flag;
	return flags;
}

uint64_t launch_flags_later(const struct launch *l)
{
	return launch_new_ns(l, NS_USER) ? flags_of(l, 1u << NS_IPC | 1u << NS_UTS) : 0;
}

/*
 * The namespaces that clone3 itself makes; net and cgroup are made by the box later, while the host works on, user is
 * there before if the box is born inside, mnt is not made where it is to be a copy of the seed, time when its clocks
 * are to be set.
 */
static uint64_t clone_flags(const struct launch *l)
{
	unsigned int kinds = ~(1u << NS_NET | 1u << NS_CGROUP);

	if (l->userns_fd >= 0)
		kinds &= ~(1u << NS_USER);
	else if (l->seeded)
		kinds &= ~(1u << NS_MNT);
	if (launch_shifts_clocks(l))
		kinds &= ~(1u << NS_TIME);
	return flags_of(l, kinds) & ~launch_flags_later(l);
}

/* Whether the host side has something to do for the box between 'clone' and 'begin'. */
static bool attended(const struct launch *l)
{
	const struct plan *p = l->plan;
	size_t i = plan_find(p, step_clone.name);

	while (++i < p->n && p->steps[i] != &step_begin)
		if (p->steps[i]->side == SIDE_HOST && (!p->steps[i]->wanted || p->steps[i]->wanted(l)))
			return true;
	return false;
}

/* On both sides: the box is in its group, or not yet. */
static void born(struct launch *l, bool in_group)
{
	l->move_by_hand = l->cg.v2_fd >= 0 && !in_group;
	l->begun = l->unattended && !l->move_by_hand;
}

/* By clone3 into the cgroup; older or stricter kernels get it without, and the process is moved afterwards. */
pid_t launch_clone_box(struct launch *l, uint64_t extra, bool *ret_in_group)
{
	struct clone_args a = {
		.flags = clone_flags(l) | CLONE_PIDFD | extra,
		.pidfd = (uint64_t)(uintptr_t)&l->pidfd,
		.exit_signal = extra & CLONE_PARENT ? 0 : SIGCHLD,
	};
	pid_t pid = -1;

	*ret_in_group = false;
	if (l->cg.v2_fd >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)l->cg.v2_fd;
		pid = sys_clone3(&a, sizeof(a));
		*ret_in_group = pid >= 0;
		if (pid == 0)
			born(l, true);
		if (pid >= 0 ||
		    (errno != ENOSYS && errno != EINVAL && errno != E2BIG && errno != EBUSY && errno != EOPNOTSUPP))
			return pid;
		a.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		a.cgroup = 0;
	}
	pid = sys_clone3(&a, sizeof(a));
	if (pid == 0)
		born(l, false);
	return pid;
}

/* The error of a refused clone, with its reason. */
static int clone_refused(const struct launch *l, int code, struct err *e)
{
	err_set(e, code, "make the container's first process in new namespaces");
	return launch_refused(l, code, e);
}

/* Joins the namespaces that the spec names by descriptor or path, user first. */
static int join_namespaces(const struct launch *l, struct err *e)
{
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const struct spec_ns *ns = &l->spec->lin.ns[k];

		if (ns->mode != NS_JOIN || k == NS_CGROUP)
			continue;
		auto_fd own = ns->fd >= 0 ? FD_NONE : open(ns->path, O_RDONLY | O_CLOEXEC);
		if (ns->fd < 0 && own < 0)
			return err_set(e, errno, "open the %s namespace %s", ns_facts[k].oci, ns->path);
		if (setns(ns->fd >= 0 ? ns->fd : own, ns_facts[k].flag) < 0)
			return err_set(e, errno, "join the %s namespace %s", ns_facts[k].oci, ns->path);
	}
	return 0;
}

bool launch_joins_any(const struct launch *l)
{
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (l->spec->lin.ns[k].mode == NS_JOIN)
			return true;
	return false;
}

/* What a go-between tells the host side about the box it made. */
struct go_between_result {
	pid_t pid;
	bool in_group;
	struct err err;
};

/*
 * Joined namespaces are entered by a go-between that then clones the box as a child of ours (CLONE_PARENT), so that
 * this process itself stays where it is.  A joined user namespace must be entered before the others are joined or made.
 */
static int clone_by_go_between(struct launch *l, bool *ret_in_group, struct err *e)
{
	struct go_between_result res = {0};
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd out = pipe_fds[0];
	auto_fd in = pipe_fds[1];
	pid_t between = fork();
	if (between < 0)
		return err_set(e, errno, "fork");
	if (between == 0) {
		/*
		 * Who rules a joined pid namespace sees the box before the box itself can see to this (launch_box.c,
		 * identity).
		 */
		if (l->spec->lin.ns[NS_USER].mode != NS_NEW)
			prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		if (join_namespaces(l, &res.err) == 0) {
			res.pid = launch_clone_box(l, CLONE_PARENT, &res.in_group);
			if (res.pid == 0)
				launch_box(l);
			if (res.pid < 0)
				clone_refused(l, errno, &res.err);
		}
		_exit(fd_write_all(in, &res, sizeof(res)) < 0);
	}
	fd_close(&in);
	ssize_t n;
	do
		n = read(out, &res, sizeof(res));
	while (n < 0 && errno == EINTR);
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(res))
		return err_set(e, EPIPE, "make the container's first process: the go-between died");
	if (res.pid <= 0) {
		if (e)
			*e = res.err;
		return res.err.code ? -res.err.code : -EINVAL;
	}
	*ret_in_group = res.in_group;
	l->pid = res.pid;
	l->pidfd = sys_pidfd_open(res.pid, 0);
	return l->pidfd < 0 ? err_set(e, errno, "open the container's first process") : 0;
}

/*
 * A bound on processes without a cgroup: a user namespace carries the RLIMIT_NPROC its maker had, and the kernel counts
 * everything in it against the maker's user id (ucounts, Linux 5.14).  So it is made with the container's own root id,
 * which no other container has.
 */
int launch_bound_begin(struct launch *l, struct bound *saved)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];
	struct rlimit bound = {0};

	if (!l->processes_max || l->rootless || !launch_new_ns(l, NS_USER))
		return 0;
	getrlimit(RLIMIT_NPROC, &saved->limit);
	marks_note(&saved->marks);
	bound = saved->limit;
	bound.rlim_cur = MIN((rlim_t)l->processes_max, saved->limit.rlim_max);
	setrlimit(RLIMIT_NPROC, &bound);
	syscall(SYS_capget, &head, caps);
	if (sys_setresuid(launch_root_uid(l), launch_root_uid(l), 0) < 0)
		return -errno;
	/* The saved id 0 keeps the capabilities permitted; make them effective again for the cgroup. */
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	syscall(SYS_capset, &head, caps);
	return 1;
}

/* Becomes root with the old limit again. */
void launch_bound_end(int begun, const struct bound *saved)
{
	if (begun <= 0)
		return;
	if (sys_setresuid(0, 0, 0) < 0)
		_exit(EXIT_ISLE); /* can't happen: the saved id is 0; going on with half the rights would be worse */
	setrlimit(RLIMIT_NPROC, &saved->limit);
	marks_restore(&saved->marks);
}

/* Clones the box with all of its namespaces at once; a negative errno. */
static pid_t clone_whole(struct launch *l, bool *ret_in_group)
{
	struct bound saved;

	l->unattended = !attended(l); /* of a user namespace that was made ahead nothing may be left */
	int begun = launch_bound_begin(l, &saved);
	pid_t pid = launch_clone_box(l, 0, ret_in_group);

	if (pid == 0)
		launch_box(l);
	int code = errno;
	launch_bound_end(begun, &saved);
	return pid < 0 ? -code : pid;
}

static int clone_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int host_end, box_end;
	bool in_group = false;
	int r = hs_pair(&host_end, &box_end, e);

	if (r < 0)
		return r;
	l->sock = box_end; /* the box inherits both values */
	l->peer = host_end;
	l->unattended = !attended(l);
	if (launch_joins_any(l)) {
		r = clone_by_go_between(l, &in_group, e);
	} else {
		pid_t pid = launch_clone_inside(l, &in_group);

		if (l->userns_fd < 0)
			pid = clone_whole(l, &in_group);
		l->pid = MAX(pid, 0);
		r = pid < 0 ? clone_refused(l, -pid, e) : 0;
	}
	fd_close(&box_end);
	l->sock = host_end;
	if (r < 0)
		return r;
	born(l, in_group);
	return 0;
}

static void clone_undo(void *ctx)
{
	struct launch *l = ctx;

	/* What was taken for the box is let go first: the other undos may need descriptors. */
	fds_close(&l->spent);
	fds_close(&l->spent_mounts);
	launch_mounts_release(l);
	fd_close(&l->userns_fd);
	if (l->pid <= 0)
		return;
	if (l->pidfd >= 0)
		sys_pidfd_send_signal(l->pidfd, SIGKILL, NULL, 0);
	/* Closed before the wait: a box that could not be killed ends when it hears that we are gone. */
	fd_close(&l->sock);
	while (waitpid(l->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	l->pid = 0;
	fd_close(&l->pidfd);
}

static void clone_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	char made[160] = "", joined[160] = "";

	for (int k = 0; k < NS_KIND_COUNT; k++) {
		char *list = l->spec->lin.ns[k].mode == NS_NEW	  ? made
			     : l->spec->lin.ns[k].mode == NS_JOIN ? joined
								  : NULL;

		if (list)
			snprintf(list + strlen(list), sizeof(made) - strlen(list), " --%s", ns_facts[k].shell);
	}
	explain_say(x, "make the container's first process in namespaces of its own");
	if (joined[0])
		explain_shell(x, "nsenter --target PID%s \\", joined);
	explain_shell(x, "unshare%s --fork --kill-child", made);
}

const struct step step_clone = {"clone", SIDE_HOST, NULL, clone_run, clone_undo, clone_explain};
