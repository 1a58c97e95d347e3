/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.netDevices: network interfaces of the machine that move into the container.
 *
 * The host side moves them, for only the machine's root may take them out of its network.  The box says when its
 * network is there, and waits until they are in it: what comes after may set parameters by their names.  The kernel
 * takes an interface's addresses away when it moves; those that last are given back (config-linux.md, "Network
 * Devices").
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static bool devices_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->lin.net_devices.n > 0;
}

/* The container's network namespace, when the box has it. */
static int namespace_open(const struct launch *l, int *ret, struct err *e)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)l->pid);
	*ret = open(path, O_RDONLY | O_CLOEXEC);
	return *ret < 0 ? err_set(e, errno, "open the container's network namespace") : 0;
}

/*
 * The name of D in the container, whose socket is THERE: "%d" in it is the first number that is free, any other name must
 * be free.
 */
static int name_pick(const struct spec_net_device *d, int there, char name[IFNAMSIZ], struct err *e)
{
	enum { TRIES = 1000 };
	const char *want = d->name && *d->name ? d->name : d->host_name;
	const char *number = strstr(want, "%d");
	int taken = 1, r = 0;

	for (int i = 0; i < (number ? TRIES : 1) && taken && r == 0; i++) {
		int head = number ? (int)(number - want) : 0;
		int n = number ? snprintf(name, IFNAMSIZ, "%.*s%d%s", head, want, i, number + 2)
			       : snprintf(name, IFNAMSIZ, "%s", want);

		if (n >= IFNAMSIZ)
			return err_set(e, ENAMETOOLONG, "call a network interface %s", want);
		r = netlink_find(there, name, &taken, e);
	}
	return r < 0 || !taken ? r : err_set(e, EEXIST, "call a network interface of the container %s", want);
}

/* Moves D from the namespace of socket HERE into NS_FD, whose socket is THERE. */
static int device_move(const struct launch *l, const struct spec_net_device *d, int here, int ns_fd, int there,
		       struct err *e)
{
	struct nl_addresses addresses = {0};
	char name[IFNAMSIZ];
	int index, r = netlink_find(here, d->host_name, &index, e);

	if (r == 0 && index == 0)
		return err_set(e, ENODEV, "find the network interface %s", d->host_name);
	if (r == 0)
		r = name_pick(d, there, name, e);
	if (r == 0)
		r = netlink_addresses(here, index, l->arena, &addresses, e);
	if (r == 0)
		r = netlink_move(here, index, ns_fd, name, e);
	if (r == 0)
		r = netlink_find(there, name, &index, e);
	for (size_t i = 0; i < addresses.n && r == 0; i++)
		r = netlink_address_add(there, index, &addresses.v[i], e);
	return r < 0 ? r : netlink_up(there, index, e);
}

static int devices_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct spec_net_devices *all = &l->spec->lin.net_devices;
	auto_fd ns = FD_NONE;
	auto_fd here = FD_NONE;
	auto_fd there = FD_NONE;
	int r = launch_hear(l, HS_NETWORK, e);

	if (r == 0)
		r = namespace_open(l, &ns, e);
	if (r == 0)
		r = netlink_open(FD_NONE, &here, e);
	if (r == 0)
		r = netlink_open(ns, &there, e);
	for (size_t i = 0; i < all->n && r == 0; i++) {
		r = device_move(l, &all->v[i], here, ns, there, e);
		if (r < 0)
			err_context(e, "linux.netDevices.%s", all->v[i].host_name);
	}
	return r < 0 ? r : hs_send(l->sock, HS_MOVED, NULL, 0, e);
}

static void devices_explain(const void *ctx, struct explain *x)
{
	const struct spec_net_devices *all = &((const struct launch *)ctx)->spec->lin.net_devices;

	explain_say(x, "move network interfaces of the machine into the container");
	for (size_t i = 0; i < all->n; i++)
		explain_shell(x, "ip link set %s netns $PID name %s", all->v[i].host_name,
			      all->v[i].name && *all->v[i].name ? all->v[i].name : all->v[i].host_name);
}

const struct step step_net_devices = {"net-devices", SIDE_HOST, devices_wanted, devices_run, NULL, devices_explain};

static int await_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct hs_msg m;
	int r = hs_send(l->sock, HS_NETWORK, NULL, 0, e);

	return r < 0 ? r : hs_expect(l->sock, HS_MOVED, &m, e);
}

const struct step step_net_await = {"net-await", SIDE_BOX, devices_wanted, await_run, NULL, NULL};
