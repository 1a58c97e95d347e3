/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a container, the plan: see create.h. */
#include "oci/create.h"

#include "base/fd.h"
#include "oci/hooks.h"

#include <string.h>

static const struct step *const steps[] = {&step_config,
					   &step_own_copy,
					   &step_claim,
					   &step_choose_group,
					   &step_prepare,
					   &step_user_ahead,
					   &step_create_intent,
					   &step_group,
					   &step_seed,
					   &step_root_ahead,
					   &step_clone,
					   &step_id_maps,
					   &step_enter_group,
					   &step_rdt,
					   &step_schedule,
					   &step_oom,
					   &step_begin,
					   &step_net_devices,
					   &step_time_offsets,
					   &step_identity,
					   &step_namespaces,
					   &step_hostname,
					   &step_personality,
					   &step_memory_policy,
					   &step_box_mounts,
					   &step_own_mounts,
					   &step_network,
					   &step_net_await,
					   &step_furnish,
					   &step_box_root,
					   &step_root,
					   &step_dev,
					   &step_binds,
					   &step_root_mount,
					   &step_note_root,
					   &step_attach_root,
					   &step_hand_over,
					   &step_net_beside,
					   &step_receive,
					   &step_enter,
					   &step_submounts,
					   &step_attach,
					   &step_nodes,
					   &step_user,
					   &step_terminal,
					   &step_session,
					   &step_attached,
					   &step_mask,
					   &step_read_only_early,
					   &step_bounds,
					   &step_attach_late,
					   &step_mask_late,
					   &step_device_rules,
					   &step_filter_send,
					   &step_record,
					   &step_hooks,
					   &step_box_hooks,
					   &step_sysctl,
					   &step_read_only,
					   &step_leave,
					   &step_propagation,
					   &step_cwd,
					   &step_user_beside,
					   &step_session_beside,
					   &step_rights,
					   &step_furnished,
					   &step_park,
					   &step_await_go,
					   &step_start_hooks,
					   &step_exec,
					   &step_await_parked,
					   &step_go,
					   &step_finish};
static_assert(ARRAY_LEN(steps) <= PLAN_STEPS_MAX, "the plan has more steps than a plan can have");

void creation_init(struct creation *k, struct oci_runtime *rt, const char *id, const struct oci_create_options *o)
{
	struct launch *l = &k->launch;

	*k = (struct creation){.rt = rt, .id = id, .o = o, .console_fd = FD_NONE, .notify = {.fd = FD_NONE}};
	container_init(&k->c, rt, id);
	*l = (struct launch){.arena = rt->arena, .plan = &k->plan, .owner = k, .stdio = {FD_NONE, FD_NONE, FD_NONE}};
	l->pidfd = l->terminal_fd = l->sock = l->root_fd = l->userns_fd = l->proc_fd = l->slave_fd = l->old_root_fd =
		l->net_fd = l->holder_fd = l->cg.v2_fd = FD_NONE;
	for (int i = 0; i < ETC_FILES; i++)
		l->etc_fds[i] = FD_NONE;
	k->plan = (struct plan){.steps = steps, .n = ARRAY_LEN(steps), .ctx = l};
}

/* Tells what would be done, and does nothing. */
static int explain(struct creation *k, struct err *e)
{
	int r = step_config.run(&k->launch, e);

	if (r == 0)
		r = step_choose_group.run(&k->launch, e);
	if (r == 0)
		r = step_prepare.run(&k->launch, e);
	if (r < 0)
		return r;
	k->launch.start_fd = !k->run;
	plan_tell(&k->plan, k->rt->arena, k->rt->tell_steps, k->rt->ctx);
	k->launch.start_fd = 0;
	return 0;
}

int creation_run(struct creation *k, struct err *e)
{
	static const char *const quiet[] = {"config", "claim", "prepare", "choose-cgroup", NULL};
	int r;

	if (k->rt->explain)
		return explain(k, e);
	r = plan_walk(&k->plan, k->plan.n, k->rt->timings, quiet, e);
	if (r < 0) {
		launch_failed(&k->launch, e);
		return r;
	}
	launch_settle(&k->launch);
	if (k->rt->timings)
		plan_tell(&k->plan, k->rt->arena, k->rt->tell_steps, k->rt->ctx);
	return 0;
}

void creation_release(struct creation *k)
{
	if (k->launch.start_fd > 0)
		fd_close(&k->launch.start_fd);
	fd_close(&k->console_fd);
	fd_close(&k->notify.fd);
	if (k->launch.spec)
		launch_release(&k->launch);
	container_close(&k->c);
}

int oci_create(struct oci_runtime *rt, const char *id, const struct oci_create_options *o, struct err *e)
{
	CLEANUP(creation_release) struct creation k;
	int r = oci_id_check(id, e);

	creation_init(&k, rt, id, o);
	return r < 0 ? r : creation_run(&k, e);
}
