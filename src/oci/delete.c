/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'delete': see delete.h.
 *
 * The processes are found by the control group, the first one also by its identity; a group that is frozen is thawed by
 * the kill.  Nothing is written on the way, so a full disk stops nobody; and where the record can't be read, the
 * config.json says which group it was.
 */
#include "oci/delete.h"

#include "core/launch.h"
#include "core/process.h"
#include "core/rdt.h"
#include "core/sys.h"
#include "oci/hooks.h"

#include <errno.h>
#include <fcntl.h>

enum { KILL_MS = 10 * 1000 };

/* Without a record: the group that config.json asks for, or the usual one. */
static int group_by_config(const struct oci_container *c, const struct spec *spec, struct cgroup_manager *m,
			   struct cgroup *cg, struct err *e)
{
	const char *path = spec->lin.cgroups_path;
	struct cgroup_host host;
	int r = oci_cgroups(c->rt, &host, e);

	if (r < 0 || c->rt->no_cgroup || host.layout == CGROUP_ABSENT)
		return r;
	r = cgroup_manager_choose(m, &host, c->rt->systemd_cgroup ? CGROUP_SYSTEMD : CGROUP_CGROUPFS, path, c->id,
				  &spec->annotations, c->rt->arena, e);
	return r == 0 ? cgroup_open(cg, &m->host, m->path, c->rt->arena, e) : r;
}

/* Kills all that is in the group, and removes it. */
static int end_group(const struct oci_container *c, const struct spec *spec, struct err *e)
{
	struct cgroup_manager m = {.arena = c->rt->arena};
	CLEANUP(cgroup_release) struct cgroup cg = {.v2_fd = FD_NONE};
	int r = c->record.bundle ? container_cgroup(c, &m, &cg, e) : group_by_config(c, spec, &m, &cg, e);

	if (r == 0 && cg.path)
		r = cgroup_kill(&cg, KILL_MS, e);
	if (r == 0 && cg.path)
		r = cgroup_manager_remove(&m, &cg, KILL_MS, e);
	return r;
}

/* Kills the first process, which may be in no group of its own. */
static int end_first(const struct oci_container *c, struct err *e)
{
	if (c->pidfd < 0)
		return 0;
	if (sys_pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return err_set(e, errno, "kill the first process of the container %s", c->id);
	return 0;
}

/* Waits for it, when the group is thawed, too. */
static int await_first(const struct oci_container *c, struct err *e)
{
	int r = c->pidfd < 0 ? 0 : process_wait(c->pidfd, KILL_MS);

	if (r == 0)
		return 0;
	err_set(e, -r, "wait for the end of the first process of the container %s, %d", c->id, (int)c->record.pid);
	return r == -ETIMEDOUT ? err_why(e, "it did not end in %d s; it may be waiting for a device", KILL_MS / 1000)
			       : r;
}

int container_stop(struct oci_container *c, struct err *e)
{
	int r = end_first(c, e);

	return r == 0 ? await_first(c, e) : r;
}

/* Its share of the caches, where it had one. */
static int end_rdt(const struct oci_container *c, const struct spec *spec, struct err *e)
{
	char *root;

	if (!spec->lin.intel_rdt.has || rdt_root(c->rt->arena, &root, NULL) < 0)
		return 0;
	return rdt_remove(root, &spec->lin.intel_rdt, c->id, c->rt->arena, e);
}

int container_destroy(struct oci_container *c, struct err *e)
{
	struct spec spec;
	struct oci_state state;
	int r = 0;

	if (container_spec(c, &spec, NULL) < 0)
		spec_init(&spec);
	r = end_first(c, e);
	int group = end_group(c, &spec, r == 0 ? e : NULL);
	r = r < 0 ? r : group;
	if (r == 0)
		r = await_first(c, e);
	if (r == 0)
		r = place_remove(&c->record.place, c->rt->arena, e);
	if (r == 0)
		r = end_rdt(c, &spec, e);
	if (r == 0)
		r = container_forget(c, e);
	if (r < 0)
		return r;
	container_hook_state(c, &spec, STATUS_STOPPED, 0, &state);
	if (state.bundle)
		hooks_run_all(&spec, HOOK_POSTSTOP, &state, c->rt->arena, c->rt->warn, c->rt->ctx);
	return 0;
}

/*
 * Kills the first process before the lock is asked for: whoever has the lock may be waiting for this very process.  An
 * unreadable record stops nobody.
 */
static int reach_by_force(struct oci_container *c, struct oci_runtime *rt, const char *id, struct err *e)
{
	int r = container_reach(c, rt, id, false, e);

	if (r == 0 && container_load(c, NULL) == 0)
		(void)!end_first(c, NULL);
	container_close(c);
	if (r == 0)
		r = container_reach(c, rt, id, true, e);
	if (r == 0 && container_load(c, NULL) < 0)
		c->status = STATUS_STOPPED;
	return r;
}

/* The same for a container that has ended, or never begun. */
static int reach_ended(struct oci_container *c, struct oci_runtime *rt, const char *id, struct err *e)
{
	int r = container_open(c, rt, id, true, e);

	if (r < 0 || container_status(c) == STATUS_STOPPED || c->status == STATUS_CREATED)
		return r;
	err_set(e, 0, "cannot delete container %s that is not stopped: %s", id, oci_status_word(c->status));
	return err_cure(e, "use delete --force");
}

int oci_delete(struct oci_runtime *rt, const char *id, bool force, struct err *e)
{
	CLEANUP(container_close) struct oci_container c;
	int r = force ? reach_by_force(&c, rt, id, e) : reach_ended(&c, rt, id, e);

	/* What is not there is as good as deleted; a bad id is one that can't be there. */
	if (r == -ENOENT && force)
		return 0;
	return r < 0 ? r : container_destroy(&c, e);
}
