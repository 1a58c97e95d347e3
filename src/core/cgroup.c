/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's group: made, found again, joined and changed, in every hierarchy it needs.  See cgroup.h. */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A group that was there before us is taken only if nobody lives in it; it may have been left frozen. */
static int take_over(int dir, const char *mount, const char *path, struct err *e)
{
	uint64_t populated;
	char text[16];
	int r = cgroup_key(dir, "cgroup.events", "populated", &populated);
	bool v2 = r == 0;

	if (!v2) /* v1 tells about the group alone */
		r = cgroup_text(dir, "cgroup.procs", text, sizeof(text));
	if (v2 ? populated : (r > 0 || r == -EFBIG)) {
		err_set(e, EBUSY, "use the control group %s%s", mount, path);
		return err_why(e, "it exists and has processes in it");
	}
	if (r < 0)
		return err_set(e, -r, "examine the control group %s%s", mount, path);
	r = file_write(dir, v2 ? "cgroup.freeze" : "freezer.state", v2 ? "0" : "THAWED", e);
	return r == -ENOENT ? 0 : r;
}

/* Makes the group in each hierarchy of NEEDS, and notes each in CG as soon as it may be removed again. */
static int make_everywhere(struct cgroup *cg, const struct cgroup_needs *needs, struct err *e)
{
	const struct cgroup_host *h = cg->host;
	bool made = false;
	int r = 0;

	if (h->v2) {
		auto_fd fd = FD_NONE;

		r = cgroup_v2_make(h, cg->path, needs->v2_words, &fd, &made, e);
		if (r == 0 && !made)
			r = take_over(fd, h->v2, cg->path, e);
		if (r < 0)
			return r;
		cg->v2_fd = fd_take(&fd);
	}
	for (int c = 0; c < CGC_COUNT; c++) {
		if (!(needs->v1 & 1u << c))
			continue;
		r = cgroup_v1_make(h, (enum cgroup_controller)c, cg->path, &made, e);
		if (r == 0 && !made) {
			auto_fd fd = cgroup_dir(h->v1[c], cg->path);

			r = take_over(fd, h->v1[c], cg->path, e);
		}
		if (r < 0)
			return r;
		cg->v1_used |= 1u << c;
	}
	return 0;
}

/* Which v1 hierarchies a container with the limits RES is in. */
static void needs_complete(const struct cgroup_host *h, const struct spec_resources *res, struct cgroup_needs *needs)
{
	cgroup_needs_find(h, res, needs);
	if (!h->v2) /* one to find and stop every process, the other because nothing else bounds them */
		needs->v1 |= (h->v1[CGC_FREEZER] ? 1u << CGC_FREEZER : 0) | (h->v1[CGC_PIDS] ? 1u << CGC_PIDS : 0);
	if (res->devices.n > 0 && cgroup_devices_on_v1(h))
		needs->v1 |= 1u << CGC_DEVICES;
	for (int c = 0; h->everywhere && c < CGC_COUNT; c++)
		needs->v1 |= h->v1[c] ? 1u << c : 0;
}

int cgroup_make(struct cgroup *cg, const struct cgroup_host *h, const char *path, const struct spec_resources *res,
		struct arena *a, struct err *e)
{
	enum { UNDO_MS = 100 };
	struct cgroup_needs needs;

	*cg = (struct cgroup){.host = h, .v2_fd = FD_NONE};
	int r = cgroup_path_clean(h, path, a, &cg->path, e);
	if (r == 0)
		r = cgroup_check(h, res, e);
	if (r < 0 || !h->writable)
		return r;
	needs_complete(h, res, &needs);
	r = make_everywhere(cg, &needs, e);
	if (r == 0)
		r = cgroup_limits_write(cg, res, true, e);
	if (r == 0 && res->devices.n > 0)
		r = cgroup_devices_write(cg, &res->devices, e);
	if (r < 0) {
		(void)!cgroup_remove(cg, UNDO_MS, NULL);
		cgroup_release(cg);
	}
	return r;
}

int cgroup_adopt(struct cgroup *cg, const struct cgroup_host *h, const char *path, const struct spec_resources *res,
		 pid_t pid, struct arena *a, struct err *e)
{
	struct cgroup_needs needs;
	int r = cgroup_check(h, res, e);

	if (r == 0)
		r = cgroup_open(cg, h, path, a, e);
	if (r < 0)
		return r;
	if (h->v2 && cg->v2_fd < 0)
		return err_set(e, ENOENT, "find the control group %s%s, which should have been made", h->v2, cg->path);
	needs_complete(h, res, &needs);
	for (int c = 0; r == 0 && c < CGC_COUNT; c++) {
		bool made;

		if (!(needs.v1 & ~cg->v1_used & 1u << c))
			continue;
		r = cgroup_v1_make(h, (enum cgroup_controller)c, cg->path, &made, e);
		cg->v1_used |= r == 0 ? 1u << c : 0;
	}
	if (r == 0)
		r = cgroup_limits_write(cg, res, true, e);
	if (r == 0 && res->devices.n > 0)
		r = cgroup_devices_write(cg, &res->devices, e);
	return r == 0 ? cgroup_join(cg, pid, false, e) : r;
}

int cgroup_open(struct cgroup *cg, const struct cgroup_host *h, const char *path, struct arena *a, struct err *e)
{
	*cg = (struct cgroup){.host = h, .v2_fd = FD_NONE};
	int r = cgroup_path_clean(h, path, a, &cg->path, e);

	if (r < 0)
		return r;
	if (h->v2) {
		r = cgroup_dir(h->v2, cg->path);
		if (r < 0 && r != -ENOENT)
			return err_set(e, -r, "open the control group %s%s", h->v2, cg->path);
		cg->v2_fd = r < 0 ? FD_NONE : r;
	}
	for (int c = 0; c < CGC_COUNT; c++) {
		char full[PATH_MAX];

		if (h->v1[c] && cgroup_full_path(full, h->v1[c], cg->path) == 0 && access(full, F_OK) == 0)
			cg->v1_used |= 1u << c;
	}
	return 0;
}

/* Writes PID into the cgroup.procs of the open group DIR. */
static int join_dir(int dir, const char *mount, const char *path, pid_t pid, struct err *e)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	int r = file_write(dir, "cgroup.procs", text, e);
	if (r == 0)
		return 0;
	err_set(e, -r, "put process %d into the control group %s%s", (int)pid, mount, path);
	if (r == -ENOSPC)
		err_why(e, "its cpuset has no processors or no memory nodes");
	if (r == -EACCES || r == -EPERM) {
		err_why(e, "this user may not move the process out of the group it is in");
		return err_cure(e, CGROUP_DELEGATE);
	}
	return r;
}

int cgroup_join(const struct cgroup *cg, pid_t pid, bool also_v2, struct err *e)
{
	const struct cgroup_host *h = cg->host;
	int r = 0;

	if (also_v2 && cg->v2_fd >= 0)
		r = join_dir(cg->v2_fd, h->v2, cg->path, pid, e);
	for (int c = 0; r == 0 && c < CGC_COUNT; c++) {
		if (!(cg->v1_used & 1u << c))
			continue;
		auto_fd dir = cgroup_dir(h->v1[c], cg->path);
		r = dir < 0 ? err_set(e, -dir, "open the control group %s%s", h->v1[c], cg->path)
			    : join_dir(dir, h->v1[c], cg->path, pid, e);
	}
	return r;
}

void cgroup_release(struct cgroup *cg)
{
	fd_close(&cg->v2_fd);
}
