/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hooks of create and run as steps; when each runs is told in hooks.h. */
#include "oci/create.h"
#include "oci/hooks.h"

#include <unistd.h>

/* ---- before the root is entered for good: the host side first, then the box ---- */

static bool before_root_wanted(const void *ctx)
{
	return hooks_before_root(&creation_of_const(ctx)->spec);
}

static int hooks_run_host(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct launch *l = ctx;
	struct oci_state state;
	int r = launch_hear(l, HS_ROOTED, e);

	/* They are told that the container is created, although it is about to be: so the public tests want it. */
	container_hook_state(&k->c, &k->spec, STATUS_CREATED, l->pid, &state);
	if (r == 0)
		r = hooks_run(&k->spec, HOOK_PRESTART, &state, l->arena, e);
	if (r == 0)
		r = hooks_run(&k->spec, HOOK_CREATE_RUNTIME, &state, l->arena, e);
	return r < 0 ? r : hs_send(l->sock, HS_HOOKED, NULL, 0, e);
}

/* Adds the hooks of KIND to what is told. */
static void explain_hooks(const struct creation *k, enum spec_hook_kind kind, struct explain *x)
{
	for (size_t i = 0; i < k->spec.hooks[kind].n; i++)
		explain_shell(x, "%s < state.json", k->spec.hooks[kind].v[i].path);
}

static void hooks_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "run the hooks prestart and createRuntime");
	explain_hooks(creation_of_const(ctx), HOOK_PRESTART, x);
	explain_hooks(creation_of_const(ctx), HOOK_CREATE_RUNTIME, x);
}

const struct step step_hooks = {"hooks", SIDE_HOST, before_root_wanted, hooks_run_host, NULL, hooks_explain};

static int box_hooks_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct launch *l = ctx;
	struct oci_state state;
	struct hs_msg m;

	/* Behind 'attach-late', so all namespaces are made. */
	int r = launch_step_out(l, e);
	if (r == 0)
		r = hs_send(l->sock, HS_ROOTED, NULL, 0, e);
	if (r == 0)
		r = hs_expect(l->sock, HS_HOOKED, &m, e);
	/* The box sees its own pid as the container does. */
	container_hook_state(&k->c, &k->spec, STATUS_CREATED, getpid(), &state);
	if (r == 0)
		r = hooks_run(&k->spec, HOOK_CREATE_CONTAINER, &state, l->arena, e);
	return r < 0 ? r : launch_step_in(l, e);
}

static void box_hooks_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "run the hooks createContainer, in the container's namespaces");
	explain_hooks(creation_of_const(ctx), HOOK_CREATE_CONTAINER, x);
}

const struct step step_box_hooks = {"box-hooks", SIDE_ROOT, before_root_wanted, box_hooks_run, NULL, box_hooks_explain};

/* ---- in the container, just before the program ---- */

static bool start_hooks_wanted(const void *ctx)
{
	return creation_of_const(ctx)->spec.hooks[HOOK_START_CONTAINER].n > 0;
}

static int start_hooks_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct launch *l = ctx;
	struct oci_state state;

	container_hook_state(&k->c, &k->spec, STATUS_CREATED, getpid(), &state);
	return hooks_run(&k->spec, HOOK_START_CONTAINER, &state, l->arena, e);
}

static void start_hooks_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "run the hooks startContainer, in the container");
	explain_hooks(creation_of_const(ctx), HOOK_START_CONTAINER, x);
}

const struct step step_start_hooks = {"start-hooks",   SIDE_BOX, start_hooks_wanted,
				      start_hooks_run, NULL,	 start_hooks_explain};
