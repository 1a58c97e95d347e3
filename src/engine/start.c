/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a container: see start.h. */
#include "engine/start.h"

#include "base/fd.h"
#include "base/parse_time.h"
#include "core/defaults.h"
#include "core/idmap.h"
#include "core/self.h"
#include "engine/compose.h"
#include "engine/pool.h"
#include "engine/signals.h"
#include "engine/sweep.h"
#include "image/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The start that a step belongs to. */
static struct start *of(void *ctx)
{
	return ((struct launch *)ctx)->owner;
}
/* The start that a step of the launch belongs to. */
static const struct start *of_const(const void *ctx)
{
	return ((const struct launch *)ctx)->owner;
}

/* 'isle run'; else a box that exists is started again. */
static bool is_new(const void *ctx)
{
	return of_const(ctx)->o != NULL;
}
/* 'isle start'. */
static bool is_again(const void *ctx)
{
	return !is_new(ctx);
}

/* ---- our own file ---- */

bool start_seen(const struct run_options *o)
{
	return o->pid && (strncmp(o->pid, "container:", 10) == 0 || strncmp(o->pid, "ns:", 3) == 0) && o->userns &&
	       strcmp(o->userns, "private") != 0 && !self_protected();
}

static bool copy_wanted(const void *ctx)
{
	const struct run_options *o = of_const(ctx)->o;

	return o && start_seen(o);
}

static int copy_run(void *ctx, struct err *e)
{
	return self_protect(of(ctx)->home->arena, e);
}

static const struct step step_copy = {"own-copy", SIDE_HOST, copy_wanted, copy_run, NULL, NULL};

/* ---- the box: a new one, or the one that is started again ---- */

/* A --rm in the foreground whose layer is in memory leaves nothing on disk. */
static int is_persistent(const struct run_options *o, bool *ret, struct err *e)
{
	bool memory;
	int r = compose_layer(o, &memory, e);

	*ret = !(o->rm && !o->detach && memory);
	return r;
}

static int create_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);
	bool persistent;
	int r = is_persistent(s->o, &persistent, e);

	return r < 0 ? r : box_create(s->home, persistent, &s->box, e);
}

static void create_undo(void *ctx)
{
	struct start *s = of(ctx);
	const struct spec_mounts *shared = &s->box.spec.mounts;

	/* It may be for want of descriptors that we are here, and removing takes a few. */
	for (size_t i = 0; i < shared->n; i++)
		fd_close(&shared->v[i].source_fd);

	/* The next sweep tries again, and it finds a cgroup that is still there by the box. */
	if (s->box.ours && !s->launch.group_left && box_remove(&s->box, NULL) < 0)
		return;
}

static void create_explain(const void *ctx, struct explain *x)
{
	const struct start *s = of_const(ctx);

	explain_say(x, "note down a new container in %s", s->home->run);
	explain_shell(x, "mkdir %s/boxes/$ID", s->home->run);
}

static const struct step step_create = {"create", SIDE_HOST, is_new, create_run, create_undo, create_explain};

/* Progress of a root being built goes where the caller wants it. */
static void tell_progress(void *ctx, const char *line)
{
	const struct start *s = ctx;

	if (s->mode->tell)
		s->mode->tell(s->mode->ctx, line);
}

static int compose_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);
	int r = compose(s->o, s->home, &s->box, e);

	/* What ends before anybody has asked for it is forgotten. */
	if (r == 0 && s->pool) {
		s->box.record.pool = arena_strdup(s->home->arena, s->pool);
		s->box.record.rm = true;
	}
	for (size_t i = 0; r == 0 && i < s->box.record.warnings.n; i++)
		tell_progress(s, s->box.record.warnings.v[i]);
	return r;
}

static const struct step step_compose = {"compose", SIDE_HOST, is_new, compose_run, NULL, NULL};

static int claim_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);
	int r = box_claim_name(&s->box, e);

	if (r == -EEXIST) {
		/* Perhaps the one that has it was killed, and nobody has swept since. */
		sweep(s->home);
		r = box_claim_name(&s->box, e);
	}
	return r < 0 ? r : start_ids_claim(s, e);
}

