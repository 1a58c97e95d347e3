/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host side of a launch: see launch.h for the theory. */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/idmap.h"
#include "core/self.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * Whether the container's root could write to isle's own program file.  It gets at it when it lets us execute a link to
 * /proc/self/exe, or a script for that interpreter (CVE-2019-5736).
 */
static bool own_file_exposed(const struct launch *l)
{
	const struct spec_idmaps *m = &l->spec->lin.uid_map;
	struct stat st;

	if (!launch_own_ids(l) || stat("/proc/self/exe", &st) < 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return !self_protected();
	for (size_t i = 0; i < m->n; i++)
		if (st.st_uid >= m->v[i].host_id && st.st_uid - m->v[i].host_id < m->v[i].size)
			return !self_protected();
	return false;
}

int launch_prepare(struct launch *l, struct err *e)
{
	size_t n = l->spec->mounts.n;

	l->exposed = own_file_exposed(l);
	l->pid = 0;
	l->target_fd = l->joining ? l->target_fd : FD_NONE;
	l->pidfd = l->terminal_fd = l->sock = l->root_fd = l->userns_fd = l->proc_fd = FD_NONE;
	l->slave_fd = l->init_fd = l->old_root_fd = l->net_fd = FD_NONE;
	l->shift_fd = l->seed_fd = l->holder_fd = FD_NONE;
	l->seeded = l->networked = false;
	l->late_tops = (struct strs){0};
	l->parts = (struct launch_parts){0};
	l->mopts = arena_new(l->arena, struct mount_opts, n + 1);
	l->mount_fds = arena_new(l->arena, int, n + 1);
	l->read_only = arena_new(l->arena, bool, l->spec->lin.readonly_paths.n + 1);
	l->submount_fds = arena_new(l->arena, int, l->rootfs->submounts.n + 1);
	l->device_fds = arena_new(l->arena, int, l->spec->lin.devices.n + 1);
	for (size_t i = 0; i < l->spec->lin.devices.n; i++)
		l->device_fds[i] = FD_NONE;
	for (size_t i = 0; i < l->rootfs->submounts.n; i++)
		l->submount_fds[i] = FD_NONE;
	for (size_t i = 0; i < n; i++)
		l->mount_fds[i] = FD_NONE;
	for (int i = 0; i < ETC_FILES; i++)
		l->etc_fds[i] = FD_NONE;
	for (size_t i = 0; i < n; i++) {
		int r = mount_opts_parse(&l->spec->mounts.v[i], l->arena, &l->mopts[i], e);
		if (r == 0)
			r = launch_bind_check(l, i, e);
		if (r < 0)
			return r;
	}
	launch_cgroup_share(l);
	launch_mounts_order(l);
	launch_nodes_prepare(l);
	return l->by_spec ? launch_by_spec_prepare(l, e) : 0;
}

void launch_mounts_release(struct launch *l)
{
	launch_files_restore(l);
	fd_close(&l->root_fd);
	for (int i = 0; i < ETC_FILES; i++)
		fd_close(&l->etc_fds[i]);
	/* A start that was refused before launch_prepare has neither list. */
	for (size_t i = 0; l->submount_fds && i < l->rootfs->submounts.n; i++)
		fd_close(&l->submount_fds[i]);
	for (size_t i = 0; l->mount_fds && i < l->spec->mounts.n; i++)
		fd_close(&l->mount_fds[i]);
	for (size_t i = 0; l->device_fds && i < l->spec->lin.devices.n; i++)
		fd_close(&l->device_fds[i]);
	if (l->mount_fds) {
		fd_close(&l->shift_fd);
		fd_close(&l->seed_fd);
		fd_close(&l->holder_fd);
	}
}

/*
 * When a mount goes away the kernel waits for all processors.  So they are stacked on one another, and go together;
 * before Linux 6.15 nothing is attached to what is attached nowhere.
 */
static void spent_mounts_end(struct launch *l)
{
	for (size_t i = 1; i < l->spent_mounts.n; i++)
		(void)!sys_move_mount(l->spent_mounts.v[i], "", l->spent_mounts.v[0], "",
				      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	fds_close(&l->spent_mounts);
}

void launch_settle(struct launch *l)
{
	launch_user_ahead_settle();
	launch_files_restore(l);
	fds_close(&l->spent);
	spent_mounts_end(l);
	fd_close(&l->userns_fd);
}

void launch_release(struct launch *l)
{
	fds_close(&l->spent);
	fds_close(&l->spent_mounts);
	launch_mounts_release(l);
	fd_close(&l->sock);
	fd_close(&l->userns_fd);
	fd_close(&l->terminal_fd);
	fd_close(&l->pidfd);
	cgroup_release(&l->cg);
}

bool launch_new_ns(const struct launch *l, enum ns_kind kind)
{
	return l->spec->lin.ns[kind].mode == NS_NEW;
}

bool launch_own_ids(const struct launch *l)
{
	return l->spec->lin.ns[NS_USER].mode != NS_KEEP && l->spec->lin.uid_map.n > 0 && l->spec->lin.gid_map.n > 0;
}

uint32_t launch_root_uid(const struct launch *l)
{
	return launch_own_ids(l) ? idmap_host(&l->spec->lin.uid_map, 0) : 0;
}

uint32_t launch_root_gid(const struct launch *l)
{
	return launch_own_ids(l) ? idmap_host(&l->spec->lin.gid_map, 0) : 0;
}

/* ---- cgroup ---- */

static bool cgroup_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->cgroup_path != NULL;
}

static int cgroup_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return cgroup_make(&l->cg, l->cgroup_host, l->cgroup_path, &l->spec->lin.resources, l->arena, e);
}

