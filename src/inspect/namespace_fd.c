/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces behind descriptors: what the kernel tells about one, and those that only descriptors keep. */
#include "inspect/namespace_priv.h"

#include "base/parse.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The kind whose CLONE_NEW flag is FLAG; -1: one that is newer than this program. */
static int kind_of(int flag)
{
	for (int kind = 0; kind < NS_KIND_COUNT; kind++)
		if (ns_facts[kind].flag == flag)
			return kind;
	return -1;
}

/* ioctl_ns(2); notes when the kernel has none. */
static int ns_ioctl(struct ns_search *s, int fd, unsigned long request, void *arg)
{
	int r = ioctl(fd, request, arg);

	if (r < 0 && errno == ENOTTY)
		s->no_ioctl = true;
	return r;
}

/* The id of the relative of FD that REQUEST asks for, who is found by this; 0: none, or out of our sight (EPERM). */
static uint64_t relative(struct ns_search *s, int fd, unsigned long request)
{
	auto_fd other = ns_ioctl(s, fd, request, NULL);
	const struct namespace *ns = other < 0 ? NULL : ns_search_fd(s, other);

	return ns ? ns->id : 0;
}

struct namespace *ns_search_bare(struct ns_search *s, uint64_t id, enum ns_kind kind)
{
	struct namespace *ns = arena_new(s->arena, struct namespace, 1);

	*ns = (struct namespace){.id = id, .kind = kind, .creator = (uid_t)-1, .netnsid = NETNSID_UNKNOWN};
	*list_add(s->found, s->arena) = ns;
	map_put(&s->found->by_id, s->arena, id, ns);
	return ns;
}

struct namespace *ns_search_fd(struct ns_search *s, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	s->nsfs = ns_device(major(st.st_dev), minor(st.st_dev));
	struct namespace *ns = map_get(&s->found->by_id, st.st_ino);
	if (ns)
		return ns;
	int flag = ns_ioctl(s, fd, NS_GET_NSTYPE, NULL);
	int kind = flag < 0 ? -1 : kind_of(flag);
	if (kind < 0)
		return NULL;
	ns = ns_search_bare(s, st.st_ino, (enum ns_kind)kind);
	ns->owner_id = relative(s, fd, NS_GET_USERNS);
	if (kind == NS_USER || kind == NS_PID)
		ns->parent_id = relative(s, fd, NS_GET_PARENT);
	if (kind == NS_USER)
		(void)ns_ioctl(s, fd, NS_GET_OWNER_UID, &ns->creator);
	if (kind == NS_NET && s->netlink >= 0)
		ns->netnsid = ns_netnsid(s->netlink, fd);
	return ns;
}

int ns_search_reopen(const struct ns_search *s, int place)
{
	char path[64];
	struct stat st;

	if (fstat(place, &st) < 0 || ns_device(major(st.st_dev), minor(st.st_dev)) != s->nsfs)
		return FD_NONE;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The network namespace of socket FD of the process, which may be the last that holds it. */
static void socket_ask(struct ns_search *s, int pidfd, int fd)
{
	auto_fd copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	socklen_t size = sizeof(int);
	int type;

	/* It may be something else by now, and whose ioctl that would be is not ours to choose. */
	if (copy < 0 || getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return;
	auto_fd ns = ioctl(copy, SIOCGSKNS);

	if (ns >= 0)
		ns_search_fd(s, ns);
}

/*
 * Looks at descriptor NAME, the number FD.  A file of a network that does not answer is not waited for; and a moment
 * later something else may stand there.
 */
static void descriptor_read(struct ns_search *s, int fds_fd, const char *name, int fd, pid_t pid, int *pidfd)
{
	struct sys_statx st;

	if (sys_statx(fds_fd, name, AT_STATX_DONT_SYNC, SYS_STATX_TYPE | SYS_STATX_INO, &st) < 0)
		return;
	if (s->nsfs == ns_device(st.dev_major, st.dev_minor)) {
		if (map_get(&s->found->by_id, st.ino))
			return;
		auto_fd place = openat(fds_fd, name, O_PATH | O_CLOEXEC);
		auto_fd ns = place < 0 ? FD_NONE : ns_search_reopen(s, place);
		if (ns >= 0)
			ns_search_fd(s, ns);
	} else if (S_ISSOCK(st.mode) && map_note(&s->sockets, s->arena, st.ino)) {
		if (*pidfd < 0)
			*pidfd = sys_pidfd_open(pid, 0);
		if (*pidfd >= 0)
			socket_ask(s, *pidfd, fd);
	}
}

void ns_search_fds(struct ns_search *s, int process_fd, pid_t pid)
{
	auto_fd pidfd = FD_NONE;
	int fds_fd = openat(process_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_ns_dir fds = fds_fd < 0 ? NULL : fdopendir(fds_fd);
	struct dirent *entry;
	int fd;

	if (!fds) {
		fd_close(&fds_fd);
		return;
	}
	while ((entry = readdir(fds)))
		if (parse_int(entry->d_name, 0, INT_MAX, &fd))
			descriptor_read(s, fds_fd, entry->d_name, fd, pid, &pidfd);
}
