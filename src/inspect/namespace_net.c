/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers by which one network namespace knows another: RTM_GETNSID of rtnetlink(7). */
#include "inspect/namespace_priv.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* The question: the header, the message, and one attribute, which is the descriptor. */
struct question {
	struct nlmsghdr header;
	struct rtgenmsg message;
	struct rtattr attribute __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t fd;
};

int ns_netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

/* Finds the number among the attributes of an answer of N bytes. */
static int answer_read(const struct nlmsghdr *h, ssize_t n)
{
	if (n < (ssize_t)sizeof(*h) || h->nlmsg_len > (size_t)n || h->nlmsg_type != RTM_NEWNSID)
		return NETNSID_UNKNOWN;
	const size_t front = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	const struct rtattr *attr = (const void *)((const char *)h + front);
	size_t left = h->nlmsg_len > front ? h->nlmsg_len - front : 0;

	while (left >= sizeof(*attr) && attr->rta_len >= sizeof(*attr) && attr->rta_len <= left) {
		const size_t step = MIN((size_t)RTA_ALIGN(attr->rta_len), left);
		int32_t number;

		if (attr->rta_type == NETNSA_NSID && attr->rta_len >= RTA_LENGTH(sizeof(number))) {
			memcpy(&number, (const char *)attr + RTA_LENGTH(0), sizeof(number));
			return number < 0 ? NETNSID_UNASSIGNED : number;
		}
		attr = (const void *)((const char *)attr + step);
		left -= step;
	}
	return NETNSID_UNKNOWN;
}

int ns_netnsid(int netlink, int fd)
{
	const struct question q = {
		.header = {.nlmsg_len = sizeof(q), .nlmsg_type = RTM_GETNSID, .nlmsg_flags = NLM_F_REQUEST},
		.message = {.rtgen_family = AF_UNSPEC},
		.attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = NETNSA_FD},
		.fd = (uint32_t)fd,
	};
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	ssize_t n;

	/* The kernel answers before send returns, so nothing is ever waited for. */
	if (send(netlink, &q, sizeof(q), 0) < 0)
		return NETNSID_UNKNOWN;
	n = recv(netlink, &answer, sizeof(answer), MSG_DONTWAIT);
	return answer_read(&answer.header, n);
}
