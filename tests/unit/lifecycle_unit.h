/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers that are played: an owner that is a forked process, and below it a 'container' that does nothing. */
#ifndef ISLE_TESTS_LIFECYCLE_UNIT_H
#define ISLE_TESTS_LIFECYCLE_UNIT_H

#include "core/cgroup.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine/lifecycle.h"
#include "engine_unit.h"

/* How the pretended container behaves, and what its owner does at the end. */
struct play {
	const char *name;
	bool persistent;
	bool ignore_term;
};

/* What the pretended container does: nothing, with a child that does nothing either. */
static inline void play_container(void)
{
	fork();
	for (;;)
		pause();
}

/* The owner: makes the box, its cgroup and its process, waits for the end, records it, cleans up.  Ends the process. */
static inline void play_owner(struct rig *g, const struct play *p, int ready)
{
	const struct cgroup_host *host;
	struct spec_resources res = {0};
	struct cgroup cg = {.v2_fd = FD_NONE};
	char *path;
	struct box b;
	int status;

	rig_box(g, p->name, p->persistent, &b);
	b.record.command = arena_strdup(&g->arena, "sleep 1000");
	must(box_save(&b, &g->err), &g->err);
	must(box_state_save(&b, &g->err), &g->err);
	must(home_cgroups(&g->home, &host, &g->err), &g->err);
	must(box_cgroup_path(&b, &path, &g->err), &g->err);
	must(cgroup_make(&cg, host, path, &res, &g->arena, &g->err), &g->err);
	pid_t pid = fork();
	if (pid == 0) {
		must(cgroup_join(&cg, 0, true, &g->err), &g->err);
		box_close(&b); /* a program that is executed would not have the lock either */
		if (p->ignore_term)
			signal(SIGTERM, SIG_IGN);
		if (write(ready, "c", 1) != 1)
			_exit(1);
		close(ready);
		play_container();
	}
	auto_fd pidfd = sys_pidfd_open(pid, 0);
	b.state = (struct box_state){.status = BOX_RUNNING, .pid = pid, .owner_pid = getpid(), .started_ns = 1};
	must(process_identity(pidfd, pid, &b.state.pid_identity), &g->err);
	must(box_state_save(&b, &g->err), &g->err);
	if (write(ready, "o", 1) != 1)
		_exit(1);
	close(ready);
	waitpid(pid, &status, 0);
	must(cgroup_kill(&cg, 5000, &g->err), &g->err);
	must(cgroup_remove(&cg, 5000, &g->err), &g->err);
	b.state.exit_status = process_status_of_wait(status);
	must(box_state_end(&b, &g->err), &g->err);
	if (!p->persistent)
		must(box_remove(&b, &g->err), &g->err);
	_exit(0);
}

/* Starts an owner; returns when its container runs. */
static inline pid_t play(struct rig *g, const struct play *p)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t owner = fork();
	if (owner == 0) {
		close(ready[0]);
		play_owner(g, p, ready[1]);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return owner;
}

/* How many processes are in the cgroup of container ID, and whether the group is there. */
static inline size_t cgroup_count(struct rig *g, const char *id, bool *ret_there)
{
	const struct cgroup_host *host;
	struct cgroup cg = {.v2_fd = FD_NONE};
	struct pids pids = {0};

	must(home_cgroups(&g->home, &host, &g->err), &g->err);
	must(cgroup_open(&cg, host, arena_printf(&g->arena, "%s/%s", host->base, id), &g->arena, &g->err), &g->err);
	must(cgroup_pids(&cg, &g->arena, &pids, &g->err), &g->err);
	*ret_there = cg.v2_fd >= 0 || cg.v1_used != 0;
	cgroup_release(&cg);
	return pids.n;
}

/* The id of the container called NAME. */
static inline char *id_of(struct rig *g, const char *name)
{
	struct box b;

	must(box_find(&g->home, name, false, &b, &g->err), &g->err);
	box_close(&b);
	return arena_strdup(&g->arena, b.id);
}

/* No process, no cgroup of container ID. */
static inline void assert_dead(struct rig *g, const char *id)
{
	bool there;

	assert_int_equal(cgroup_count(g, id, &there), 0);
	assert_false(there);
}

#endif
