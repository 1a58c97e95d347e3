/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns a container until its end: see owner.h. */
#include "engine/owner.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct supervise owner_supervise(struct start *s)
{
	struct supervise w = supervise_of(s->launch.pid, s->launch.pidfd, s->ours, &s->launch.terminal_fd);

	w.timeout_s = s->box.record.timeout_s;
	return w;
}

void owner_thaw(void *ctx)
{
	struct start *s = ctx;

	if (s->launch.cg.path && cgroup_freeze(&s->launch.cg, false, 1000, NULL) < 0)
		return;
}

int owner_leave_stdio(struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return err_set(e, errno, "open /dev/null");
	if (null > 2)
		close(null);
	return 0;
}

/* Takes the paths of H out of the arena: into H itself where they fit, for the heap would need a page for them. */
static void keep_paths(struct home *h)
{
	size_t run = strlen(h->run) + 1, data = strlen(h->data) + 1;

	if (h->run == h->kept)
		return;
	if (run + data > sizeof(h->kept)) {
		h->run = strdup(h->run);
		h->data = strdup(h->data);
	} else {
		h->run = memcpy(h->kept, h->run, run);
		h->data = memcpy(h->kept + run, h->data, data);
	}
}

void owner_shrink(void *ctx)
{
	struct start *s = ctx;
	struct home *h = s->home;

	keep_paths(h);
	h->cgroups = NULL;
	s->box.record =
		(struct box_record){.rm = s->box.record.rm, .persistent = s->box.record.persistent, .id_slot = -1};
	s->box.state = (struct box_state){0};
	spec_init(&s->box.spec);
	s->launch.spec = NULL; /* launch_release has nothing to look at any more */
	cgroup_release(&s->launch.cg);
	s->launch.cg = (struct cgroup){.v2_fd = FD_NONE};
	arena_free(h->arena);
}

int owner_regain(struct start *s, struct err *e)
{
	int r = box_load(&s->box, false, e);

	return r < 0 ? r : start_find_cgroup(s, e);
}

void owner_thaw_shrunk(void *ctx)
{
	struct start *s = ctx;

	if (start_find_cgroup(s, NULL) == 0)
		owner_thaw(s);
	s->home->cgroups = NULL;
	cgroup_release(&s->launch.cg);
	s->launch.cg = (struct cgroup){.v2_fd = FD_NONE};
	arena_free(s->home->arena);
}

void owner_close_inherited(const int *keep, size_t n)
{
	unsigned int from = 3;

	for (;;) {
		unsigned int next = ~0u;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= 0 && (unsigned int)keep[i] >= from)
				next = MIN(next, (unsigned int)keep[i]);
		if (next != from && sys_close_range(from, next == ~0u ? next : next - 1, 0) < 0)
			return; /* before Linux 5.9: they stay open, as they would with anybody's daemon */
		if (next == ~0u)
			return;
		from = next + 1;
	}
}

int owner_watch(struct start *s, int listen_fd)
{
	int status = EXIT_ISLE;

	/* The file system that the caller stood in must not be kept busy. */
	if (owner_leave_stdio(NULL) < 0 || chdir("/") < 0)
		return EXIT_ISLE;
	struct supervise w = owner_supervise(s);
	w.box = &s->box;
	w.listen_fd = listen_fd;
	w.await_client_ms = s->mode->attach ? 2000 : 0;
	w.on_kill = owner_thaw_shrunk;
	w.before_loop = owner_shrink;
	w.ctx = s;
	int r = supervise_detached(&w, &status, NULL);
	if (owner_regain(s, NULL) < 0)
		return EXIT_ISLE; /* our lock is dropped, and the next sweep finishes from the id alone */
	return start_finish(s, r < 0 ? 128 + SIGKILL : status, NULL) < 0 ? EXIT_ISLE : 0;
}