static void claim_explain(const void *ctx, struct explain *x)
{
	const struct start *s = of_const(ctx);

	explain_say(x, "claim the name%s; one system call, so two can't have it",
		    s->box.spec.lin.ns[NS_USER].mode == NS_NEW && !s->home->rootless ? " and a range of 65536 user ids"
										     : "");
	explain_shell(x, "ln -s $ID %s/names/%s", s->home->run, s->box.record.name ? s->box.record.name : "NAME");
}

static const struct step step_claim = {"claim", SIDE_HOST, is_new, claim_run, NULL, claim_explain};

int start_resolve(void *ctx, struct err *e)
{
	struct start *s = of(ctx);
	struct box_record *rec = &s->box.record;
	struct root_request q = {
		.text = rec->root,
		.mirror = s->o->mirror,
		.rw = s->o->rw,
		.unguarded = s->o->host_private,
		.rebuild = s->o->rebuild,
		.data = s->home->data,
		.rootless = s->home->rootless,
		.uid_map = &s->box.spec.lin.uid_map,
		.gid_map = &s->box.spec.lin.gid_map,
		.progress = tell_progress,
		.progress_ctx = s,
	};
	bool memory;
	int r = root_resolve(&q, s->home->arena, &rec->rootfs, e);

	if (r == 0)
		r = compose_layer(s->o, &memory, e);
	if (r == 0 && s->home->rootless && rec->rootfs.guarded)
		rootfs_skeleton(&rec->rootfs, s->home->arena);
	if (r == 0 && rec->rootfs.kind != ROOTFS_DIRECT && !memory)
		rec->rootfs.writable = arena_printf(s->home->arena, "%s/containers/%s/layer", s->home->data, s->box.id);
	s->box.spec.root.path = rec->rootfs.lower.n ? rec->rootfs.lower.v[0] : NULL;
	return r;
}

static void resolve_explain(const void *ctx, struct explain *x)
{
	const struct start *s = of_const(ctx);

	explain_say(x, "find the root \"%s\"; a tarball is unpacked and a suite is built if it is not kept yet",
		    s->o->root);
}

static const struct step step_resolve = {"resolve", SIDE_HOST, is_new, start_resolve, NULL, resolve_explain};

static int save_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);

	s->box.record.created_ns = time_now();
	return box_save(&s->box, e);
}

static void save_explain(const void *ctx, struct explain *x)
{
	const struct start *s = of_const(ctx);

	explain_say(x, "write the container's config.json and record.json");
	explain_shell(x, "cp config.json record.json %s/$ID/",
		      s->box.record.persistent ? arena_printf(x->arena, "%s/containers", s->home->data)
					       : arena_printf(x->arena, "%s/boxes", s->home->run));
}

static const struct step step_save = {"save", SIDE_HOST, is_new, save_run, NULL, save_explain};

/* An existing box: found, taken responsibility for, and its joined namespaces opened anew. */
static int find_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);
	int r = box_find(s->home, s->ref, true, &s->box, e);

	if (r == 0 && (r = box_own(&s->box, e)) == -EBUSY) {
		if (pool_parked(&s->box, e))
			return -EBUSY;
		err_set(e, EBUSY, "start %s", box_called(&s->box));
		return err_why(e, "it is running already");
	}
	return r < 0 ? r : compose_again(s->home, &s->box, e);
}

static const struct step step_find = {"find", SIDE_HOST, is_again, find_run, NULL, NULL};

/* ---- from the record to what is launched ---- */

/* The default bound on processes: by the cgroup where that costs nothing, else by the user namespace itself. */
static void bound_processes(struct start *s)
{
	struct spec *spec = &s->spec;
	bool by_group = s->cgroups->writable && cgroup_v2_has(s->cgroups, CGC_PIDS);
	bool own_ids = spec->lin.ns[NS_USER].mode == NS_NEW && !s->home->rootless && launch_root_uid(&s->launch) != 0;

	if (!s->box.record.pids_default)
		return;
	spec->lin.resources.pids_limit = (struct opt_i64){0};
	if (!by_group && own_ids)
		s->launch.processes_max = DEFAULT_PIDS;
	else if (by_group || (s->cgroups->writable && s->cgroups->v1[CGC_PIDS]))
		spec->lin.resources.pids_limit = (struct opt_i64){.has = true, .v = DEFAULT_PIDS};
}

