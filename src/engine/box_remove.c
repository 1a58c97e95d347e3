/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ending and forgetting boxes: see box.h.
 *
 * What lives in a box is found by the path of its cgroup.  That follows from the id and, for a plain user, from the
 * group that the login which started it was in: another login has it from the state file.  Without one it is looked
 * for where this login's containers are; a state file may be missing, old or broken.
 *
 * The point of no return of a removal is box_forget: from then on the box has no record, and a sweep takes a box
 * without a record for one that must go.  RUN/boxes/ID is the last to go, because the sweep finds it there.
 */
#include "engine/box_priv.h"

#include "core/cgroup.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine/claim.h"
#include "engine/dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether PATH can be the group of B: its last part is the id. */
static bool is_group_of(const struct box *b, const char *path)
{
	const char *last = path ? strrchr(path, '/') : NULL;

	return last && strcmp(last + 1, b->id) == 0;
}

int box_cgroup_path(const struct box *b, char **ret_path, struct err *e)
{
	const struct cgroup_host *host;
	struct box_state s = {0};
	int r = home_cgroups(b->home, &host, e);

	if (r < 0)
		return r;
	if (!is_group_of(b, b->state.cgroup_path))
		(void)!box_state_read(b, &s);
	if (is_group_of(b, b->state.cgroup_path))
		*ret_path = b->state.cgroup_path;
	else if (is_group_of(b, s.cgroup_path))
		*ret_path = s.cgroup_path;
	else
		*ret_path = arena_printf(b->home->arena, "%s/%s", host->base ? host->base : "", b->id);
	return 0;
}

int box_cgroup_open(const struct box *b, struct cgroup *ret, struct err *e)
{
	const struct cgroup_host *host;
	char *path;
	int r = box_cgroup_path(b, &path, e);

	*ret = (struct cgroup){.v2_fd = FD_NONE};
	if (r == 0)
		r = home_cgroups(b->home, &host, e);
	return r == 0 ? cgroup_open(ret, host, path, b->home->arena, e) : r;
}

/* Kills the first process by its identity, where containers have no cgroup; with it ends its pid namespace. */
static int kill_first(struct box *b, int timeout_ms, struct err *e)
{
	auto_fd pidfd = FD_NONE;

	if (b->state.pid <= 0 || box_pidfd(b, &pidfd, NULL) < 0)
		return 0;
	if (sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return err_set(e, errno, "kill process %d", (int)b->state.pid);
	int r = process_wait(pidfd, timeout_ms);
	return r < 0 ? err_set(e, -r, "wait for process %d to end", (int)b->state.pid) : 0;
}

/* Kills what is in the cgroup; afterwards removes it where REMOVE says so. */
static int kill_cgroup(struct box *b, bool remove, int timeout_ms, struct err *e)
{
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = box_cgroup_open(b, &cg, e);

	if (r == 0)
		r = cgroup_kill(&cg, timeout_ms, e);
	if (r == 0 && remove)
		r = cgroup_remove(&cg, timeout_ms, e);
	return r;
}

int box_kill_all(struct box *b, bool remove_cgroup, int timeout_ms, struct err *e)
{
	int r = kill_cgroup(b, remove_cgroup, timeout_ms, e);

	/* After the cgroup, which thaws what is frozen; a frozen process would not die of a signal on old kernels. */
	if (r == 0)
		r = kill_first(b, timeout_ms, e);
	return r < 0 ? err_context(e, "kill what runs in container %s", box_called(b)) : 0;
}

int box_take_over(struct box *b, bool *ret_gone, struct err *e)
{
	enum { KILL_WAIT_MS = 10 * 1000 };

	*ret_gone = false;
	int r = box_kill_all(b, true, KILL_WAIT_MS, e);
	if (r < 0)
		return r;
	if (!box_complete(b) || box_is_transient(b)) {
		r = box_remove(b, e);
		*ret_gone = r == 0;
		return r;
	}
	if (!dir_has(b->run_fd, "state.json"))
		return 0;
	box_state_lost(&b->state, b->home->arena, "the isle in charge of it was killed");
	return box_state_end(b, e);
}

void box_release_claims(struct box *b)
{
	char slot[16];

	snprintf(slot, sizeof(slot), "%d", b->record.id_slot);
	/* The record may be unread, broken, or older than a renaming; the claims themselves know. */
	if (!b->record.name || !claim_release(b->home, CLAIM_NAME, b->record.name, b->id))
		claim_release_all(b->home, CLAIM_NAME, b->id, NULL);
	if (b->record.id_slot >= 0 ? !claim_release(b->home, CLAIM_IDS, slot, b->id) : !b->record.name)
		claim_release_all(b->home, CLAIM_IDS, b->id, NULL);
}

int box_forget(struct box *b, struct err *e)
{
	struct home *h = b->home;
	auto_fd containers = dir_open(h->data_fd, "containers");

	if (containers < 0 && containers != -ENOENT)
		return err_set(e, -containers, "open the directory %s/containers", h->data);
	if (containers < 0 || !dir_has(containers, b->id) || home_trash_move(h, true, containers, b->id) == 0)
		return 0;
	/* A disk that is full may refuse to move it, but not to take something away. */
	if (unlinkat(b->data_fd, "record.json", 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "delete the record of container %s", box_called(b));
	return 0;
}

int box_discard(struct box *b, struct err *e)
{
	struct home *h = b->home;
	auto_fd containers = dir_open(h->data_fd, "containers");
	auto_fd boxes = dir_open(h->run_fd, "boxes");
	int r = 0;

	/* What box_forget could not move. */
	if (containers >= 0 && dir_has(containers, b->id))
		r = home_discard(h, true, containers, b->id, e);
	if (r < 0)
		return err_context(e, "remove container %s", box_called(b));
	r = home_trash_delete_of(h, true, b->id, e);
	if (boxes >= 0) {
		int r2 = home_discard(h, false, boxes, b->id, r < 0 ? NULL : e);
		r = r < 0 ? r : r2;
	}
	return r < 0 ? err_context(e, "remove container %s", box_called(b)) : 0;
}

int box_remove(struct box *b, struct err *e)
{
	int r = box_forget(b, e);

	if (r < 0)
		return r;
	box_release_claims(b);
	return box_discard(b, e);
}
