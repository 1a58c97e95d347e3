/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces, by route netlink: see netlink.h. */
#include "core/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 512, ANSWER_MAX = 64 << 10 };

/* A message being put together: its head, and what the kind of request has in front of its attributes. */
struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		char room[REQUEST_MAX];
	} body;
};

/* Begins a request of TYPE whose fixed part has SIZE bytes. */
static void request_begin(struct request *q, uint16_t type, uint16_t flags, size_t size)
{
	memset(q, 0, sizeof(*q));
	q->head.nlmsg_type = type;
	q->head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	q->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
}

/* Adds an attribute; all of ours together fit. */
static void request_add(struct request *q, uint16_t type, const void *data, size_t size)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(a), data, size);
	q->head.nlmsg_len = NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Sends Q; 0 or a negative errno. */
static int request_send(int sock, const struct request *q)
{
	return send(sock, q, q->head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/*
 * Receives until the answer is complete, giving each message to TAKE; 0, or the kernel's negative errno.  The answer to
 * a request that is no dump is one message.
 */
static int answer(int sock, bool dump, void (*take)(void *ctx, const struct nlmsghdr *m), void *ctx)
{
	static char buf[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t n = recv(sock, buf, sizeof(buf), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		int left = (int)n;
		for (struct nlmsghdr *m = (struct nlmsghdr *)(void *)buf; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
			if (m->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(m))->error;
			if (m->nlmsg_type == NLMSG_DONE)
				return 0;
			if (take)
				take(ctx, m);
			if (!dump)
				return 0;
		}
	}
}

/* Asks for Q, which the kernel acknowledges. */
static int request_do(int sock, struct request *q)
{
	q->head.nlmsg_flags |= NLM_F_ACK;
	int r = request_send(sock, q);
	return r < 0 ? r : answer(sock, true, NULL, NULL);
}

int netlink_open(int ns_fd, int *ret, struct err *e)
{
	auto_fd own = ns_fd < 0 ? FD_NONE : open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (ns_fd >= 0 && (own < 0 || setns(ns_fd, CLONE_NEWNET) < 0))
		return err_set(e, errno, "enter a network namespace");
	auto_fd sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int code = errno;
	if (ns_fd >= 0 && setns(own, CLONE_NEWNET) < 0)
		return err_set(e, errno, "return to my own network namespace");
	if (sock < 0)
		return err_set(e, code, "open a netlink socket");
	*ret = fd_take(&sock);
	return 0;
}

/* ---- links ---- */

/* Takes the number of an interface. */
static void take_index(void *ctx, const struct nlmsghdr *m)
{
	if (m->nlmsg_type == RTM_NEWLINK)
		*(int *)ctx = ((const struct ifinfomsg *)NLMSG_DATA(m))->ifi_index;
}

int netlink_find(int sock, const char *name, int *ret, struct err *e)
{
	struct request q;

	*ret = 0;
	request_begin(&q, RTM_GETLINK, 0, sizeof(q.body.link));
	request_add(&q, IFLA_IFNAME, name, strlen(name) + 1);
	int r = request_send(sock, &q);
	if (r == 0)
		r = answer(sock, false, take_index, ret);
	return r < 0 && r != -ENODEV ? err_set(e, -r, "look for the network interface %s", name) : 0;
}

int netlink_move(int sock, int index, int ns_fd, const char *name, struct err *e)
{
	struct request q;
	int r;

	/* A name is changed while the interface is down. */
	request_begin(&q, RTM_NEWLINK, 0, sizeof(q.body.link));
	q.body.link.ifi_index = index;
	q.body.link.ifi_change = IFF_UP;
	r = request_do(sock, &q);
	if (r < 0)
		return err_set(e, -r, "take the network interface down");
	request_begin(&q, RTM_NEWLINK, 0, sizeof(q.body.link));
	q.body.link.ifi_index = index;
	request_add(&q, IFLA_NET_NS_FD, &(uint32_t){(uint32_t)ns_fd}, sizeof(uint32_t));
	request_add(&q, IFLA_IFNAME, name, strlen(name) + 1);
	r = request_do(sock, &q);
	return r < 0 ? err_set(e, -r, "move the network interface") : 0;
}

int netlink_up(int sock, int index, struct err *e)
{
	struct request q;

	request_begin(&q, RTM_NEWLINK, 0, sizeof(q.body.link));
	q.body.link.ifi_index = index;
	q.body.link.ifi_flags = q.body.link.ifi_change = IFF_UP;
	int r = request_do(sock, &q);
	return r < 0 ? err_set(e, -r, "bring up the network interface") : 0;
}

/* ---- addresses ---- */

/* Where the addresses of one interface are gathered. */
struct gathering {
	int index;
	struct arena *arena;
	struct nl_addresses *all;
};

/* Takes one attribute of an address; returns its flags where it is those. */
static uint32_t take_attribute(struct nl_address *x, const struct rtattr *a, uint32_t flags)
{
	size_t size = RTA_PAYLOAD(a);
	uint8_t *to = a->rta_type == IFA_LOCAL	     ? x->local
		      : a->rta_type == IFA_ADDRESS   ? x->peer
		      : a->rta_type == IFA_BROADCAST ? x->broadcast
						     : NULL;

	if (a->rta_type == IFA_FLAGS && size == sizeof(flags))
		memcpy(&flags, RTA_DATA(a), size);
	if (!to || size != x->size)
		return flags;
	memcpy(to, RTA_DATA(a), size);
	x->has_local |= a->rta_type == IFA_LOCAL;
	x->has_broadcast |= a->rta_type == IFA_BROADCAST;
	return flags;
}

/* Takes an address that is to be kept. */
static void take_address(void *ctx, const struct nlmsghdr *m)
{
	struct gathering *g = ctx;
	const struct ifaddrmsg *head = NLMSG_DATA(m);
	struct nl_address x = {0};
	uint32_t flags = head->ifa_flags;
	int left = (int)IFA_PAYLOAD(m);

	if (m->nlmsg_type != RTM_NEWADDR || (int)head->ifa_index != g->index || head->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	x.family = head->ifa_family;
	x.prefix = head->ifa_prefixlen;
	x.size = x.family == AF_INET ? 4 : 16;
	for (struct rtattr *a = IFA_RTA(head); RTA_OK(a, left); a = RTA_NEXT(a, left))
		flags = take_attribute(&x, a, flags);
	if ((x.family == AF_INET || x.family == AF_INET6) && flags & IFA_F_PERMANENT)
		*list_add(g->all, g->arena) = x;
}

int netlink_addresses(int sock, int index, struct arena *a, struct nl_addresses *ret, struct err *e)
{
	struct gathering g = {.index = index, .arena = a, .all = ret};
	struct request q;

	request_begin(&q, RTM_GETADDR, NLM_F_DUMP, sizeof(q.body.address));
	int r = request_send(sock, &q);
	if (r == 0)
		r = answer(sock, true, take_address, &g);
	return r < 0 ? err_set(e, -r, "read the addresses of the network interface") : 0;
}

int netlink_address_add(int sock, int index, const struct nl_address *x, struct err *e)
{
	struct request q;

	request_begin(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(q.body.address));
	q.body.address = (struct ifaddrmsg){.ifa_family = x->family,
					    .ifa_prefixlen = x->prefix,
					    .ifa_flags = IFA_F_PERMANENT,
					    .ifa_scope = RT_SCOPE_UNIVERSE,
					    .ifa_index = (uint32_t)index};
	request_add(&q, IFA_ADDRESS, x->peer, x->size);
	request_add(&q, IFA_LOCAL, x->has_local ? x->local : x->peer, x->size);
	if (x->has_broadcast)
		request_add(&q, IFA_BROADCAST, x->broadcast, x->size);
	int r = request_do(sock, &q);
	return r < 0 ? err_set(e, -r, "add an address to the network interface") : 0;
}