/*
 * Whether a container of a plain user joins another's namespaces: that takes rights which only its user namespace
 * gives.
 */
static void join_user_too(struct start *s)
{
	struct spec_ns *user = &s->spec.lin.ns[NS_USER];

	for (int k = 0; s->home->rootless && k < NS_KIND_COUNT; k++) {
		const struct spec_ns *ns = &s->spec.lin.ns[k];
		int pid;

		if (k == NS_USER || ns->mode != NS_JOIN || user->mode != NS_NEW || !ns->path ||
		    sscanf(ns->path, "/proc/%d/ns/", &pid) != 1)
			continue;
		*user = (struct spec_ns){
			.mode = NS_JOIN, .path = arena_printf(s->home->arena, "/proc/%d/ns/user", pid), .fd = FD_NONE};
	}
}

/* Tells the user, and keeps it for inspect. */
static void warn(void *owner, const char *sentence)
{
	struct start *s = owner;

	strs_add(&s->box.record.warnings, s->home->arena, sentence);
	tell_progress(s, sentence);
}

int start_prepare(void *ctx, struct err *e)
{
	struct start *s = of(ctx);
	struct launch *l = &s->launch;
	const struct box_record *rec = &s->box.record;
	int r = home_cgroups(s->home, &s->cgroups, e);

	if (r < 0)
		return r;
	s->spec = s->box.spec;
	/* No program that must be there: who takes the island names one. */
	if (s->pool && s->o->command.n == 0 && !s->o->entrypoint)
		s->spec.process.args = (struct strs){0};
	join_user_too(s);
	l->id = s->box.id;
	l->spec = &s->spec;
	l->rootfs = &rec->rootfs;
	l->rootless = s->home->rootless;
	l->init = rec->init;
	l->lock_fd = s->box.owner_fd;
	l->etc_files = s->spec.lin.ns[NS_MNT].mode == NS_NEW && s->spec.lin.ns[NS_UTS].mode == NS_NEW;
	l->processes_max = 0;
	l->warn = warn;
	l->signals = &s->signals;
	l->cgroup_host = s->cgroups;
	bound_processes(s);
	char *path = NULL;
	s->box.state.cgroup_path = NULL; /* an earlier run may have been another login's, with another group */
	if (s->cgroups->writable)
		r = box_cgroup_path(&s->box, &path, e);
	else
		r = cgroup_check(s->cgroups, &s->spec.lin.resources, e);
	l->cgroup_path = path;
	if (r == 0)
		r = idmap_check(&s->spec.lin.uid_map, "the map of user ids", e);
	return r < 0 ? r : launch_prepare(l, e);
}

static const struct step step_prepare = {"prepare", SIDE_HOST, NULL, start_prepare, NULL, NULL};

static int stdio_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);

	/* A second try comes here with what the first one has blocked: the program's mask is the one before. */
	if (!s->blocked)
		signals_block(&s->signals);
	s->blocked = true;
	s->root_uid = launch_root_uid(&s->launch);
	s->root_gid = launch_root_gid(&s->launch);
	return start_stdio_open(s, e);
}

static void stdio_undo(void *ctx)
{
	struct start *s = of(ctx);

	for (int i = 0; i < 3; i++) {
		fd_close(&s->ours[i]);
		if (s->launch.stdio[i] > 2)
			fd_close(&s->launch.stdio[i]);
		s->launch.stdio[i] = FD_NONE;
	}
}

static const struct step step_stdio = {"stdio", SIDE_HOST, NULL, stdio_run, stdio_undo, NULL};

/* ---- the plan ---- */

