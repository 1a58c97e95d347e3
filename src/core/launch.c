/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host side of a launch: see launch.h for the theory. */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/idmap.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
		return true;
	for (size_t i = 0; i < m->n; i++)
		if (st.st_uid >= m->v[i].host_id && st.st_uid - m->v[i].host_id < m->v[i].size)
			return true;
	return false;
}

int launch_prepare(struct launch *l, struct err *e)
{
	size_t n = l->spec->mounts.n;

	l->exposed = own_file_exposed(l);
	l->pid = 0;
	l->target_fd = l->joining ? l->target_fd : FD_NONE;
	l->pidfd = l->terminal_fd = l->sock = l->root_fd = l->userns_fd = l->proc_fd = FD_NONE;
	l->slave_fd = l->init_fd = l->old_root_fd = FD_NONE;
	l->mopts = arena_new(l->arena, struct mount_opts, n + 1);
	l->mount_fds = arena_new(l->arena, int, n + 1);
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

		if (r < 0)
			return r;
	}
	return 0;
}

/* Closes the descriptors that only carried mounts from one side to the other. */
static void mounts_release(struct launch *l)
{
	fd_close(&l->root_fd);
	for (int i = 0; i < ETC_FILES; i++)
		fd_close(&l->etc_fds[i]);
	/* A start that was refused before launch_prepare has neither list. */
	for (size_t i = 0; l->submount_fds && i < l->rootfs->submounts.n; i++)
		fd_close(&l->submount_fds[i]);
	for (size_t i = 0; l->mount_fds && i < l->spec->mounts.n; i++)
		fd_close(&l->mount_fds[i]);
}

void launch_settle(struct launch *l)
{
	fds_close(&l->spent);
	fd_close(&l->userns_fd);
}

void launch_release(struct launch *l)
{
	fds_close(&l->spent);
	mounts_release(l);
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

/* ---- clone ---- */

/* The namespaces that clone3 itself makes; net and cgroup are made by the box later, while the host works on. */
static uint64_t clone_flags(const struct launch *l)
{
	uint64_t flags = 0;

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (launch_new_ns(l, (enum ns_kind)k) && k != NS_NET && k != NS_CGROUP)
			flags |= (uint64_t)ns_facts[k].flag;
	return flags;
}

/* Whether a namespace is joined that somebody else made. */
static bool joins_any(const struct launch *l)
{
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (l->spec->lin.ns[k].mode == NS_JOIN)
			return true;
	return false;
}

/* clone3 into the cgroup; older or stricter kernels get it without, and the process is moved afterwards. */
static pid_t clone_box(struct launch *l, uint64_t extra, bool *ret_in_group)
{
	struct clone_args a = {
		.flags = clone_flags(l) | CLONE_PIDFD | extra,
		.pidfd = (uint64_t)(uintptr_t)&l->pidfd,
		.exit_signal = extra & CLONE_PARENT ? 0 : SIGCHLD,
	};
	pid_t pid = -1;

	*ret_in_group = false;
	if (l->cg.v2_fd >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)l->cg.v2_fd;
		pid = sys_clone3(&a, sizeof(a));
		*ret_in_group = pid >= 0;
		if (pid >= 0 || (errno != ENOSYS && errno != EINVAL && errno != E2BIG && errno != EBUSY && errno != EOPNOTSUPP))
			return pid;
		a.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		a.cgroup = 0;
	}
	return sys_clone3(&a, sizeof(a));
}

/* The error of a refused clone, with its reason. */
static int clone_refused(const struct launch *l, int code, struct err *e)
{
	err_set(e, code, "make the container's first process in new namespaces");
	return launch_refused(l, code, e);
}

/* Joins the namespaces that the spec names by descriptor or path, user first. */
static int join_namespaces(const struct launch *l, struct err *e)
{
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const struct spec_ns *ns = &l->spec->lin.ns[k];

		if (ns->mode != NS_JOIN || k == NS_CGROUP)
			continue;
		auto_fd own = ns->fd >= 0 ? FD_NONE : open(ns->path, O_RDONLY | O_CLOEXEC);
		if (ns->fd < 0 && own < 0)
			return err_set(e, errno, "open the %s namespace %s", ns_facts[k].oci, ns->path);
		if (setns(ns->fd >= 0 ? ns->fd : own, ns_facts[k].flag) < 0)
			return err_set(e, errno, "join the %s namespace %s", ns_facts[k].oci, ns->path);
	}
	return 0;
}

