/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes of a group: listed, frozen, killed.
 *
 * On v2 since Linux 5.14 one write to cgroup.kill kills them all, frozen or forking.  Elsewhere processes are killed
 * one by one while the group is frozen, so that none can fork away; then it is thawed, which v1 needs for them to die.
 * A pid read from a list may already belong to somebody else: a pidfd is opened first and the list is read again, and
 * only who is still in it is killed.  Where freezing does not succeed (no freezer, a process that sleeps for good), the
 * rounds go on until nobody is left or the deadline comes.
 */
#include "base/parse_time.h"
#include "core/cgroup_priv.h"
#include "core/sys.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum {
	DEPTH_MAX = 100, /* levels of nested groups that are looked at */
	BATCH = 256,	 /* processes that are killed after one look at the list: a descriptor each */
	FREEZE_MS = 50,	 /* how long a kill waits for the freezer before it goes on without */
	PROCS_TEXT_MAX = 16 << 20,
};

/* ---- listing ---- */

struct listing {
	struct arena *arena;
	struct pids *pids;
};

/* Appends the processes of the open group DIR. */
static int list_group(int dir, void *ctx)
{
	struct listing *l = ctx;
	char *text;
	int r = file_read(dir, "cgroup.procs", l->arena, PROCS_TEXT_MAX, &text, NULL, NULL);

	/* Gone meanwhile; or threaded, and then the processes are listed in the group above. */
	if (r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	for (char *line; r == 0 && (line = strsep(&text, "\n"));) {
		uint64_t pid;

		if (!*line)
			continue;
		r = cgroup_number_parse(line, &pid);
		if (r < 0 || pid > INT_MAX)
			return -EINVAL;
		if (pid == 0) /* a process that our pid namespace does not show */
			continue;
		pid_t *slot = list_add(l->pids, l->arena);
		*slot = (pid_t)pid;
	}
	return r;
}

int cgroup_pids(const struct cgroup *cg, struct arena *a, struct pids *ret, struct err *e)
{
	const char *mount = cgroup_tracker(cg);
	struct listing l = {.arena = a, .pids = ret};

	if (!mount)
		return 0;
	auto_fd dir = cgroup_dir(mount, cg->path);
	if (dir == -ENOENT)
		return 0;
	int r = dir < 0 ? dir : cgroup_walk(dir, DEPTH_MAX, list_group, &l);
	if (r == 0)
		return 0;
	err_set(e, -r, "list the processes of the control group %s%s", mount, cg->path);
	return r == -ELOOP ? err_why(e, "there are groups nested deeper than %d levels", DEPTH_MAX) : r;
}

/* ---- freezing ---- */

/*
 * The directory that has the group's freezer file: *RET_V2 says which; a negative errno if there is none.  What is
 * opened for that is *RET_OPENED.
 */
static int freezer_dir(const struct cgroup *cg, bool *ret_v2, int *ret_opened)
{
	*ret_opened = FD_NONE;
	*ret_v2 = cg->v2_fd >= 0;
	if (*ret_v2)
		return cg->v2_fd;
	if (!(cg->v1_used & 1u << CGC_FREEZER))
		return -EOPNOTSUPP;
	return *ret_opened = cgroup_dir(cg->host->v1[CGC_FREEZER], cg->path);
}

enum { STEP_MAX_US = 100000 };

/* Waits until the line KEY of DIR's cgroup.events says WANT. */
static int await_event(int dir, const char *key, uint64_t want, int64_t deadline)
{
	auto_fd fd = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	char text[256];

	if (fd < 0)
		return -errno;
	for (int64_t step_us = 50;; step_us = MIN(step_us * 2, STEP_MAX_US)) {
		uint64_t now;
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return errno == ENODEV ? 0 : -errno; /* removed: nobody is in it */
		text[n] = '\0';
		int r = cgroup_key_parse(text, key, &now);
		if (r < 0 || now == want)
			return r;
		int64_t left = deadline - time_monotonic_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		/* The kernel may hold a notification back for 10 ms, so look again on our own too. */
		struct pollfd p = {.fd = fd, .events = POLLPRI};
		int64_t us = MIN(left * 1000, step_us);
		ppoll(&p, 1, &(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
	}
}

/* Whether the v1 group DIR is frozen altogether. */
static bool v1_frozen(int dir)
{
	char text[32];

	return cgroup_text(dir, "freezer.state", text, sizeof(text)) > 0 && strcmp(text, "FROZEN\n") == 0;
}

/* Freezes the v1 group DIR: a fork at the wrong moment leaves it half frozen, and asking again helps. */
static int v1_freeze(int dir, int64_t deadline)
{
	int step = 1;

	for (;;) {
		int r = file_write(dir, "freezer.state", "FROZEN", NULL);

		if (r < 0)
			return r;
		if (v1_frozen(dir))
			return 0;
		if (!cgroup_backoff(&step, deadline))
			return -ETIMEDOUT;
	}
}

/* Thaws one v1 group; a visit of cgroup_walk. */
static int v1_thaw(int dir, void *ctx)
{
	int r = file_write(dir, "freezer.state", "THAWED", NULL);

	(void)ctx;
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

/* Freezes or thaws the group's open freezer directory. */
static int freeze_dir(int dir, bool v2, bool freeze, int64_t deadline)
{
	if (!v2)
		return freeze ? v1_freeze(dir, deadline) : v1_thaw(dir, NULL);
	int r = file_write(dir, "cgroup.freeze", freeze ? "1" : "0", NULL);
	return r < 0 ? r : await_event(dir, "frozen", freeze, deadline);
}

int cgroup_freeze(const struct cgroup *cg, bool freeze, int timeout_ms, struct err *e)
{
	bool v2;
	auto_fd opened = FD_NONE;
	int dir = freezer_dir(cg, &v2, &opened);
	int r = dir < 0 ? dir : freeze_dir(dir, v2, freeze, time_monotonic_ms() + timeout_ms);

	if (r == 0)
		return 0;
	if (r == -ETIMEDOUT && freeze) /* half frozen helps nobody */
		(void)!file_write(dir, v2 ? "cgroup.freeze" : "freezer.state", v2 ? "0" : "THAWED", NULL);
	err_set(e, -r, "%s the control group %s", freeze ? "freeze" : "thaw", cg->path ? cg->path : "");
	if (r == -EOPNOTSUPP)
		err_why(e, "the container has no control group with a freezer");
	if (r == -ETIMEDOUT && freeze)
		err_why(e, "a process did not stop in %d ms; it may be waiting for a device", timeout_ms);
	if (r == -ETIMEDOUT && !freeze)
		err_why(e, "a group above it is frozen");
	return r;
}

bool cgroup_frozen(const struct cgroup *cg)
{
	bool v2;
	uint64_t frozen = 0;
	auto_fd opened = FD_NONE;
	int dir = freezer_dir(cg, &v2, &opened);

	if (dir < 0)
		return false;
	return v2 ? cgroup_key(dir, "cgroup.events", "frozen", &frozen) == 0 && frozen == 1 : v1_frozen(dir);
}

/* ---- killing ---- */

/* Kills those of the N processes at V that are still in the group. */
static void kill_batch(const struct cgroup *cg, const pid_t *v, size_t n)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct pids still = {0};
	int fds[BATCH];

	for (size_t i = 0; i < n; i++)
		fds[i] = sys_pidfd_open(v[i], 0);
	(void)!cgroup_pids(cg, &a, &still, NULL);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < still.n; k++)
			if (still.v[k] == v[i] && fds[i] >= 0) {
				sys_pidfd_send_signal(fds[i], SIGKILL, NULL, 0);
				break;
			}
		fd_close(&fds[i]);
	}
}

/*
 * Thaws the v1 group and those below: the container may have frozen some of its own, and beside a v2 group, which is
 * what we freeze, somebody else may have used the older way.  Who is frozen so does not die.
 */
static void v1_thaw_all(const struct cgroup *cg)
{
	bool used = cg->v1_used & 1u << CGC_FREEZER;
	auto_fd dir = used ? cgroup_dir(cg->host->v1[CGC_FREEZER], cg->path) : FD_NONE;

	if (dir >= 0)
		(void)!cgroup_walk(dir, DEPTH_MAX, v1_thaw, NULL);
}

/* One round of freeze, kill, thaw; returns how many processes were there. */
static size_t kill_round(const struct cgroup *cg)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct pids pids = {0};
	bool v2;
	auto_fd opened = FD_NONE;
	int freezer = freezer_dir(cg, &v2, &opened);

	if (freezer >= 0)
		(void)!freeze_dir(freezer, v2, true, time_monotonic_ms() + FREEZE_MS);
	(void)!cgroup_pids(cg, &a, &pids, NULL);
	for (size_t i = 0; i < pids.n; i += BATCH)
		kill_batch(cg, pids.v + i, MIN(pids.n - i, (size_t)BATCH));
	if (freezer >= 0 && v2)
		(void)!file_write(freezer, "cgroup.freeze", "0", NULL);
	v1_thaw_all(cg);
	return pids.n;
}

