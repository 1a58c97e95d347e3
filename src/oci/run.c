/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'run': create and start in one, and, in the foreground, wait and delete. */
#include "oci/create.h"
#include "oci/delete.h"
#include "oci/foreground.h"
#include "oci/hooks.h"

#include <signal.h>

/* Waits for the program, with its terminal if that is ours to pass on. */
static int watch(struct creation *k, int *ret_status, struct err *e)
{
	const struct foreground f = {
		.pid = k->launch.pid,
		.pidfd = k->launch.pidfd,
		.master = k->console_fd < 0 ? k->launch.terminal_fd : FD_NONE,
		.notify = &k->notify,
		.subreaper = !k->o->no_subreaper,
	};

	return foreground_wait(&f, &k->signals, ret_status, e);
}

/* Deletes the container, whose program has ended. */
static int forget(struct creation *k, struct err *e)
{
	container_look(&k->c);
	return k->o->keep ? 0 : container_destroy(&k->c, e);
}

/* What follows when the program runs. */
static int follow(struct creation *k, int *ret_status, struct err *e)
{
	struct oci_state state;

	container_hook_state(&k->c, &k->spec, STATUS_RUNNING, k->launch.pid, &state);
	int r = hooks_run(&k->spec, HOOK_POSTSTART, &state, k->rt->arena, e);
	if (r == 0 && k->o->process.detach) {
		fd_close(&k->c.lock_fd);
		notify_wait(&k->notify, k->launch.pid, k->launch.pidfd);
		return 0;
	}
	if (r < 0) {
		container_look(&k->c);
		(void)!container_stop(&k->c, NULL);
	}
	fd_close(&k->c.lock_fd); /* others may ask and change it while it runs */
	if (r == 0)
		r = watch(k, ret_status, e);
	int forgotten = forget(k, r == 0 ? e : NULL);
	return r < 0 ? r : forgotten;
}

int oci_run(struct oci_runtime *rt, const char *id, const struct oci_create_options *o, int *ret_status, struct err *e)
{
	CLEANUP(creation_release) struct creation k;
	int r = oci_id_check(id, e);

	creation_init(&k, rt, id, o);
	k.run = true;
	*ret_status = 0;
	if (r < 0)
		return r;
	foreground_begin(&k.signals);
	r = creation_run(&k, e);
	if (r == 0 && !rt->explain)
		r = follow(&k, ret_status, e);
	sigprocmask(SIG_SETMASK, &k.signals, NULL);
	return r;
}