static void cgroup_undo(void *ctx)
{
	struct launch *l = ctx;

	/* Half-made groups are found again by their path.  Where the kill fails there may be nobody to be killed. */
	l->group_left = !l->cg.path && cgroup_open(&l->cg, l->cgroup_host, l->cgroup_path, l->arena, NULL) < 0;
	if (!l->group_left) {
		(void)!cgroup_kill(&l->cg, 2000, NULL);
		l->group_left = cgroup_remove(&l->cg, 2000, NULL) < 0;
	}
}

static void cgroup_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "make the control group %s and write the limits into it", l->cgroup_path);
	if (l->cgroup_host->v2)
		explain_shell(x, "mkdir -p %s%s", l->cgroup_host->v2, l->cgroup_path);
}

const struct step step_cgroup = {"cgroup", SIDE_HOST, cgroup_wanted, cgroup_run, cgroup_undo, cgroup_explain};

/* ---- id maps, cgroups by hand, and the word to begin ---- */

static bool maps_wanted(const void *ctx)
{
	return launch_new_ns(ctx, NS_USER) && ((const struct launch *)ctx)->userns_fd < 0;
}

static int maps_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return idmap_apply(l->pid, &l->spec->lin.uid_map, &l->spec->lin.gid_map, !l->rootless || geteuid() == 0,
			   l->arena, e);
}

static void maps_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	const struct spec_idmaps *maps[] = {&l->spec->lin.uid_map, &l->spec->lin.gid_map};

	explain_say(x, "map the container's user and group ids to its own range on the machine");
	for (int i = 0; i < 2; i++)
		for (size_t j = 0; j < maps[i]->n; j++)
			explain_shell(x, "echo '%u %u %u' >> /proc/$PID/%s_map", maps[i]->v[j].container_id,
				      maps[i]->v[j].host_id, maps[i]->v[j].size, i ? "gid" : "uid");
}

const struct step step_id_maps = {"id-maps", SIDE_HOST, maps_wanted, maps_run, NULL, maps_explain};

static bool join_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->cgroup_path && (l->cg.v1_used || l->move_by_hand);
}

static int join_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return cgroup_join(&l->cg, l->pid, l->move_by_hand, e);
}

static void join_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "move the process into the control groups that it could not be born in");
	explain_shell(x, "echo $PID > /sys/fs/cgroup/CONTROLLER%s/cgroup.procs", l->cgroup_path);
}

const struct step step_join_cgroups = {"join-cgroups", SIDE_HOST, join_wanted, join_run, NULL, join_explain};

/* What this process got from whoever started it: the kernel's /proc gives a small number. */
static int own_oom_score_adj(void)
{
	auto_fd fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? atoi(text) : 0;
}

static bool oom_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->spec->process.oom_score_adj.has || !l->by_spec;
}