/* What a go-between tells the host side about the box it made. */
struct go_between_result {
	pid_t pid;
	bool in_group;
	struct err err;
};

/*
 * Joined namespaces are entered by a go-between that then clones the box as a child of ours (CLONE_PARENT), so that this
 * process itself stays where it is.  A joined user namespace must be entered before the others are joined or made.
 */
static int clone_by_go_between(struct launch *l, bool *ret_in_group, struct err *e)
{
	struct go_between_result res = {0};
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd out = pipe_fds[0];
	auto_fd in = pipe_fds[1];
	pid_t between = fork();
	if (between < 0)
		return err_set(e, errno, "fork");
	if (between == 0) {
		/* Who rules a joined pid namespace sees the box before the box itself can see to this (launch_box.c, identity). */
		if (l->spec->lin.ns[NS_USER].mode != NS_NEW)
			prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		if (join_namespaces(l, &res.err) == 0) {
			res.pid = clone_box(l, CLONE_PARENT, &res.in_group);
			if (res.pid == 0)
				launch_box(l);
			if (res.pid < 0)
				clone_refused(l, errno, &res.err);
		}
		_exit(fd_write_all(in, &res, sizeof(res)) < 0);
	}
	fd_close(&in);
	ssize_t n;
	do
		n = read(out, &res, sizeof(res));
	while (n < 0 && errno == EINTR);
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(res))
		return err_set(e, EPIPE, "make the container's first process: the go-between died");
	if (res.pid <= 0) {
		if (e)
			*e = res.err;
		return res.err.code ? -res.err.code : -EINVAL;
	}
	*ret_in_group = res.in_group;
	l->pid = res.pid;
	l->pidfd = sys_pidfd_open(res.pid, 0);
	return l->pidfd < 0 ? err_set(e, errno, "open the container's first process") : 0;
}

/*
 * A bound on processes without a cgroup: a user namespace carries the RLIMIT_NPROC its maker had, and the kernel counts
 * everything in it against the maker's user id (ucounts, Linux 5.14).  So it is made with the container's own root id,
 * which no other container has.
 */
static int bound_begin(struct launch *l, struct rlimit *saved)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];
	struct rlimit bound = {0};

	if (!l->processes_max || l->rootless || !launch_new_ns(l, NS_USER))
		return 0;
	getrlimit(RLIMIT_NPROC, saved);
	bound = *saved;
	bound.rlim_cur = MIN((rlim_t)l->processes_max, saved->rlim_max);
	setrlimit(RLIMIT_NPROC, &bound);
	syscall(SYS_capget, &head, caps);
	if (setresuid(launch_root_uid(l), launch_root_uid(l), 0) < 0)
		return -errno;
	/* The saved id 0 keeps the capabilities permitted; make them effective again for the cgroup. */
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	syscall(SYS_capset, &head, caps);
	return 1;
}

/* Becomes root with the old limit again. */
static void bound_end(int begun, const struct rlimit *saved)
{
	if (begun <= 0)
		return;
	if (setresuid(0, 0, 0) < 0)
		_exit(EXIT_ISLE); /* can't happen: the saved id is 0; going on with half the rights would be worse */
	setrlimit(RLIMIT_NPROC, saved);
	/* The parent-death signal and dumpability are reset by the change of ids; the host side needs neither. */
	prctl(PR_SET_DUMPABLE, 1);
}

static int clone_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int host_end, box_end;
	bool in_group = false;
	struct rlimit saved;
	int r = hs_pair(&host_end, &box_end, e);

	if (r < 0)
		return r;
	l->sock = box_end; /* the box inherits both values */
	l->peer = host_end;
	if (joins_any(l)) {
		r = clone_by_go_between(l, &in_group, e);
	} else {
		int begun = bound_begin(l, &saved);
		pid_t pid = clone_box(l, 0, &in_group);

		if (pid == 0)
			launch_box(l);
		int code = errno;
		bound_end(begun, &saved);
		r = pid < 0 ? clone_refused(l, code, e) : 0;
		if (pid > 0)
			l->pid = pid;
	}
	fd_close(&box_end);
	l->sock = host_end;
	if (r < 0)
		return r;
	l->move_by_hand = l->cg.v2_fd >= 0 && !in_group;
	return 0;
}

