/* SPDX-License-Identifier: GPL-2.0-or-later */
/* READY=1 from the container to the service manager: see notify.h. */
#include "oci/notify.h"

#include "base/fd.h"
#include "base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define NOTIFY_DIR "notify"	   /* below the container's directory; what is mounted */
#define NOTIFY_NAME "notify"	   /* the socket in it */
#define NOTIFY_ENV "NOTIFY_SOCKET" /* sd_notify(3) */

/* The caller's socket, where it has a path; one that has none can't be shown at its path. */
static const char *manager_socket(void)
{
	const char *path = getenv(NOTIFY_ENV);

	return path && *path == '/' && strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path) ? path : NULL;
}

int notify_offer(const struct oci_container *c, struct spec *s, struct err *e)
{
	static const char *const words[] = {"bind", "ro", "nosuid", "nodev", "noexec"};
	const char *path = manager_socket();
	struct arena *a = c->rt->arena;

	if (!path || c->dir_fd < 0)
		return 0;
	if (mkdirat(c->dir_fd, NOTIFY_DIR, 0755) < 0 || fchmodat(c->dir_fd, NOTIFY_DIR, 0755, 0) < 0)
		return err_set(e, errno, "make the directory of the container's " NOTIFY_ENV);
	struct spec_mount *m = list_add(&s->mounts, a);
	*m = (struct spec_mount){
		.destination = arena_strdup(a, path),
		.type = arena_strdup(a, "bind"),
		.source = arena_printf(a, "%s/%s/" NOTIFY_DIR, c->rt->root, c->id),
		.source_fd = FD_NONE,
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strs_add(&m->options, a, words[i]);
	spec_env_set(&s->process, a, NOTIFY_ENV, arena_printf(a, "%s/" NOTIFY_NAME, path));
	return 0;
}

int notify_listen(const struct oci_container *c, struct notify *ret, struct err *e)
{
	auto_fd dir = openat(c->dir_fd, NOTIFY_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*ret = (struct notify){.manager = manager_socket(), .fd = FD_NONE};
	if (!ret->manager || dir < 0)
		return 0;
	const struct sockaddr_un address = unix_address(dir, NOTIFY_NAME);
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(dir, NOTIFY_NAME, 0666, 0) < 0) /* for whatever user the program runs as */
		return err_set(e, errno, "make the container's " NOTIFY_ENV);
	ret->fd = fd_take(&fd);
	return 0;
}

/* Tells the manager; who does not listen any more misses nothing. */
static void pass_on(const struct notify *n, pid_t pid)
{
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[64];
	int size = snprintf(text, sizeof(text), "READY=1\nMAINPID=%d", (int)pid);

	memcpy(address.sun_path, n->manager, strlen(n->manager)); /* manager_socket() has seen that it fits */
	(void)!sendto(fd, text, (size_t)size, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof(address));
}

bool notify_take(const struct notify *n, pid_t pid)
{
	char text[4096], *rest = text, *line;
	ssize_t size = n->fd < 0 ? -1 : recv(n->fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (size < 0)
		return false;
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (strcmp(line, "READY=1") == 0) {
			pass_on(n, pid);
			return true;
		}
	return false;
}

void notify_wait(const struct notify *n, pid_t pid, int pidfd)
{
	struct pollfd p[] = {{.fd = n->fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};

	while (n->fd >= 0) {
		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return;
		/* What it said at its end is still there. */
		if (notify_take(n, pid) || (p[1].revents && !(p[0].revents & POLLIN)))
			return;
	}
}
