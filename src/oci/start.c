/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'start': says the word to the parked first process, and hears how it goes on (core/launch_park.c). */
#include "oci/container.h"
#include "oci/delete.h"
#include "oci/hooks.h"

#include "core/launch.h"
#include "oci/notify.h"
#include "oci/spec_check.h"

#include <errno.h>

/* One start: what a launch needs to hear the box. */
struct starting {
	struct oci_container c;
	struct spec spec;
	struct launch launch;
	struct notify notify;
};

/* What is parked is created; runc's words for what is not. */
static int check_status(struct starting *s, struct err *e)
{
	static const char *const refusals[STATUS_COUNT] = {
		[STATUS_CREATING] = "cannot start a container that is being created",
		[STATUS_RUNNING] = "cannot start an already running container",
		[STATUS_STOPPED] = "cannot start a container that has stopped",
		[STATUS_PAUSED] = "cannot start a paused container",
	};
	const char *refusal = refusals[container_status(&s->c)];

	if (refusal)
		return err_set(e, 0, "%s", refusal);
	int r = container_spec(&s->c, &s->spec, e);
	if (r == 0 && !spec_has_process(&s->spec))
		return err_set(e, 0, "start the container %s: its config.json has no process", s->c.id);
	return r;
}

/* Sends GO with our end of a conversation. */
static int say_go(struct starting *s, struct err *e)
{
	auto_fd box_end = FD_NONE;
	auto_fd way = FD_NONE;
	int r = hs_pair(&s->launch.sock, &box_end, e);

	if (r < 0)
		return r;
	r = container_connect(&s->c, &way);
	if (r < 0)
		return err_set(e, -r, "reach the first process of the container %s", s->c.id);
	return hs_send(way, HS_GO, &box_end, 1, e);
}

/* What the box could not do is told to the user. */
static void warn(void *owner, const char *sentence)
{
	const struct oci_runtime *rt = ((struct starting *)owner)->c.rt;

	if (rt->warn)
		rt->warn(rt->ctx, sentence);
}

/* What goes with the listener of a filter. */
static char *listener_text(void *owner, pid_t pid)
{
	struct starting *s = owner;

	return container_listener_text(&s->c, &s->spec, pid);
}

/* Closes what is open on every way out. */
static void starting_release(struct starting *s)
{
	fd_close(&s->launch.sock);
	fd_close(&s->notify.fd);
	container_close(&s->c);
}

int oci_start(struct oci_runtime *rt, const char *id, struct err *e)
{
	CLEANUP(starting_release) struct starting s = {.launch = {.sock = FD_NONE}, .notify = {.fd = FD_NONE}};
	struct oci_state state;
	int r = container_open(&s.c, rt, id, true, e);

	if (r == 0)
		r = check_status(&s, e);
	if (r < 0)
		return r;
	s.launch = (struct launch){
		.arena = rt->arena,
		.spec = &s.spec,
		.id = s.c.id,
		.pid = s.c.record.pid,
		.pidfd = s.c.pidfd,
		.sock = FD_NONE,
		.warn = warn,
		.owner = &s,
		.listener_text = listener_text,
	};
	r = notify_listen(&s.c, &s.notify, e);
	if (r == 0)
		r = say_go(&s, e);
	if (r == 0)
		r = launch_hear(&s.launch, HS_END, e);
	if (r < 0)
		return r;
	container_hook_state(&s.c, &s.spec, STATUS_RUNNING, s.c.record.pid, &state);
	r = hooks_run(&s.spec, HOOK_POSTSTART, &state, rt->arena, e);
	if (r < 0)
		(void)!container_destroy(&s.c, NULL); /* as the spec has it, without waiting for delete */
	fd_close(&s.c.lock_fd);
	if (r == 0)
		notify_wait(&s.notify, s.c.record.pid, s.c.pidfd);
	return r;
}