static void clone_undo(void *ctx)
{
	struct launch *l = ctx;

	/* What was taken for the box is let go first: the other undos may need descriptors. */
	fds_close(&l->spent);
	mounts_release(l);
	fd_close(&l->userns_fd);
	if (l->pid <= 0)
		return;
	if (l->pidfd >= 0)
		sys_pidfd_send_signal(l->pidfd, SIGKILL, NULL, 0);
	/* Closed before the wait: a box that could not be killed ends when it hears that we are gone. */
	fd_close(&l->sock);
	while (waitpid(l->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	l->pid = 0;
	fd_close(&l->pidfd);
}

static void clone_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	char made[160] = "", joined[160] = "";

	for (int k = 0; k < NS_KIND_COUNT; k++) {
		char *list = l->spec->lin.ns[k].mode == NS_NEW ? made : l->spec->lin.ns[k].mode == NS_JOIN ? joined : NULL;

		if (list)
			snprintf(list + strlen(list), sizeof(made) - strlen(list), " --%s", ns_facts[k].shell);
	}
	explain_say(x, "make the container's first process in namespaces of its own");
	if (joined[0])
		explain_shell(x, "nsenter --target PID%s \\", joined);
	explain_shell(x, "unshare%s --fork --kill-child", made);
}

const struct step step_clone = {"clone", SIDE_HOST, NULL, clone_run, clone_undo, clone_explain};

/* ---- id maps, cgroups by hand, and the word to begin ---- */

static bool maps_wanted(const void *ctx)
{
	return launch_new_ns(ctx, NS_USER);
}

static int maps_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return idmap_apply(l->pid, &l->spec->lin.uid_map, &l->spec->lin.gid_map, !l->rootless, l->arena, e);
}

static void maps_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	const struct spec_idmaps *maps[] = {&l->spec->lin.uid_map, &l->spec->lin.gid_map};

	explain_say(x, "map the container's user and group ids to its own range on the machine");
	for (int i = 0; i < 2; i++)
		for (size_t j = 0; j < maps[i]->n; j++)
			explain_shell(x, "echo '%u %u %u' >> /proc/$PID/%s_map", maps[i]->v[j].container_id, maps[i]->v[j].host_id,
				      maps[i]->v[j].size, i ? "gid" : "uid");
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

/* Only from here can it be lowered; and what shields a service that calls us from the OOM killer is not the container's. */
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

const struct step step_oom = {"oom", SIDE_HOST, NULL, oom_run, NULL, oom_explain};

static int begin_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	return hs_send(l->sock, HS_MAPPED, NULL, 0, e);
}

const struct step step_begin = {"begin", SIDE_HOST, NULL, begin_run, NULL, NULL};

/* ---- waiting for the box ---- */

/*
 * The box closed its end: by exec, or because it was killed before.  The last thing it says before exec is GO's answer, so
 * a box that had not got so far has died.
 */
static int box_exec_done(struct launch *l, struct err *e)
{
	siginfo_t info = {0};

	if (l->began)
		return 0;
	err_set(e, 0, "the container's first process ended while it was being set up");
	if (l->pidfd >= 0 && waitid((idtype_t)3 /* P_PIDFD */, (id_t)l->pidfd, &info, WEXITED | WNOWAIT | __WALL) == 0 &&
	    info.si_pid && info.si_code != CLD_EXITED)
		return err_why(e, "signal %d (%s) killed it; the memory limit may be too small", info.si_status,
			       strsignal(info.si_status));
	return -EINVAL;
}

/* Waits for the end of the conversation, which is a successful exec, taking what comes before. */
static int box_wait(struct launch *l, struct err *e)
{
	struct hs_msg m;

	for (;;) {
		int r = hs_recv(l->sock, &m, e);

		if (r < 0)
			return r;
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
		case HS_FAILED:
			if (e)
				*e = m.err;
			return m.err.code ? -m.err.code : -EINVAL;
		case HS_END:
			return box_exec_done(l, e);
		default:
			return err_set(e, EPROTO, "understand the container's first process");
		}
	}
}

static int go_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = hs_send(l->sock, HS_GO, NULL, 0, e);

	if (r == 0)
		r = box_wait(l, e);
	fd_close(&l->sock);
	return r;
}

const struct step step_go = {"go", SIDE_HOST, NULL, go_run, NULL, NULL};

/* ---- what the host side makes for the box ---- */

