/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'kill': a signal to a container's first process, or to all of its group.
 *
 * The first process is known by its pidfd, so the signal never reaches another one that has got its number.  Where all
 * are meant they are held still while the list is read: none is born meanwhile, and none ends and leaves its number.
 */
#include "core/sys.h"
#include "oci/container.h"

#include <errno.h>
#include <signal.h>

enum { FREEZE_MS = 2000, KILL_MS = 10 * 1000 };

/* Sends SIG to every process of the group CG. */
static int signal_group(const struct cgroup *cg, int sig, struct arena *a, struct err *e)
{
	const bool was_frozen = cgroup_frozen(cg);
	const bool held = !was_frozen && cgroup_freeze(cg, true, FREEZE_MS, NULL) == 0;
	struct pids pids = {0};
	int r = cgroup_pids(cg, a, &pids, e);

	for (size_t i = 0; r == 0 && i < pids.n; i++)
		if (kill(pids.v[i], sig) < 0 && errno != ESRCH)
			r = err_set(e, errno, "send signal %d to process %d", sig, (int)pids.v[i]);
	if (held)
		(void)!cgroup_freeze(cg, false, FREEZE_MS, NULL);
	return r;
}

/* All of the container: by its group, which also those are in whose first process is gone. */
static int signal_all(struct oci_container *c, int sig, struct err *e)
{
	struct cgroup_manager m;
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = container_cgroup(c, &m, &cg, e);

	if (r < 0)
		return r;
	if (!cg.path) /* its pid namespace ends with the first process, and nothing else is known */
		return c->pidfd >= 0 && sys_pidfd_send_signal(c->pidfd, sig, NULL, 0) < 0 && errno != ESRCH
			       ? err_set(e, errno, "send signal %d to the container %s", sig, c->id)
			       : 0;
	return sig == SIGKILL ? cgroup_kill(&cg, KILL_MS, e) : signal_group(&cg, sig, c->rt->arena, e);
}

/* A process that is killed while it is frozen ends only when it is thawed, on v1. */
static void thaw(const struct oci_container *c)
{
	struct cgroup_manager m;
	CLEANUP(cgroup_release) struct cgroup cg;

	if (container_cgroup(c, &m, &cg, NULL) == 0 && cg.path && cgroup_frozen(&cg))
		(void)!cgroup_freeze(&cg, false, FREEZE_MS, NULL);
}

/* Whether the end of the first process is the end of all. */
static bool first_is_all(const struct oci_container *c)
{
	struct spec spec;

	return container_spec(c, &spec, NULL) < 0 || spec.lin.ns[NS_PID].mode == NS_NEW;
}

/* Does it for a container that was found. */
static int signal_container(struct oci_container *c, int sig, bool all, struct err *e)
{
	if (all)
		return signal_all(c, sig, e);
	if (c->pidfd < 0) {
		err_set(e, 0, "container not running");
		return err_why(e, "%s has ended", c->id);
	}
	if (sig == SIGKILL && !first_is_all(c))
		return signal_all(c, sig, e);
	if (sys_pidfd_send_signal(c->pidfd, sig, NULL, 0) < 0) {
		int code = errno;

		if (code == ESRCH)
			return err_set(e, 0, "container not running");
		return err_set(e, code, "send signal %d to the container %s", sig, c->id);
	}
	if (sig == SIGKILL)
		thaw(c);
	return 0;
}

int oci_kill(struct oci_runtime *rt, const char *id, int sig, bool all, struct err *e)
{
	CLEANUP(container_close) struct oci_container c;
	int r;

	container_init(&c, rt, id);
	r = container_open(&c, rt, id, false, e);
	return r < 0 ? r : signal_container(&c, sig, all, e);
}
