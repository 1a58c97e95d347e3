/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One more program in a container that runs.
 *
 *     host         join-clone  join-cgroups  begin                                        await-spawn
 *     go-between                              join  user  terminal  cwd  rights  spawn
 *     program                                                                      stdio  filter  exec
 *
 * The go-between is born in the container's cgroup, joins all namespaces, and takes on the container's rights. 
 * Joining a pid namespace changes nothing for the one who joins, only for the children it makes: so the go-between
 * stays invisible to the container, and the only process of ours that ever stands inside is the program's, made last,
 * with the container's rights, not dumpable, and with every descriptor close-on-exec (CVE-2016-9962, CVE-2019-5736,
 * CVE-2024-21626).
 *
 * The program is a child of the host side (CLONE_PARENT), which so learns its exit status.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/rights.h"
#include "core/scheduler.h"
#include "core/sys.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- join-clone: the go-between ---- */

static int join_clone_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct clone_args a = {.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&l->pidfd, .exit_signal = SIGCHLD};
	int host_end, box_end;
	int r = hs_pair(&host_end, &box_end, e);
	pid_t pid = -1;

	if (r < 0)
		return r;
	l->sock = box_end;
	l->peer = host_end;
	l->move_by_hand = l->cg.v2_fd >= 0;
	if (l->cg.v2_fd >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)l->cg.v2_fd;
		pid = sys_clone3(&a, sizeof(a));
		l->move_by_hand = pid < 0;
	}
	if (pid < 0) {
		a.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		a.cgroup = 0;
		pid = sys_clone3(&a, sizeof(a));
	}
	if (pid == 0)
		launch_box(l);
	int code = errno;
	fd_close(&box_end);
	l->sock = host_end;
	if (pid < 0)
		return err_set(e, code, "make a process to enter the container");
	l->pid = pid;
	return 0;
}

static void join_clone_undo(void *ctx)
{
	struct launch *l = ctx;

	if (l->pid <= 0)
		return;
	kill(l->pid, SIGKILL); /* our own child, not reaped yet: the number is still its */
	/* Closed before the wait: one that could not be killed ends when it hears that we are gone. */
	fd_close(&l->sock);
	while (waitpid(l->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	l->pid = 0;
	fd_close(&l->pidfd);
}

const struct step step_join_clone = {"join-clone", SIDE_HOST, NULL, join_clone_run, join_clone_undo, NULL};

/* ---- join: the namespaces ---- */

/* Joins namespace KIND of the first process by its file in /proc: for kernels before 5.8. */
static int join_one(struct launch *l, enum ns_kind kind, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/ns/%s", (int)l->target_pid, ns_facts[kind].proc);
	auto_fd fd = openat(l->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, ns_facts[kind].flag) < 0)
		return err_set(e, errno, "join the container's %s namespace", ns_facts[kind].oci);
	return 0;
}

/* Whether a namespace of KIND is joined; who made the container may have been in another mount namespace than we. */
static bool joins(const struct launch *l, int kind)
{
	return l->spec->lin.ns[kind].mode != NS_KEEP || (kind == NS_MNT && launch_among_machines(l));
}

static int join_all(struct launch *l, struct err *e)
{
	int flags = 0;

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (joins(l, k))
			flags |= ns_facts[k].flag;
	if (flags == 0 || setns(l->target_fd, flags) == 0)
		return 0;
	if (errno == ESRCH)
		return err_set(e, ESRCH, "join the container's namespaces: it has ended");
	if (errno != EINVAL)
		return err_set(e, errno, "join the container's namespaces");
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		int r = !joins(l, k) ? 0 : join_one(l, (enum ns_kind)k, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The root of a container among the machine's mounts, which no namespace leads to: that of its first process. */
static int first_root(const struct launch *l, int *ret, struct err *e)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/root", (int)l->target_pid);
	auto_fd fd = openat(l->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* While it lives, and only then, the number is its. */
	if (fd < 0 || sys_pidfd_send_signal(l->target_fd, 0, NULL, 0) < 0)
		return err_set(e, errno, "open the container's root");
	*ret = fd_take(&fd);
	return 0;
}

static int join_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct hs_msg m;
	int r = hs_expect(l->sock, HS_MAPPED, &m, e);

	if (r < 0)
		return r;
	launch_init_take(l, &m);
	/* The machine's /proc shows us under our own pid there; the container's can't be trusted. */
	l->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->proc_fd < 0)
		return err_set(e, errno, "open /proc");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	auto_fd root = FD_NONE;
	if (launch_among_machines(l))
		r = first_root(l, &root, e);
	if (r == 0)
		r = join_all(l, e);
	if (r == 0 && root >= 0 && (fchdir(root) < 0 || chroot(".") < 0))
		return err_set(e, errno, "enter the container's root");
	if (r < 0 || l->spec->lin.ns[NS_USER].mode == NS_KEEP)
		return r;
	if (sys_setresgid(0, 0, 0) < 0 || sys_setresuid(0, 0, 0) < 0)
		return err_set(e, errno, "become root of the container's user namespace");
	return 0;
}

static void join_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	char list[160] = "";

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (l->spec->lin.ns[k].mode != NS_KEEP)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), " --%s", ns_facts[k].shell);
	explain_say(x, "enter the container's namespaces, by way of its first process");
	explain_shell(x, "nsenter --target %d%s", (int)l->target_pid, list);
}

const struct step step_join = {"join", SIDE_BOX, NULL, join_run, NULL, join_explain};