/* With privilege on the host side, that side makes root, /dev and binds. */
static bool host_makes(const void *ctx)
{
	return !((const struct launch *)ctx)->rootless;
}

/* Puts the root together on whichever side has the privilege for it. */
static int root_assemble(struct launch *l, bool in_userns, struct err *e)
{
	struct rootfs_env env = {
		.userns_fd = l->userns_fd,
		.in_userns = in_userns,
		.uid = in_userns ? 0 : launch_root_uid(l),
		.gid = in_userns ? 0 : launch_root_gid(l),
		.foreign = launch_own_ids(l) && idmap_foreign(&l->spec->lin.uid_map) && idmap_foreign(&l->spec->lin.gid_map),
		.arena = l->arena,
		.spent = &l->spent,
	};
	int r = rootfs_assemble(l->rootfs, &env, &l->root_fd, e);

	for (size_t i = 0; i < l->rootfs->submounts.n && r == 0; i++)
		r = rootfs_assemble_submount(l->rootfs, l->rootfs->submounts.v[i], &env, &l->submount_fds[i], e);
	return r;
}

static int root_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (launch_own_ids(l)) {
		char path[40];

		snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)l->pid);
		l->userns_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (l->userns_fd < 0)
			return err_set(e, errno, "open the container's user namespace %s", path);
	}
	return root_assemble(l, false, e);
}

static void root_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	const struct rootfs *r = l->rootfs;

	if (r->kind == ROOTFS_DIRECT) {
		explain_say(x, "take %s as the container's root, its owners shifted into the container's ids", r->lower.v[0]);
		explain_shell(x, "mount --bind -o X-mount.idmap=/proc/$PID/ns/user %s /mnt", r->lower.v[0]);
		return;
	}
	explain_say(x, "lay a writable layer over %s%s", r->lower.v[0],
		    r->guarded ? ", which is seen through the eyes of nobody: what others may not read stays unreadable" : "");
	explain_shell(x, "mount -t overlay overlay -o lowerdir=%s,upperdir=%s/upper,workdir=%s/work /mnt", r->lower.v[0],
		      r->writable ? r->writable : "/tmpfs", r->writable ? r->writable : "/tmpfs");
}

const struct step step_root = {"root", SIDE_HOST, host_makes, root_run, NULL, root_explain};

/* Makes the mounts of the spec that PICK chooses. */
static int make_picked(struct launch *l, bool (*pick)(const struct launch *, size_t), struct err *e)
{
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		int r = pick(l, i) && l->mount_fds[i] < 0 ? launch_mount_make(l, i, e) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* Whether mount I is the container's /dev. */
static bool is_dev(const struct launch *l, size_t i)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];

	return strcmp(m->destination, "/dev") == 0 && m->type && strcmp(m->type, "tmpfs") == 0;
}

/* Whether mount I shows something of the machine. */
static bool is_bind(const struct launch *l, size_t i)
{
	return l->mopts[i].bind;
}

static int dev_run(void *ctx, struct err *e)
{
	return make_picked(ctx, is_dev, e);
}

static void dev_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "make a small /dev with %zu devices", l->spec->lin.devices.n);
	for (size_t i = 0; i < l->spec->lin.devices.n; i++)
		explain_shell(x, "mknod -m 666 /mnt%s %c %lld %lld", l->spec->lin.devices.v[i].path, l->spec->lin.devices.v[i].type,
			      (long long)l->spec->lin.devices.v[i].major, (long long)l->spec->lin.devices.v[i].minor);
}

const struct step step_dev = {"dev", SIDE_HOST, host_makes, dev_run, NULL, dev_explain};

static bool binds_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (is_bind(l, i))
			return !l->rootless;
	return false;
}

static int binds_run(void *ctx, struct err *e)
{
	return make_picked(ctx, is_bind, e);
}

static void binds_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "take the files and directories to share with the container");
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (is_bind(l, i))
			explain_shell(x, "mount --bind %s /mnt%s", l->spec->mounts.v[i].source, l->spec->mounts.v[i].destination);
}

const struct step step_binds = {"binds", SIDE_HOST, binds_wanted, binds_run, NULL, binds_explain};

static bool etc_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->etc_files && !l->rootless;
}

static int etc_files_run(void *ctx, struct err *e)
{
	return launch_etc_make(ctx, e);
}

