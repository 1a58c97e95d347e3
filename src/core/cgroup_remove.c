/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing a group and what the container made below it.
 *
 * The container may have nested groups as deep as it liked, so the way down holds one descriptor, not one per level,
 * and comes up again by ".." (a group can't be moved to another parent).  The kernel says "busy" for a moment after the
 * last process has ended, and for ever while one lives: every loop ends at the deadline.
 */
#include "base/parse_time.h"
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The name of any group below DIR; 1, or 0 if there is none. */
static int any_child(int dir, char *name)
{
	DIR *d CLEANUP(cgroup_list_close) = cgroup_list(dir);

	return d ? cgroup_child_next(d, name) : 0;
}

/* Removes every group below TOP, deepest first; -EBUSY if DEADLINE comes first. */
static int remove_below(int top, int64_t deadline)
{
	char name[NAME_MAX + 1];
	auto_fd at = openat(top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t depth = 0;
	bool came_up = false;
	int step = 1;

	while (at >= 0) {
		bool down = any_child(at, name);

		if (!down && depth == 0)
			return 0;
		if (time_monotonic_ms() > deadline)
			return -EBUSY;
		if (down && (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)) {
			came_up = false;
			continue;
		}
		if (down && errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		/* Just out of it and still busy: it has processes, not groups. */
		if (down && came_up && !cgroup_backoff(&step, deadline))
			return -EBUSY;
		auto_fd next = openat(at, down ? name : "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && errno == ENOENT)
			continue;
		fd_close(&at);
		at = fd_take(&next);
		depth = down ? depth + 1 : depth - 1;
		came_up = !down;
	}
	return -errno;
}

/* Removes the group at PATH below MOUNT, and all below it. */
static int remove_tree(const char *mount, const char *path, int64_t deadline, struct err *e)
{
	char full[PATH_MAX];
	int step = 1;
	int r = cgroup_full_path(full, mount, path);

	while (r == 0 && rmdir(full) < 0 && errno != ENOENT) {
		if (errno != EBUSY && errno != ENOTEMPTY) {
			r = -errno;
			break;
		}
		auto_fd dir = cgroup_dir(mount, path);
		r = dir < 0 ? 0 : remove_below(dir, deadline);
		if (r < 0 || rmdir(full) == 0 || errno == ENOENT)
			break;
		if (!cgroup_backoff(&step, deadline))
			r = -EBUSY;
	}
	if (r == 0)
		return 0;
	err_set(e, -r, "remove the control group %s%s", mount, path);
	if (r == -EBUSY)
		err_why(e, "there are still processes in it");
	return r;
}

int cgroup_remove(struct cgroup *cg, int timeout_ms, struct err *e)
{
	int64_t deadline = time_monotonic_ms() + timeout_ms;
	int worst = 0;

	for (int c = 0; c < CGC_COUNT; c++) {
		int r = 0;

		if (cg->v1_used & 1u << c)
			r = remove_tree(cg->host->v1[c], cg->path, deadline, e);
		if (r == 0)
			cg->v1_used &= ~(1u << c);
		worst = r < 0 ? r : worst;
	}
	/* The v2 tree last: as long as the group is there, a later command finds what is left by it. */
	if (worst == 0 && cg->v2_fd >= 0) {
		worst = remove_tree(cg->host->v2, cg->path, deadline, e);
		if (worst == 0)
			fd_close(&cg->v2_fd);
	}
	return worst;
}