static const struct step *const steps[] = {&step_copy,	       &step_create,
					   &step_compose,      &step_find,
					   &step_claim,	       &step_resolve,
					   &step_prepare,      &step_user_ahead,
					   &step_intent,       &step_cgroup,
					   &step_stdio,	       &step_seed,
					   &step_clone,	       &step_id_maps,
					   &step_join_cgroups, &step_oom,
					   &step_rdt,	       &step_schedule,
					   &step_begin,	       &step_time_offsets,
					   &step_identity,     &step_namespaces,
					   &step_hostname,     &step_box_mounts,
					   &step_own_mounts,   &step_network,
					   &step_furnish,      &step_box_root,
					   &step_root,	       &step_dev,
					   &step_binds,	       &step_etc_files,
					   &step_hand_over,    &step_net_beside,
					   &step_save,	       &step_state,
					   &step_receive,      &step_enter,
					   &step_submounts,    &step_attach,
					   &step_user,	       &step_terminal,
					   &step_session,      &step_attached,
					   &step_mask,	       &step_read_only_early,
					   &step_attach_late,  &step_mask_late,
					   &step_sysctl,       &step_read_only,
					   &step_leave,	       &step_cwd,
					   &step_user_beside,  &step_session_beside,
					   &step_personality,  &step_memory_policy,
					   &step_rights,       &step_furnished,
					   &step_await_go,     &step_park,
					   &step_exec,	       &step_go,
					   &step_await_parked};
static_assert(ARRAY_LEN(steps) <= PLAN_STEPS_MAX, "the plan has more steps than a plan can have");

void start_init(struct start *s, struct home *h, const struct run_mode *mode)
{
	*s = (struct start){.home = h, .mode = mode, .ours = {FD_NONE, FD_NONE, FD_NONE}};
	s->box.run_fd = s->box.data_fd = s->box.owner_fd = FD_NONE;
	s->launch =
		(struct launch){.arena = h->arena, .plan = &s->plan, .owner = s, .stdio = {FD_NONE, FD_NONE, FD_NONE}};
	s->launch.pidfd = s->launch.terminal_fd = s->launch.sock = s->launch.root_fd = FD_NONE;
	s->launch.userns_fd = s->launch.proc_fd = s->launch.slave_fd = s->launch.old_root_fd = s->launch.net_fd =
		s->launch.cg.v2_fd = FD_NONE;
	s->plan = (struct plan){.steps = steps, .n = ARRAY_LEN(steps), .ctx = &s->launch};
}

/* Wrong words are the user's affair: what step of ours noticed them is no part of the sentence. */
static const char *const quiet[] = {"compose", "create", "find", "claim", "resolve", "prepare", NULL};

int start_run(struct start *s, struct err *e)
{
	struct err local = {0};
	size_t again = plan_find(&s->plan, "prepare");
	int r = s->mode->timings ? plan_time(&s->plan, e) : 0;

	if (r < 0)
		return r;
	e = e ? e : &local;
	r = plan_run(&s->plan, SIDE_HOST, 0, s->plan.n, e);
	if (r < 0 && strcmp(e->step, "root") == 0 && start_ids_fall_back(s, e)) {
		/* Back to before anything was in the world, and once more with other ids. */
		plan_undo_from(&s->plan, again);
		r = plan_run(&s->plan, SIDE_HOST, again, s->plan.n, e);
	}
	if (r < 0) {
		plan_undo(&s->plan);
		launch_failed(&s->launch, e);
		step_hush(e, quiet);
		return r;
	}
	stdio_close(s->launch.stdio);
	launch_settle(&s->launch);
	if (s->plan.times)
		plan_tell(&s->plan, s->home->arena, s->mode->tell_steps, s->mode->ctx);
	/* The container runs; now is the time to look after what others left behind. */
	sweep_beside(s->home, s->detached ? FD_NONE : s->launch.pidfd);
	return 0;
}

void start_release(struct start *s)
{
	for (int i = 0; i < 3; i++)
		fd_close(&s->ours[i]);
	if (s->launch.spec)
		launch_release(&s->launch);
	box_close(&s->box);
}