static void etc_files_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "write the container's own /etc/hostname, /etc/hosts and /etc/resolv.conf");
	explain_shell(x, "echo %s > /tmpfs/hostname && mount --bind /tmpfs/hostname /mnt/etc/hostname",
		      l->spec->hostname ? l->spec->hostname : "localhost");
}

const struct step step_etc_files = {"etc-files", SIDE_HOST, etc_wanted, etc_files_run, NULL, etc_files_explain};

/* Sends the root, the submounts, and the mounts of the spec that were made here: as many messages as it takes. */
static int hand_over_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int batch[HS_FDS_MAX], n = 0, r = 0;

	batch[n++] = l->root_fd;
	for (int i = 0; i < ETC_FILES; i++)
		if (l->etc_files)
			batch[n++] = l->etc_fds[i];
	for (size_t i = 0; i < l->rootfs->submounts.n; i++)
		batch[n++] = l->submount_fds[i];
	for (size_t i = 0; i < l->spec->mounts.n && r == 0; i++) {
		if (l->mount_fds[i] < 0)
			continue;
		if (n == HS_FDS_MAX) {
			r = hs_send(l->sock, HS_MOUNTS, batch, n, e);
			n = 0;
		}
		batch[n++] = l->mount_fds[i];
	}
	if (r == 0 && n > 0)
		r = hs_send(l->sock, HS_MOUNTS, batch, n, e);
	mounts_release(l);
	return r;
}

const struct step step_hand_over = {"hand-over", SIDE_HOST, host_makes, hand_over_run, NULL, NULL};

/* ---- the same, done by the box of a rootless launch, and what only the box can make ---- */

/* Without, the box does. */
static bool box_makes(const void *ctx)
{
	return !host_makes(ctx);
}

static int box_root_run(void *ctx, struct err *e)
{
	return root_assemble(ctx, true, e);
}

const struct step step_box_root = {"box-root", SIDE_BOX, box_makes, box_root_run, NULL, root_explain};

bool launch_mount_shows_net(const struct launch *l, size_t i)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];

	return launch_new_ns(l, NS_NET) && m->type && strcmp(m->type, "sysfs") == 0;
}

/* Which mounts the host side makes: the box makes the others. */
static bool is_ours(const struct launch *l, size_t i)
{
	return l->rootless || (!is_dev(l, i) && !is_bind(l, i));
}

/* Of those, what does not show the network. */
static bool is_ours_at_once(const struct launch *l, size_t i)
{
	return is_ours(l, i) && !launch_mount_shows_net(l, i);
}

static int box_mounts_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	int r = make_picked(l, is_ours_at_once, e);
	return r < 0 || !l->rootless || !l->etc_files ? r : launch_etc_make(l, e);
}

static void box_mounts_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "make the container's own file systems, while nobody can see them yet");
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		const struct spec_mount *m = &l->spec->mounts.v[i];

		if (is_ours_at_once(l, i) && !is_bind(l, i))
			explain_shell(x, "mount -t %s %s /mnt%s", m->type, m->source ? m->source : m->type, m->destination);
	}
}

const struct step step_box_mounts = {"kernel-files", SIDE_BOX, NULL, box_mounts_run, NULL, box_mounts_explain};

/* Takes what the host side made. */
static int receive_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct hs_msg m = {.n_fds = 0};
	int at = 0, r = hs_expect(l->sock, HS_MOUNTS, &m, e);

	if (r < 0)
		return r;
	if (m.n_fds < 1 + (l->etc_files ? ETC_FILES : 0) + (int)l->rootfs->submounts.n)
		return err_set(e, EPROTO, "receive the container's root");
	l->root_fd = m.fds[at++];
	for (int i = 0; i < ETC_FILES; i++)
		l->etc_fds[i] = l->etc_files ? m.fds[at++] : FD_NONE;
	for (size_t i = 0; i < l->rootfs->submounts.n; i++)
		l->submount_fds[i] = m.fds[at++];
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		if (is_ours(l, i))
			continue;
		if (at == m.n_fds) {
			r = hs_expect(l->sock, HS_MOUNTS, &m, e);
			if (r < 0)
				return r;
			at = 0;
		}
		if (at >= m.n_fds)
			return err_set(e, EPROTO, "receive the mount for %s", l->spec->mounts.v[i].destination);
		l->mount_fds[i] = m.fds[at++];
	}
	return 0;
}

const struct step step_receive = {"receive", SIDE_BOX, host_makes, receive_run, NULL, NULL};
