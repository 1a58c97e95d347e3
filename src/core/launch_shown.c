/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A /proc and a /sys of namespaces that their maker is not in.
 *
 * In a user namespace the kernel makes a whole one only for who can see one, and what the box sees has to be let go of
 * again before the program runs (seed.h): by pivot_root(2), which looks at every thread of the machine, and a wait for
 * all processors.  Outside nobody has to see any.  There a /proc can be made for the box's pid namespace (proc(5),
 * "pidns", Linux 6.17); and /sys by the host side, which enters the network for it, as it shows that of its maker.  So
 * the box begins from the seed that is empty.
 *
 * Not for a config.json, whose mounts have an order.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/seed.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

bool launch_shown_proc(const struct launch *l, size_t i)
{
	const struct mount_opts *o = &l->mopts[i];
	const char *type = l->spec->mounts.v[i].type;

	return l->shown && !o->bind && !o->remount && type && strcmp(type, "proc") == 0;
}

/* Whether mount I, a /sys, is made without a word of its own. */
static bool is_plain(const struct launch *l, size_t i)
{
	return l->mopts[i].data.n == 0 && l->mopts[i].super.n == 0;
}

void launch_shown_begin(struct launch *l)
{
	bool can = !l->by_spec && launch_seed_fits(l) && fast_way("shown") && seed_empty_will_do();

	l->shown_sys = -1;
	for (size_t i = 0; can && i < l->spec->mounts.n; i++) {
		if (!launch_mount_shows_net(l, i))
			continue;
		can = l->shown_sys < 0 && is_plain(l, i);
		l->shown_sys = (ssize_t)i;
	}
	l->shown = can;
}

int launch_shown_net(const struct launch *l, int net, int *ret)
{
	*ret = FD_NONE;
	if (l->shown_sys < 0)
		return 0;
	if (setns(net, CLONE_NEWNET) < 0)
		return -errno;
	return mount_new("sysfs", l->spec->mounts.v[l->shown_sys].source, &l->mopts[l->shown_sys], ret, NULL);
}

void launch_shown_take(struct launch *l, int sys)
{
	l->mount_fds[l->shown_sys] = sys;
}

/* ---- where there was no network ahead ---- */

/* Over a way of its own, as another thread hears the host side meanwhile. */
int launch_shown_ask(struct launch *l, size_t i, struct err *e)
{
	auto_fd ours = FD_NONE;
	auto_fd theirs = FD_NONE;
	struct hs_msg m;
	int r = hs_pair(&ours, &theirs, e);

	r = r < 0 ? r : hs_send(l->sock, HS_SHOW, &theirs, 1, e);
	fd_close(&theirs);
	r = r < 0 ? r : hs_expect(ours, HS_MOUNTS, &m, e);
	if (r == 0 && m.n_fds != 1)
		return err_set(e, EPROTO, "receive a mount");
	l->mount_fds[i] = r < 0 ? FD_NONE : m.fds[0];
	return r;
}

/* Makes what shows the box's network, and is in its own again. */
static int make_for_box(const struct launch *l, int *ret, struct err *e)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)l->pid);
	auto_fd own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	auto_fd net = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || net < 0)
		return err_set(e, errno, "open the container's network namespace");
	int r = launch_shown_net(l, net, ret);
	if (setns(own, CLONE_NEWNET) < 0)
		return err_set(e, errno, "return to isle's own network namespace");
	return r < 0 ? err_set(e, -r, "make a sysfs of the container's network") : 0;
}

int launch_shown_serve(const struct launch *l, const struct hs_msg *m, struct err *e)
{
	auto_fd answer = m->n_fds == 1 ? m->fds[0] : FD_NONE;
	auto_fd sys = FD_NONE;
	int r = make_for_box(l, &sys, e);

	return r < 0 ? r : hs_send(answer, HS_MOUNTS, &sys, 1, e);
}
