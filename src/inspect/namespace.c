/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through /proc, and what belongs to what in the end: see namespace.h. */
#include "inspect/namespace_priv.h"

#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINK_SIZE = 64 }; /* a namespace's link is shorter, and another one need not be whole */

/* What a process's next child will be in, where that may differ from what the process is in. */
static const char *const for_children[] = {"ns/pid_for_children", "ns/time_for_children"};

bool ns_link_parse(const char *text, uint64_t *ret_id)
{
	const char *p = strchr(text, ':');
	uint64_t id;

	if (!p || !take_char(&p, ':') || !take_char(&p, '[') || !take_u64(&p, UINT64_MAX, &id) || strcmp(p, "]") != 0)
		return false;
	*ret_id = id;
	return true;
}

/* The parent's number in the text of /proc/PID/stat: the second field behind the name, which may hold anything. */
static pid_t parent_of(int dirfd)
{
	char text[512];
	auto_fd fd = openat(dirfd, "stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	uint64_t ppid;

	if (n <= 0)
		return -1;
	text[n] = '\0';
	const char *p = strrchr(text, ')');
	if (!p || strnlen(p, 5) < 5)
		return -1;
	p += strlen(") S ");
	return take_u64(&p, INT_MAX, &ppid) ? (pid_t)ppid : -1;
}

/* The id behind a link below DIRFD; 0, or a negative errno. */
static int link_id(int dirfd, const char *link, uint64_t *ret)
{
	char text[LINK_SIZE];
	ssize_t n = readlinkat(dirfd, link, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return ns_link_parse(text, ret) ? 0 : -EINVAL;
}

/* The namespace with ID that LINK below DIRFD leads to; it is opened only the first time that it is met. */
static struct namespace *namespace_at(struct ns_search *s, int dirfd, const char *link, uint64_t id)
{
	struct namespace *ns = map_get(&s->found->by_id, id);

	if (ns)
		return ns;
	auto_fd fd = openat(dirfd, link, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? NULL : ns_search_fd(s, fd);
}

/* Makes P a member of its namespaces.  Where the first link may not be read, no other may. */
static void process_join(struct ns_search *s, int dirfd, struct ns_process *p)
{
	for (int kind = 0; kind < NS_KIND_COUNT; kind++) {
		char link[32];
		uint64_t id = 0;

		snprintf(link, sizeof(link), "ns/%s", ns_facts[kind].proc);
		int r = link_id(dirfd, link, &id);
		if (r == -EACCES)
			return;
		if (r < 0)
			continue;
		struct namespace *ns = namespace_at(s, dirfd, link, id);
		if (!ns) /* the process has just ended */
			ns = ns_search_bare(s, id, (enum ns_kind)kind);
		p->in[kind] = ns;
		*list_add(&ns->members, s->arena) = p;
		if (!ns->first || ns->first->pid > p->pid)
			ns->first = p;
	}
	for (size_t i = 0; i < ARRAY_LEN(for_children); i++) {
		uint64_t id;

		if (link_id(dirfd, for_children[i], &id) == 0)
			namespace_at(s, dirfd, for_children[i], id);
	}
}

/* Looks at the process that NAME in /proc stands for. */
static void process_read(struct ns_search *s, int proc_fd, const char *name)
{
	struct stat st;
	int pid;

	if (!parse_int(name, 1, INT_MAX, &pid))
		return;
	auto_fd dirfd = openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || fstat(dirfd, &st) < 0)
		return;
	pid_t ppid = parent_of(dirfd);
	if (ppid < 0)
		return;
	struct ns_process *p = arena_new(s->arena, struct ns_process, 1);
	*p = (struct ns_process){.pid = pid, .ppid = ppid, .uid = st.st_uid};
	*list_add(&s->found->processes, s->arena) = p;
	map_put(&s->found->by_pid, s->arena, (uint64_t)pid, p);
	process_join(s, dirfd, p);
	ns_search_fds(s, dirfd, pid);
}

/* For qsort: by id. */
static int compare_ids(const void *va, const void *vb)
{
	const struct namespace *a = *(struct namespace *const *)va, *b = *(struct namespace *const *)vb;

	return (a->id > b->id) - (a->id < b->id);
}

/* Turns the numbers of relatives into pointers. */
static void relate(struct namespaces *all)
{
	for (size_t i = 0; i < all->processes.n; i++) {
		struct ns_process *p = all->processes.v[i];

		p->parent = p->ppid > 0 ? map_get(&all->by_pid, (uint64_t)p->ppid) : NULL;
	}
	for (size_t i = 0; i < all->n; i++) {
		struct namespace *ns = all->v[i];
		const struct namespace *user = ns;

		ns->parent = map_get(&all->by_id, ns->parent_id);
		ns->owner = map_get(&all->by_id, ns->owner_id);
		if (ns->kind != NS_USER)
			user = ns->owner;
		ns->creator = user ? user->creator : (uid_t)-1;
	}
}

int namespaces_read(unsigned int flags, struct arena *a, struct namespaces *ret, struct err *e)
{
	auto_ns_dir proc = opendir("/proc");
	struct dirent *entry;

	*ret = (struct namespaces){0};
	if (!proc)
		return err_set(e, errno, "open the directory /proc");
	auto_fd netlink = flags & NAMESPACES_NETNSID ? ns_netlink_open() : FD_NONE;
	struct ns_search s = {.arena = a, .found = ret, .netlink = netlink};
	while (!s.no_ioctl && (entry = readdir(proc)))
		process_read(&s, dirfd(proc), entry->d_name);
	if (ret->processes.n == 0) {
		err_set(e, 0, "find processes in /proc");
		return err_cure(e, "mount -t proc proc /proc");
	}
	ns_search_mounts(&s);
	if (s.no_ioctl) {
		err_set(e, ENOTTY, "ask a namespace for its owner");
		err_why(e, "the kernel has no ioctl_ns(2)");
		return err_status(e, EXIT_NO_IOCTL);
	}
	relate(ret);
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(struct namespace *), compare_ids);
	return 0;
}
