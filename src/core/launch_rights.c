/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box side of a launch: giving up all rights but those of the container (rights.h tells which, and the order). */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/caps_names.h"
#include "core/rights.h"

#include <fcntl.h>
#include <sys/resource.h>

/* Tells what of the capabilities asked for can't be had, and does without. */
static void caps_trim(struct launch *l)
{
	uint64_t lost = rights_caps_trim(&l->process.caps);
	char *names = NULL;

	for (int cap = 0; cap < CAP_COUNT; cap++)
		if (lost >> cap & 1)
			names = arena_printf(l->arena, "%s%s%s", names ? names : "", names ? ", " : "", cap_name(cap));
	for (size_t i = 0; i < l->process.caps.unknown.n; i++)
		launch_say(l, arena_printf(l->arena, "process.capabilities: no capability is called \"%s\"",
					   l->process.caps.unknown.v[i]));
	if (names)
		launch_say(l, arena_printf(l->arena, "process.capabilities: %s can not be given", names));
}

/* How many descriptors there may be yet: the next one's number, and those that mounts take. */
static uint64_t files_needed(const struct launch *l)
{
	enum { SPARE = 64 };
	auto_fd next = fcntl(l->sock, F_DUPFD_CLOEXEC, 0);

	return next < 0 ? UINT64_MAX : (uint64_t)next + 2 * l->spec->mounts.n + SPARE;
}

/* Whether limit R, which is the whole process', leaves enough to a thread that has mounts to make. */
static bool limit_suffices(const struct launch *l, const struct spec_rlimit *r)
{
	static const int harmless[] = {RLIMIT_CORE,	RLIMIT_NPROC, RLIMIT_MEMLOCK, RLIMIT_LOCKS,
				       RLIMIT_MSGQUEUE, RLIMIT_NICE,  RLIMIT_RTPRIO,  RLIMIT_SIGPENDING};
	enum { STACK = 1 << 20 };

	for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
		if (r->resource == harmless[i])
			return true;
	return (r->resource == RLIMIT_STACK && r->soft >= STACK) ||
	       (r->resource == RLIMIT_NOFILE && r->soft >= files_needed(l));
}

/*
 * Whether the rights can be given up while the second thread still mounts: its credentials are its own, but limits are
 * the process', and a filter may forbid what waiting for a thread takes.
 */
static bool may_overlap(const struct launch *l)
{
	for (size_t i = 0; i < l->spec->process.rlimits.n; i++)
		if (!limit_suffices(l, &l->spec->process.rlimits.v[i]))
			return false;
	return l->filter_mild;
}

/* Whether setgroups(2) may be denied: in a user namespace that no root of the machine's has made, as far as we know. */
static bool groups_deniable(const struct launch *l)
{
	const enum ns_mode mode = l->spec->lin.ns[NS_USER].mode;

	return l->rootless || mode == NS_JOIN || (mode == NS_NEW && l->joining);
}

/* What leaves alone all that the box has yet to do. */
static int bounds_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (l->by_spec)
		caps_trim(l);
	int r = launch_filter_sent(l) ? 0 : launch_filter_make(l, &l->process, e);
	if (r == 0 && !l->keep_keyring)
		r = rights_key_label(&l->process, l->proc_fd, e);
	if (r == 0 && !l->keep_keyring)
		r = rights_keyring(l->id, e);
	if (r == 0)
		r = rights_bounds(&l->process, e);
	l->bounded = r == 0;
	return r;
}

/* While the host side makes the network; but hooks are programs of the machine with the rights that the box has. */
static bool bounds_early(const void *ctx)
{
	const struct launch *l = ctx;

	return l->by_spec && launch_net_beside(l) && !l->hook_root;
}

const struct step step_bounds = {"bounds", SIDE_ROOT, bounds_early, bounds_run, NULL, NULL};

static int rights_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	/* The filter tells whether the second thread can go on beside us. */
	int r = l->bounded ? 0 : bounds_run(l, e);
	if (r == 0)
		r = launch_filter_take(l, e);
	if (r == 0)
		r = launch_filter_make(l, &l->process, e);
	if (r == 0 && !may_overlap(l))
		r = launch_furnish_await(e);
	if (r == 0)
		r = rights_limits(&l->process, e);
	if (r == 0)
		r = rights_lsm(&l->process, l->proc_fd, e);
	/* Without no_new_privs only a capability allows a filter, so it must come before they are dropped. */
	if (r == 0 && !l->process.no_new_privileges)
		r = launch_filter_load(l, e);
	if (r == 0)
		r = rights_user(&l->process, groups_deniable(l) ? l->proc_fd : FD_NONE, e);
	if (r == 0)
		r = rights_seal(&l->process, e);
	if (r == 0 && !l->joining && !l->leave_running)
		r = rights_tie(e);
	/* A listener is handed over while the host side still listens to us. */
	if (r == 0 && !l->joining && l->process.no_new_privileges && (may_overlap(l) || launch_filter_listens(l)))
		r = launch_filter_load(l, e);
	return r;
}

static void rights_explain(const void *ctx, struct explain *x)
{
	const struct spec_process *p = &((const struct launch *)ctx)->spec->process;

	explain_say(x, "give up all rights but those of the container: limits, capabilities, user%s, system calls",
		    p->no_new_privileges ? ", no_new_privs" : "");
	explain_shell(x, "setpriv --reuid %u --regid %u --bounding-set … %s…", p->user.uid, p->user.gid,
		      p->no_new_privileges ? "--no-new-privs " : "");
}

const struct step step_rights = {"rights", SIDE_BOX, NULL, rights_run, NULL, rights_explain};
