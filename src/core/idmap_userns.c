/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User namespaces that nobody lives in: see idmap_userns.h. */
#include "core/idmap_userns.h"

#include "base/fd.h"
#include "base/parse.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child that holds the namespace until it is opened; it dies with us. */
static _Noreturn void hold(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

/* Kills the child *PID and waits for its end. */
static void holder_end(const pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	while (waitpid(*pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

/* Whether /proc numbers processes as our pid namespace does. */
static bool proc_is_ours(void)
{
	char own[24] = "";
	int pid;

	return readlink("/proc/self", own, sizeof(own) - 1) > 0 && parse_int(own, 1, INT_MAX, &pid) && pid == getpid();
}

int idmap_userns(const struct spec_idmaps *uids, const struct spec_idmaps *gids, struct arena *a, int *ret_fd,
		 struct err *e)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t parent = getpid();
	char path[40];
	int r = idmap_check(uids, "the map of user ids", e);

	if (r == 0)
		r = idmap_check(gids, "the map of group ids", e);
	if (r < 0)
		return r;
	CLEANUP(holder_end) pid_t pid = sys_clone3(&args, sizeof(args));
	if (pid == 0)
		hold(parent);
	if (pid < 0)
		return err_set(e, errno, "make a user namespace for a mount's ids");
	/* By another pid namespace's /proc the number would be a stranger's. */
	if (!proc_is_ours())
		return err_set(e, EOPNOTSUPP,
			       "make a user namespace for a mount's ids: /proc is of another pid namespace");
	r = idmap_apply(pid, uids, gids, true, a, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_set(e, errno, "open the user namespace for a mount's ids") : 0;
}

bool idmap_same(const struct spec_idmaps *a, const struct spec_idmaps *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (a->v[i].container_id != b->v[i].container_id || a->v[i].host_id != b->v[i].host_id ||
		    a->v[i].size != b->v[i].size)
			return false;
	return a->n == b->n;
}
