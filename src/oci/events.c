/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'events': what a container uses, again and again, and when it runs out of memory.
 *
 * On v1 the kernel tells of the latter by an eventfd that is registered in cgroup.event_control (the kernel's
 * Documentation/admin-guide/cgroup-v1/memory.rst, "OOM Control"); on v2 the file memory.events changes, which
 * inotify(7) tells, and its count of "oom_kill" says whether it was that.
 */
#include "base/parse.h"
#include "base/parse_time.h"
#include "oci/container.h"
#include "oci/events_json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { NS_PER_MS = 1000000, EVENTS_MAX = 4096 };

/* The kernel's word that memory ran out; without a memory controller there is none. */
struct oom {
	int fd;	 /* readable when it may have happened; FD_NONE: nothing tells */
	int dir; /* of the group */
	bool v1;
	uint64_t seen; /* v2: how often so far */
};

static void oom_close(struct oom *o)
{
	fd_close(&o->fd);
	fd_close(&o->dir);
}

/* The count in memory.events; 0 where there is none. */
static uint64_t oom_count(int dir)
{
	struct arena a CLEANUP(arena_free) = {0};
	char *text;
	uint64_t n = 0;

	if (file_read(dir, "memory.events", &a, EVENTS_MAX, &text, NULL, NULL) < 0)
		return 0;
	for (char *line; (line = strsep(&text, "\n"));)
		if (strncmp(line, "oom_kill ", 9) == 0 && !parse_u64(line + 9, UINT64_MAX, &n))
			n = 0;
	return n;
}

/* Registers an eventfd with the v1 group. */
static int oom_open_v1(struct oom *o, const struct cgroup *cg, struct arena *a, struct err *e)
{
	const char *path = arena_printf(a, "%s%s", cg->host->v1[CGC_MEMORY], cg->path);
	o->v1 = true;
	o->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_fd control = o->dir < 0 ? FD_NONE : openat(o->dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	if (control < 0)
		return err_set(e, errno, "open memory.oom_control in %s", path);
	o->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (o->fd < 0)
		return err_set(e, errno, "make an event descriptor");
	return file_write(o->dir, "cgroup.event_control", arena_printf(a, "%d %d", o->fd, control), e);
}

/* Watches the file of the v2 group. */
static int oom_open_v2(struct oom *o, const struct cgroup *cg, struct arena *a, struct err *e)
{
	const char *path = arena_printf(a, "%s%s", cg->host->v2, cg->path);

	o->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dir < 0)
		return err_set(e, errno, "open %s", path);
	if (faccessat(o->dir, "memory.events", R_OK, 0) < 0)
		return 0;
	o->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (o->fd < 0 || inotify_add_watch(o->fd, arena_printf(a, "%s/memory.events", path), IN_MODIFY) < 0)
		return err_set(e, errno, "watch %s/memory.events", path);
	o->seen = oom_count(o->dir);
	return 0;
}

static int oom_open(struct oom *o, const struct cgroup *cg, struct arena *a, struct err *e)
{
	if (cg->v1_used & 1u << CGC_MEMORY)
		return oom_open_v1(o, cg, a, e);
	return cg->v2_fd >= 0 ? oom_open_v2(o, cg, a, e) : 0;
}

/* Whether it happened, after the descriptor was readable. */
static bool oom_happened(struct oom *o)
{
	char buf[4096];

	if (read(o->fd, buf, sizeof(buf)) < 0)
		return false;
	if (o->v1) /* the end of the group wakes us, too */
		return faccessat(o->dir, "memory.oom_control", F_OK, 0) == 0;
	uint64_t before = o->seen;
	o->seen = oom_count(o->dir);
	return o->seen > before;
}

/* Where the lines go. */
struct listener {
	int (*say)(void *ctx, const char *line, struct err *e);
	void *ctx;
};

/* Tells what the container uses now. */
static int tell_stats(const struct cgroup *cg, const char *id, const struct listener *to, struct err *e)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct cgroup_usage usage = {0};

	cgroup_usage_read(cg, &a, &usage);
	return to->say(to->ctx, event_stats(id, &usage, &a), e);
}

/* Tells that memory ran out. */
static int tell_oom(const struct oci_container *c, const struct listener *to, struct err *e)
{
	struct arena a CLEANUP(arena_free) = {0};

	return to->say(to->ctx, event_oom(c->id, &a), e);
}

/* Goes on until the container's first process has ended. */
static int watch(const struct oci_container *c, const struct cgroup *cg, int interval_ms, const struct listener *to,
		 struct err *e)
{
	CLEANUP(oom_close) struct oom oom = {.fd = FD_NONE, .dir = FD_NONE};
	int64_t next = time_monotonic() + (int64_t)interval_ms * NS_PER_MS;
	int r = oom_open(&oom, cg, c->rt->arena, e);

	while (r == 0) {
		struct pollfd p[] = {{.fd = c->pidfd, .events = POLLIN}, {.fd = oom.fd, .events = POLLIN}};
		const int64_t left = (next - time_monotonic() + NS_PER_MS - 1) / NS_PER_MS;
		int n = poll(p, ARRAY_LEN(p), left > 0 ? (int)left : 0);

		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "wait for events");
		if (n < 0)
			continue;
		if (p[1].revents && oom_happened(&oom))
			r = tell_oom(c, to, e);
		if (p[0].revents)
			break;
		if (r == 0 && time_monotonic() >= next) {
			next += (int64_t)interval_ms * NS_PER_MS;
			r = tell_stats(cg, c->id, to, e);
		}
	}
	return r;
}

int oci_events(struct oci_runtime *rt, const char *id, int interval_ms, bool stats_only,
	       int (*say)(void *ctx, const char *line, struct err *e), void *ctx, struct err *e)
{
	const struct listener to = {say, ctx};
	CLEANUP(container_close) struct oci_container c;
	struct cgroup_manager m;
	int r;

	container_init(&c, rt, id);
	r = container_open(&c, rt, id, false, e);
	if (r < 0)
		return r;
	if (c.pidfd < 0)
		return err_set(e, 0, "container with id %s is not running", id);
	CLEANUP(cgroup_release) struct cgroup cg;
	r = container_own_cgroup(&c, "look at the use of", &m, &cg, e);
	if (r < 0)
		return r;
	return stats_only ? tell_stats(&cg, id, &to, e) : watch(&c, &cg, interval_ms, &to, e);
}
