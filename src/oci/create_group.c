/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's control group, by the files or by systemd (core/cgroup_manager.h).
 *
 * Who has no privilege over the machine often may make no groups.  That is refused only where the container asks for a
 * limit; the engines ask for a group in any case.
 */
#include "oci/create.h"

#include "core/launch_threads.h"

#include <errno.h>

enum { KILL_MS = 5000 };

/* Whether the container is to have a group: chosen before anything is noted. */
static int choose_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct oci_runtime *rt = k->rt;

	if (rt->no_cgroup)
		return 0;
	int r = oci_cgroups(rt, &k->host, e);
	const char *waived = r < 0 ? NULL : cgroup_waive(&k->host, &k->spec.lin.resources);
	if (waived && rt->warn)
		rt->warn(rt->ctx, waived);
	if (r == 0)
		cgroup_zero_swap(&k->host, &k->spec.lin.resources);
	if (r < 0 || k->host.layout == CGROUP_ABSENT)
		return r < 0 ? r : cgroup_check(&k->host, &k->spec.lin.resources, e);
	k->host.everywhere = !rt->rootless;
	r = cgroup_manager_choose(&k->manager, &k->host, rt->systemd_cgroup ? CGROUP_SYSTEMD : CGROUP_CGROUPFS,
				  k->spec.lin.cgroups_path, k->id, &k->spec.annotations, rt->arena, e);
	if (r < 0)
		return r;
	k->launch.cgroup_host = &k->manager.host;
	k->launch.cgroup_path = k->manager.path;
	return 0;
}

const struct step step_choose_group = {"choose-cgroup", SIDE_HOST, NULL, choose_run, NULL, NULL};

static bool group_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->cgroup_path != NULL;
}

/* Whether the container can do without the group that could not be made, as MADE says. */
static bool is_dispensable(const struct creation *k, int made)
{
	struct spec_resources asked = k->spec.lin.resources;
	struct cgroup_host none = k->manager.host;

	if (!k->rt->rootless || (made != -EACCES && made != -EPERM && made != -EROFS && made != -ENOENT))
		return false;
	/* Who may not make device nodes needs no rules for them. */
	asked.devices = (struct spec_device_rules){0};
	asked.memory.no_swap = false; /* for which alone nobody is refused a container */
	none.writable = false;
	return cgroup_check(&none, &asked, NULL) == 0;
}

/* Whether the device rules come after the clone; systemd writes them with the rest. */
static bool rules_come_late(const void *ctx)
{
	const struct creation *k = creation_of_const(ctx);

	return k->launch.cgroup_path && k->spec.lin.resources.devices.n > 0 && !cgroup_manager_waits(&k->manager) &&
	       cgroup_devices_by_program(&k->manager.host);
}

static int group_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct launch *l = ctx;
	struct spec_resources asked = k->spec.lin.resources;

	if (rules_come_late(l))
		asked.devices = (struct spec_device_rules){0};
	int r = cgroup_manager_make(&k->manager, &l->cg, &asked, e);

	if (r == 0 || !is_dispensable(k, r))
		return r;
	cgroup_release(&l->cg);
	l->cg = (struct cgroup){.v2_fd = FD_NONE};
	l->cgroup_path = NULL;
	k->c.record.cgroup = k->c.record.unit = NULL;
	return 0;
}

static void group_undo(void *ctx)
{
	struct creation *k = creation_of(ctx);
	struct launch *l = ctx;

	if (!l->cgroup_path)
		return;
	/* Half-made groups are found again by their path.  Where the kill fails there may be nobody to be killed. */
	l->group_left = !l->cg.path && cgroup_open(&l->cg, &k->manager.host, k->manager.path, l->arena, NULL) < 0;
	if (l->group_left)
		return;
	(void)!cgroup_kill(&l->cg, KILL_MS, NULL);
	l->group_left = cgroup_manager_remove(&k->manager, &l->cg, KILL_MS, NULL) < 0;
}

static void group_explain(const void *ctx, struct explain *x)
{
	const struct creation *k = creation_of_const(ctx);
	const struct launch *l = ctx;

	if (k->manager.unit) {
		explain_say(x, "look whether systemd can make the control group, and has what the limits need");
		return;
	}
	explain_say(x, "make the control group %s and write the limits into it", l->cgroup_path);
	if (l->cgroup_host->v2)
		explain_shell(x, "mkdir -p %s%s", l->cgroup_host->v2, l->cgroup_path);
}

const struct step step_group = {"cgroup", SIDE_HOST, group_wanted, group_run, group_undo, group_explain};

static bool enter_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->cgroup_path &&
	       (l->cg.v1_used || l->move_by_hand || cgroup_manager_waits(&creation_of_const(ctx)->manager));
}

static int enter_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct launch *l = ctx;

	if (cgroup_manager_waits(&k->manager))
		return cgroup_manager_adopt(&k->manager, &l->cg, l->pid, &k->spec.lin.resources, e);
	return cgroup_join(&l->cg, l->pid, l->move_by_hand, e);
}

static void enter_explain(const void *ctx, struct explain *x)
{
	const struct creation *k = creation_of_const(ctx);

	if (k->manager.unit) {
		explain_say(x, "have systemd make the unit %s around the process", k->manager.unit);
		explain_shell(x, "busctl call org.freedesktop.systemd1 … StartTransientUnit … %s", k->manager.unit);
		return;
	}
	explain_say(x, "move the process into the control groups that it could not be born in");
	explain_shell(x, "echo $PID > /sys/fs/cgroup/CONTROLLER%s/cgroup.procs", k->manager.path);
}

const struct step step_enter_group = {"join-cgroups", SIDE_HOST, enter_wanted, enter_run, NULL, enter_explain};

/* While the box is at its mounts. */
static int rules_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return cgroup_devices_write(&l->cg, &l->spec->lin.resources.devices, e);
}

static void rules_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "hang a program on the group that says which devices may be used");
	explain_shell(x, "bpftool cgroup attach /sys/fs/cgroup%s device pinned /sys/fs/bpf/PROGRAM multi",
		      ((const struct launch *)ctx)->cgroup_path);
}

const struct step step_device_rules = {"device-rules", SIDE_HOST, rules_come_late, rules_run, NULL, rules_explain};