/*
 * Only from here can it be lowered; and what shields a service that calls us from the OOM killer is not the
 * container's.
 */
static int oom_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct opt_i64 *adj = &l->spec->process.oom_score_adj;
	char path[40], text[16];

	if (!adj->has && own_oom_score_adj() >= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)l->pid);
	snprintf(text, sizeof(text), "%d", adj->has ? (int)adj->v : 0);
	int r = file_write(AT_FDCWD, path, text, e);
	if (r == -EACCES)
		return err_why(e, "less than the caller's own takes CAP_SYS_RESOURCE");
	return r;
}

static void oom_explain(const void *ctx, struct explain *x)
{
	const struct opt_i64 *adj = &((const struct launch *)ctx)->spec->process.oom_score_adj;

	if (!adj->has)
		return;
	explain_say(x, "tell the kernel how soon to kill it when memory is short");
	explain_shell(x, "echo %d > /proc/$PID/oom_score_adj", (int)adj->v);
}

const struct step step_oom = {"oom", SIDE_HOST, oom_wanted, oom_run, NULL, oom_explain};

static bool begin_wanted(const void *ctx)
{
	return !((const struct launch *)ctx)->begun;
}

static int begin_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return l->joining ? launch_init_send(l, HS_MAPPED, e) : hs_send(l->sock, HS_MAPPED, NULL, 0, e);
}

const struct step step_begin = {"begin", SIDE_HOST, begin_wanted, begin_run, NULL, NULL};

/* ---- waiting for the box ---- */

/*
 * The box closed its end: by exec, or because it was killed before.  The last thing it says before exec is GO's
 * answer, so a box that had not got so far has died.
 */
static int box_exec_done(struct launch *l, struct err *e)
{
	siginfo_t info = {0};

	if (l->began)
		return 0;
	err_set(e, 0, "the container's first process ended while it was being set up");
	if (l->pidfd >= 0 &&
	    waitid((idtype_t)3 /* P_PIDFD */, (id_t)l->pidfd, &info, WEXITED | WNOWAIT | __WALL) == 0 && info.si_pid &&
	    info.si_code != CLD_EXITED)
		return err_why(e, "signal %d (%s) killed it; the memory limit may be too small", info.si_status,
			       strsignal(info.si_status));
	return -EINVAL;
}

int launch_hear(struct launch *l, enum hs_word until, struct err *e)
{
	struct hs_msg m;

	for (;;) {
		int r = hs_recv(l->sock, &m, e);

		if (r < 0)
			return r;
		if (m.word == until && until != HS_END)
			return 0;
		switch ((int)m.word) {
		case HS_WARNING:
			if (l->warn)
				l->warn(l->owner, m.err.what);
			break;
		case HS_READY:
			l->began = true;
			break;
		case HS_TERMINAL:
			if (m.n_fds == 1)
				l->terminal_fd = m.fds[0];
			break;
		case HS_LISTENER:
			if ((r = launch_listener(l, &m, l->pid, e)) < 0)
				return r;
			break;
		case HS_SHOW:
			if ((r = launch_shown_serve(l, &m, e)) < 0)
				return r;
			break;
		case HS_FAILED:
			return err_copy(e, &m.err);
		case HS_END:
			return box_exec_done(l, e);
		default:
			return err_set(e, EPROTO, "understand the container's first process");
		}
	}
}

/* Whether the box waits for a later command. */
static bool parks(const void *ctx)
{
	return ((const struct launch *)ctx)->start_fd > 0;
}

static bool goes_at_once(const void *ctx)
{
	return !parks(ctx);
}

static int go_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	int r = launch_init_send(l, HS_GO, e);

	if (r == 0)
		r = launch_hear(l, HS_END, e);
	fd_close(&l->sock);
	return r;
}

const struct step step_go = {"go", SIDE_HOST, goes_at_once, go_run, NULL, NULL};

static int await_parked_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	int r = launch_init_send(l, HS_RULED, e);

	if (r == 0)
		r = launch_hear(l, HS_PARKED, e);

	fd_close(&l->sock);
	return r;
}

const struct step step_await_parked = {"await-parked", SIDE_HOST, parks, await_parked_run, NULL, NULL};
