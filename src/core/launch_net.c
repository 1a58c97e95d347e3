/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box's network namespace. */
#include "core/launch_threads.h"

#include "base/fd.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A kernel without networking has none. */
int launch_loopback_up(void)
{
	struct ifreq req = {.ifr_name = "lo"};
	auto_fd s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	if (ioctl(s, SIOCGIFFLAGS, &req) < 0)
		return -errno;
	req.ifr_flags |= IFF_UP | IFF_RUNNING;
	return ioctl(s, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

/*
 * Opens the namespace for the other thread, which sets its parameters from inside.  By a socket, not by a path: what a
 * path means at this moment depends on how far the other thread is.
 */
static int open_for_sysctl(struct launch *l)
{
	if (l->spec->lin.sysctl.n == 0)
		return 0;
	auto_fd s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	l->net_fd = s < 0 ? FD_NONE : ioctl(s, SIOCGSKNS);
	return l->net_fd < 0 ? -errno : 0;
}

/* Makes what shows the network, for the kernel makes that for the namespace that its maker is in; and what follows. */
static int make_shown(struct launch *l, struct err *e)
{
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		int r = launch_made_late(l, i) && l->mount_fds[i] < 0 ? launch_mount_make(l, i, e) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Why there can be no more networks stands in the machine's /proc: to read it by path, this thread lets go of the root
 * that it shares.
 */
static int too_many(struct launch *l, struct err *e)
{
	bool entered = l->old_root_fd >= 0;

	if (entered && (unshare(CLONE_FS) < 0 || fchdir(l->old_root_fd) < 0 || chroot(".") < 0))
		return -ENOSPC;
	return launch_refused(l, ENOSPC, e);
}

/* Enters the namespace that was made by the host side, or makes one. */
static int network_get(struct launch *l, struct err *e)
{
	auto_fd made = FD_NONE;
	int r = launch_net_beside(l) ? launch_net_beside_take(l, &made, e) : 0;

	if (r < 0)
		return r;
	if (made >= 0)
		return setns(made, CLONE_NEWNET) < 0 ? err_set(e, errno, "enter the container's network namespace") : 0;
	if (unshare(CLONE_NEWNET) < 0) {
		int code = errno;

		err_set(e, code, "make a network namespace");
		return code == ENOSPC ? too_many(l, e) : -code;
	}
	r = launch_loopback_up();
	return r < 0 ? err_set(e, -r, "bring up the loopback interface") : 0;
}

static bool network_wanted(const void *ctx)
{
	return launch_new_ns(ctx, NS_NET);
}

/* Enters the network, where that is not done. */
static int network_enter(struct launch *l, struct err *e)
{
	int r = l->networked ? 0 : network_get(l, e);

	if (r < 0 || l->networked)
		return r;
	r = open_for_sysctl(l);
	return r < 0 ? err_set(e, -r, "open the network namespace") : 0;
}

int launch_net_first(struct launch *l, struct err *e)
{
	int r = network_enter(l, e);

	l->networked = true;
	return r;
}

/* The network, and what needs one to be made. */
static int network_have(struct launch *l, struct err *e)
{
	int r = network_enter(l, e);

	return r < 0 ? r : make_shown(l, e);
}

static int network_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	int r = launch_old_root_open(l, e);

	if (r < 0 || launch_net_beside(l))
		return r;
	/*
	 * Who waits for the host side in the middle of it hears it alone; and hooks are the children of a thread that
	 * is in all of the container's namespaces.
	 */
	if (l->spec->lin.net_devices.n == 0 && !l->hook_root)
		launch_furnish_begin(l);
	r = network_have(l, e);
	launch_net_made();
	return r;
}

int launch_net_await(struct launch *l, struct err *e)
{
	if (launch_net_beside(l))
		return network_have(l, e);
	launch_net_made_await();
	return 0;
}

static void network_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "make a network of its own with a loopback interface");
	explain_shell(x, "unshare --net && ip link set lo up");
}

const struct step step_network = {"network", SIDE_BOX, network_wanted, network_run, NULL, network_explain};
