/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box side of a launch, first half: from the first instruction in the new namespaces to their own names.
 *
 * Should:  wait for the ids before anything else; leave the machine's root for good.
 * Mustn't: run anything of the image; follow a path of the image before the root has been entered.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/seed.h"
#include "core/sys.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>

_Noreturn void launch_box(struct launch *l)
{
	struct err e = {0};

	close(l->peer);
	if (l->maker_sock > 0)
		close(l->maker_sock);
	if (l->lock_fd > 2)
		close(l->lock_fd);
	l->pid = 0; /* we are it; also tells launch_mounts.c on which side it runs */
	/* Who joins a container has no second thread. */
	if (plan_run(l->plan, SIDE_BOX | (l->joining ? SIDE_ROOT : 0), 0, l->plan->n, &e) == 0)
		err_set(&e, 0, "the plan ended without a program");
	hs_send_err(l->sock, HS_FAILED, &e);
	_exit(e.status ? e.status : EXIT_ISLE);
}

/* ---- identity ---- */

/* Becomes the container's root, as soon as the host side has written the id maps. */
static int identity_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct hs_msg m;
	int r = l->begun ? 0 : hs_expect(l->sock, HS_MAPPED, &m, e);

	if (r < 0)
		return r;
	/*
	 * Nobody who shares a pid namespace with us may look into this process until it runs the container's program.
	 */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (l->spec->lin.ns[NS_USER].mode == NS_KEEP)
		return 0;
	if (sys_setresgid(0, 0, 0) < 0 || sys_setresuid(0, 0, 0) < 0) {
		int code = errno;

		err_set(e, code, "become root of the container's user namespace");
		return launch_refused(l, code, e);
	}
	return 0;
}

const struct step step_identity = {"identity", SIDE_BOX, NULL, identity_run, NULL, NULL};

/* ---- namespaces ---- */

/* Makes the namespaces FLAGS. */
static int namespaces_make(const struct launch *l, uint64_t flags, struct err *e)
{
	char names[64] = "";

	if (flags == 0 || unshare((int)flags) == 0)
		return 0;
	int code = errno;
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (flags & (uint64_t)ns_facts[k].flag)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", names[0] ? ", " : "",
				 ns_facts[k].oci);
	err_set(e, code, "make the container's own namespaces (%s)", names);
	/*
	 * In a user namespace of its own a limit of the machine's can't be read: the host side says which
	 * (launch_failed).
	 */
	return code == ENOSPC && launch_new_ns(l, NS_USER) ? -code : launch_refused(l, code, e);
}

/*
 * The cgroup namespace takes the group that we are in now as its root, so it comes after the host has moved us; and
 * what the ipc namespace shows belongs to who makes it, so that comes after we have become the container's root.
 */
static int own_namespaces(const struct launch *l, struct err *e)
{
	const struct spec_ns *cg = &l->spec->lin.ns[NS_CGROUP];
	uint64_t flags = launch_flags_later(l) | (launch_new_ns(l, NS_CGROUP) ? CLONE_NEWCGROUP : 0);
	int r = namespaces_make(l, flags, e);

	if (r == 0 && cg->mode == NS_JOIN) {
		auto_fd fd = cg->fd >= 0 ? fcntl(cg->fd, F_DUPFD_CLOEXEC, 3) : open(cg->path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || setns(fd, CLONE_NEWCGROUP) < 0)
			return err_set(e, errno, "join the cgroup namespace %s", cg->path);
	}
	return r;
}

/* Begins from the seed, if that can be. */
static bool seed_begin(const struct launch *l)
{
	return l->seeded && (l->userns_fd >= 0 || seed_enter(l->seed_fd) == 0);
}

static int namespaces_run(void *ctx, struct err *e)
{
	return own_namespaces(ctx, e);
}

static void namespaces_explain(const void *ctx, struct explain *x)
{
	if (!launch_new_ns(ctx, NS_CGROUP))
		return;
	explain_say(x, "make a cgroup namespace");
	explain_shell(x, "unshare --cgroup");
}

const struct step step_namespaces = {"namespaces", SIDE_BOX, NULL, namespaces_run, NULL, namespaces_explain};

/* ---- mounts of its own ---- */

static bool own_mounts_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return launch_new_ns(l, NS_MNT) || (l->by_spec && l->spec->lin.ns[NS_MNT].mode == NS_JOIN);
}

static int own_mounts_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (seed_begin(l)) {
		fd_close(&l->seed_fd);
		return 0;
	}
	/* A seed that is not for us: its maker had rights that we haven't. */
	if (l->seeded && unshare(CLONE_NEWNS) < 0)
		return err_set(e, errno, "make a mount namespace");
	l->seeded = false;
	/* Slave: what the machine unmounts later goes away here too, and nothing of ours reaches it. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_set(e, errno, "cut the container's mounts off from the machine's");
	return 0;
}

static void own_mounts_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "cut the mounts off from the machine's");
	explain_shell(x, "mount --make-rslave /");
}

/* Behind 'mounts': what the box takes of the machine's mounts is to be the machine's, not a slave of it. */
const struct step step_own_mounts = {"own-mounts",   SIDE_BOX, own_mounts_wanted,
				     own_mounts_run, NULL,     own_mounts_explain};

/* ---- host name ---- */

static bool hostname_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	/* Of a joined namespace, where the config.json says so. */
	return (launch_new_ns(l, NS_UTS) || (l->by_spec && l->spec->lin.ns[NS_UTS].mode == NS_JOIN)) &&
	       (l->spec->hostname || l->spec->domainname);
}

static int hostname_run(void *ctx, struct err *e)
{
	const struct spec *s = ((struct launch *)ctx)->spec;

	if (s->hostname && sethostname(s->hostname, strlen(s->hostname)) < 0)
		return err_set(e, errno, "set the host name to %s", s->hostname);
	if (s->domainname && setdomainname(s->domainname, strlen(s->domainname)) < 0)
		return err_set(e, errno, "set the domain name to %s", s->domainname);
	return 0;
}

static void hostname_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "set the container's host name");
	explain_shell(x, "hostname %s", l->spec->hostname ? l->spec->hostname : "");
}

const struct step step_hostname = {"hostname", SIDE_BOX, hostname_wanted, hostname_run, NULL, hostname_explain};
