/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace beside the box.
 *
 * It takes the kernel as long as all mounts of a container together.  So while the box makes those, the host side makes
 * the network and sends it over; or the maker has made it by then, who begins as soon as there is a user namespace to
 * own it (launch_user_ahead.c).
 *
 * By processes, not by threads, which could begin before there is a box, too.  Two threads on two processors share
 * their page tables; each page that is written to after a clone(2) then waits for both processors (tlbflush.h), five
 * times as long as otherwise.
 *
 * Should:  leave every refusal to the box, which makes the namespace itself then, and says what is wrong.
 * Mustn't: stay there: hooks, systemd and the next step are in the machine's network.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/handshake.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* A descriptor of the network namespace that we are in; a negative errno. */
static int own_net(void)
{
	auto_fd any = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int net = any < 0 ? -1 : ioctl(any, SIOCGSKNS);

	return net < 0 ? -errno : net;
}

int launch_net_make(void)
{
	return unshare(CLONE_NEWNET) < 0 || launch_loopback_up() < 0 ? -errno : own_net();
}

bool launch_net_beside(const struct launch *l)
{
	if (l->spec->lin.ns[NS_USER].mode != NS_KEEP)
		return l->user_ahead;
	return launch_new_ns(l, NS_NET) && !l->joining && !l->rootless && l->spec->lin.net_devices.n == 0 &&
	       fast_way("network-ahead");
}

static bool beside_wanted(const void *ctx)
{
	return launch_net_beside(ctx);
}

static int beside_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	auto_fd own = l->user_ahead && !l->shown ? FD_NONE : own_net();
	auto_fd net = l->user_ahead ? launch_user_ahead_net(l) : own < 0 ? FD_NONE : launch_net_make();
	auto_fd sys = FD_NONE;

	if (net >= 0 && l->shown && (own < 0 || launch_shown_net(l, net, &sys) < 0))
		fd_close(&net);
	if (own >= 0 && setns(own, CLONE_NEWNET) < 0)
		return err_set(e, errno, "return to isle's own network namespace");
	const int fds[] = {net, sys};
	return hs_send(l->sock, HS_NETWORK, fds, net < 0 ? 0 : sys < 0 ? 1 : 2, e);
}

const struct step step_net_beside = {"network-beside", SIDE_HOST, beside_wanted, beside_run, NULL, NULL};

int launch_net_beside_take(struct launch *l, int *ret, struct err *e)
{
	struct hs_msg m = {.n_fds = 0};
	int r = launch_receive(l, e); /* that comes before */

	if (r == 0)
		r = hs_expect(l->sock, HS_NETWORK, &m, e);
	*ret = r == 0 && m.n_fds > 0 ? m.fds[0] : FD_NONE;
	if (r == 0 && m.n_fds > 1)
		launch_shown_take(l, m.fds[1]);
	return r;
}
