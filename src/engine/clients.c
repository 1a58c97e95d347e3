/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's side of attach.h: see clients.h. */
#include "engine/clients.h"

#include "base/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Sends one packet now, or says why not (-EAGAIN: the socket is full). */
static int send_packet(int fd, char type, const void *data, size_t size)
{
	/* sendmsg(2) only reads, but iovec has no const. */
	union {
		const void *in;
		void *out;
	} bytes = {.in = data};
	struct iovec parts[] = {{&type, 1}, {bytes.out, size}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = ARRAY_LEN(parts)};

	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int clients_accept(struct clients *c, int listen_fd)
{
	static const char full[] = "too many clients are attached to the container";
	static const char stranger[] = "only root and the container's user may attach to it";
	auto_fd fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (!unix_peer_ours(fd))
		send_packet(fd, ATTACH_REFUSED, stranger, sizeof(stranger) - 1);
	else if (c->n == ATTACH_CLIENTS_MAX)
		send_packet(fd, ATTACH_REFUSED, full, sizeof(full) - 1);
	else
		c->v[c->n++] = (struct client){.fd = fd_take(&fd)};
	return 0;
}

/* Gives the queue's memory back. */
static void free_queue(struct client *client)
{
	if (client->queue)
		munmap(client->queue, ATTACH_QUEUE);
	client->queue = NULL;
	client->queued = 0;
}

void clients_drop(struct clients *c, size_t i)
{
	free_queue(&c->v[i]);
	fd_close(&c->v[i].fd);
	c->v[i] = c->v[--c->n];
}

/* Adds a packet to the queue; false if there is no room. */
static bool enqueue(struct client *client, char type, const void *data, size_t size)
{
	uint16_t packet = (uint16_t)(size + 1);

	if (client->queued + sizeof(packet) + packet > ATTACH_QUEUE)
		return false;
	if (!client->queue) {
		void *p = mmap(NULL, ATTACH_QUEUE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return false;
		client->queue = p;
	}
	char *to = client->queue + client->queued;
	memcpy(to, &packet, sizeof(packet));
	to[sizeof(packet)] = type;
	memcpy(to + sizeof(packet) + 1, data, size);
	client->queued += sizeof(packet) + packet;
	return true;
}

void clients_send(struct clients *c, enum attach_type type, const void *data, size_t size)
{
	/* From the last to the first: dropping one moves the last into its place. */
	for (size_t i = c->n; i-- > 0;) {
		struct client *client = &c->v[i];
		int r = client->queued ? -EAGAIN : send_packet(client->fd, (char)type, data, size);

		if (r < 0 && !(r == -EAGAIN && enqueue(client, (char)type, data, size)))
			clients_drop(c, i);
	}
}

void clients_flush(struct clients *c, size_t i)
{
	struct client *client = &c->v[i];
	size_t done = 0;
	int r = 0;

	while (done < client->queued) {
		uint16_t packet;
		const char *at = client->queue + done + sizeof(packet);

		memcpy(&packet, client->queue + done, sizeof(packet));
		r = send_packet(client->fd, at[0], at + 1, packet - 1u);
		if (r < 0)
			break;
		done += sizeof(packet) + packet;
	}
	client->queued -= done;
	if (r < 0 && r != -EAGAIN)
		clients_drop(c, i);
	else if (client->queued == 0)
		free_queue(client);
	else
		memmove(client->queue, client->queue + done, client->queued);
}

void clients_poll(const struct clients *c, bool input, struct pollfd *p)
{
	for (size_t i = 0; i < c->n; i++)
		p[i] = (struct pollfd){.fd = c->v[i].fd,
				       .events = (short)((input ? POLLIN : 0) | (c->v[i].queued ? POLLOUT : 0))};
}

size_t clients_receive(struct clients *c, size_t i, char *buf)
{
	/* No room for control data: descriptors sent to us are closed by the kernel. */
	ssize_t n = recv(c->v[i].fd, buf, ATTACH_PACKET_MAX, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || n > ATTACH_PACKET_MAX) {
		clients_drop(c, i);
		return 0;
	}
	return (size_t)n;
}

bool clients_waiting(const struct clients *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].queued)
			return true;
	return false;
}

bool clients_behind(const struct clients *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].queued > ATTACH_QUEUE / 2)
			return true;
	return false;
}