/* Says who is left of the group when the time is over. */
static int explain_survivors(const struct cgroup *cg, int timeout_ms, struct err *e)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct pids pids = {0};

	(void)!cgroup_pids(cg, &a, &pids, NULL);
	err_set(e, ETIMEDOUT, "kill the processes of the control group %s", cg->path);
	if (pids.n > 0)
		err_why(e, "%zu are still there after %d ms, the first is %d; it may be waiting for a device", pids.n,
			timeout_ms, (int)pids.v[0]);
	return -ETIMEDOUT;
}

int cgroup_kill_each(const struct cgroup *cg, int timeout_ms, struct err *e)
{
	int64_t deadline = time_monotonic_ms() + timeout_ms;
	int step = 1;

	while (cgroup_tracker(cg) && kill_round(cg) > 0)
		if (!cgroup_backoff(&step, deadline))
			return explain_survivors(cg, timeout_ms, e);
	return 0;
}

int cgroup_kill(const struct cgroup *cg, int timeout_ms, struct err *e)
{
	int64_t deadline = time_monotonic_ms() + timeout_ms;

	if (cg->v2_fd >= 0) {
		int r = file_write(cg->v2_fd, "cgroup.kill", "1", e);
		if (r == 0)
			r = await_event(cg->v2_fd, "populated", 0, MIN(deadline, time_monotonic_ms() + FREEZE_MS));
		if (r == -ETIMEDOUT) {
			v1_thaw_all(cg);
			r = await_event(cg->v2_fd, "populated", 0, deadline);
		}
		if (r == -ETIMEDOUT)
			return explain_survivors(cg, timeout_ms, e);
		if (r == 0 || r == -ENODEV)
			return 0;
		if (r != -ENOENT) /* before 5.14 there is no such file */
			return err_context(e, "kill the processes of the control group %s", cg->path);
	}
	return cgroup_kill_each(cg, timeout_ms, e);
}
